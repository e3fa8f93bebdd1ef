import type { Finding, IndexedPackage } from '../format.ts'
import { KeptRpm } from './kept-rpm.ts'
import type { OldEntries, OldEntry } from './old-entries.ts'

/**
 * packagecloud's own layout, `<user>/<repository>/<distribution>/[<version>/]package_files/<id>.rpm`: clients find a
 * package under another name, which its front server maps, and which only the index that packagecloud wrote knows.
 */
const mappedKey = /(^|\/)package_files\/\d+\.rpm$/

export const isMapped = (key: string): boolean => mappedKey.test(key)

/** How a tree lists a package. */
export interface Listing {
  readonly stored: IndexedPackage
  readonly href: string
  readonly base: string
  /** The number of the present entry of this content, or Infinity. */
  readonly entry: number
  /** Unix seconds. */
  readonly fileTime: number
}

/** Those packages of a repository that one tree lists. */
export class Membership {
  readonly #root: string
  readonly #entries: OldEntries
  readonly #otherRoots: readonly string[]

  /**
   * @param root - of the tree
   * @param otherRoots - of all other trees at or below the repository's root: what lies in one of them and not in this
   *   tree's index is theirs
   */
  constructor(root: string, entries: OldEntries, otherRoots: readonly string[]) {
    this.#root = root
    this.#entries = entries
    this.#otherRoots = otherRoots.filter((other) => other.length > root.length && other.startsWith(root))
  }

  /**
   * Tells of one package after another how this tree lists it: mostly once or not at all.
   *
   * @param claim - is told of each present entry that a package stands for
   */
  lister(claim: (entry: number) => void = () => undefined): (stored: IndexedPackage) => readonly Listing[] {
    const listed = new Set<number>()
    return (stored) => {
      const same = this.#entries.listing(stored, () => keptOf(stored).looks)
      if (isMapped(stored.key)) {
        const fresh = same.filter((entry) => !listed.has(entry))
        for (const entry of fresh) {
          listed.add(entry)
          claim(entry)
        }
        return fresh.map((entry) => this.#listing(stored, this.#entries.at(entry), entry))
      }
      const placed = this.#entries.placed(stored.key)
      if (placed !== undefined) claim(placed)
      if (placed === undefined && !this.#isHere(stored.key)) return []
      const known = placed !== undefined && same.includes(placed) ? placed : same[0]
      return [this.#listing(stored, placed === undefined ? undefined : this.#entries.at(placed), known)]
    }
  }

  /** Whether the tree's present index lists this content, under whatever name. */
  knows(stored: IndexedPackage): boolean {
    return this.#entries.listing(stored, () => keptOf(stored).looks).length > 0
  }

  #listing(stored: IndexedPackage, place: OldEntry | undefined, known: number | undefined): Listing {
    const href = place?.href ?? stored.key.slice(this.#root.length)
    // What was told of this content stays told: rewriting an object's attributes makes it look newer than it is.
    const told = known === undefined ? Number.NaN : this.#entries.at(known).fileTime
    return {
      stored,
      href,
      base: place?.base ?? '',
      entry: known ?? Number.POSITIVE_INFINITY,
      fileTime: Number.isFinite(told) ? told : Math.floor(stored.modified / 1000),
    }
  }

  #isHere(key: string): boolean {
    return key.startsWith(this.#root) && !this.#otherRoots.some((other) => key.startsWith(other))
  }
}

/** What the three lists say of a package. */
export const xmlOf = ({ stored, href, base, fileTime }: Listing): ReturnType<KeptRpm['xml']> =>
  keptOf(stored).xml({ sha256: sha256Of(stored), fileTime, href, base })

/** What is told of a package in packagecloud's layout that no index mentions: nobody can tell its public name. */
export const orphanFinding = (key: string): Finding => ({
  key,
  what: 'is in no index of its repository, and its key does not tell the name that clients know it by',
  todo: 'Let packagecloud index this repository, then run this again.',
})

const keptOf = ({ facts }: IndexedPackage): KeptRpm => new KeptRpm(facts)

export function sha256Of({ key, digests }: IndexedPackage): string {
  if (digests.sha256 === undefined) throw new Error(`the SHA-256 of ${key} is missing`)
  return digests.sha256
}
