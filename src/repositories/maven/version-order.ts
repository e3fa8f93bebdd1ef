/**
 * The order of Maven's versions, by which clients choose out of a range and take the newest.
 *
 * @see https://maven.apache.org/pom.html#version-order-specification
 */

/** A number, a qualifier, or what a hyphen or a change between digits and letters begins. */
type Item = bigint | Qualifier | readonly Item[]

interface Qualifier {
  /** As it is compared: known ones by their place, before all others. */
  readonly rank: string
}

/** Known qualifiers, the oldest first; `''` is the version itself. */
const known = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp']
const aliases: Readonly<Record<string, string>> = { ga: '', final: '', release: '', cr: 'rc' }
/** What a letter right before a digit stands for. */
const short: Readonly<Record<string, string>> = { a: 'alpha', b: 'beta', m: 'milestone' }

const rankOf = (qualifier: string): string => {
  const place = known.indexOf(qualifier)
  return place === -1 ? `${known.length}-${qualifier}` : String(place)
}
const releaseRank = rankOf('')

const itemOf = (text: string, isNumber: boolean, beforeDigit = false): Item => {
  if (isNumber) return BigInt(text)
  const long = beforeDigit ? (short[text] ?? text) : text
  return { rank: rankOf(aliases[long] ?? long) }
}

const isList = (item: Item): item is readonly Item[] => Array.isArray(item)
const isNull = (item: Item): boolean =>
  isList(item) ? item.length === 0 : typeof item === 'bigint' ? item === 0n : item.rank === releaseRank

/** Trailing zeros and the like say nothing: 1.0 is 1. */
function trimmed(items: readonly Item[]): readonly Item[] {
  const kept = [...items]
  for (let index = kept.length - 1; index >= 0; index--) {
    const item = kept[index]
    if (item === undefined) continue
    if (isNull(item)) kept.splice(index, 1)
    else if (!isList(item)) break
  }
  return kept
}

/** Characters of a version that are looked at; no version that anybody uses is longer. */
const longest = 256

function parse(version: string): readonly Item[] {
  const text = version.toLowerCase().slice(0, longest)
  const open: Item[][] = [[]]
  const add = (item: Item): void => void open.at(-1)?.push(item)
  /** A qualifier after a dot is as one after a hyphen. */
  const nest = (): void => {
    if (open.at(-1)?.length !== 0) open.push([])
  }
  let start = 0
  let isNumber = false
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index)
    if (character === '.' || character === '-') {
      add(index === start ? 0n : itemOf(text.slice(start, index), isNumber))
      start = index + 1
      if (character === '-') open.push([])
      continue
    }
    const isDigit = character >= '0' && character <= '9'
    if (isDigit !== isNumber && index > start) {
      if (!isNumber) nest()
      add(itemOf(text.slice(start, index), isNumber, isDigit))
      start = index
      open.push([])
    }
    isNumber = isDigit
  }
  if (text.length > start) {
    if (!isNumber) nest()
    add(itemOf(text.slice(start), isNumber))
  }
  return open.reduceRight<readonly Item[]>((inner, items, depth) => {
    const whole = depth === open.length - 1 ? items : [...items, inner]
    return trimmed(whole)
  }, [])
}

const sign = (one: string | bigint | number, other: string | bigint | number): number =>
  one < other ? -1 : one > other ? 1 : 0

function compareToNothing(item: Item): number {
  if (typeof item === 'bigint') return item === 0n ? 0 : 1
  if (!isList(item)) return sign(item.rank, releaseRank)
  for (const one of item) {
    const result = compareToNothing(one)
    if (result !== 0) return result
  }
  return 0
}

/** Of different kinds, the newest first: a number, what a hyphen begins, a qualifier. */
const kindOf = (item: Item): number => (typeof item === 'bigint' ? 2 : isList(item) ? 1 : 0)

function compareItems(one: Item | undefined, other: Item | undefined): number {
  if (one === undefined) return other === undefined ? 0 : -compareToNothing(other)
  if (other === undefined) return compareToNothing(one)
  if (typeof one === 'bigint' && typeof other === 'bigint') return sign(one, other)
  if (isList(one) && isList(other)) {
    for (let index = 0; index < Math.max(one.length, other.length); index++) {
      const result = compareItems(one[index], other[index])
      if (result !== 0) return result
    }
    return 0
  }
  if (typeof one === 'object' && typeof other === 'object' && !isList(one) && !isList(other)) {
    return sign(one.rank, other.rank)
  }
  return sign(kindOf(one), kindOf(other))
}

/** Negative where the first is older, positive where it is newer, 0 where Maven takes both for the same version. */
export const compareVersions = (one: string, other: string): number => compareItems(parse(one), parse(other))
