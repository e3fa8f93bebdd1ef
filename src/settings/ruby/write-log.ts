import { held, type Recorder, type State } from './state.ts'
import { anyText } from './pattern.ts'
import type { Cell } from './cell.ts'
import { identityOf, keyOf, Reference, reachOf, type Unknown, type Value } from './value.ts'

interface Write {
  readonly cell: Cell
  readonly line: number | undefined
  /** What was put there can be changed or called from there. */
  readonly reach: Map<string, Value>
}

const mostKinds = 8

/** What a part of the file writes, however often and in whatever order. */
export class WriteLog implements Recorder {
  readonly #writes = new Map<string, Write>()
  /** Objects from this number on are made by that part itself: what it does to them is its own affair. */
  readonly #mark: number
  /** The kinds of keys that objects were given. */
  readonly #kinds = new Map<string, Set<string>>()
  /** Grows with everything that is new. */
  weight = 0
  /** Takes down the same, for code around this one. */
  readonly #outer: Recorder | undefined

  constructor(mark: number, outer?: Recorder) {
    this.#mark = mark
    this.#outer = outer
  }

  record(cell: Cell, values: readonly Value[], state: State, line?: number): void {
    this.#outer?.record(cell, values, state, line)
    if ('id' in cell && this.#isOwn(cell.id)) return
    const kept = this.#widened(cell)
    const name = nameOf(kept)
    const write = this.#writes.get(name) ?? { cell: kept, line, reach: new Map<string, Value>() }
    if (!this.#writes.has(name)) this.weight += 1
    this.#writes.set(name, write)
    for (const value of this.outside(values, state)) {
      const identity = identityOf(value) ?? ''
      if (!write.reach.has(identity)) this.weight += 1
      write.reach.set(identity, value)
    }
  }

  /** Makes all that was written unknown. */
  apply(state: State, unsure: Unknown): void {
    for (const { cell, line, reach } of this.#writes.values()) {
      state.lose(cell, unsure.reaching([...reach.values()]), line)
    }
  }

  /** Keys that are made of keys would come without end: from some number of kinds on, it may be any key. */
  #widened(cell: Cell): Cell {
    if (cell.kind !== 'keys') return cell
    const kinds = this.#kinds.get(cell.id) ?? new Set()
    this.#kinds.set(cell.id, kinds.add(nameOf(cell)))
    return kinds.size > mostKinds ? { ...cell, pattern: anyText } : cell
  }

  #isOwn(id: string): boolean {
    return Number(id) >= this.#mark
  }

  /** What is reachable and was there before. */
  outside(values: readonly Value[], state: State, seen = new Set<string>()): Value[] {
    return reachOf(values).flatMap((value) => {
      if (!(value instanceof Reference) || !this.#isOwn(value.id)) return [value]
      if (seen.has(value.id)) return []
      seen.add(value.id)
      return this.outside(held(state.at(value)), state, seen)
    })
  }
}

function nameOf(cell: Cell): string {
  switch (cell.kind) {
    case 'variable':
    case 'setting':
      return `${cell.kind} ${cell.name}`
    case 'object':
      return `object ${cell.id}`
    case 'entry':
      return `entry ${cell.id} ${keyOf(cell.key, true) ?? ''}`
    case 'keys':
      return `keys ${cell.id} ${JSON.stringify(cell.pattern)}`
    case 'text':
      return `text ${cell.text}`
  }
}
