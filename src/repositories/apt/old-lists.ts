/** The lists of packages that a repository has now. */
import { isUtf8 } from 'node:buffer'

import { NumberColumn, TextRows } from '../compact-table.ts'
import type { Digests } from '../format.ts'
import { decodeText, parseStanzas, type Stanza, valueOf } from './deb822.ts'
import type { List, ListName } from './layout.ts'
import { Malformed } from './malformed.ts'
import { digestsIn } from './packages.ts'
import { dscOf } from './sources.ts'

/** What it takes to find the object of an entry again. */
export interface OldEntry {
  /** As in the list; in packagecloud's layout it is no key. */
  readonly filename: string
  readonly size: number
  readonly digests: Digests
}

/** A list of packages: of one component and architecture of a suite, or of a flat repository. */
export interface OldPart extends List {
  /** Such as `stable/main/binary-amd64`, for reports. */
  readonly title: string
  readonly entries: OldEntries
}

/** The entries of a list, in its order. Their text is in memory once, as bytes. */
export class OldEntries {
  readonly #text: Buffer
  readonly #starts = new NumberColumn()
  readonly #ends = new NumberColumn()
  readonly #sizes = new NumberColumn()
  readonly #rows = new TextRows()

  /**
   * @param text - UTF-8
   * @throws {@link Malformed} where an entry can't be read: leaving it out would drop a package
   */
  constructor(text: Buffer, name: ListName) {
    this.#text = text
    for (const [start, end] of stanzaPlaces(text)) {
      const stanza = stanzaOf(text.toString('utf8', start, end))
      const found = name === 'Packages' ? debOf(stanza) : dscOf(stanza)
      if (found === undefined) {
        throw new Malformed(`its entry of ${JSON.stringify(valueOf(stanza, 'Package') ?? '')} names no file`)
      }
      const { md5 = '', sha1 = '', sha256 = '' } = found.digests
      this.#starts.push(start)
      this.#ends.push(end)
      this.#sizes.push(found.size)
      this.#rows.add([found.filename, md5, sha1, sha256])
    }
  }

  get length(): number {
    return this.#rows.length
  }

  at(index: number): OldEntry {
    const [filename = '', md5 = '', sha1 = '', sha256 = ''] = this.#rows.at(index)
    const digests = {
      ...(md5 === '' ? {} : { md5 }),
      ...(sha1 === '' ? {} : { sha1 }),
      ...(sha256 === '' ? {} : { sha256 }),
    }
    return { filename, size: this.#sizes.at(index), digests }
  }

  /** The text of an entry, which ends in one line feed. */
  bytesOf(index: number): Buffer {
    return this.#text.subarray(this.#starts.at(index), this.#ends.at(index))
  }

  /** The texts of all entries. */
  texts(): Buffer[] {
    return Array.from({ length: this.length }, (_, index) => this.bytesOf(index))
  }

  stanzaOf(index: number): Stanza {
    return stanzaOf(this.bytesOf(index).toString('utf8'))
  }
}

/**
 * Reads the text of a Packages or Sources file.
 *
 * @throws {@link Malformed} where an entry can't be read
 */
export function readList(bytes: Uint8Array, name: ListName): OldEntries {
  const text = isUtf8(bytes)
    ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    : Buffer.from(decodeText(bytes))
  return new OldEntries(text.at(-1) === lineFeed ? text : Buffer.concat([text, Buffer.of(lineFeed)]), name)
}

/** The fields of an entry. */
function stanzaOf(text: string): Stanza {
  const [stanza] = [...parseStanzas(text)]
  return stanza ?? []
}

function debOf(stanza: Stanza): { filename: string; size: number; digests: Digests } | undefined {
  const filename = valueOf(stanza, 'Filename')
  const size = Number(valueOf(stanza, 'Size') ?? Number.NaN)
  return filename === undefined || !Number.isSafeInteger(size)
    ? undefined
    : { filename, size, digests: digestsIn(stanza) }
}

const lineFeed = 0x0a
/** What a line may hold that divides stanzas. */
const blanks: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0d])

/** Where stanzas begin and end; each ends in one line feed. */
function* stanzaPlaces(text: Buffer): Generator<readonly [start: number, end: number]> {
  let start = -1
  let end = 0
  for (let at = 0; at < text.length; at = end) {
    end = text.indexOf(lineFeed, at) + 1
    if (!isBlank(text, at, end - 1)) {
      if (start < 0) start = at
    } else if (start >= 0) {
      yield [start, at]
      start = -1
    }
  }
  if (start >= 0) yield [start, end]
}

function isBlank(text: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!blanks.has(text[at])) return false
  return true
}
