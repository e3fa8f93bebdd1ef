import { distributionIdIn } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { explainError } from '../../aws/denial.ts'
import {
  answersTo,
  bucketOf,
  getDistribution,
  listDistributions,
  type LiveDistribution,
  serving,
} from '../../resources/cloudfront/live-distribution.ts'
import { CtlError } from '../../errors.ts'
import { type Line, verbatim } from '../../text.ts'
import { didYouMean } from '../../ui/near.ts'
import { domainName } from '../names/domain-name.ts'

/** What an operator names a distribution by: its id, one of its names, or the bucket that it serves. */
export type CfTarget =
  | { readonly kind: 'distribution'; readonly word: string; readonly id: string; readonly invalidation?: string }
  | { readonly kind: 'name'; readonly word: string; readonly name: string; readonly invalidation?: string }
  | { readonly kind: 'bucket'; readonly word: string; readonly bucket: string; readonly key: string }

/** A target, and the distribution that it means. */
export interface ResolvedTarget {
  readonly target: CfTarget
  readonly distribution: LiveDistribution
}

/** Ids as CloudFront makes them, of distributions and invalidations. */
const id = /^[A-Z0-9]+$/

/**
 * Reads `cf://ID`, `cf://ID/INVALIDATION`, a bare `ID`, an ARN, a domain name in the place of the id, `s3://BUCKET` or
 * `s3://BUCKET/KEY`. The scheme may be in either case, as with s3cmd; a key is taken as it is written, and is empty if
 * there is none.
 *
 * @throws CtlError of kind `usage` for anything else
 */
export function parseTarget(word: string): CfTarget {
  const spelled = distributionIdIn(word) ?? word
  const [, scheme = '', first = '', rest = ''] = /^(?:(cf|s3):\/\/)?([^/]*)(?:\/(.*))?$/is.exec(spelled) ?? []
  if (scheme.toLowerCase() === 's3') {
    if (first !== '') return { kind: 'bucket', word, bucket: first, key: rest }
    throw new CtlError('usage', `${JSON.stringify(word)} names no bucket.`, { hint: 'Write it as s3://BUCKET.' })
  }
  const invalidation = rest.replace(/\/$/, '')
  const more = invalidation === '' ? {} : { invalidation }
  const wellFormed = (scheme !== '' || !spelled.includes('/')) && (invalidation === '' || id.test(invalidation))
  if (wellFormed && id.test(first)) return { kind: 'distribution', word, id: first, ...more }
  const name = domainName(first)
  // `file.txt` is a name as well, but not what is meant by one.
  const isPlain = scheme !== '' || (name?.split('.').length ?? 0) > 2
  if (wellFormed && name !== undefined && isPlain) return { kind: 'name', word, name, ...more }
  throw new CtlError('usage', `${JSON.stringify(word)} names no distribution.`, {
    hint: [
      'Write it as cf://ID, a bare ID in capitals, one of its domain names (as cf://example.org where it has only one dot), its ARN, or s3://BUCKET. All there are:',
      verbatim('pc-ctl cflist'),
    ],
  })
}

/**
 * Words that each must name a distribution as a whole.
 *
 * @throws CtlError of kind `usage` for an invalidation or a key within a bucket
 */
export function wholeDistributions(words: readonly string[]): readonly string[] {
  for (const target of words.map(parseTarget)) {
    if (target.kind === 'bucket' && target.key !== '') {
      throw new CtlError('usage', `Use s3:// URI with a bucket name only instead of: ${target.word}`)
    }
    if (target.kind !== 'bucket' && target.invalidation !== undefined) {
      throw new CtlError('usage', `${target.word} names an invalidation, and a distribution is wanted.`, {
        hint: `Look at it with \`pc-ctl cfinvalinfo ${target.word}\`.`,
      })
    }
  }
  return words
}

/**
 * Finds the distribution that each word means.
 *
 * @throws CtlError as {@link findTargets}; of kind `failed` for a distribution that does not exist
 */
export async function resolveTargets(aws: Aws, words: readonly string[]): Promise<ResolvedTarget[]> {
  const { found, missing } = await findTargets(aws, words)
  const [first] = missing
  if (first !== undefined) throw noDistribution(first)
  return found
}

