import type { Finding, IndexedPackage } from '../format.ts'
import { type OldEntry, looksOf } from './old-primary.ts'
import { isRpmFacts, type RpmFacts } from './package-facts.ts'
import type { IndexedRpm } from './package-xml.ts'
import type { Tree } from './tree.ts'

/**
 * packagecloud's own layout, `<user>/<repository>/<distribution>/[<version>/]package_files/<id>.rpm`: clients find a
 * package under another name, which its front server maps, and which only the index that packagecloud wrote knows.
 */
const mappedKey = /(^|\/)package_files\/\d+\.rpm$/

export const isMapped = (key: string): boolean => mappedKey.test(key)

/** What of a tree's present index concerns one package, found by its content or by its place. */
export class OldPlaces {
  readonly #byContent = new Map<string, OldEntry[]>()
  readonly #byKey = new Map<string, OldEntry>()

  constructor({ root, entries = [] }: Tree) {
    for (const entry of entries) {
      const content = contentKey(entry.checksumType, entry.checksum)
      for (const name of entry.checksumType === 'sha256' ? [content] : [content, entry.looks]) {
        const known = this.#byContent.get(name)
        if (known === undefined) this.#byContent.set(name, [entry])
        else known.push(entry)
      }
      for (const place of placesOf(entry.href)) this.#byKey.set(root + place, entry)
    }
  }

  /** The entry whose place is this key. */
  at(key: string): OldEntry | undefined {
    return this.#byKey.get(key)
  }

  /** The entries that list this very content. */
  of(stored: IndexedPackage, facts: RpmFacts): readonly OldEntry[] {
    const { md5 = stored.etag, sha1, sha256 } = stored.digests
    const { epoch, version, release } = facts
    const names = [
      contentKey('sha256', sha256),
      contentKey('sha', sha1),
      contentKey('sha1', sha1),
      contentKey('md5', md5),
      looksOf({ ...facts, version: `${epoch}:${version}-${release}`, size: stored.size }),
    ]
    for (const name of names) {
      const found = this.#byContent.get(name)
      if (found !== undefined) return found
    }
    return []
  }
}

const contentKey = (type: string, checksum: string | undefined): string => `${type}:${checksum ?? ''}`

/** Which paths an href may mean: some writers percent-encode it, createrepo_c does not. */
function placesOf(href: string): string[] {
  const path = href.replace(/^(\.\/)+/, '')
  if (!path.includes('%')) return [path]
  try {
    return [decodeURIComponent(path), path]
  } catch {
    return [path]
  }
}

/** Those packages of a repository that one tree lists. */
export class Membership {
  readonly #tree: Tree
  readonly #places: OldPlaces
  readonly #otherRoots: readonly string[]

  /**
   * @param otherRoots - of all other trees at or below the repository's root: what lies in one of them and not in this
   *   tree's index is theirs
   */
  constructor(tree: Tree, places: OldPlaces, otherRoots: readonly string[]) {
    this.#tree = tree
    this.#places = places
    this.#otherRoots = otherRoots.filter((other) => other.length > tree.root.length && other.startsWith(tree.root))
  }

  /** The packages as this tree lists them, in the order given. */
  *of(packages: Iterable<IndexedPackage>): Generator<IndexedRpm> {
    const listings = this.lister()
    for (const stored of packages) yield* listings(stored)
  }

  /** Tells of one package after another how this tree lists it: mostly once or not at all. */
  lister(): (stored: IndexedPackage) => readonly IndexedRpm[] {
    const listed = new Set<OldEntry>()
    return (stored) => {
      const facts = factsOf(stored)
      const same = this.#places.of(stored, facts)
      if (isMapped(stored.key)) {
        const entries = same.filter((entry) => !listed.has(entry))
        for (const entry of entries) listed.add(entry)
        return entries.map((entry) => listing(stored, facts, entry.href, entry))
      }
      const entry = this.#places.at(stored.key)
      if (entry === undefined && !this.#isHere(stored.key)) return []
      const known = entry !== undefined && same.includes(entry) ? entry : same[0]
      return [listing(stored, facts, entry?.href ?? stored.key.slice(this.#tree.root.length), known, entry?.base)]
    }
  }

  /** Whether the tree's present index lists this content, under whatever name. */
  knows(stored: IndexedPackage): boolean {
    return this.#places.of(stored, factsOf(stored)).length > 0
  }

  #isHere(key: string): boolean {
    return key.startsWith(this.#tree.root) && !this.#otherRoots.some((other) => key.startsWith(other))
  }
}

function listing(
  stored: IndexedPackage,
  facts: RpmFacts,
  href: string,
  known: OldEntry | undefined,
  base = known?.href === href ? known.base : undefined,
): IndexedRpm {
  return {
    facts,
    sha256: sha256Of(stored),
    size: stored.size,
    // What was told of this content stays told: rewriting an object's attributes makes it look newer than it is.
    fileTime: known?.fileTime ?? Math.floor(stored.modified / 1000),
    href,
    ...(base === undefined ? {} : { base }),
  }
}

/** A first look at all packages. */
export interface Survey {
  /** How many packages each tree lists. */
  readonly counts: readonly number[]
  /** Whether some are in packagecloud's own layout. */
  readonly mapped: boolean
  /** Those of them that no index mentions: nobody can tell their public names. */
  readonly orphans: readonly Finding[]
}

/** Looks at all packages once. */
export function survey(packages: Iterable<IndexedPackage>, memberships: readonly Membership[]): Survey {
  const listers = memberships.map((membership) => membership.lister())
  const counts = listers.map(() => 0)
  const orphans: Finding[] = []
  let mapped = false
  for (const stored of packages) {
    listers.forEach((listings, index) => (counts[index] = (counts[index] ?? 0) + listings(stored).length))
    if (!isMapped(stored.key)) continue
    mapped = true
    if (!memberships.some((membership) => membership.knows(stored))) orphans.push(orphan(stored.key))
  }
  return { counts, mapped, orphans }
}

const orphan = (key: string): Finding => ({
  key,
  what: 'is in no index of its repository, and its key does not tell the name that clients know it by',
  todo: 'Let packagecloud index this repository, then run this again.',
})

function factsOf({ key, facts }: IndexedPackage): RpmFacts {
  if (!isRpmFacts(facts)) throw new Error(`what is kept of ${key} was not written by this version`)
  return facts
}

function sha256Of({ key, digests }: IndexedPackage): string {
  if (digests.sha256 === undefined) throw new Error(`the SHA-256 of ${key} is missing`)
  return digests.sha256
}
