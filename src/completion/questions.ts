/** What is asked of AWS for the word at the cursor, and which words the answer makes. */
import type { Subject } from './subjects.ts'
import type { Candidate } from './wanted.ts'

/** A look at AWS or its configuration. */
export type Question = { readonly about: 'profiles' } | AwsQuestion

export type AwsQuestion =
  | {
      readonly about:
        | 'boundaries'
        | 'bucket-key'
        | 'buckets'
        | 'certificates'
        | 'distributions'
        | 'installations'
        | 'principals'
        | 'versions'
    }
  /** Of a distribution, the newest. */
  | { readonly about: 'invalidations'; readonly distribution: string }
  /** What is right below a folder of a bucket, that of the settings where none is named. */
  | { readonly about: 'folder'; readonly bucket?: string; readonly folder: string }

/** What is found: a name, and what else tells one from another. */
export interface Found {
  /** A whole key ends in a slash where it is a folder. */
  readonly name: string
  readonly note?: string | undefined
  /** Of a distribution: the buckets that it serves. */
  readonly buckets?: readonly string[]
  /** Of a distribution: the names that it answers to, first the one that CloudFront gave it. */
  readonly domains?: readonly string[]
}

/** `cf://ID/` and what of an invalidation's id has begun behind. */
const invalidation = /^cf:\/\/([^/]+)\/[^/]*$/i

const uri = /^(s3:\/\/)([^/]+)\/(.*)$/is

/**
 * @param begun - the beginning of the word
 * @returns nothing where the word has begun as something that nobody can be asked for
 */
export function questionFor(subject: Subject, begun: string): Question | undefined {
  const [, , bucket = '', key = ''] = uri.exec(begun) ?? []
  switch (subject) {
    case 'buckets':
    case 'bucket-uris':
      return { about: 'buckets' }
    case 'boundaries':
    case 'bucket-key':
    case 'certificates':
    case 'installations':
    case 'principals':
    case 'profiles':
    case 'versions':
      return { about: subject }
    case 'invalidation-uris': {
      const [, distribution] = invalidation.exec(begun) ?? []
      return distribution === undefined ? { about: 'distributions' } : { about: 'invalidations', distribution }
    }
    case 'aliases':
    case 'distribution-ids':
    case 'distributions':
    case 'domains':
      return { about: 'distributions' }
    case 'invalidations':
      if (begun.startsWith('/')) return undefined
      return bucket === '' ? { about: 'distributions' } : { about: 'folder', bucket, folder: folderOf(key) }
    case 's3-uris':
      return bucket === '' ? { about: 'buckets' } : { about: 'folder', bucket, folder: folderOf(key) }
    case 'keys':
    case 'prefixes':
      return { about: 'folder', folder: folderOf(begun.replace(/^\//, '')) }
  }
}

const folderOf = (key: string): string => key.slice(0, key.lastIndexOf('/') + 1)

/** The words that an answer makes. */
export function wordsOf(subject: Subject, begun: string, found: readonly Found[]): Candidate[] {
  const named = found.map(({ name, note }) => ({ word: name, note }))
  switch (subject) {
    case 'aliases':
      return domainWords(found, 1)
    case 'bucket-uris':
      return prefixed('s3://', named)
    case 'domains':
      return domainWords(found, 0)
    case 'distributions':
      return distributionWords(begun, found, '')
    case 'invalidation-uris': {
      const [, distribution] = invalidation.exec(begun) ?? []
      if (distribution !== undefined) return prefixed(begun.slice(0, begun.lastIndexOf('/') + 1), named)
      return distributionWords(begun, found, '')
    }
    case 'invalidations':
      return inBucket(begun, named) ?? distributionWords(begun, found, '/')
    case 's3-uris':
      return inBucket(begun, named) ?? prefixed('s3://', named, '/')
    case 'keys':
      return prefixed(begun.startsWith('/') ? '/' : '', named)
    case 'prefixes':
      return named.filter(({ word }) => word.endsWith('/'))
    case 'boundaries':
    case 'bucket-key':
    case 'buckets':
    case 'certificates':
    case 'distribution-ids':
    case 'installations':
    case 'principals':
    case 'profiles':
    case 'versions':
      return named
  }
}

function inBucket(begun: string, named: readonly Candidate[]): Candidate[] | undefined {
  const [, scheme = '', bucket = ''] = uri.exec(begun) ?? []
  return bucket === '' ? undefined : prefixed(`${scheme}${bucket}/`, named)
}

const prefixed = (before: string, candidates: readonly Candidate[], after = ''): Candidate[] =>
  candidates.map(({ word, note }) => ({ word: `${before}${word}${after}`, note }))

const domainWords = (found: readonly Found[], from: number): Candidate[] =>
  found.flatMap(({ name, domains = [] }) => domains.slice(from).map((word) => ({ word, note: name })))

/** A distribution has many names; those that most type come first, the others once they have begun to be typed. */
function distributionWords(begun: string, found: readonly Found[], after: string): Candidate[] {
  const uris = found.map(({ name, note }) => ({ word: `cf://${name}`, note }))
  const buckets = [...new Set(found.flatMap(({ buckets: all = [] }) => all))].sort()
  const others =
    begun === ''
      ? []
      : found.flatMap(({ name, note, domains = [] }) => [
          { word: name, note },
          ...domains.map((domain) => ({ word: domain, note })),
        ])
  return [...uris, ...buckets.map((bucket) => ({ word: `s3://${bucket}${after}`, note: undefined })), ...others]
}
