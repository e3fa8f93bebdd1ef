/**
 * Ruby values as far as they are known without running Ruby. All are immutable: arrays and hashes stand in a state under
 * a {@link Reference}, so that all who hold the same one see its changes.
 */
import type { Node } from '@ruby/prism/src/nodes.js'

import { anyText, mayBe, oneOf, type Pattern, samePattern } from './pattern.ts'
import { PersistentMap } from './persistent-map.ts'

/** nil is null, Integer is bigint, Float is number. */
export type Value =
  null | boolean | bigint | number | string | RubySymbol | RubyArray | RubyHash | Reference | Procedure | Unknown

export interface Hints {
  /** Strings, arrays, hashes and procedures that it may be or lead to. */
  readonly reach?: readonly Value[]
  /** Whether it is made anew: changing it changes nothing else; changing what it holds may. */
  readonly fresh?: boolean
  readonly pattern?: Pattern | undefined
  /** The file that it is the content of. */
  readonly contentOf?: string | undefined
  /** The file whose presence it tells. */
  readonly presenceOf?: string | undefined
  /** Whether it is a method of what it reaches. */
  readonly isMethod?: boolean
}

/** A value that only running the file could tell, and why. It spreads through every expression that uses it. */
export class Unknown {
  readonly line: number
  /** Ends a sentence that begins with the key. Holds neither literals of the file nor names that could be one. */
  readonly reason: string
  readonly hints: Hints

  constructor(line: number, reason: string, hints: Hints = {}) {
    this.line = line
    this.reason = reason
    this.hints = hints
  }

  get reach(): readonly Value[] {
    return this.hints.reach ?? []
  }

  /** The same, which may moreover be or lead to some values. */
  reaching(values: readonly Value[], fresh = false): Unknown {
    const reach = reachOf([...this.reach, ...values])
    return reach.length === 0 ? this : new Unknown(this.line, this.reason, { reach, fresh })
  }

  like(pattern: Pattern | undefined): Unknown {
    return pattern === undefined ? this : new Unknown(this.line, this.reason, { ...this.hints, pattern })
  }
}

export class RubySymbol {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

export class RubyArray {
  readonly items: readonly Value[]

  constructor(items: readonly Value[]) {
    this.items = items
  }
}

export interface Entry {
  readonly key: Value
  readonly value: Value
  /** Where it was assigned. */
  readonly line: number
}

/** Keys that a hash may have besides those that are known. */
export interface Opening {
  readonly pattern: Pattern
  readonly unsure: Unknown
}

/** A Hash, or a mash, in which string and symbol keys are equal. */
export class RubyHash {
  readonly mash: boolean
  /** By {@link keyOf}. */
  readonly entries: PersistentMap<Entry>
  readonly open: readonly Opening[]

  constructor(entries: PersistentMap<Entry> = PersistentMap.of(), mash = false, open: readonly Opening[] = []) {
    this.entries = entries
    this.mash = mash
    this.open = open
  }

  get values(): readonly Value[] {
    return [...this.entries.values()].map(({ value }) => value)
  }

  get(key: Value): Entry | undefined {
    const id = keyOf(key, this.mash)
    return id === undefined ? undefined : this.entries.get(id)
  }

  /** Why it is not known whether a key is there, if so. */
  doubt(key: Value): Unknown | undefined {
    if (this.get(key) !== undefined) return undefined
    const text = textOf(key)
    return this.open.find(({ pattern }) => (text === undefined ? pattern === anyText : mayBe(pattern, text)))?.unsure
  }

  /** A copy with one entry more or another value; the same hash if the key cannot be one. */
  with(key: Value, value: Value, line: number): RubyHash {
    const id = keyOf(key, this.mash)
    return id === undefined ? this : this.#having(this.entries.with(id, { key, value, line }))
  }

  without(key: Value): RubyHash {
    return this.#having(this.entries.without(keyOf(key, this.mash) ?? ''))
  }

  map(change: (entry: Entry) => Entry): RubyHash {
    let { entries } = this
    for (const [id, entry] of this.entries) {
      const changed = change(entry)
      if (changed !== entry) entries = entries.with(id, changed)
    }
    return this.#having(entries)
  }

