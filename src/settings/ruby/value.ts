/**
 * Ruby values as far as they are known without running Ruby. All are immutable: what changes is which value a variable
 * or a setting holds.
 */

/** nil is null, Integer is bigint, Float is number. */
export type Value = null | boolean | bigint | number | string | RubySymbol | RubyArray | RubyHash | Reference | Unknown

/** A value that only running the file could tell, and why. It spreads through every expression that uses it. */
export class Unknown {
  readonly line: number
  /** Ends a sentence that begins with the key; holds names from the file, never its literals. */
  readonly reason: string

  constructor(line: number, reason: string) {
    this.line = line
    this.reason = reason
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

/** A Hash, or a mash, in which string and symbol keys are equal. */
export class RubyHash {
  readonly mash: boolean
  /** By {@link keyOf}. */
  readonly entries: ReadonlyMap<string, Entry>

  constructor(entries: ReadonlyMap<string, Entry>, mash = false) {
    this.entries = entries
    this.mash = mash
  }

  get(key: Value): Entry | undefined {
    const id = keyOf(key, this.mash)
    return id === undefined ? undefined : this.entries.get(id)
  }

  /** A copy with one entry more or another value; the same hash if the key cannot be one. */
  with(key: Value, value: Value, line: number): RubyHash {
    const id = keyOf(key, this.mash)
    return id === undefined ? this : new RubyHash(new Map([...this.entries, [id, { key, value, line }]]), this.mash)
  }

  without(key: Value): RubyHash {
    const entries = new Map(this.entries)
    entries.delete(keyOf(key, this.mash) ?? '')
    return new RubyHash(entries, this.mash)
  }

  map(change: (entry: Entry) => Value): RubyHash {
    const changed = [...this.entries].map(([id, entry]) => [id, { ...entry, value: change(entry) }] as const)
    return new RubyHash(new Map(changed), this.mash)
  }
}

/** A place among the settings, `packagecloud_rails` or `nginx['headers']`: assigning through it changes the settings. */
export class Reference {
  readonly root: string
  readonly path: readonly Value[]

  constructor(root: string, path: readonly Value[] = []) {
    this.root = root
    this.path = path
  }
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

/** Only nil and false are false. */
export const isTruthy = (value: Value): boolean | Unknown =>
  value instanceof Unknown ? value : value !== null && value !== false

/** Ruby's `==`; the Unknown within that prevents an answer, if there is one. */
export function equal(a: Value, b: Value): boolean | Unknown {
  const unknown = unknownIn(a) ?? unknownIn(b)
  if (unknown !== undefined) return unknown
  if (a instanceof RubySymbol) return b instanceof RubySymbol && a.name === b.name
  if (a instanceof RubyArray) return b instanceof RubyArray && sameItems(a.items, b.items)
  if (a instanceof RubyHash) return b instanceof RubyHash && sameEntries(a, b)
  if (a instanceof Reference) {
    return b instanceof Reference && a.root === b.root && sameItems(a.path, b.path)
  }
  if (isNumber(a) && isNumber(b)) return !(a < b) && !(a > b) && !Number.isNaN(Number(a)) && !Number.isNaN(Number(b))
  return a === b
}

/** Whether two known values are the same in kind too, so that one can stand for the other: 1 is not 1.0 here. */
export const interchangeable = (a: Value, b: Value): boolean => typeof a === typeof b && equal(a, b) === true

const sameItems = (a: readonly Value[], b: readonly Value[]): boolean =>
  a.length === b.length && a.every((item, index) => equal(item, b[index] ?? null) === true)

const sameEntries = (a: RubyHash, b: RubyHash): boolean =>
  a.entries.size === b.entries.size &&
  [...a.entries].every(([id, { value }]) => {
    const other = b.entries.get(id)
    return other !== undefined && equal(value, other.value) === true
  })

export const isNumber = (value: Value): value is bigint | number =>
  typeof value === 'bigint' || typeof value === 'number'

/** The first unknown that a value is or holds. */
export function unknownIn(value: Value): Unknown | undefined {
  if (value instanceof Unknown) return value
  if (value instanceof RubyArray) return firstUnknown(value.items)
  if (value instanceof RubyHash) return firstUnknown([...value.entries.values()].map((entry) => entry.value))
  return undefined
}

export function firstUnknown(values: readonly Value[]): Unknown | undefined {
  for (const value of values) {
    const unknown = unknownIn(value)
    if (unknown !== undefined) return unknown
  }
  return undefined
}

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
  return value instanceof Unknown ? 'unknown value' : 'Hash'
}
