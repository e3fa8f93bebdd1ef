/**
 * Versions of gems, as RubyGems orders them.
 *
 * Source: RubyGems, `Gem::Version` (lib/rubygems/version.rb).
 */

/** What a version may look like. RubyGems takes `-` as well, which would begin a platform in every index. */
export const isVersion = (text: string): boolean => /^[0-9]+(?:\.[0-9a-zA-Z]+)*$/.test(text)

export const isPrerelease = (text: string): boolean => /[a-zA-Z]/.test(text)

/** Less than 0: the first is older. `1.0` and `1` are the same. */
export function compareVersions(one: string, other: string): number {
  if (one === other) return 0
  const [left, right] = [segmentsOf(one), segmentsOf(other)]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [a, b] = [left[at] ?? 0n, right[at] ?? 0n]
    if (a === b) continue
    // A letter makes it a prerelease of what it would be without.
    if (typeof a !== typeof b) return typeof a === 'string' ? -1 : 1
    return a < b ? -1 : 1
  }
  return 0
}

/** Without zeros at the end, and before the first letter. */
function segmentsOf(version: string): (bigint | string)[] {
  const all = (version.match(/[0-9]+|[a-z]+/gi) ?? []).map((part) => (/^\d/.test(part) ? BigInt(part) : part))
  const letter = all.findIndex((part) => typeof part === 'string')
  const numbers = letter === -1 ? all : all.slice(0, letter)
  return [...withoutZeros(numbers), ...withoutZeros(letter === -1 ? [] : all.slice(letter))]
}

function withoutZeros(parts: readonly (bigint | string)[]): readonly (bigint | string)[] {
  let end = parts.length
  while (end > 0 && parts[end - 1] === 0n) end--
  return parts.slice(0, end)
}
