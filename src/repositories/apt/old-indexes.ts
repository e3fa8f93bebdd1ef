/** All that the present indexes of an apt repository say. */
import { messageOf } from '../../errors.ts'
import { NameTable } from '../compact-table.ts'
import type { Digests, Finding, OldIndexes, Repository, Signature, StoredObject } from '../format.ts'
import { decodeText, signedText } from './deb822.ts'
import { type List, listOf, placeOf, suiteOf } from './layout.ts'
import { type ListPlace, readForms, UnreadableList } from './list-forms.ts'
import { Malformed } from './malformed.ts'
import { pathOf, placesOf } from './membership.ts'
import type { OldEntries, OldEntry, OldPart } from './old-lists.ts'
import { dateOf, readRelease, type Release } from './release.ts'

/** A suite, or all of a flat repository. */
export interface OldSuite {
  /** Its folder below the root: `dists/stable/`, or empty for a flat repository. */
  readonly folder: string
  /** The one that clients believe; undefined where the lists stand alone. */
  readonly release: Release | undefined
  /** Release and InRelease say the same, as far as both are there. */
  readonly consistent: boolean
  /** Its text, with the signature. */
  readonly inRelease: string | undefined
  /** Release.gpg. */
  readonly detached: Uint8Array | undefined
  /** Lists in their order in the bucket. */
  readonly parts: readonly OldPart[]
  /** Something of it can't be read: what it lists is unknown, so it stays as it is. */
  readonly broken: boolean
}

export interface OldApt extends OldIndexes {
  readonly suites: readonly OldSuite[]
  readonly findings: readonly Finding[]
}

/** See `Format.open`. */
export async function openApt(repository: Repository): Promise<OldApt> {
  const { root, indexes } = repository
  const objects = new Map(indexes.map((object) => [object.key.slice(root.length), object]))
  const findings: Finding[] = []
  const suites: OldSuite[] = []
  const folders = suiteFolders(objects.keys())
  for (const folder of folders) {
    const inner = folders.filter((other) => other !== folder && other.startsWith(folder))
    const read = async (path: string): Promise<Uint8Array | undefined> =>
      objects.has(path) ? repository.read(root + path) : undefined
    const note = (finding: Finding): number => findings.push(finding)
    suites.push(await readSuite({ root, folder, inner, objects, read, note }))
  }
  const known = new KnownDigests(suites.flatMap(({ parts }) => parts.map(({ entries }) => entries)))
  return {
    signatures: suites.flatMap(signaturesOf),
    suites,
    findings,
    digestsOf: (object) => known.of(object),
    listed: (key) => (key.startsWith(root) ? known.at(key.slice(root.length)) : []),
    places: () => placesIn(root, suites),
  }
}

function* placesIn(root: string, suites: readonly OldSuite[]): Generator<string> {
  for (const { entries } of suites.flatMap(({ parts }) => parts)) {
    for (let at = 0; at < entries.length; at++) for (const place of placesOf(entries.at(at))) yield root + place
  }
}

const signaturesOf = ({ inRelease, detached }: OldSuite): Signature[] => [
  ...(inRelease === undefined ? [] : [{ clear: inRelease }]),
  ...(detached === undefined ? [] : [{ detached }]),
]

/** The digests of all entries by their MD5, and by their place. */
class KnownDigests {
  readonly #lists: readonly OldEntries[]
  readonly #byMd5 = new NameTable()
  readonly #byPath = new NameTable()

  constructor(lists: readonly OldEntries[]) {
    this.#lists = lists
    lists.forEach((entries, list) => {
      for (let at = 0; at < entries.length; at++) {
        const entry = entries.at(at)
        const { md5, sha256 } = entry.digests
        const number = list + at * lists.length
        if (md5 !== undefined && sha256 !== undefined) this.#byMd5.add(md5, number)
        if (sha256 !== undefined) this.#byPath.add(pathOf(entry), number)
      }
    })
  }

  /** SHA-256 of all that is listed at a place below the root. */
  at(path: string): string[] {
    return [...this.#byPath.find(path)].flatMap((number) => {
      const entry = this.#entry(number)
      return entry !== undefined && pathOf(entry) === path ? (entry.digests.sha256 ?? []) : []
    })
  }

  /** The ETag is the MD5, or, with KMS and for uploads in parts, nothing that is ever equal to one. */
  of({ etag, size }: StoredObject): Digests | undefined {
    for (const number of this.#byMd5.find(etag)) {
      const entry = this.#entry(number)
      if (entry?.digests.md5 === etag && entry.size === size) return entry.digests
    }
    return undefined
  }

  #entry(number: number): OldEntry | undefined {
    return this.#lists[number % this.#lists.length]?.at(Math.floor(number / this.#lists.length))
  }
}

