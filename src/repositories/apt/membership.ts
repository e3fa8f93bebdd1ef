/**
 * Which package is in which list. A pool does not say what suite a package is in: only the present lists do. An entry is
 * the package's whose key it names; in packagecloud's layout, where no entry names a key, the one with its content.
 */
import { posix } from 'node:path'

import { NameTable } from '../compact-table.ts'
import type { Digests, Finding, IndexedPackage, StoredObject } from '../format.ts'
import type { OldEntries, OldEntry } from './old-lists.ts'

/** An entry's place: which list, and where in it. */
export interface Place {
  readonly part: number
  readonly at: number
}

/** What the entries and the objects know of one another. */
export interface Membership {
  /** The places of the entries that are an object's, by its number in the order of the packages, from 0. */
  readonly placesOf: (nth: number) => readonly Place[]
  /** Has an entry this content? Then an object that is no entry's is a second copy of one that is. */
  readonly isListed: (digests: Digests) => boolean
  /** Do entries name keys? Then an entry found by its content has moved, and its `Filename` is out of date. */
  readonly namesKeys: boolean
  /** Places of entries whose object could be neither read nor found changed: they stay as they are. */
  readonly kept: readonly (Place & { readonly key: string })[]
  /** Entries whose package is gone. */
  readonly gone: readonly Place[]
}

/** How an object was found for an entry; the larger the surer. */
const certainty = { md5: 1, sha256: 2, spelling: 3, key: 4 } as const

/**
 * Joins entries and objects. Holds some ten numbers of an entry, and no text.
 *
 * @param parts - the entries of each list
 * @param packages - gone through once
 */
export function joinMembers(
  root: string,
  parts: readonly OldEntries[],
  packages: Iterable<IndexedPackage>,
  unreadable: readonly StoredObject[],
): Membership {
  const entries = new AllEntries(parts)
  const claims = new Claims(entries.length)
  let nth = 0
  const claimNamed = (named: readonly NamedEntry[]): void => {
    claims.claim(
      named.filter(({ isExact }) => isExact),
      nth,
      certainty.key,
    )
    claims.claim(named, nth, certainty.spelling)
  }
  for (const { key, digests, etag, size } of packages) {
    const { sha256, md5 = etag } = digests
    claimNamed(entries.named(key.slice(root.length)))
    if (sha256 !== undefined) claims.claim(entries.withSha256(sha256), nth, certainty.sha256)
    const sameSum = entries.withMd5(md5).filter(({ entry }) => entry.size === size && fits(entry, sha256))
    claims.claim(sameSum, nth, certainty.md5)
    nth++
  }
  const readable = nth
  for (const { key, etag, size } of unreadable) {
    claimNamed(entries.named(key.slice(root.length)).filter(({ entry }) => unchanged(entry, etag, size)))
    claims.claim(
      entries.withMd5(etag).filter(({ entry }) => entry.size === size),
      nth,
      certainty.md5,
    )
    nth++
  }
  const numbersOf = claims.byPackage(nth)
  return {
    placesOf: (wanted) => numbersOf(wanted).map((number) => entries.placeOf(number)),
    isListed: ({ sha256, md5 }) =>
      (sha256 !== undefined && entries.withSha256(sha256).length > 0) ||
      (md5 !== undefined && entries.withMd5(md5).length > 0),
    namesKeys: claims.some(certainty.key) || claims.some(certainty.spelling),
    kept: unreadable.flatMap(({ key }, at) =>
      numbersOf(readable + at).map((number) => ({ ...entries.placeOf(number), key })),
    ),
    gone: claims.unclaimed().map((number) => entries.placeOf(number)),
  }
}

interface Numbered {
  readonly number: number
  readonly entry: OldEntry
}

interface NamedEntry extends Numbered {
  /** Spelled as the key is. */
  readonly isExact: boolean
}

/** The entries of all lists, numbered through. */
class AllEntries {
  readonly length: number
  readonly #parts: readonly OldEntries[]
  readonly #starts: readonly number[]
  readonly #byName = new NameTable()
  readonly #bySha256 = new NameTable()
  readonly #byMd5 = new NameTable()

