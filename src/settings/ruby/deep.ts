/** What takes a look into arrays and hashes, at any depth. */
import type { Content, State } from './state.ts'
import { isNumber, Procedure, Reference, RubyArray, RubyHash, RubySymbol, Unknown, type Value } from './value.ts'

/** A value as it is after the run, with its arrays and hashes in place. */
export function resolved(value: Value, state: State, known = new Map<string, Value>()): Value {
  if (value instanceof Procedure) return new Unknown(0, 'is a Proc')
  if (!(value instanceof Reference)) return value
  const there = known.get(value.id)
  if (there !== undefined) return there
  known.set(value.id, new Unknown(0, 'holds itself'))
  const content = state.at(value)
  const inner = (each: Value) => resolved(each, state, known)
  let made: Value = content
  if (content instanceof RubyArray) made = new RubyArray(content.items.map(inner))
  else if (content instanceof RubyHash) made = content.map((entry) => ({ ...entry, value: inner(entry.value) }))
  known.set(value.id, made)
  return made
}

/** The first unknown that a value is or holds. */
function unknownIn(value: Value, state: State, seen = new Set<string>()): Unknown | undefined {
  if (value instanceof Unknown) return value
  if (!(value instanceof Reference) || seen.has(value.id)) return undefined
  seen.add(value.id)
  const content = state.at(value)
  if (content instanceof Unknown) return content
  if (content instanceof RubyArray) return firstUnknown(content.items, state, seen)
  const [opening] = content.open
  return opening === undefined ? firstUnknown(content.values, state, seen) : opening.unsure
}

export function firstUnknown(values: readonly Value[], state: State, seen = new Set<string>()): Unknown | undefined {
  for (const value of values) {
    const unknown = unknownIn(value, state, seen)
    if (unknown !== undefined) return unknown
  }
  return undefined
}

/** Ruby's `==`; the Unknown within that prevents an answer, if there is one. */
export const equal = (a: Value, b: Value, state: State): boolean | Unknown =>
  unknownIn(a, state) ?? unknownIn(b, state) ?? new Comparison(state, state, false).same(a, b)

/** Whether two known values of two states are the same in kind too, so that one can stand for the other. */
export const interchangeable = (a: Value, ofA: State, b: Value, ofB: State): boolean =>
  unknownIn(a, ofA) === undefined && unknownIn(b, ofB) === undefined && new Comparison(ofA, ofB, true).same(a, b)

class Comparison {
  readonly #a: State
  readonly #b: State
  readonly #isStrict: boolean
  /** Pairs that are being compared or have been: what holds itself is not gone through for ever. */
  readonly #seen = new Set<string>()

  constructor(a: State, b: State, isStrict: boolean) {
    this.#a = a
    this.#b = b
    this.#isStrict = isStrict
  }

  same(a: Value, b: Value): boolean {
    if (a instanceof RubySymbol) return b instanceof RubySymbol && a.name === b.name
    if (!(a instanceof Reference) || !(b instanceof Reference)) return this.#sameScalars(a, b)
    const pair = `${a.id} ${b.id}`
    if ((a.id === b.id && this.#a === this.#b) || this.#seen.has(pair)) return true
    this.#seen.add(pair)
    return this.#sameContent(this.#a.at(a), this.#b.at(b))
  }

  #sameContent(a: Content, b: Content): boolean {
    if (a instanceof RubyArray && b instanceof RubyArray) {
      return a.items.length === b.items.length && a.items.every((item, at) => this.same(item, b.items[at] ?? null))
    }
    if (!(a instanceof RubyHash) || !(b instanceof RubyHash) || (this.#isStrict && a.mash !== b.mash)) return false
    if (a.entries.size !== b.entries.size) return false
    return [...a.entries].every(([id, { value }]) => {
      const other = b.entries.get(id)
      return other !== undefined && this.same(value, other.value)
    })
  }

  #sameScalars(a: Value, b: Value): boolean {
    if (this.#isStrict || !isNumber(a) || !isNumber(b)) return Object.is(a, b) || (!this.#isStrict && a === b)
    return !(a < b) && !(a > b) && !Number.isNaN(Number(a)) && !Number.isNaN(Number(b))
  }
}
