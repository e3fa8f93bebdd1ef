import { companionOf, type FormatName, type Kind, kindOf } from './layout.ts'
import { movingFolder, movingWordOfFile, namesVersion } from './version-in-key.ts'

/**
 * How an object of a package repository may be cached. `overwritable`: a package that another one may take the place of
 * under the same key.
 */
export type ObjectClass = 'package' | 'overwritable' | 'metadata' | 'neither'

/** What CloudFront and clients are told for each class. What is neither is left as it is. */
export const cacheControl = {
  package: 'public, max-age=31536000, immutable',
  /** Kept at the edge and asked about each time; no other class has it, so that it says later what was found out once. */
  overwritable: 'public, no-cache, max-age=0, must-revalidate, stale-if-error=0',
  /** Without `stale-if-error=0` CloudFront serves an old copy while S3 is unreachable. */
  metadata: 'no-cache, no-store, max-age=0, must-revalidate, stale-if-error=0',
} as const

/** The same for a package that was not to be stored at all. */
const overwritableUnstored = `${cacheControl.overwritable}, no-store`

/** What else is known of an object than its key. */
export interface Facts {
  /** Bytes. */
  readonly size?: number | undefined
  /** What it has now; undefined or null: not known. */
  readonly cacheControl?: string | null | undefined
  /** Another content was seen at the same key before. */
  readonly seenToChange?: boolean | undefined
}

/** How an object is to be cached, and why. */
export interface Caching {
  readonly class: ObjectClass
  readonly format: FormatName
  /** Undefined: whatever it is now. */
  readonly cacheControl: string | undefined
  /** Of what is overwritable: what it was told by. */
  readonly why?: string
  /** It is that only if a repository is there, see {@link Kind.conditions}. */
  readonly conditions?: Kind['conditions']
  /** What its key alone tells. */
  readonly kind: Kind
}

/** Decides by the key, and by what is known besides. */
export function cachingOf(key: string, facts: Facts = {}): Caching {
  const kind = kindOf(key, facts.size)
  const { format, conditions } = kind
  const found = { kind, format, ...(conditions && { conditions }) }
  if (kind.is === 'nothing') return { ...found, class: 'neither', cacheControl: undefined }
  if (kind.is === 'index') return { ...found, class: 'metadata', cacheControl: cacheControl.metadata }
  const why = whyOverwritable(key, kind, facts)
  if (why === undefined) return { ...found, class: 'package', cacheControl: cacheControl.package }
  return { ...found, class: 'overwritable', cacheControl: overwritableControl(facts), why }
}

/**
 * What is stricter than the class asks for stays. Where only the header can tell the class later, what was not to be
 * stored gets one that says both.
 */
export function overwritableControl({ cacheControl: present, seenToChange = false }: Facts): string {
  if (!forbidsStoring(present ?? '')) return cacheControl.overwritable
  return seenToChange ? overwritableUnstored : (present ?? cacheControl.overwritable)
}

function whyOverwritable(key: string, kind: Kind, facts: Facts): string | undefined {
  if (kind.is === 'overwritten') return reasons.overwritten
  if (kind.fixed === 'sealed') return undefined
  if (facts.seenToChange === true) return reasons.changed
  if (kind.fixed !== 'placed') {
    const base = companionOf(key)
    const file = base.slice(base.lastIndexOf('/') + 1)
    const word = movingWordOfFile(file)
    if (word !== undefined) return reasons.word(word)
    if (!namesVersion(base, file)) return reasons.unversioned
  }
  const present = facts.cacheControl ?? ''
  if (present === cacheControl.overwritable || present === overwritableUnstored) return reasons.before
  // Of most nothing is known yet, and looking through a key takes more than all the rest.
  const folder = present !== '' && isShortLived(present) ? movingFolder(key) : undefined
  return folder === undefined ? undefined : reasons.folder(folder)
}

/** What packages are called overwritable for: of one, and of many. */
const reasons = {
  unversioned: 'no version in the key',
  changed: 'another content was seen under the same key',
  overwritten: 'replaced until the version is released',
  before: 'the Cache-Control of what was seen to change',
  word: (word: string): string => `the word ${word} in the name`,
  folder: (folder: string): string => `in ${folder}/, and not to be cached for long`,
} as const

type Directives = ReadonlyMap<string, string>

/** RFC 9111, 5.2: directives' names are case-insensitive, their values may be quoted. */
function directivesOf(header: string): Directives {
  const directives = header.split(',').map((directive): [string, string] => {
    const [name = '', ...value] = directive.split('=')
    return [name.trim().toLowerCase(), value.join('=').trim().replaceAll('"', '')]
  })
  return new Map(directives.filter(([name]) => name !== ''))
}

const forbidsStoring = (header: string): boolean => {
  const directives = directivesOf(header)
  return directives.has('no-store') || directives.has('private')
}

const aYear = 31_536_000

/** Was somebody careful not to have it cached for long, at the edge or by clients? */
function isShortLived(header: string): boolean {
  const directives = directivesOf(header)
  if (['no-store', 'no-cache', 'private'].some((name) => directives.has(name))) return true
  return ['max-age', 's-maxage'].some((name) => {
    const age = directives.get(name)
    return age !== undefined && /^\d+$/.test(age) && Number(age) < aYear
  })
}

/**
 * The class of an object by its key alone: what would need an index beside it is neither.
 *
 * @param key - the S3 key, not percent-encoded
 */
export function classify(key: string): ObjectClass {
  const { class: found, conditions } = cachingOf(key)
  return conditions === undefined ? found : 'neither'
}

/** Whose indexes have files with names that say little: better not cached in vain than served when they are old. */
const namedSparely: ReadonlySet<FormatName> = new Set(['apt', 'yum', 'gem', 'pypi'])

/**
 * What one object is to be uploaded with, of whose surroundings nothing is known: what may be of an index is taken for it.
 *
 * @returns undefined for what is neither package nor metadata
 */
export function cacheControlOfUpload(key: string): string | undefined {
  const { class: found, format, cacheControl: control, conditions } = cachingOf(key)
  return conditions === undefined || (found === 'metadata' && namedSparely.has(format)) ? control : undefined
}

/** Has an object the Cache-Control that it must have? Also, if nothing has to be as its key says. */
export const isCachedRight = (key: string, present: string | undefined): boolean => {
  const { cacheControl: wanted, conditions } = cachingOf(key, { cacheControl: present ?? '' })
  return conditions !== undefined || wanted === undefined || wanted === present
}

/** The Cache-Control that an object must have, or `undefined` for one that is neither package nor metadata. */
export const cacheControlOf = (key: string): string | undefined =>
  classify(key) === 'neither' ? undefined : cachingOf(key).cacheControl
