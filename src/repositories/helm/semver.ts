/**
 * Versions of charts: SemVer, with a `v` before it or numbers left out.
 *
 * Source: github.com/Masterminds/semver, `NewVersion` and `Compare`.
 */

interface Version {
  readonly numbers: readonly bigint[]
  readonly prerelease: readonly string[]
}

const pattern =
  /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*))?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?$/

function parse(text: string): Version | undefined {
  const [, major, minor = '0', patch = '0', prerelease] = pattern.exec(text) ?? []
  if (major === undefined || text.length > 256) return undefined
  const numbers = [major, minor, patch].map(BigInt)
  if (numbers.some((number) => number >= 2n ** 64n)) return undefined
  const parts = prerelease?.split('.') ?? []
  return parts.some((part) => /^0\d+$/.test(part)) ? undefined : { numbers, prerelease: parts }
}

export const isVersion = (text: string): boolean => parse(text) !== undefined

/** The order of an index: the newest first, and last what is no version. Those that are of one rank are told by their text. */
export function newestFirst(texts: readonly string[]): readonly string[] {
  const versions = [...new Set(texts)].map((text) => ({ text, version: parse(text) }))
  versions.sort((one, other) => {
    if (one.version === undefined || other.version === undefined)
      return Number(one.version === undefined) - Number(other.version === undefined) || byText(one.text, other.text)
    return -compare(one.version, other.version) || -byText(one.text, other.text)
  })
  return versions.map(({ text }) => text)
}

const byText = (one: string, other: string): number => (one < other ? -1 : Number(one > other))

function compare(one: Version, other: Version): number {
  for (const [index, number] of one.numbers.entries()) {
    const against = other.numbers[index] ?? 0n
    if (number !== against) return number < against ? -1 : 1
  }
  const [parts, others] = [one.prerelease, other.prerelease]
  if (parts.length === 0 || others.length === 0) return Number(parts.length === 0) - Number(others.length === 0)
  for (const [index, part] of parts.entries()) {
    const against = others[index]
    if (against === undefined) return 1
    const order = compareParts(part, against)
    if (order !== 0) return order
  }
  return parts.length - others.length
}

/** Numbers come before words. */
function compareParts(one: string, other: string): number {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(one), /^\d+$/.test(other)]
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
  if (!isNumber) return byText(one, other)
  const [number, against] = [BigInt(one), BigInt(other)]
  return number < against ? -1 : Number(number > against)
}
