/** Reads the rows of a file of an inventory as it comes: no more of it is held than a piece and the longest row. */
import type { InventoryColumns } from './manifest.ts'

/** A field that tells who may read an object can take some tens of KB; nothing else is near that. */
const longestRow = 1_048_576

/** What is no row of an inventory. */
export class BadRowError extends Error {}

export class InventoryRows {
  readonly #columns: InventoryColumns
  readonly #bucket: string
  readonly #take: (key: string) => void
  readonly #last: number
  #rest = ''
  #row = 0

  /**
   * @param bucket - that all rows must be of
   * @param take - told the key of each object that is there, as it is written: percent-encoded
   */
  constructor(columns: InventoryColumns, bucket: string, take: (key: string) => void) {
    this.#columns = columns
    this.#bucket = bucket
    this.#take = take
    this.#last = Math.max(...Object.values(columns).flatMap((column: number | undefined) => column ?? []))
  }

  /** @throws BadRowError */
  push(piece: Uint8Array): void {
    const { buffer, byteOffset, length } = piece
    const text = this.#rest + Buffer.from(buffer, byteOffset, length).toString('latin1')
    let from = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      this.#read(text, from, end)
      from = end + 1
    }
    this.#rest = text.slice(from)
    if (this.#rest.length > longestRow) throw new BadRowError(`row ${this.#row + 1} does not end`)
  }

  /**
   * To be called when there is no more: the last row need not have an end.
   *
   * @throws BadRowError
   */
  end(): void {
    if (this.#rest !== '') this.#read(this.#rest, 0, this.#rest.length)
    this.#rest = ''
  }

  /** Keys and what stands before and behind them have neither commas nor quotes; other fields may have. */
  #read(text: string, from: number, to: number): void {
    this.#row++
    const end = text.charCodeAt(to - 1) === carriageReturn ? to - 1 : to
    if (end <= from) return
    const { bucket, key, isLatest, isDeleteMarker } = this.#columns
    let found = ''
    let isThere = true
    for (let column = 0, at = from; column <= this.#last; column++) {
      const isQuoted = text.charCodeAt(at) === quote
      const close = isQuoted ? closingQuote(text, at + 1, end) : commaAfter(text, at, end)
      const behind = isQuoted ? close + 1 : close
      if (close > end || (behind !== end && text.charCodeAt(behind) !== comma)) throw this.#bad('is no CSV')
      if (behind === end && column < this.#last) throw this.#bad('has too few fields')
      const begin = isQuoted ? at + 1 : at
      if (column === bucket && !isAt(text, this.#bucket, begin, close)) throw this.#bad('is of another bucket')
      if (column === key) found = text.slice(begin, close)
      if (column === isLatest && !isAt(text, 'true', begin, close)) isThere = false
      if (column === isDeleteMarker && isAt(text, 'true', begin, close)) isThere = false
      at = behind + 1
    }
    if (found === '') throw this.#bad('has no key')
    if (isThere) this.#take(found)
  }

  #bad(why: string): BadRowError {
    return new BadRowError(`row ${this.#row} ${why}`)
  }
}

const quote = 0x22
const comma = 0x2c
const carriageReturn = 0x0d

/** Behind the end where there is none. */
function closingQuote(text: string, from: number, end: number): number {
  for (let at = from; ; at += 2) {
    at = text.indexOf('"', at)
    if (at === -1 || at >= end) return end + 1
    // Two of them stand for one.
    if (text.charCodeAt(at + 1) !== quote) return at
  }
}

function commaAfter(text: string, from: number, end: number): number {
  const at = text.indexOf(',', from)
  return at === -1 || at > end ? end : at
}

const isAt = (text: string, value: string, from: number, to: number): boolean =>
  to - from === value.length && text.startsWith(value, from)
