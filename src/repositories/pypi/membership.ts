/** Which packages are on which pages. */
import type { Finding, IndexedPackage, IndexInput, Part } from '../format.ts'
import { isPackagesFolder, isPackagesPlace } from './keys.ts'
import { type KeptPackage, unpackPackage } from './kept-package.ts'
import type { Target } from './links.ts'
import { normalized, projectOf } from './names.ts'
import type { OldEntry, OldPages } from './old-pages.ts'

/** A package that pages list. */
export interface ListedPackage extends KeptPackage {
  readonly key: string
  readonly file: string
  readonly sha256: string
  readonly stored: IndexedPackage
}

export interface Membership {
  /** By project: its packages by the names of their files. */
  readonly projects: ReadonlyMap<string, ReadonlyMap<string, ListedPackage>>
  /** Where a link of a page leads to below the root. */
  readonly places: Places
  readonly kept: ReadonlySet<string>
  readonly parts: readonly Part[]
  readonly packages: number
  readonly findings: readonly Finding[]
}

/** What links mean: see {@link targetsOf}. */
class Places {
  readonly #present: ReadonlyMap<string, ListedPackage>
  readonly #unreadable: ReadonlySet<string>
  readonly #root: string
  readonly #bases = new Map<string, number>()

  constructor(
    { pages }: OldPages,
    root: string,
    baseUrl: string | undefined,
    present: ReadonlyMap<string, ListedPackage>,
    unreadable: ReadonlySet<string>,
  ) {
    this.#present = present
    this.#unreadable = unreadable
    this.#root = root
    const entries = pages.flatMap((page) => page.entries)
    for (const { targets } of entries) {
      for (const { base, key } of targets) if (this.#isThere(key)) this.#count(base)
    }
    // With no package left there is nothing to tell it by but the root.
    if (this.#bases.size === 0 && root !== '') for (const { targets } of entries) this.#count(targets[0]?.base)
    if (baseUrl !== undefined) this.#bases.set(baseUrl, this.#bases.get(baseUrl) ?? 0)
  }

  #isThere(key: string): boolean {
    return this.#present.has(key) || this.#unreadable.has(key)
  }

  #count(base: string | undefined): void {
    if (base !== undefined) this.#bases.set(base, (this.#bases.get(base) ?? 0) + 1)
  }