  constructor(parts: readonly OldEntries[]) {
    let number = 0
    this.#parts = parts
    this.#starts = parts.map((entries) => {
      const start = number
      for (let at = 0; at < entries.length; at++, number++) {
        const entry = entries.at(at)
        for (const place of placesOf(entry)) this.#byName.add(place, number)
        if (entry.digests.sha256 !== undefined) this.#bySha256.add(entry.digests.sha256, number)
        if (entry.digests.md5 !== undefined) this.#byMd5.add(entry.digests.md5, number)
      }
      return start
    })
    this.length = number
  }

  named(path: string): NamedEntry[] {
    return this.#found(this.#byName, path, (entry) => (placesOf(entry).has(path) ? path : undefined)).map((found) => ({
      ...found,
      isExact: found.entry.filename === path,
    }))
  }

  withSha256(sha256: string): Numbered[] {
    return this.#found(this.#bySha256, sha256, ({ digests }) => digests.sha256)
  }

  withMd5(md5: string): Numbered[] {
    return this.#found(this.#byMd5, md5, ({ digests }) => digests.md5)
  }

  placeOf(number: number): Place {
    let part = this.#starts.length - 1
    while (part > 0 && (this.#starts[part] ?? 0) > number) part--
    return { part, at: number - (this.#starts[part] ?? 0) }
  }

  #found(table: NameTable, name: string, nameOf: (entry: OldEntry) => string | undefined): Numbered[] {
    return table.find(name).flatMap((number) => {
      const { part, at } = this.placeOf(number)
      const entry = this.#parts[part]?.at(at)
      return entry !== undefined && nameOf(entry) === name ? [{ number, entry }] : []
    })
  }
}

/** Which package each entry belongs to: the one that was found for it in the surest way, of several the first. */
class Claims {
  readonly #how: Uint8Array
  readonly #by: Uint32Array

  constructor(entries: number) {
    this.#how = new Uint8Array(entries)
    this.#by = new Uint32Array(entries)
  }

  claim(found: readonly Numbered[], nth: number, how: number): void {
    for (const { number } of found) {
      if ((this.#how[number] ?? 0) >= how) continue
      this.#how[number] = how
      this.#by[number] = nth
    }
  }

  some(how: number): boolean {
    return this.#how.includes(how)
  }

  unclaimed(): number[] {
    const found: number[] = []
    this.#how.forEach((how, number) => {
      if (how === 0) found.push(number)
    })
    return found
  }

  /** The entries of each package, in their order. */
  byPackage(packages: number): (nth: number) => number[] {
    const first = new Int32Array(packages).fill(-1)
    const next = new Int32Array(this.#by.length).fill(-1)
    for (let number = this.#by.length - 1; number >= 0; number--) {
      const nth = this.#by[number] ?? 0
      if (this.#how[number] === 0) continue
      next[number] = first[nth] ?? -1
      first[nth] = number
    }
    return (nth) => {
      const found: number[] = []
      for (let number = first[nth] ?? -1; number >= 0; number = next[number] ?? -1) found.push(number)
      return found
    }
  }
}

/** What an entry names, below the root. */
export const pathOf = ({ filename }: Pick<OldEntry, 'filename'>): string =>
  posix.normalize(filename).replace(/^\/+/, '')

/**
 * The keys that an entry may mean. apt asks for exactly what is written there, and S3 takes it as exactly; but other
 * servers leave out `./` and `//`, and some publishers percent-encode.
 */
export function placesOf(entry: OldEntry): Set<string> {
  const plain = pathOf(entry)
  const places = new Set([entry.filename, plain])
  if (!plain.includes('%')) return places
  try {
    return places.add(posix.normalize(decodeURIComponent(plain)))
  } catch {
    return places
  }
}

/** An MD5 alone does not outvote a SHA-256. */
const fits = ({ digests }: OldEntry, sha256: string | undefined): boolean =>
  digests.sha256 === undefined || sha256 === undefined || digests.sha256 === sha256

/** As far as size and MD5 tell. An ETag of an upload in parts tells nothing, nor does a list without MD5 sums. */
const unchanged = ({ size: listed, digests: { md5 = '' } }: OldEntry, etag: string, size: number): boolean =>
  listed === size && (etag === md5 || md5 === '' || !/^[0-9a-f]{32}$/.test(etag))

/** What is told of an entry that is dropped. */
export const goneFinding = (key: string, title: string): Finding => ({
  key,
  what: `is listed in ${title} but is not in the bucket; the new index does not list it`,
  once: true,
})

/** What is told of a package that no list has. */
export const orphanFinding = (key: string): Finding => ({
  key,
  what: 'is in no index of its repository, so its suite and component are unknown; it is not added',
  todo: 'Add it with the tool that publishes this repository, or remove it.',
})

/** What is told of a package that loses against another of the same name, version and architecture. */
export const conflictFinding = (key: string, identity: string, title: string, other: string): Finding => ({
  key,
  what: `${identity} has other content than ${other}, which ${title} lists; only the latter is indexed`,
  todo: 'Remove the wrong one of the two, or give it a version of its own.',
})
