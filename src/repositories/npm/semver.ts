/**
 * Versions as npm's clients compare them.
 *
 * @see https://semver.org/spec/v2.0.0.html#spec-item-11
 */

const number = String.raw`(0|[1-9]\d{0,15})`
const identifier = String.raw`(?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*)`
const build = String.raw`[\da-zA-Z-]+`
const form = new RegExp(
  String.raw`^${number}\.${number}\.${number}(?:-(${identifier}(?:\.${identifier})*))?(?:\+(${build}(?:\.${build})*))?$`,
)
/** As npm has it. */
const longest = 256

interface Version {
  readonly numbers: readonly number[]
  readonly prerelease: readonly string[]
}

/** @returns undefined for what is no version, or has numbers that clients can't count to */
function parse(text: string): Version | undefined {
  const [, major, minor, patch, prerelease] = text.length > longest ? [] : (form.exec(text) ?? [])
  const numbers = [major, minor, patch].map(Number)
  if (!numbers.every(Number.isSafeInteger)) return undefined
  return { numbers, prerelease: prerelease?.split('.') ?? [] }
}

/** The version as npm writes it into a packument: without a `v`, blanks and build metadata. Undefined for what is none. */
export function cleanVersion(text: string): string | undefined {
  const version = text.length > longest ? '' : text.trim().replace(/^[=v]+/, '')
  return parse(version) === undefined ? undefined : version.replace(/\+.*$/, '')
}

export const isPrerelease = (version: string): boolean => (parse(version)?.prerelease.length ?? 0) > 0

/** Negative where the first is older. What is no version is older than all that are. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [parse(one), parse(other)]
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined)
  for (const [index, value] of a.numbers.entries()) {
    const difference = value - (b.numbers[index] ?? 0)
    if (difference !== 0) return difference
  }
  // A version is newer than all that led to it.
  if (a.prerelease.length === 0 || b.prerelease.length === 0) {
    return Number(a.prerelease.length === 0) - Number(b.prerelease.length === 0)
  }
  for (const [index, value] of a.prerelease.entries()) {
    const against = b.prerelease[index]
    if (against === undefined) return 1
    const difference = compareIdentifiers(value, against)
    if (difference !== 0) return difference
  }
  return a.prerelease.length - b.prerelease.length
}

const digits = /^\d+$/

/** Numbers by their size, others by their characters, numbers first. */
function compareIdentifiers(one: string, other: string): number {
  if (one === other) return 0
  const [isNumber, isOtherNumber] = [digits.test(one), digits.test(other)]
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
  if (isNumber && one.length !== other.length) return one.length - other.length
  return one < other ? -1 : 1
}

/** The newest release; where there is none, the newest of what leads to one. */
export function newestOf(versions: readonly string[]): string | undefined {
  const releases = versions.filter((version) => !isPrerelease(version))
  return (releases.length > 0 ? releases : versions).reduce<string | undefined>(
    (newest, version) => (newest === undefined || compareVersions(version, newest) > 0 ? version : newest),
    undefined,
  )
}
