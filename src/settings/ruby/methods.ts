import { equal, firstUnknown } from './deep.ts'
import type { State } from './state.ts'
import { isKey, isNumber, Reference, RubyArray, RubyHash, RubySymbol, toS, Unknown, type Value } from './value.ts'

/**
 * A method without side effects; `undefined` where its result is not imitated. Arguments are never unknown. A result
 * that is an array or hash is a new one.
 */
type Method<T> = (self: T, args: readonly Value[], state: State) => Value | undefined
type Methods<T> = Readonly<Record<string, Method<T>>>

/** Nothing in a configuration file is longer; more would be an accident such as `'x' * 10 ** 12`. */
const longestText = 1_000_000
const longestNumber = 2n ** 4096n

/** Calls a method of a known value. Gives `undefined` where the result is not imitated. */
export function callMethod(self: Value, name: string, args: readonly Value[], state: State): Value | undefined {
  const unknown = holders.has(name) ? args.find((arg) => arg instanceof Unknown) : firstUnknown(args, state)
  if (unknown !== undefined) return unknown
  const result = callOwn(self instanceof Reference ? state.at(self) : self, name, args, state)
  return result === undefined ? own(anything, name)?.(self, args, state) : result
}

/** These only pass on what they are given. */
const holders = new Set(['merge', '+', 'fetch'])

function callOwn(self: Value, name: string, args: readonly Value[], state: State): Value | undefined {
  if (typeof self === 'string') return own(strings, name)?.(self, args, state)
  if (isNumber(self)) return own(numbers, name)?.(self, args, state)
  if (self instanceof RubyArray) return own(arrays, name)?.(self, args, state)
  if (self instanceof RubyHash) return own(hashes, name)?.(self, args, state)
  if (self instanceof RubySymbol && name === 'to_sym') return self
  if (self === null && name === 'to_i') return 0n
  if (self === null && name === 'to_a') return new RubyArray([])
  return undefined
}

const own = <T>(methods: Methods<T>, name: string): Method<T> | undefined =>
  Object.hasOwn(methods, name) ? methods[name] : undefined

/** Wraps a method that takes no arguments. */
const plain =
  <T>(method: (self: T, state: State) => Value | undefined): Method<T> =>
  (self, args, state) =>
    args.length === 0 ? method(self, state) : undefined

const anything: Methods<Value> = {
  'nil?': plain((self) => self === null),
  to_s: plain(toS),
  '==': (self, [other = null], state) => equal(self, other, state),
  '!=': (self, [other = null], state) => {
    const same = equal(self, other, state)
    return same instanceof Unknown ? same : !same
  },
  freeze: plain((self) => self),
  itself: plain((self) => self),
  dup: plain((self) => (self instanceof Reference ? undefined : self)),
  to_a: plain((self, state) => (self instanceof Reference && state.at(self) instanceof RubyArray ? self : undefined)),
}

const ascii = /^[\0-\x7f]*$/
const asciiOnly = (change: (text: string) => string) =>
  plain((self: string) => (ascii.test(self) ? change(self) : undefined))
/** Ruby strips NUL as well, but not alike in all its versions. */
const stripped = (pattern: RegExp) =>
  plain((self: string) => (self.includes('\0') ? undefined : self.replace(pattern, '')))

const strings: Methods<string> = {
  'empty?': plain((self) => self === ''),
  to_i: plain((self) => BigInt(/^[\t-\r ]*([+-]?\d+(?:_\d+)*)/.exec(self)?.[1]?.replace(/[_+]/g, '') ?? 0)),
  to_sym: plain((self) => new RubySymbol(self)),
  to_str: plain((self) => self),
  strip: stripped(/^[\t-\r ]+|[\t-\r ]+$/g),
  lstrip: stripped(/^[\t-\r ]+/),
  rstrip: stripped(/[\t-\r ]+$/),
  chomp: (self, [suffix, ...rest]) => {
    if (suffix === undefined) return self.replace(/\r\n$|[\r\n]$/, '')
    if (rest.length > 0 || typeof suffix !== 'string' || /^\n?$/.test(suffix)) return undefined
    return self.endsWith(suffix) ? self.slice(0, -suffix.length) : self
  },
  downcase: asciiOnly((text) => text.toLowerCase()),
  upcase: asciiOnly((text) => text.toUpperCase()),
  length: plain((self) => BigInt(Array.from(self).length)),
  size: plain((self) => BigInt(Array.from(self).length)),
  'include?': (self, [part]) => (typeof part === 'string' ? self.includes(part) : undefined),
  'start_with?': (self, args) => anyText(args, (part) => self.startsWith(part)),
  'end_with?': (self, args) => anyText(args, (part) => self.endsWith(part)),
  '[]': (self, args) => {
    const [index] = args
    if (args.length !== 1 || typeof index !== 'bigint') return undefined
    return Array.from(self).at(Number(index)) ?? null
  },
  '+': (self, [other]) => (typeof other === 'string' ? self + other : undefined),
  '*': (self, [times]) => repeat(times, self.length, (count) => self.repeat(count)),
  '%': (self, [values = null], state) => {
    const list = values instanceof Reference ? state.at(values) : values
    return formatted(self, list instanceof RubyArray ? list.items : [values])
  },
  '<': (self, args) => compareText(self, args, (order) => order < 0),
  '>': (self, args) => compareText(self, args, (order) => order > 0),
  '<=': (self, args) => compareText(self, args, (order) => order <= 0),
  '>=': (self, args) => compareText(self, args, (order) => order >= 0),
}

