/**
 * Release files (Debian wiki, DebianRepository/Format): what a suite is, and the digests of its indexes. apt believes
 * nothing that this file does not list: the plain `Packages` has to be listed even where only `Packages.gz` is fetched.
 */
import type { Digests } from '../format.ts'
import { type Field, parseStanzas, type Stanza, valueOf, withField, without, writeStanza } from './deb822.ts'
import { Malformed } from './malformed.ts'

/** A file that a Release lists. */
export interface ListedIndex {
  /** Bytes. */
  readonly size: number
  readonly digests: Digests
}

/** A Release as read. */
export interface Release {
  readonly stanza: Stanza
  /** By path below the suite's folder. */
  readonly files: ReadonlyMap<string, ListedIndex>
}

/** SHA512 is read only to know of files that nothing else lists. */
const lists: readonly (readonly [field: string, algorithm: keyof Digests | undefined, digits: number])[] = [
  ['MD5Sum', 'md5', 32],
  ['SHA1', 'sha1', 40],
  ['SHA256', 'sha256', 64],
  ['SHA512', undefined, 128],
]

/**
 * Reads a Release, or the text inside an InRelease.
 *
 * @throws {@link Malformed} for what is no Release
 */
export function readRelease(text: string): Release {
  const [stanza, another] = [...parseStanzas(text)]
  if (stanza === undefined || another !== undefined) throw new Malformed('a Release is one stanza')
  const files = new Map<string, ListedIndex>()
  for (const [field, algorithm, digits] of lists) {
    for (const line of (valueOf(stanza, field) ?? '').split('\n')) {
      const [, digest, size, path] = /^\s+([0-9a-fA-F]+)\s+(\d+)\s+(\S+)\s*$/.exec(line) ?? []
      if (digest?.length !== digits || path === undefined) continue
      const more = algorithm === undefined ? {} : { [algorithm]: digest.toLowerCase() }
      const digests = { ...files.get(path)?.digests, ...more }
      files.set(path, { size: Number(size), digests })
    }
  }
  return { stanza, files }
}

/** What a new Release is made of. */
export interface ReleaseInput {
  /** The present one: all its fields are kept, unless they are computed. */
  readonly old: Stanza
  readonly files: ReadonlyMap<string, ListedIndex>
  /** Found in the suite; joined with those that the present Release names. */
  readonly components: readonly string[]
  readonly architectures: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Even if it says the same: what belongs to the present one is missing or says something else. */
  readonly always: boolean
}

/**
 * Writes a Release with MD5 and SHA-256 of all files. SHA512 must not be there: apt would then ask for
 * `by-hash/SHA512/…`, which nobody wrote, and fall back to names whose content changes under it.
 *
 * @returns `undefined` where the present one says the same and has not half run out
 */
export function writeRelease(input: ReleaseInput): string | undefined {
  const { old, files, now } = input
  const kept = withJoined(
    withJoined(without(old, computed), 'Architectures', input.architectures),
    'Components',
    input.components,
  )
  const paths = [...files.keys()].sort()
  const sums = (algorithm: 'md5' | 'sha256'): string =>
    paths
      .flatMap((path) => {
        const { size = 0, digests = {} } = files.get(path) ?? {}
        const digest = digests[algorithm]
        return digest === undefined ? [] : [`\n ${digest} ${size} ${path}`]
      })
      .join('')
  const fields: Field[] = [
    ...withField(kept, 'Acquire-By-Hash', 'yes'),
    ['MD5Sum', sums('md5')],
    ['SHA256', sums('sha256')],
  ]
  if (!input.always && sameBut(old, fields) && !runsOut(old, now)) return undefined
  return writeStanza(dated(fields, old, now))
}

const computed: ReadonlySet<string> = new Set(['md5sum', 'sha1', 'sha256', 'sha512'])
const dates: ReadonlySet<string> = new Set(['date', 'valid-until'])

const sameBut = (old: Stanza, fresh: Stanza): boolean =>
  writeStanza(without(old, dates)) === writeStanza(without(fresh, dates))

/** Names that are there keep their order; `Architectures` and `Components` of a flat repository are not invented. */
function withJoined(stanza: Stanza, name: string, found: readonly string[]): Stanza {
  const present = (valueOf(stanza, name) ?? '').split(/\s+/).filter((word) => word !== '')
  const more = [...new Set(found)].filter((word) => !present.includes(word)).sort()
  return more.length === 0 ? stanza : withField(stanza, name, [...present, ...more].join(' '))
}

/** How long the present Release was made to be valid, in milliseconds. */
function validity(old: Stanza): number | undefined {
  const until = Date.parse(valueOf(old, 'Valid-Until') ?? '')
  const length = until - Date.parse(valueOf(old, 'Date') ?? '')
  return Number.isFinite(length) && length > 0 ? length : undefined
}

/**
 * When a Release that says until when it is valid has to be made again: at half time. Milliseconds since the epoch;
 * undefined for one that says nothing.
 */
export function renewalOf(stanza: Stanza): number | undefined {
  const length = validity(stanza)
  return length === undefined ? undefined : Date.parse(valueOf(stanza, 'Date') ?? '') + length / 2
}

const runsOut = (old: Stanza, now: number): boolean => now >= (renewalOf(old) ?? Number.POSITIVE_INFINITY)

function dated(fields: Stanza, old: Stanza, now: number): Stanza {
  const date = ([name]: Field): boolean => name.toLowerCase() === 'date'
  const withDate: Stanza = fields.some(date)
    ? withField(fields, 'Date', dateText(now))
    : fields.toSpliced(-3, 0, ['Date', dateText(now)])
  const length = validity(old)
  return length === undefined ? withDate : withField(withDate, 'Valid-Until', dateText(now + length))
}

/** RFC 2822 in UTC, as Debian writes it. */
const dateText = (time: number): string => new Date(time).toUTCString().replace('GMT', 'UTC')

/** When a Release says it was made, in milliseconds since the epoch; 0 where it says nothing of use. */
export const dateOf = ({ stanza }: Release): number => Date.parse(valueOf(stanza, 'Date') ?? '') || 0