/** There may be nothing else that tells what is in the suite: nobody is told to remove it. */
const frozen = (key: string, what: string): Finding => ({
  key,
  what: `${what}; the indexes of its suite stay as they are`,
  todo: 'Restore this object, or publish its suite again with the tool that makes it; then run again.',
})

/** A suite has a Release of its own; a list without one belongs to the folder right below `dists/`. */
function suiteFolders(paths: Iterable<string>): string[] {
  const folders = new Set<string>()
  const lists: string[] = []
  for (const path of paths) {
    if (!path.startsWith('dists/')) {
      if (listOf(path)?.folder === '') folders.add('')
      continue
    }
    const suite = suiteOf(path.slice('dists/'.length))
    if (suite !== undefined) folders.add(`dists/${suite}/`)
    const list = listOf(path)
    if (list !== undefined) lists.push(list.folder)
  }
  for (const list of lists) {
    if (![...folders].some((folder) => folder !== '' && list.startsWith(folder))) {
      folders.add(list.split('/').slice(0, 2).join('/') + '/')
    }
  }
  return [...folders].sort()
}

interface SuiteSource extends Omit<ListPlace, 'list' | 'listed'> {
  /** Suites inside this one's folder, such as `dists/bookworm/updates/`. */
  readonly inner: readonly string[]
}

interface ReadRelease {
  readonly whole: string
  /** Without its signature. */
  readonly text: string
  readonly release: Release
}

async function readSuite(source: SuiteSource): Promise<OldSuite> {
  const { root, folder } = source
  let broken = false
  const attempt = async <T>(path: string, reading: () => Promise<T> | T): Promise<T | undefined> => {
    try {
      return await reading()
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      broken = true
      source.note(
        error instanceof UnreadableList
          ? frozen(root + error.path, error.message)
          : frozen(root + path, `cannot be read: ${messageOf(error)}`),
      )
      return undefined
    }
  }
  const releaseIn = async (path: string): Promise<ReadRelease | undefined> => {
    const bytes = await source.read(path)
    if (bytes === undefined) return undefined
    const whole = decodeText(bytes)
    const text = signedText(whole).trimEnd()
    return attempt(path, () => ({ whole, text, release: readRelease(text) }))
  }
  const inRelease = await releaseIn(`${folder}InRelease`)
  const plain = await releaseIn(`${folder}Release`)
  const release = believed(inRelease?.release, plain?.release)
  const parts: OldPart[] = []
  for (const list of listsOf(source, release)) {
    const path = folder + list.folder + list.name
    const entries = await attempt(path, () => readForms({ ...source, list, listed: release?.files }))
    if (entries !== undefined) parts.push({ ...list, title: titleOf(folder + list.folder), entries })
  }
  return {
    folder,
    release,
    consistent: inRelease === undefined || plain === undefined || inRelease.text === plain.text,
    inRelease: inRelease?.whole,
    detached: await source.read(`${folder}Release.gpg`),
    parts,
    broken,
  }
}

const titleOf = (folder: string): string => folder.replace(/^dists\//, '').replace(/\/$/, '') || 'flat'

/** The newer one. Of one time, Release: it is written first, and InRelease may not have followed. */
function believed(inRelease: Release | undefined, plain: Release | undefined): Release | undefined {
  if (inRelease === undefined || plain === undefined) return inRelease ?? plain
  return dateOf(plain) >= dateOf(inRelease) ? plain : inRelease
}

/** The lists that are in the bucket or in the Release. */
function listsOf({ folder, inner, objects }: SuiteSource, release: Release | undefined): List[] {
  const found = new Map<string, List>()
  const add = (path: string): void => {
    const list = listOf(path)
    if (list === undefined || (folder === '' && list.folder !== '')) return
    if (!inner.some((other) => (folder + list.folder).startsWith(other))) found.set(list.folder + list.name, list)
  }
  for (const path of objects.keys()) if (path.startsWith(folder)) add(path.slice(folder.length))
  for (const path of release?.files.keys() ?? []) {
    const list = listOf(path)
    if (list !== undefined && (folder === '' || placeOf(list.folder) !== undefined)) add(path)
  }
  return [...found.values()].sort((one, other) => (one.folder + one.name < other.folder + other.name ? -1 : 1))
}