const anyText = (args: readonly Value[], test: (part: string) => boolean): boolean | undefined =>
  args.every((part) => typeof part === 'string') ? args.some(test) : undefined

const compareText = (self: string, [other]: readonly Value[], test: (order: number) => boolean): boolean | undefined =>
  typeof other === 'string' ? test(byBytes(self, other)) : undefined

/** Ruby orders strings by their bytes, JavaScript by UTF-16 units. */
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

function repeat<T>(times: Value | undefined, length: number, make: (count: number) => T): T | undefined {
  if (typeof times !== 'bigint' || times < 0n || times * BigInt(length) > longestText) return undefined
  return make(Number(times))
}

/** `%s`, `%d` and `%%` without width or precision; anything else is not imitated. */
export function formatted(format: string, values: readonly Value[]): string | undefined {
  if (/%(?![sd%])/.test(format.replaceAll('%%', ''))) return undefined
  const kinds = [...format.matchAll(/%([sd%])/g)].flatMap(([, kind]) => (kind === '%' ? [] : [kind]))
  if (kinds.length !== values.length) return undefined
  const texts = values.map((value, index) =>
    kinds[index] === 's' || typeof value === 'bigint' ? toS(value) : undefined,
  )
  if (texts.includes(undefined)) return undefined
  return format.replace(/%([sd%])/g, (_, kind: string) => (kind === '%' ? '%' : (texts.shift() ?? '')))
}

const numbers: Methods<bigint | number> = {
  to_i: plain((self) =>
    typeof self === 'bigint' ? self : Number.isFinite(self) ? BigInt(Math.trunc(self)) : undefined,
  ),
  to_f: plain((self) => asFloat(self)),
  'zero?': plain((self) => Number(self) === 0),
  '+@': plain((self) => self),
  '-@': plain((self) => -self),
  '+': arithmetic(
    (a, b) => a + b,
    (a, b) => a + b,
  ),
  '-': arithmetic(
    (a, b) => a - b,
    (a, b) => a - b,
  ),
  '*': arithmetic(
    (a, b) => a * b,
    (a, b) => a * b,
  ),
  '/': arithmetic(floorDivide, (a, b) => a / b),
  '%': arithmetic(
    (a, b) => {
      const quotient = floorDivide(a, b)
      return quotient === undefined ? undefined : a - b * quotient
    },
    (a, b) => (b === 0 ? undefined : a - b * Math.floor(a / b)),
  ),
  '**': arithmetic(power, () => undefined),
  '<': compare((a, b) => a < b),
  '>': compare((a, b) => a > b),
  '<=': compare((a, b) => a <= b),
  '>=': compare((a, b) => a >= b),
}

/** An Integer as a Float, where that is exact. */
const asFloat = (value: bigint | number): number | undefined =>
  typeof value === 'number' || BigInt(Number(value)) === value ? Number(value) : undefined

function arithmetic(
  whole: (a: bigint, b: bigint) => bigint | undefined,
  float: (a: number, b: number) => number | undefined,
): Method<bigint | number> {
  return (self, [other = null]) => {
    if (!isNumber(other)) return undefined
    if (typeof self === 'bigint' && typeof other === 'bigint') return bounded(whole(self, other))
    const a = asFloat(self)
    const b = asFloat(other)
    return a === undefined || b === undefined ? undefined : float(a, b)
  }
}

const bounded = (value: bigint | undefined): bigint | undefined =>
  value === undefined || value > longestNumber || value < -longestNumber ? undefined : value