  /** What most links begin with; undefined where there are none. */
  get usualBase(): string | undefined {
    const [most] = [...this.#bases].filter(([, count]) => count > 0).sort(([, one], [, other]) => other - one)
    return most?.[0]
  }

  /** Undefined: something elsewhere, or something that is no package. */
  of({ targets }: Pick<OldEntry, 'targets'>): Target | undefined {
    const ours = targets.filter(({ base }) => base === '' || this.#bases.has(base))
    return ours.find(({ key }) => this.#isThere(key)) ?? ours.find(({ key }) => isPackagesPlace(key, this.#root))
  }

  package(key: string): ListedPackage | undefined {
    return this.#present.get(key)
  }

  /** What becomes of an entry. */
  fate(entry: Pick<OldEntry, 'targets'>): 'elsewhere' | 'kept' | 'gone' | ListedPackage {
    const place = this.of(entry)
    if (place === undefined) return 'elsewhere'
    return this.#present.get(place.key) ?? (this.#unreadable.has(place.key) ? 'kept' : 'gone')
  }
}

/**
 * What is listed stays listed, wherever it lies. What is new is listed where the layout says that packages are: beside the
 * page of its project, in `packages/`, beside `simple/`, or in a folder that pages list something of.
 */
export function membersOf(input: IndexInput<OldPages>): Membership {
  const { old, repository, options } = input
  const { root } = repository
  const present = new Map<string, ListedPackage>()
  for (const stored of input.packages()) present.set(stored.key, listedPackage(stored))
  const unreadable = new Set(input.unreadable.map(({ key }) => key))
  const places = new Places(old, root, options.baseUrl, present, unreadable)

  const projects = new Map<string, Map<string, ListedPackage>>()
  const before = new Map<string, Set<string>>()
  const kept = new Set<string>()
  const gone = new Map<string, Finding>()
  const listed = new Set<string>()
  const usedFolders = new Set<string>()
  /** By project: files that pages list, but not from here. */
  const elsewhere = new Map<string, Set<string>>()
  for (const { project, entries } of old.pages) {
    if (project === undefined) continue
    for (const entry of entries) {
      const fate = places.fate(entry)
      const place = places.of(entry)
      if (fate === 'elsewhere' || place === undefined) {
        addTo(elsewhere, project, entry.file)
        continue
      }
      addTo(before, project, place.key)
      listed.add(place.key)
      if (fate === 'gone') gone.set(place.key, goneFinding(place.key))
      else usedFolders.add(folderIn(place.key))
      if (fate === 'kept') kept.add(place.key)
      else if (fate !== 'gone') filesOf(projects, project).set(fate.file, fate)
    }
  }

  const findings: Finding[] = []
  for (const [key, one] of present) {
    const said = one.name
    const project = projectOf(one.file, said)
    if (listed.has(key)) continue
    const finding =
      project === undefined || /\.egg$/.test(one.file)
        ? misnamed(key)
        : said !== undefined && normalized(said) !== project
          ? mistaken(key, project, normalized(said))
          : isPackagesFolder(folderIn(key), root, project) || usedFolders.has(folderIn(key))
            ? undefined
            : misplaced(key)
    if (finding !== undefined || project === undefined) {
      if (finding !== undefined) findings.push(finding)
      continue
    }
    if (elsewhere.get(project)?.has(one.file) === true) continue
    const files = filesOf(projects, project)
    const other = files.get(one.file)
    if (other === undefined) files.set(one.file, one)
    else if (other.sha256 !== one.sha256) findings.push(conflicting(key, other.key))
  }
  const { parts, packages } = countParts(projects, before, kept)
  return { projects, places, kept, parts, packages, findings: [...findings, ...gone.values()] }
}

function countParts(
  projects: Membership['projects'],
  before: ReadonlyMap<string, ReadonlySet<string>>,
  kept: ReadonlySet<string>,
): { parts: Part[]; packages: number } {
  const parts = [...new Set([...projects.keys(), ...before.keys()])].sort().map((name): Part => {
    const keys = before.get(name) ?? new Set<string>()
    const after = (projects.get(name)?.size ?? 0) + [...keys].filter((key) => kept.has(key)).length
    return { name, before: keys.size, after, ofMany: true }
  })
  return { parts, packages: parts.reduce((sum, { after }) => sum + after, 0) }
}

function listedPackage(stored: IndexedPackage): ListedPackage {
  const { key, digests } = stored
  if (digests.sha256 === undefined) throw new Error(`the SHA-256 of ${key} is missing`)
  return { ...unpackPackage(stored), key, file: key.slice(key.lastIndexOf('/') + 1), sha256: digests.sha256, stored }
}

function filesOf(projects: Map<string, Map<string, ListedPackage>>, project: string): Map<string, ListedPackage> {
  const files = projects.get(project) ?? new Map<string, ListedPackage>()
  projects.set(project, files)
  return files
}

function addTo(sets: Map<string, Set<string>>, name: string, value: string): void {
  const set = sets.get(name)
  if (set === undefined) sets.set(name, new Set([value]))
  else set.add(value)
}

const folderIn = (key: string): string => key.slice(0, key.lastIndexOf('/') + 1)

const goneFinding = (key: string): Finding => ({
  key,
  what: 'is listed in the index but is not in the bucket; the new index does not list it',
  once: true,
})

const misnamed = (key: string): Finding => ({
  key,
  what: 'is on no page: its name is none that installers know',
  todo: 'Upload it under the name that it was built with.',
})

const mistaken = (key: string, project: string, said: string): Finding => ({
  key,
  what: `is left out of the index: its name says that it is ${project}, and it says itself that it is ${said}`,
  todo: 'Upload it under the name that it was built with.',
})

const misplaced = (key: string): Finding => ({
  key,
  what: 'is on no page of its repository, and nothing of what lies in its folder is',
  todo: 'Upload it to packages/, or beside the page of its project.',
})

const conflicting = (key: string, other: string): Finding => ({
  key,
  what: `has the name of ${other} and other content; only the latter is listed`,
  todo: 'Remove the wrong one of the two, or give it a version of its own.',
})
