import { hasComparableEpoch } from './evr.ts'
import type { RpmTags } from './rpm-tags.ts'

/** One thing a package provides, requires, and so on. */
export type RpmDependency = {
  readonly name: string
  /** How the version compares; missing where there is none. */
  readonly flags?: 'LT' | 'GT' | 'EQ' | 'LE' | 'GE'
  /** `[epoch:]version[-release]`. */
  readonly evr?: string
  /** Needed already by the scripts that run while it is installed. */
  readonly pre?: true
}

/** The kinds, in the order in which the index has them. */
export const dependencyKinds = [
  'provides',
  'requires',
  'conflicts',
  'obsoletes',
  'suggests',
  'enhances',
  'recommends',
  'supplements',
] as const

export type DependencyKind = (typeof dependencyKinds)[number]

/** Their tags: names, flags, versions (rpmtag.h). */
const dependencyTags: Readonly<Record<DependencyKind, Tags>> = {
  provides: [1047, 1112, 1113],
  requires: [1049, 1048, 1050],
  conflicts: [1054, 1053, 1055],
  obsoletes: [1090, 1114, 1115],
  suggests: [5049, 5051, 5050],
  enhances: [5055, 5057, 5056],
  recommends: [5046, 5048, 5047],
  supplements: [5052, 5054, 5053],
}

const comparisons: ReadonlyMap<number, 'LT' | 'GT' | 'EQ' | 'LE' | 'GE'> = new Map([
  [2, 'LT'],
  [4, 'GT'],
  [8, 'EQ'],
  [10, 'LE'],
  [12, 'GE'],
])

/** Bits of a requirement that a script has: any script (the old PreReq), %pre, %post. */
const preBits = 0x40 | 0x200 | 0x400

type Tags = readonly [names: number, flags: number, versions: number]

/** What SUSE's rpm wrote before rpm had weak dependencies: weak ones of two strengths under one tag. */
const oldSuggests: Tags = [1156, 1158, 1157]
const oldEnhances: Tags = [1159, 1161, 1160]
const strong = 1 << 27

/** A requirement that may be missing is a recommendation. */
const missingOk = 1 << 19

/** A dependency and its flags as the header has them. */
interface Flagged {
  readonly entry: RpmDependency
  readonly bits: number
}

/**
 * All that the index tells of a package's dependencies, by createrepo_c's rules.
 *
 * @param ownFiles - the package's files that the primary index lists
 */
export function dependenciesOf(
  tags: RpmTags,
  ownFiles: ReadonlySet<string>,
): Readonly<Record<DependencyKind, readonly RpmDependency[]>> {
  const of = (kind: Exclude<DependencyKind, 'requires'>): RpmDependency[] =>
    read(tags, dependencyTags[kind]).map(({ entry }) => entry)
  const provides = of('provides')
  const { firm, weak } = tellingRequirements(read(tags, dependencyTags.requires), provides, ownFiles)
  const suggests = byStrength(read(tags, oldSuggests))
  const enhances = byStrength(read(tags, oldEnhances))
  return {
    provides,
    requires: firm,
    conflicts: of('conflicts'),
    obsoletes: of('obsoletes'),
    suggests: [...of('suggests'), ...suggests.weak],
    enhances: [...of('enhances'), ...enhances.weak],
    recommends: [...weak, ...of('recommends'), ...suggests.strong],
    supplements: [...of('supplements'), ...enhances.strong],
  }
}

/** All dependencies under some tags that mean something, in the order of the header. */
function read(tags: RpmTags, [nameTag, flagTag, versionTag]: Tags): Flagged[] {
  const flags = tags.integers(flagTag)
  const versions = tags.strings(versionTag)
  return tags
    .strings(nameTag)
    .map((name, index) => flagged(name, flags[index] ?? 0, versions[index] ?? ''))
    .filter(({ entry: { name, evr = '' } }) => name !== '' && hasComparableEpoch(evr))
}

function flagged(name: string, bits: number, evr: string): Flagged {
  const flags = comparisons.get(bits & 15)
  return { bits, entry: { name, ...(flags === undefined ? {} : { flags }), ...(evr === '' ? {} : { evr }) } }
}

function byStrength(all: readonly Flagged[]): { weak: RpmDependency[]; strong: RpmDependency[] } {
  const of = (wanted: boolean): RpmDependency[] =>
    all.filter(({ bits }) => ((bits & strong) !== 0) === wanted).map(({ entry }) => entry)
  return { weak: of(false), strong: of(true) }
}

/**
 * The requirements worth telling a client: not what rpm itself must be able to do, not what the package brings along,
 * nothing twice, and of the C library's symbol versions only the highest, at the end.
 */
function tellingRequirements(
  all: readonly Flagged[],
  provides: readonly RpmDependency[],
  ownFiles: ReadonlySet<string>,
): { firm: RpmDependency[]; weak: RpmDependency[] } {
  const provided = new Set(provides.map(identity))
  const seen = new Map<string, string>()
  const firm: RpmDependency[] = []
  const weak: RpmDependency[] = []
  let libc: RpmDependency | undefined
  for (const { entry, bits } of all) {
    if (entry.name.startsWith('rpmlib(') || ownFiles.has(entry.name) || provided.has(identity(entry))) continue
    const pre = (bits & preBits) !== 0
    const whole = `${identity(entry)} ${pre} ${bits & missingOk}`
    if (seen.get(entry.name) === whole) continue
    seen.set(entry.name, whole)
    if ((bits & missingOk) !== 0) weak.push(entry)
    else if (entry.name.startsWith('libc.so.6')) libc = higherLibc(libc, entry)
    else firm.push(pre ? { ...entry, pre } : entry)
  }
  return { firm: libc === undefined ? firm : [...firm, libc], weak }
}

const identity = ({ name, flags, evr }: RpmDependency): string => `${name} ${flags ?? ''} ${evr ?? ''}`

function higherLibc(best: RpmDependency | undefined, next: RpmDependency): RpmDependency {
  return best === undefined || compareSymbolVersions(next.name, best.name) > 0 ? next : best
}

/** Compares `libc.so.6(GLIBC_2.34)(64bit)` and the like by the numbers in them; the more is said the higher. */
function compareSymbolVersions(a: string, b: string): number {
  const [left, right] = [symbolVersion(a), symbolVersion(b)]
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? -1) - (right[index] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}

/** Nothing without parentheses, 0 for empty ones, else 1 and the numbers at the end of what is in them. */
function symbolVersion(name: string): number[] {
  const symbol = /\(([^()]*)\)/.exec(name)?.[1]
  if (symbol === undefined) return []
  if (symbol === '') return [0]
  return [
    1,
    ...(/[\d.]*$/.exec(symbol)?.[0] ?? '')
      .split('.')
      .filter((part) => part !== '')
      .map(Number),
  ]
}
