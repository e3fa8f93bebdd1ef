/** The entries of new lists while they are gathered: all texts as bytes, and those that stay as they are not twice. */
import { NameTable, NumberColumn, TextArena, TextRows } from '../compact-table.ts'
import type { Place } from './membership.ts'
import type { OldEntries } from './old-lists.ts'

/** A package that is to be written. */
export interface Slot {
  readonly key: string
  readonly identity: string
  /** Empty where it is not known. */
  readonly sha256: string
  /** Ends in one line feed; undefined: as in the present list. */
  readonly text: Buffer | undefined
}

/** Which package stands for an entry, and in which row its text is. */
type Row = number

export class Slots {
  readonly #lists: readonly OldEntries[]
  /** By list and entry: the row, or -1. */
  readonly #entries: readonly Int32Array[]
  /** By list: rows of packages that are new in it. */
  readonly #added: readonly Row[][]
  readonly #rows = new TextRows()
  readonly #arena = new TextArena()
  /** Where a text begins; below 0: that of an entry of the list `-1 - begin`. */
  readonly #begins = new NumberColumn()
  readonly #ends = new NumberColumn()
  /** Packages are numbered as they come, each with all of its rows one after another. */
  readonly #packages = new NumberColumn()
  #lastKey: string | undefined
  #lastText: { readonly text: Buffer; readonly begin: number; readonly end: number } | undefined
  readonly #indexed = new Set<number>()

  constructor(lists: readonly OldEntries[]) {
    this.#lists = lists
    this.#entries = lists.map(({ length }) => new Int32Array(length).fill(-1))
    this.#added = lists.map(() => [])
  }

  /** How many packages are in at least one of the lists whose {@link Slots.winnersOf} was asked for. */
  get indexed(): number {
    return this.#indexed.size
  }

  /** In the place of a present entry. */
  put({ part, at }: Place, slot: Slot): void {
    const entries = this.#entries[part]
    if (entries === undefined) return
    entries[at] = this.#rowOf(slot)
    const present = this.#lists[part]?.bytesOf(at)
    if (slot.text === undefined) this.#place(-1 - part, at)
    else this.#write(slot.text, present === undefined ? undefined : { present, part, at })
  }

  /** Behind the present entries. */
  add(part: number, slot: Slot): void {
    this.#added[part]?.push(this.#rowOf(slot))
    this.#write(slot.text ?? Buffer.alloc(0), undefined)
  }

  /**
   * The rows of a list in their order. Of two packages of one identity and different content, the one that comes first.
   *
   * @param conflict - told of each that loses
   */
  winnersOf(part: number, conflict: (loser: Slot, winner: Slot) => void): Row[] {
    const chosen: Row[] = []
    const byIdentity = new NameTable()
    const consider = (row: Row, isNew: boolean): void => {
      const slot = this.#slot(row)
      const winner = byIdentity
        .find(slot.identity)
        .map((other) => this.#slot(other))
        .find(({ identity }) => identity === slot.identity)
      if (winner !== undefined && differ(winner, slot)) {
        conflict(slot, winner)
        return
      }
      // A second copy of what is listed already is not worth a second entry.
      if (winner !== undefined && isNew) return
      if (winner === undefined) byIdentity.add(slot.identity, row)
      this.#indexed.add(this.#packages.at(row))
      chosen.push(row)
    }
    for (const row of this.#entries[part] ?? []) if (row >= 0) consider(row, false)
    for (const row of this.#added[part] ?? []) consider(row, true)
    return chosen
  }

  /** The texts of some rows, each with the empty line that ends a stanza. */
  textOf(rows: readonly Row[]): Buffer {
    const length = rows.reduce((sum, row) => sum + this.#bytes(row).length + 1, 0)
    const text = Buffer.allocUnsafeSlow(length)
    let at = 0
    for (const row of rows) {
      at += this.#bytes(row).copy(text, at)
      at = text.writeUInt8(lineFeed, at)
    }
    return text
  }

  #rowOf({ key, identity, sha256 }: Slot): Row {
    const last = this.#packages.length === 0 ? -1 : this.#packages.at(this.#packages.length - 1)
    this.#packages.push(key === this.#lastKey ? last : last + 1)
    this.#lastKey = key
    return this.#rows.add([key, identity, sha256])
  }

  #slot(row: Row): Slot {
    const [key = '', identity = '', sha256 = ''] = this.#rows.at(row)
    return { key, identity, sha256, text: undefined }
  }

  #place(begin: number, end: number): void {
    this.#begins.push(begin)
    this.#ends.push(end)
  }

  /** Most entries stay as they are, and a package says the same in all lists that it is in. */
  #write(text: Buffer, old: { present: Buffer; part: number; at: number } | undefined): void {
    if (this.#lastText?.text.equals(text) === true) {
      this.#place(this.#lastText.begin, this.#lastText.end)
      return
    }
    if (old !== undefined && text.equals(old.present)) {
      this.#lastText = { text, begin: -1 - old.part, end: old.at }
    } else {
      const begin = this.#arena.addBytes(text)
      this.#lastText = { text, begin, end: this.#arena.end }
    }
    this.#place(this.#lastText.begin, this.#lastText.end)
  }

  #bytes(row: Row): Buffer {
    const [begin, end] = [this.#begins.at(row), this.#ends.at(row)]
    if (begin >= 0) return this.#arena.bytes(begin, end)
    return this.#lists[-1 - begin]?.bytesOf(end) ?? Buffer.alloc(0)
  }
}

const lineFeed = 0x0a

const differ = ({ sha256: one }: Slot, { sha256: other }: Slot): boolean => one !== '' && other !== '' && one !== other
