import { BadPackageError } from '../format.ts'
import { textOf } from './text.ts'

/** Sizes in bytes of the fixed parts: a header's introduction and one entry of its index. */
export const introLength = 16
const entryLength = 16

/** What a header's introduction says of it. */
interface HeaderSize {
  readonly entries: number
  readonly data: number
}

/** How many bytes a header takes: introduction, index and data, without padding behind it. */
export const headerLength = ({ entries, data }: HeaderSize): number => introLength + entries * entryLength + data

/**
 * Reads a header's introduction: magic, version 1, four reserved bytes, number of index entries, size of the data
 * (RPM Package File Format, "Header Structure").
 *
 * @throws BadPackageError if the magic is wrong, or the header claims more than `limit` bytes
 */
export function readIntro(bytes: Buffer, at: number, limit: number): HeaderSize {
  if (bytes.readUInt32BE(at) !== 0x8eade801) throw new BadPackageError(`no rpm header at byte ${at}`)
  const size = { entries: bytes.readUInt32BE(at + 8), data: bytes.readUInt32BE(at + 12) }
  if (headerLength(size) > limit) {
    throw new BadPackageError(
      `the header at byte ${at} claims ${headerLength(size)} bytes, more than the ${limit} possible`,
    )
  }
  return size
}

interface Entry {
  readonly type: number
  readonly offset: number
  readonly count: number
}

/** Types of a tag's data; 7 is binary and read by nobody here. */
const types = { int8: 2, int16: 3, int32: 4, int64: 5, string: 6, stringArray: 8, i18nString: 9 } as const
const integerSize: ReadonlyMap<number, number> = new Map([
  [types.int8, 1],
  [types.int16, 2],
  [types.int32, 4],
  [types.int64, 8],
])
const isText = (type: number): boolean =>
  type === types.string || type === types.stringArray || type === types.i18nString

/**
 * The tags of one header. Nothing is decoded before it is asked for, and nothing is ever allocated by a count that the
 * header merely claims: every value must lie inside the bytes that are there.
 */
export class RpmTags {
  readonly #data: Buffer
  readonly #entries = new Map<number, Entry>()

  /**
   * @param bytes - holds the whole header
   * @param at - where its introduction starts
   * @throws BadPackageError if it is not whole
   */
  constructor(bytes: Buffer, at: number) {
    const size = readIntro(bytes, at, bytes.length - at)
    const dataStart = at + introLength + size.entries * entryLength
    this.#data = bytes.subarray(dataStart, dataStart + size.data)
    for (let entry = at + introLength; entry < dataStart; entry += entryLength) {
      const tag = bytes.readUInt32BE(entry)
      if (this.#entries.has(tag)) continue
      this.#entries.set(tag, {
        type: bytes.readUInt32BE(entry + 4),
        offset: bytes.readUInt32BE(entry + 8),
        count: bytes.readUInt32BE(entry + 12),
      })
    }
  }

  has(tag: number): boolean {
    return this.#entries.has(tag)
  }

  /**
   * The integers of a tag, of whichever width; none if the tag is missing.
   *
   * @throws BadPackageError if the tag holds something else or reaches out of the header
   */
  integers(tag: number): number[] {
    const entry = this.#entries.get(tag)
    if (entry === undefined) return []
    const size = integerSize.get(entry.type)
    if (size === undefined) throw new BadPackageError(`tag ${tag} is of type ${entry.type}, not integers`)
    this.#mustFit(tag, entry, entry.count * size)
    const found: number[] = []
    const end = entry.offset + entry.count * size
    for (let at = entry.offset; at < end; at += size) found.push(this.#integer(at, size))
    return found
  }

  /** The first integer of a tag, or `undefined` if there is none. Throws as {@link RpmTags.integers} does. */
  integer(tag: number): number | undefined {
    return this.integers(tag)[0]
  }

  /**
   * The strings of a tag, decoded by {@link textOf}; none if the tag is missing.
   *
   * @throws BadPackageError if the tag holds something else or reaches out of the header
   */
  strings(tag: number): string[] {
    const entry = this.#entries.get(tag)
    if (entry === undefined) return []
    return this.#strings(tag, entry, entry.type === types.string ? 1 : entry.count)
  }

  /**
   * The first string of a tag, which of texts in several languages is the untranslated one ("C"); `undefined` if there
   * is none.
   *
   * @throws BadPackageError if the tag holds something else or reaches out of the header
   */
  string(tag: number): string | undefined {
    const entry = this.#entries.get(tag)
    return entry === undefined ? undefined : this.#strings(tag, entry, Math.min(entry.count, 1))[0]
  }

  #strings(tag: number, entry: Entry, count: number): string[] {
    if (!isText(entry.type)) throw new BadPackageError(`tag ${tag} is of type ${entry.type}, not text`)
    // Each string takes at least its closing zero, so a count beyond the data is a lie.
    this.#mustFit(tag, entry, count)
    const found: string[] = []
    let start = entry.offset
    while (found.length < count) {
      const end = this.#data.indexOf(0, start)
      if (end < 0) throw new BadPackageError(`tag ${tag} has no end`)
      found.push(textOf(this.#data, start, end))
      start = end + 1
    }
    return found
  }

  #integer(offset: number, size: number): number {
    if (size === 4) return this.#data.readUInt32BE(offset)
    return size === 8 ? Number(this.#data.readBigUInt64BE(offset)) : this.#data.readUIntBE(offset, size)
  }

  #mustFit(tag: number, { offset }: Entry, length: number): void {
    if (offset + length > this.#data.length) throw new BadPackageError(`tag ${tag} reaches out of the header`)
  }
}
