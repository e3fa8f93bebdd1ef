import {
  equal,
  firstUnknown,
  isKey,
  isNumber,
  RubyArray,
  RubyHash,
  RubySymbol,
  toS,
  Unknown,
  unknownIn,
  type Value,
} from './value.ts'

/** A method without side effects; `undefined` where its result is not imitated. Arguments are never unknown. */
type Method<T> = (self: T, args: readonly Value[]) => Value | undefined
type Methods<T> = Readonly<Record<string, Method<T>>>

/** Nothing in a configuration file is longer; more would be an accident such as `'x' * 10 ** 12`. */
const longestText = 1_000_000
const longestNumber = 2n ** 4096n

/** Calls a method of a known value. Gives `undefined` where the result is not imitated. */
export function callMethod(self: Value, name: string, args: readonly Value[]): Value | undefined {
  const unknown = firstUnknown(args)
  if (unknown !== undefined) return unknown
  const result = callOwn(self, name, args)
  return result === undefined ? own(anything, name)?.(self, args) : result
}

function callOwn(self: Value, name: string, args: readonly Value[]): Value | undefined {
  if (typeof self === 'string') return own(strings, name)?.(self, args)
  if (isNumber(self)) return own(numbers, name)?.(self, args)
  if (self instanceof RubyArray) return own(arrays, name)?.(self, args)
  if (self instanceof RubyHash) return own(hashes, name)?.(self, args)
  if (self instanceof RubySymbol && name === 'to_sym') return self
  if (self === null && name === 'to_i') return 0n
  if (self === null && name === 'to_a') return new RubyArray([])
  return undefined
}

const own = <T>(methods: Methods<T>, name: string): Method<T> | undefined =>
  Object.hasOwn(methods, name) ? methods[name] : undefined

/** Wraps a method that takes no arguments. */
const plain =
  <T>(method: (self: T) => Value | undefined): Method<T> =>
  (self, args) =>
    args.length === 0 ? method(self) : undefined

const anything: Methods<Value> = {
  'nil?': plain((self) => self === null),
  to_s: plain(toS),
  '==': (self, [other = null]) => equal(self, other),
  '!=': (self, [other = null]) => {
    const same = equal(self, other)
    return same instanceof Unknown ? same : !same
  },
  freeze: plain((self) => self),
  itself: plain((self) => self),
  dup: plain((self) => (self instanceof RubyArray || self instanceof RubyHash ? undefined : self)),
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
  '%': (self, [values]) => formatted(self, values instanceof RubyArray ? values.items : [values ?? null]),
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
  to_a: plain((self) => self),
  max: plain(({ items }) => extreme(items, 1)),
  min: plain(({ items }) => extreme(items, -1)),
  compact: plain((self) => unknownIn(self) ?? new RubyArray(self.items.filter((item) => item !== null))),
  'include?': (self, [wanted = null]) => unknownIn(self) ?? self.items.some((item) => equal(item, wanted) === true),
  join: (self, args) => joined(self, args),
  '[]': ({ items }, args) => {
    const [index] = args
    return args.length === 1 && typeof index === 'bigint' ? (items.at(Number(index)) ?? null) : undefined
  },
  '+': ({ items }, [other]) => (other instanceof RubyArray ? new RubyArray([...items, ...other.items]) : undefined),
  '*': ({ items }, [times]) =>
    repeat(times, items.length, (count) => new RubyArray(Array.from({ length: count }, () => items).flat())),
}

function extreme(items: readonly Value[], sign: number): Value | undefined {
  const unknown = firstUnknown(items)
  if (unknown !== undefined) return unknown
  if (items.length === 0) return null
  if (items.every(isNumber)) return items.reduce((a, b) => ((sign > 0 ? b > a : b < a) ? b : a))
  if (items.every((item) => typeof item === 'string')) {
    return items.reduce((a, b) => (sign * byBytes(b, a) > 0 ? b : a))
  }
  return undefined
}

function joined(self: RubyArray, args: readonly Value[]): Value | undefined {
  const unknown = unknownIn(self)
  if (unknown !== undefined) return unknown
  const [separator = null] = args
  if (args.length > 1 || (separator !== null && typeof separator !== 'string')) return undefined
  const texts = self.items.map((item) => (item instanceof RubyArray ? joined(item, args) : toS(item)))
  return texts.every((text) => typeof text === 'string') ? texts.join(separator ?? '') : undefined
}

function hasKey(self: RubyHash, [key = null]: readonly Value[]): boolean | undefined {
  return isKey(key) ? self.get(key) !== undefined : undefined
}

const hashes: Methods<RubyHash> = {
  'empty?': plain(({ entries }) => entries.size === 0),
  length: plain(({ entries }) => BigInt(entries.size)),
  size: plain(({ entries }) => BigInt(entries.size)),
  '[]': (self, [key = null]) => (isKey(key) ? (self.get(key)?.value ?? null) : undefined),
  fetch: (self, [key = null, otherwise]) => {
    if (!isKey(key)) return undefined
    const entry = self.get(key)
    return entry === undefined ? otherwise : entry.value
  },
  'key?': hasKey,
  'has_key?': hasKey,
  'include?': hasKey,
  dig: (self, [key = null, ...rest]) => {
    if (!isKey(key)) return undefined
    const value = self.get(key)?.value ?? null
    return rest.length === 0 || value === null ? value : callMethod(value, 'dig', rest)
  },
  merge: (self, [other]) =>
    other instanceof RubyHash
      ? [...other.entries.values()].reduce((all, { key, value, line }) => all.with(key, value, line), self)
      : undefined,
}
