/**
 * Which package is in which list. A pool does not say what suite a package is in: only the present lists do. An entry is
 * the package's whose key it names; in packagecloud's layout, where no entry names a key, the one with its content.
 */
import type { Digests, Finding, IndexedPackage, StoredObject } from '../format.ts'
import type { OldEntry } from './old-lists.ts'

/** An entry's place: which list, and where in it. */
export interface Place {
  readonly part: number
  readonly at: number
}

/** What the entries and the objects know of one another. */
export interface Membership {
  /** The places of the entries that are this object's. */
  readonly placesOf: (key: string) => readonly Place[]
  /** Has an entry this content? Then an object that is no entry's is a second copy of one that is. */
  readonly isListed: (digests: Digests) => boolean
  /** Do entries name keys? Then an entry found by its content has moved, and its `Filename` is out of date. */
  readonly namesKeys: boolean
  /** Places of entries whose object could be neither read nor found changed: they stay as they are. */
  readonly kept: readonly (Place & { readonly key: string })[]
  /** Entries whose package is gone. */
  readonly gone: readonly Place[]
}

/** How an object was found for an entry; the larger the surer. */
const certainty = { md5: 1, sha256: 2, key: 3 } as const

interface Joined extends Place {
  readonly entry: OldEntry
  how: number
  key: string
  unreadable: boolean
}

/**
 * Joins entries and objects.
 *
 * @param parts - the entries of each list
 * @param packages - gone through once
 */
export function joinMembers(
  root: string,
  parts: readonly (readonly OldEntry[])[],
  packages: Iterable<IndexedPackage>,
  unreadable: readonly StoredObject[],
): Membership {
  const joined = parts.map((entries, part) =>
    entries.map((entry, at): Joined => ({ part, at, entry, how: 0, key: '', unreadable: false })),
  )
  const all = joined.flat()
  const byName = groupBy(all, ({ entry }) => pathOf(entry))
  const bySha256 = groupBy(all, ({ entry }) => entry.digests.sha256)
  const byMd5 = groupBy(all, ({ entry }) => entry.digests.md5)
  const claim = (found: readonly Joined[] | undefined, key: string, how: number, isUnreadable = false): void => {
    for (const one of found ?? []) if (one.how < how) Object.assign(one, { how, key, unreadable: isUnreadable })
  }
  for (const { key, digests, etag, size } of packages) {
    claim(byName.get(key.slice(root.length)), key, certainty.key)
    claim(digests.sha256 === undefined ? undefined : bySha256.get(digests.sha256), key, certainty.sha256)
    const sameSum = byMd5
      .get(digests.md5 ?? etag)
      ?.filter(({ entry }) => entry.size === size && fits(entry, digests.sha256))
    claim(sameSum, key, certainty.md5)
  }
  for (const { key, etag, size } of unreadable) {
    const named = byName.get(key.slice(root.length))?.filter(({ entry }) => unchanged(entry, etag, size))
    claim(named, key, certainty.key, true)
    claim(
      byMd5.get(etag)?.filter(({ entry }) => entry.size === size),
      key,
      certainty.md5,
      true,
    )
  }
  const byKey = groupBy(all, ({ key, unreadable: skip }) => (skip || key === '' ? undefined : key))
  return {
    placesOf: (key) => byKey.get(key) ?? [],
    isListed: ({ sha256, md5 }) => bySha256.has(sha256 ?? '') || byMd5.has(md5 ?? ''),
    namesKeys: all.some(({ how }) => how === certainty.key),
    kept: all.filter((one) => one.unreadable),
    gone: all.filter(({ how }) => how === 0),
  }
}

/** What an entry names, below the root. */
export const pathOf = ({ filename }: OldEntry): string => filename.replace(/^(?:\.?\/)+/, '')

/** An MD5 alone does not outvote a SHA-256. */
const fits = ({ digests }: OldEntry, sha256: string | undefined): boolean =>
  digests.sha256 === undefined || sha256 === undefined || digests.sha256 === sha256

/** As far as size and ETag tell; an ETag of an upload in parts tells nothing. */
const unchanged = (entry: OldEntry, etag: string, size: number): boolean =>
  entry.size === size && (etag === entry.digests.md5 || !/^[0-9a-f]{32}$/.test(etag))

function groupBy<T>(items: readonly T[], name: (item: T) => string | undefined): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const found = name(item)
    if (found === undefined) continue
    const group = groups.get(found)
    if (group === undefined) groups.set(found, [item])
    else group.push(item)
  }
  return groups
}

/** What is told of an entry that is dropped. */
export const goneFinding = (key: string, title: string): Finding => ({
  key,
  what: `is listed in ${title} but is not in the bucket; the new index does not list it`,
})

/** What is told of a package that no list has. */
export const orphanFinding = (key: string): Finding => ({
  key,
  what: 'is in no index of its repository, so its suite and component are unknown; it is not added',
  todo: 'Add it with the tool that publishes this repository, or remove it.',
})

/** What is told of a package that loses against another of the same name, version and architecture. */
export const conflictFinding = (key: string, identity: string, title: string, other: string): Finding => ({
  key,
  what: `${identity} has other content than ${other}, which ${title} lists; only the latter is indexed`,
  todo: 'Remove the wrong one of the two, or give it a version of its own.',
})
