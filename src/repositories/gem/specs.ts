/**
 * The lists of gems that clients begin with, as `gem generate_index` makes them of the same files.
 *
 * Source: RubyGems, `Gem::Indexer` and `Gem::Specification` (`_resort!`, `_latest_specs`, `sort_obj`).
 */
import type { GemName } from './kept-gem.ts'
import { marshal } from './marshal-write.ts'
import { anyPlatform } from './platform.ts'
import { RubyString, RubyVersion } from './ruby.ts'
import { compareVersions, isPrerelease } from './version.ts'

const isAny = ({ platform }: GemName): boolean => platform === anyPlatform.text

/** By name, version, and those for all platforms first. */
export const compareGems = (one: GemName, other: GemName): number =>
  compareText(one.name, other.name) ||
  compareVersions(one.version, other.version) ||
  Number(isAny(other)) - Number(isAny(one))

const compareText = (one: string, other: string): number => (one < other ? -1 : Number(one > other))

/**
 * The three lists by name, marshalled. Gems for platforms of one version come in the reverse order of their files, as what
 * RubyGems compares them by says of each that it is the later one.
 *
 * @param gems - in the order of their files
 */
export function listsOf(gems: readonly GemName[]): ReadonlyMap<string, Uint8Array> {
  const anywhere = gems.filter(isAny)
  const native = gems.filter((gem) => !isAny(gem)).reverse()
  const ordered = [...anywhere, ...native].sort(compareGems)
  return new Map([
    ['specs', marshalled(ordered.filter(({ version }) => !isPrerelease(version)))],
    ['latest_specs', marshalled(latestOf([...native, ...anywhere]))],
    ['prerelease_specs', marshalled(ordered.filter(({ version }) => isPrerelease(version)))],
  ])
}

/** One of each name, the newest; of the same version, the first. */
function latestOf(gems: readonly GemName[]): GemName[] {
  const latest = new Map<string, GemName>()
  for (const gem of gems) {
    if (isPrerelease(gem.version)) continue
    const other = latest.get(gem.name)
    if (other === undefined || compareVersions(gem.version, other.version) > 0) latest.set(gem.name, gem)
  }
  return [...latest.values()].sort(compareGems)
}

/** Equal names, versions and platforms are one object. */
function marshalled(gems: readonly GemName[]): Uint8Array {
  const names = new Shared((text) => new RubyString(text))
  const versions = new Shared((text) => new RubyVersion(text))
  const platforms = new Shared((text) => new RubyString(text))
  return marshal(
    gems.map(({ name, version, platform }) => [names.of(name), versions.of(version), platforms.of(platform)]),
  )
}

class Shared<T> {
  readonly #made = new Map<string, T>()
  readonly #make: (text: string) => T

  constructor(make: (text: string) => T) {
    this.#make = make
  }

  of(text: string): T {
    const found = this.#made.get(text) ?? this.#make(text)
    this.#made.set(text, found)
    return found
  }
}
