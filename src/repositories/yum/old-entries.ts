import { posix } from 'node:path'
import { NameTable, NumberColumn, TextRows } from '../compact-table.ts'
import type { Digests, StoredObject } from '../format.ts'

/** What the present index says of a package and the package itself can't. */
export interface OldEntry {
  /** As it is written: `sha256`, or `sha`, `md5`, … in old repositories. */
  readonly checksumType: string
  readonly checksum: string
  /** Relative to the repository's root or to `base`; resolved. */
  readonly href: string
  /** Empty if there is none. */
  readonly base: string
  /** Unix seconds; NaN if it is not told. */
  readonly fileTime: number
  /** The package file's bytes. */
  readonly size: number
  /** See {@link looksOf}; empty where the checksum is a SHA-256. */
  readonly looks: string
}

/** A package as far as it is known without its facts. */
interface Content extends StoredObject {
  readonly digests: Digests
}

/** The entries of a primary.xml in its order, numbered from 0, and by content and place. */
export class OldEntries {
  readonly #root: string
  readonly #rows = new TextRows()
  readonly #times = new NumberColumn()
  readonly #sizes = new NumberColumn()
  readonly #byContent = new NameTable()
  readonly #byKey = new NameTable()
  #looked = false
  #hasBases = false

  /** @param root - what places are relative to */
  constructor(root: string) {
    this.#root = root
  }

  get length(): number {
    return this.#rows.length
  }

  /** Whether any of them has a base. */
  get hasBases(): boolean {
    return this.#hasBases
  }

  add({ checksumType, checksum, href, base, fileTime, size, looks }: OldEntry): void {
    const number = this.#rows.add([checksumType, checksum, href, base, looks])
    this.#times.push(fileTime)
    this.#sizes.push(size)
    this.#byContent.add(contentName(checksumType, checksum), number)
    if (looks !== '') this.#byContent.add(looks, number)
    this.#looked ||= looks !== ''
    this.#hasBases ||= base !== ''
    for (const place of placesOf(this.#root, href)) this.#byKey.add(place, number)
  }

  at(number: number): OldEntry {
    const [checksumType = '', checksum = '', href = '', base = '', looks = ''] = this.#rows.at(number)
    return { checksumType, checksum, href, base, fileTime: this.#times.at(number), size: this.#sizes.at(number), looks }
  }

  /** The entry whose place is this key. */
  placed(key: string): number | undefined {
    return this.#byKey.find(key).find((number) => placesOf(this.#root, this.at(number).href).includes(key))
  }

  /**
   * The entries that list this very content.
   *
   * @param looksOfIt - see {@link looksOf}: asked for only where checksums do not tell
   */
  listing({ etag, digests: { md5 = etag, sha1, sha256 } }: Content, looksOfIt: () => string): readonly number[] {
    for (const [type, checksum] of [
      ['sha256', sha256],
      ['sha', sha1],
      ['sha1', sha1],
      ['md5', md5],
    ] as const) {
      const found = checksum === undefined ? [] : this.withChecksum(type, checksum)
      if (found.length > 0) return found
    }
    if (!this.#looked) return []
    const looks = looksOfIt()
    return this.#byContent.find(looks).filter((number) => this.at(number).looks === looks)
  }

  withChecksum(type: string, checksum: string): readonly number[] {
    return this.#byContent.find(contentName(type, checksum)).filter((number) => {
      const entry = this.at(number)
      return entry.checksumType === type && entry.checksum === checksum
    })
  }
}

const contentName = (type: string, checksum: string): string => `${type}:${checksum}`

/** Which keys an href may mean: some writers percent-encode it, createrepo_c does not. */
export function placesOf(root: string, href: string): readonly string[] {
  const plain = root + href.replace(/^(\.\/)+/, '')
  const places = new Set([plain, /(^|\/)\.\.?(\/|$)|\/\//.test(plain) ? posix.normalize(plain) : plain])
  if (!plain.includes('%')) return [...places]
  try {
    return [decodeURIComponent(plain), ...places]
  } catch {
    return [...places]
  }
}

/**
 * All by which a package can be found again in an index whose checksums are of a kind that is not known of it. Together
 * they are as good as unique: a package is not built twice in one second with headers of the same length.
 */
export const looksOf = (facts: {
  readonly name: string
  readonly version: string
  readonly arch: string
  readonly size: number
  readonly buildTime: number
  readonly headerStart: number
  readonly headerEnd: number
}): string =>
  [facts.name, facts.version, facts.arch, facts.size, facts.buildTime, facts.headerStart, facts.headerEnd].join(' ')