/** What there is none of, and what may have been meant. */
export type MissingTarget = CfTarget & { readonly near?: readonly string[] }

/** What of several words is there, and what is not. */
export interface FoundTargets {
  readonly found: ResolvedTarget[]
  readonly missing: MissingTarget[]
}

/**
 * Finds the distribution that each word means, if there is one. All words are read before AWS is asked; the account's
 * distributions are listed, page after page, only if a bucket or a name is among them.
 *
 * @throws CtlError of kind `usage` for a word that can't be read, or a bucket that several distributions serve
 */
export async function findTargets(aws: Aws, words: readonly string[]): Promise<FoundTargets> {
  const targets = words.map(parseTarget)
  const result: FoundTargets = { found: [], missing: [] }
  try {
    let listed = targets.some(({ kind }) => kind !== 'distribution') ? await listDistributions(aws) : undefined
    // One after the other: CloudFront throttles early.
    for (const target of targets) {
      const meant = meantBy(target, listed ?? [])
      const distribution = meant === undefined ? undefined : await getDistribution(aws, meant)
      if (distribution === undefined) {
        // Only advice: whoever may not list them gets none.
        listed ??= await listDistributions(aws).catch(() => [])
        result.missing.push({ ...target, near: nearTargets(target, listed) })
      } else result.found.push({ target, distribution })
    }
    return result
  } catch (error) {
    throw explainError(error, 'Find the distribution')
  }
}

function nearTargets(target: CfTarget, all: readonly Summary[]): string[] {
  switch (target.kind) {
    case 'distribution': {
      const ids = all.flatMap(({ Id }) => Id ?? [])
      return didYouMean(target.id, ids, (id) => (target.word.startsWith('cf:') ? `cf://${id}` : id))
    }
    case 'name':
      return didYouMean(
        target.name,
        all.flatMap(({ DomainName, Aliases }) => [DomainName ?? [], Aliases?.Items ?? []].flat()),
      )
    case 'bucket': {
      const hosts = all.flatMap(({ Origins }) => Origins?.Items?.map(({ DomainName = '' }) => DomainName) ?? [])
      return didYouMean(
        target.bucket,
        hosts.flatMap((host) => bucketOf(host) ?? []),
        (bucket) => `s3://${bucket}`,
      )
    }
  }
}

type Summary = Awaited<ReturnType<typeof listDistributions>>[number]

function meantBy(target: CfTarget, all: readonly Summary[]): string | undefined {
  switch (target.kind) {
    case 'distribution':
      return target.id
    case 'name':
      return all.find(({ DomainName, Aliases }) => answersTo(target.name, DomainName, Aliases))?.Id
    case 'bucket':
      return theOne(target, serving(all, target.bucket))
  }
}

function theOne({ word }: CfTarget, candidates: readonly Summary[]): string | undefined {
  const [only, ...others] = candidates
  if (others.length === 0) return only?.Id
  const rows = candidates.map(({ Id = '', DomainName = '', Aliases, Enabled }) =>
    [`cf://${Id}`, DomainName, Enabled === true ? 'enabled' : 'disabled', ...(Aliases?.Items ?? [])].join('  '),
  )
  throw new CtlError('usage', `${candidates.length} distributions serve ${word}.`, {
    hint: ['Name the one that is meant:', ...rows.map((row) => verbatim(row))],
  })
}

/** s3cmd's own words for this mislead: "Unable to translate S3 URI to CloudFront distribution name". */
export function noDistribution(target: MissingTarget): CtlError {
  const { message, hint } = absence(target)
  return new CtlError('failed', message, {
    hint: [...(target.near ?? []), 'All distributions there are:', verbatim('pc-ctl cflist'), ...hint],
    code: 'NoSuchDistribution',
  })
}

function absence(target: CfTarget): { message: string; hint: Line[] } {
  switch (target.kind) {
    case 'distribution':
      return { message: `The distribution ${target.word} does not exist in this account.`, hint: [] }
    case 'name':
      return { message: `No distribution in this account has the name ${target.word}.`, hint: [] }
    case 'bucket':
      return {
        message: `No CloudFront distribution in this account serves s3://${target.bucket}.`,
        hint: ['This makes one:', verbatim(`pc-ctl cfcreate s3://${target.bucket}`)],
      }
  }
}
