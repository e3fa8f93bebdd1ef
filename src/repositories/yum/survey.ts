import { posix } from 'node:path'
import { NameTable, NumberColumn, TextRows } from '../compact-table.ts'
import type { Finding, IndexedPackage, StoredObject } from '../format.ts'
import { isMapped, type Listing, Membership, orphanFinding, sha256Of } from './membership.ts'
import { OldEntries, type OldEntry } from './old-entries.ts'
import type { Tree } from './tree.ts'

/** What one look at all packages tells of a tree. */
export interface TreeSurvey {
  readonly tree: Tree
  readonly membership: Membership
  /** How many packages the new index lists, with those carried over. */
  readonly count: number
  /** Is this listing left out, because another content of the same name, version and architecture is indexed? */
  readonly loses: (listing: Listing) => boolean
  /** Numbers of the present entries that stay as they are, since their packages can't be looked at. */
  readonly carried: ReadonlySet<number>
}

export interface Survey {
  readonly trees: readonly TreeSurvey[]
  /** Whether some packages are in packagecloud's own layout. */
  readonly mapped: boolean
  /** Keys of unreadable packages whose entries stay. */
  readonly kept: ReadonlySet<string>
  readonly findings: readonly Finding[]
}

interface SurveyInput {
  readonly root: string
  readonly trees: readonly Tree[]
  /** Of all trees at or below the repository's root. */
  readonly roots: readonly string[]
  readonly packages: () => Iterable<IndexedPackage>
  readonly unreadable: readonly StoredObject[]
}

/** Looks at all packages once; twice where two of one name, version and architecture differ. */
export function survey({ root, trees, roots, packages, unreadable }: SurveyInput): Survey {
  const looks = trees.map((tree) => new TreeLook(tree, roots))
  const findings: Finding[] = []
  let mapped = unreadable.some(({ key }) => isMapped(key))
  for (const stored of packages()) {
    for (const look of looks) look.see(stored)
    if (!isMapped(stored.key)) continue
    mapped = true
    if (!looks.some(({ membership }) => membership.knows(stored))) findings.push(orphanFinding(stored.key))
  }
  if (looks.some((look) => look.isContested)) {
    const listers = looks.map(({ membership }) => membership.lister())
    for (const stored of packages()) {
      looks.forEach((look, at) => findings.push(...look.conflictsIn(listers[at]?.(stored) ?? [])))
    }
  }
  const kept = new Set<string>()
  const surveys = looks.map((look) => {
    const { carried, keys, findings: found } = look.rest({ root, mapped, unreadable })
    for (const key of keys) kept.add(key)
    findings.push(...found)
    const { tree, membership } = look
    const loses = (listing: Listing): boolean => look.loses(listing)
    return { tree, membership, loses, carried, count: look.count + carried.size }
  })
  return { trees: surveys, mapped, kept, findings }
}

interface Winner {
  readonly sha256: string
  readonly key: string
  /** The number of its present entry; Infinity for what is new. */
  readonly entry: number
}

/** What is noted of a tree in a look at all packages. */
class TreeLook {
  readonly tree: Tree
  readonly membership: Membership
  count = 0
  readonly #entries: OldEntries
  readonly #claimed: Uint8Array
  readonly #see: (stored: IndexedPackage) => readonly Listing[]
  readonly #byIdentity = new NameTable()
  readonly #rows = new TextRows()
  readonly #ranks = new NumberColumn()
  /** By identity: of its contents, the one that is indexed. Only where there are several. */
  readonly #contested = new Map<string, Winner>()

