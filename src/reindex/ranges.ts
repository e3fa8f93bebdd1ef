/** A part of the order of keys that is listed one page after another: after `after`, up to and with `through`. */
export interface KeyRange {
  after: string
  /** Undefined: to the end. */
  through: string | undefined
}

/** Compares keys as S3 orders them: by the bytes of UTF-8, which is the order of code points. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const x = a.charCodeAt(index)
    const y = b.charCodeAt(index)
    if (x === y) continue
    // Surrogates stand for code points beyond all that one unit can be.
    const [surrogateX, surrogateY] = [isSurrogate(x), isSurrogate(y)]
    return surrogateX === surrogateY ? x - y : surrogateX ? 1 : -1
  }
  return a.length - b.length
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff

/**
 * What comes behind all that is in a folder: `0` is next to the `/` that ends it. Undefined: there is nothing behind the
 * whole bucket.
 */
export const endOf = (folder: string): string | undefined => (folder === '' ? undefined : `${folder.slice(0, -1)}0`)

/** Keys are mostly printable ASCII: an open end is taken to be behind that. */
const beforePrintable = 0x1f
const behindPrintable = 0x7f
const deepest = 100

/**
 * A key about half-way between two, by the characters of keys in use; undefined if there is none to be found.
 *
 * @param high - undefined: no end
 * @returns a key that is greater than `low` and less than `high`
 */
export function between(low: string, high: string | undefined): string | undefined {
  const lows = Array.from(low, codePoint)
  const highs = high === undefined ? undefined : Array.from(high, codePoint)
  let bounded = highs !== undefined
  for (let depth = 0; depth < deepest; depth++) {
    const least = lows[depth] ?? beforePrintable
    const most = bounded ? highs?.[depth] : Math.max(behindPrintable, least)
    // `high` is `low` and more, all of it unprintable: nothing worth to look for.
    if (most === undefined) return undefined
    const middle = (least + most) >> 1
    if (middle > least) {
      if (middle >= 0xd800 && middle <= 0xdfff) return undefined
      const head = [...lows.slice(0, depth), ...Array<number>(Math.max(0, depth - lows.length)).fill(0x20)]
      const found = String.fromCodePoint(...head, middle)
      const fits = compareKeys(low, found) < 0 && (high === undefined || compareKeys(found, high) < 0)
      return fits ? found : undefined
    }
    if (most > least) bounded = false
  }
  return undefined
}

const codePoint = (character: string): number => character.codePointAt(0) ?? 0