/** Ruby's integer division rounds down, JavaScript's towards zero. */
function floorDivide(a: bigint, b: bigint): bigint | undefined {
  if (b === 0n) return undefined
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

/** Negative exponents give Rationals. */
function power(base: bigint, exponent: bigint): bigint | undefined {
  const bits = exponent * BigInt(base.toString(2).length)
  return exponent < 0n || bits > 4096n ? undefined : base ** exponent
}

function compare(test: (a: bigint | number, b: bigint | number) => boolean): Method<bigint | number> {
  return (self, [other = null]) => (isNumber(other) ? test(self, other) : undefined)
}

const arrays: Methods<RubyArray> = {
  'empty?': plain(({ items }) => items.length === 0),
  length: plain(({ items }) => BigInt(items.length)),
  size: plain(({ items }) => BigInt(items.length)),
  first: plain(({ items }) => items.at(0) ?? null),
  last: plain(({ items }) => items.at(-1) ?? null),
  max: plain(({ items }, state) => extreme(items, 1, state)),
  min: plain(({ items }, state) => extreme(items, -1, state)),
  compact: plain(({ items }) => unknownAmong(items) ?? new RubyArray(items.filter((item) => item !== null))),
  'include?': ({ items }, [wanted = null], state) =>
    firstUnknown(items, state) ?? items.some((item) => equal(item, wanted, state) === true),
  join: ({ items }, args, state) => joined(items, args, state),
  dup: plain(({ items }) => new RubyArray(items)),
  '[]': ({ items }, args) => {
    const [index] = args
    return args.length === 1 && typeof index === 'bigint' ? (items.at(Number(index)) ?? null) : undefined
  },
  '+': ({ items }, [other = null], state) => {
    const more = other instanceof Reference ? state.at(other) : other
    return more instanceof RubyArray ? new RubyArray([...items, ...more.items]) : undefined
  },
  '*': ({ items }, [times]) =>
    repeat(times, items.length, (count) => new RubyArray(Array.from({ length: count }, () => items).flat())),
}

const unknownAmong = (items: readonly Value[]): Unknown | undefined => items.find((item) => item instanceof Unknown)

function extreme(items: readonly Value[], sign: number, state: State): Value | undefined {
  const unknown = firstUnknown(items, state)
  if (unknown !== undefined) return unknown
  if (items.length === 0) return null
  if (items.every(isNumber)) return items.reduce((a, b) => ((sign > 0 ? b > a : b < a) ? b : a))
  if (items.every((item) => typeof item === 'string')) {
    return items.reduce((a, b) => (sign * byBytes(b, a) > 0 ? b : a))
  }
  return undefined
}

function joined(items: readonly Value[], args: readonly Value[], state: State): Value | undefined {
  const unknown = firstUnknown(items, state)
  if (unknown !== undefined) return unknown
  const [separator = null] = args
  if (args.length > 1 || (separator !== null && typeof separator !== 'string')) return undefined
  const texts = items.map((item) => {
    const inner = item instanceof Reference ? state.at(item) : item
    return inner instanceof RubyArray ? joined(inner.items, args, state) : toS(item)
  })
  return texts.every((text) => typeof text === 'string') ? texts.join(separator ?? '') : undefined
}

/** Whether a key is there, `undefined` where that can't be told. */
function hasKey(self: RubyHash, [key = null]: readonly Value[]): Value | undefined {
  if (!isKey(key)) return undefined
  const entry = self.get(key)
  // Whether a value that is not known was put there at all is not known either.
  return self.doubt(key) ?? (entry?.value instanceof Unknown ? entry.value : entry !== undefined)
}

/** A copy of a mash has copies of what it holds. */
const isCopiedFlat = ({ mash, entries }: RubyHash): boolean =>
  !mash || ![...entries.values()].some(({ value }) => value instanceof Reference)

const closed =
  (method: (self: RubyHash) => Value): Method<RubyHash> =>
  (self, args) =>
    args.length > 0 ? undefined : (self.open[0]?.unsure ?? unknownAmong(self.values) ?? method(self))

const hashes: Methods<RubyHash> = {
  'empty?': closed(({ entries }) => entries.size === 0),
  length: closed(({ entries }) => BigInt(entries.size)),
  size: closed(({ entries }) => BigInt(entries.size)),
  '[]': (self, [key = null]) => (isKey(key) ? (self.doubt(key) ?? self.get(key)?.value ?? null) : undefined),
  fetch: (self, [key = null, otherwise]) => {
    if (!isKey(key)) return undefined
    const entry = self.get(key)
    return self.doubt(key) ?? (entry === undefined ? otherwise : entry.value)
  },
  'key?': hasKey,
  'has_key?': hasKey,
  'include?': hasKey,
  dig: (self, [key = null, ...rest], state) => {
    if (!isKey(key)) return undefined
    const value = self.doubt(key) ?? self.get(key)?.value ?? null
    return rest.length === 0 || value === null || value instanceof Unknown
      ? value
      : callMethod(value, 'dig', rest, state)
  },
  dup: plain((self) => (isCopiedFlat(self) ? new RubyHash(self.entries, self.mash, self.open) : undefined)),
  merge: (self, [other = null], state) => {
    const more = other instanceof Reference ? state.at(other) : other
    if (!(more instanceof RubyHash) || more.open.length > 0 || !isCopiedFlat(self) || !isCopiedFlat(more))
      return undefined
    return [...more.entries.values()].reduce((all, { key, value, line }) => all.with(key, value, line), self)
  },
}