  constructor(tree: Tree, roots: readonly string[]) {
    this.tree = tree
    this.#entries = tree.entries ?? new OldEntries(tree.root)
    this.membership = new Membership(tree.root, this.#entries, roots)
    this.#claimed = new Uint8Array(this.#entries.length)
    this.#see = this.membership.lister((entry) => (this.#claimed[entry] = 1))
  }

  see(stored: IndexedPackage): void {
    for (const listing of this.#see(stored)) {
      this.count++
      this.#compare(listing)
    }
  }

  get isContested(): boolean {
    return this.#contested.size > 0
  }

  loses({ stored }: Listing): boolean {
    const winner = this.#contested.get(stored.identity)
    return winner !== undefined && winner.sha256 !== stored.digests.sha256
  }

  /** Takes those that lose out of the count. */
  conflictsIn(listings: readonly Listing[]): Finding[] {
    const losers = listings.filter((listing) => this.loses(listing))
    this.count -= losers.length
    return losers.map(({ stored: { key, identity } }) => ({
      key,
      what: `${identity} has other content than ${this.#contested.get(identity)?.key ?? ''}; only the latter is indexed in ${this.tree.root}repodata`,
      todo: 'Remove the wrong one of the two, or give it a version of its own.',
    }))
  }

  /** What becomes of the present entries that no package stands for. */
  rest({ root, mapped, unreadable }: { root: string; mapped: boolean; unreadable: readonly StoredObject[] }): {
    carried: Set<number>
    keys: string[]
    findings: Finding[]
  } {
    const { tree } = this
    const found = tree.isCarriable === true ? this.#unreadable(unreadable) : new Map<number, string>()
    const carried = new Set(found.keys())
    const findings: Finding[] = []
    const unread = new Set(unreadable.map(({ key }) => key))
    const ownBases = this.#ownBases()
    for (let entry = 0; entry < this.#entries.length; entry++) {
      if (this.#claimed[entry] === 1 || carried.has(entry)) continue
      const { href, base } = this.#entries.at(entry)
      const isForeign = absolute.test(href) || (base !== '' && !ownBases.has(base))
      const place = posix.normalize(tree.root + href)
      if (!mapped && (isForeign || place.startsWith('../') || !place.startsWith(root))) {
        if (tree.isCarriable === true) carried.add(entry)
        findings.push(elsewhereFinding(isForeign ? `${base} ${href}`.trim() : place, tree))
      } else if (!unread.has(place)) findings.push(goneFinding(tree.root + href, tree))
    }
    return { carried, keys: [...found.values()], findings }
  }

  /** Bases that entries have whose packages are here. */
  #ownBases(): Set<string> {
    const bases = new Set<string>()
    if (!this.#entries.hasBases) return bases
    for (let entry = 0; entry < this.#entries.length; entry++) {
      if (this.#claimed[entry] === 1) bases.add(this.#entries.at(entry).base)
    }
    return bases
  }

  #compare({ stored, entry }: Listing): void {
    const { identity, key } = stored
    const sha256 = sha256Of(stored)
    const row = this.#byIdentity.find(identity).find((other) => this.#rows.at(other)[0] === identity)
    if (row === undefined) {
      this.#byIdentity.add(identity, this.#rows.add([identity, sha256, key]))
      this.#ranks.push(entry)
      return
    }
    const [, otherSha256 = '', otherKey = ''] = this.#rows.at(row)
    const winner = this.#contested.get(identity) ?? { sha256: otherSha256, key: otherKey, entry: this.#ranks.at(row) }
    if (winner.sha256 !== sha256 || this.#contested.has(identity)) {
      this.#contested.set(identity, entry < winner.entry ? { sha256, key, entry } : winner)
    }
  }

  /** Entries of what could not be read and has not changed, with their keys. */
  #unreadable(unreadable: readonly StoredObject[]): Map<number, string> {
    const found = new Map<number, string>()
    const bySize = this.#unclaimedBySize(unreadable.filter(({ key }) => isMapped(key)))
    for (const object of unreadable) {
      const entries = isMapped(object.key) ? this.#ofContent(object, bySize) : this.#inPlace(object)
      for (const entry of entries) if (this.#claimed[entry] === 0) found.set(entry, object.key)
    }
    return found
  }

  #inPlace(object: StoredObject): readonly number[] {
    const entry = this.#entries.placed(object.key)
    return entry !== undefined && isUnchanged(this.#entries.at(entry), object) ? [entry] : []
  }

  #ofContent({ etag, size }: StoredObject, bySize: ReadonlyMap<number, readonly number[]>): readonly number[] {
    const listed = this.#entries.withChecksum('md5', etag)
    return listed.length > 0 ? listed : (bySize.get(size) ?? [])
  }

  /** By a size that one of these objects alone has: the entries of that size, if they are of one content. */
  #unclaimedBySize(objects: readonly StoredObject[]): Map<number, number[]> {
    const sizes = new Map<number, number[]>()
    for (const { size } of objects) if (!sizes.delete(size)) sizes.set(size, [])
    for (let entry = 0; sizes.size > 0 && entry < this.#entries.length; entry++) {
      if (this.#claimed[entry] === 0) sizes.get(this.#entries.at(entry).size)?.push(entry)
    }
    const isOne = (entries: readonly number[]): boolean =>
      new Set(entries.map((entry) => this.#entries.at(entry).checksum)).size === 1
    return new Map([...sizes].filter(([, entries]) => isOne(entries)))
  }
}

/** As far as place, size and MD5 tell; an ETag of an upload in parts tells nothing. */
const isUnchanged = ({ size, checksumType, checksum }: OldEntry, object: StoredObject): boolean =>
  size === object.size && (checksumType !== 'md5' || checksum === object.etag || !/^[\da-f]{32}$/.test(object.etag))

/** An href that is no path below the tree. */
const absolute = /^([a-z][a-z\d+.-]*:|\/)/i

const elsewhereFinding = (key: string, { root, isCarriable }: Tree): Finding => ({
  key,
  what: `is listed in ${root}repodata and lies outside of this repository; its entry ${
    isCarriable === true ? 'is kept as it is, and not looked at' : 'can not be kept'
  }`,
})

const goneFinding = (key: string, { root }: Tree): Finding => ({
  key,
  what: `is listed in ${root}repodata but is not in the bucket; the new index does not list it`,
})