  /** A copy that may have more keys. */
  opened(opening: Opening): RubyHash {
    const known = this.open.some(({ pattern }) => samePattern(pattern, opening.pattern))
    return known ? this : new RubyHash(this.entries, this.mash, [...this.open, opening])
  }

  #having(entries: PersistentMap<Entry>): RubyHash {
    return new RubyHash(entries, this.mash, this.open)
  }
}

/** An array or hash of a state; `*` stands for all of them. */
export class Reference {
  readonly id: string

  constructor(id: string) {
    this.id = id
  }
}

export const everything = new Reference('*')

/** A block of code that can be called: a lambda, a proc. */
export class Procedure {
  readonly code: Node
  /** Where its variables are looked up, and what self is there. */
  readonly context: unknown
  /** `return` leaves it alone, as it does a lambda, not what is around it. */
  readonly isLambda: boolean

  constructor(code: Node, context: unknown, isLambda = false) {
    this.code = code
    this.context = context
    this.isLambda = isLambda
  }
}

/** Tells apart what can be changed in place; `undefined` for what can't. */
export function identityOf(value: Value): string | undefined {
  if (typeof value === 'string') return `"${value}`
  if (value instanceof Reference) return `#${value.id}`
  return value instanceof Procedure ? `&${value.code.location.startOffset}` : undefined
}

const longestReach = 100

/** What of some values can be changed in place or called, or leads to it. */
export function reachOf(values: readonly Value[]): readonly Value[] {
  const found = new Map<string, Value>()
  for (const value of values.flatMap((each) => (each instanceof Unknown ? each.reach : [each]))) {
    const identity = identityOf(value)
    if (identity !== undefined) found.set(identity, value)
  }
  return found.size > longestReach ? [everything] : [...found.values()]
}

/** What tells keys apart; `undefined` for a value that is not used as a key here. */
export function keyOf(key: Value, mash: boolean): string | undefined {
  if (typeof key === 'string') return `string ${key}`
  if (key instanceof RubySymbol) return `${mash ? 'string' : 'symbol'} ${key.name}`
  if (key === null || typeof key === 'boolean' || typeof key === 'bigint') return `${typeof key} ${String(key)}`
  return undefined
}

/** Whether a value is used as a key here at all. */
export const isKey = (key: Value): boolean => keyOf(key, false) !== undefined

/** The text of a string or symbol. */
export const textOf = (value: Value): string | undefined =>
  value instanceof RubySymbol ? value.name : typeof value === 'string' ? value : undefined

/** What is known of a value as a text. */
export function patternOf(value: Value): Pattern | undefined {
  if (value instanceof Unknown) return value.hints.pattern
  const text = textOf(value)
  return text === undefined ? undefined : oneOf([text])
}

/** Only nil and false are false. */
export const isTruthy = (value: Value): boolean | Unknown =>
  value instanceof Unknown ? value : value !== null && value !== false

export const isNumber = (value: Value): value is bigint | number =>
  typeof value === 'bigint' || typeof value === 'number'

/** Ruby's `to_s`; `undefined` where it is not imitated. */
export function toS(value: Value): string | undefined {
  if (typeof value === 'string') return value
  if (value === null) return ''
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (value instanceof RubySymbol) return value.name
  return typeof value === 'number' ? floatToS(value) : undefined
}

/** In this range Ruby writes floats without an exponent, with the same shortest digits as JavaScript. */
function floatToS(value: number): string | undefined {
  const size = Math.abs(value)
  if (value === 0 || size < 1e-4 || size >= 1e16 || Number.isNaN(value)) return undefined
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

/** The class of a value, as Ruby calls it. */
export function classOf(value: Value): string {
  if (value === null) return 'nil'
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'bigint') return 'Integer'
  if (typeof value === 'number') return 'Float'
  if (typeof value === 'string') return 'String'
  if (value instanceof RubySymbol) return 'Symbol'
  if (value instanceof RubyArray) return 'Array'
  if (value instanceof Procedure) return 'Proc'
  return value instanceof Unknown ? 'unknown value' : 'Hash'
}
