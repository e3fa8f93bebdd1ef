/** The new lists of packages. */
import type { Finding, IndexedPackage, IndexInput, Json, Part } from '../format.ts'
import type { Stanza } from './deb822.ts'
import { valueOf, writeStanza } from './deb822.ts'
import { placeOf } from './layout.ts'
import {
  conflictFinding,
  goneFinding,
  joinMembers,
  type Membership,
  orphanFinding,
  pathOf,
  type Place,
} from './membership.ts'
import type { OldApt, OldSuite } from './old-indexes.ts'
import { type OldEntry, type OldPart, stanzaOf } from './old-lists.ts'
import { packagesStanza } from './packages.ts'
import { sourcesStanza } from './sources.ts'

/** A list to be written. */
export interface NewPart {
  readonly suite: OldSuite
  readonly old: OldPart
  readonly text: string
}

export interface NewLists {
  readonly parts: readonly NewPart[]
  readonly counts: readonly Part[]
  /** Packages that are in at least one list. */
  readonly packages: number
  readonly findings: readonly Finding[]
}

/** What the journal keeps of an apt package: a .deb's control file or a .dsc, as fields. */
export interface AptFacts {
  readonly kind: 'deb' | 'dsc'
  readonly stanza: Stanza
}

/** What {@link AptFacts} came back as from the journal; undefined for what is none. */
export function aptFacts(facts: Json): AptFacts | undefined {
  if (facts === null || typeof facts !== 'object' || !('kind' in facts)) return undefined
  const { kind, stanza } = facts
  if ((kind !== 'deb' && kind !== 'dsc') || !Array.isArray(stanza)) return undefined
  return { kind, stanza: stanza.filter(isField) }
}

const isField = (field: unknown): field is [string, string] =>
  Array.isArray(field) && typeof field[0] === 'string' && typeof field[1] === 'string'

interface Slot {
  readonly key: string
  readonly identity: string
  readonly sha256: string | undefined
  readonly text: string
}

/**
 * Makes the new lists. Entries stay in the order of the present ones, new packages follow in the order of their keys.
 * Of two packages of one name, version and architecture the one that is listed first already is indexed, among new ones
 * the first by key.
 */
export function newLists(input: IndexInput<OldApt>): NewLists {
  const { repository, old, unreadable } = input
  const writable = old.suites
    .filter(({ broken }) => !broken)
    .flatMap((suite) => suite.parts.map((part) => ({ suite, part })))
  const frozen = old.suites.filter(({ broken }) => broken).flatMap(({ parts }) => parts)
  const present = [...writable.map(({ part }) => part), ...frozen]
  const members = joinMembers(
    repository.root,
    present.map(({ entries }) => entries),
    input.packages(),
    unreadable,
  )
  const slots = present.map(({ entries }) => new Array<Slot | undefined>(entries.length).fill(undefined))
  const findings: Finding[] = []
  for (const { part, at, key } of members.kept) {
    const { text } = present[part]?.entries[at] ?? { text: '' }
    put(slots, { part, at }, { key, identity: identityOf(stanzaOf(text)), sha256: undefined, text })
  }
  for (const found of input.packages()) {
    const facts = aptFacts(found.facts)
    if (facts === undefined) continue
    const places = members.placesOf(found.key)
    if (places.length === 0) {
      const place = old.suites.some(({ broken }) => broken)
        ? undefined
        : placeByKey(found, facts, writable, repository.root)
      if (place === undefined) {
        if (!members.isListed({ md5: found.etag, ...found.digests })) findings.push(orphanFinding(found.key))
      } else slots[place]?.push(slotOf(found, facts, undefined, repository.root, members))
    }
    for (const place of places) {
      const part = present[place.part]
      if (part !== undefined && place.part < writable.length)
        put(slots, place, slotOf(found, facts, part.entries[place.at], repository.root, members))
    }
  }
  for (const { part, at } of members.gone) {
    const { title = '', entries = [] } = present[part] ?? {}
    const entry = entries[at]
    if (entry !== undefined) findings.push(goneFinding(repository.root + pathOf(entry), title))
  }
  return assembled(writable, slots, findings)
}

const put = (slots: readonly (Slot | undefined)[][], { part, at }: Place, slot: Slot): void => {
  const list = slots[part]
  if (list !== undefined) list[at] = slot
}

const identityOf = (stanza: Stanza): string =>
  ['Package', 'Version', 'Architecture'].map((name) => valueOf(stanza, name) ?? '').join(' ')

function slotOf(
  { key, size, etag, digests, identity }: IndexedPackage,
  { kind, stanza }: AptFacts,
  entry: OldEntry | undefined,
  root: string,
  { namesKeys }: Membership,
): Slot {
  const path = key.slice(root.length)
  // Named by the entry, or, where no entry names a key, served under a name that only the old index knows.
  const stays = entry !== undefined && (!namesKeys || pathOf(entry) === path)
  const filename = stays ? entry.filename : path
  // An ETag is known to be the MD5 where the present index says the same.
  const known = entry?.digests.md5 === etag && entry.size === size ? { md5: etag, ...digests } : digests
  const listing = { filename, size, digests: known, ...(entry === undefined ? {} : { old: stanzaOf(entry.text) }) }
  const fresh = kind === 'deb' ? packagesStanza(stanza, listing) : sourcesStanza(stanza, listing)
  return { key, identity, sha256: digests.sha256, text: writeStanza(fresh) }
}

/**
 * The list of a package that is in none, where its key leaves no doubt: below the folder of the list, or in a flat
 * repository, whose list is all that is there.
 */
function placeByKey(
  { key }: IndexedPackage,
  { kind, stanza }: AptFacts,
  parts: readonly { suite: OldSuite; part: OldPart }[],
  root: string,
): number | undefined {
  const path = key.slice(root.length)
  const flat = parts.every(({ suite }) => suite.folder === '')
  const place = parts.findIndex(({ suite, part }) => {
    if ((kind === 'deb') !== (part.name === 'Packages')) return false
    if (suite.folder === '') return flat
    const architecture = placeOf(part.folder)?.architecture
    return path.startsWith(suite.folder + part.folder) && fitsArchitecture(kind, stanza, architecture)
  })
  return place < 0 ? undefined : place
}

const fitsArchitecture = (kind: AptFacts['kind'], stanza: Stanza, architecture: string | undefined): boolean =>
  kind === 'dsc' || ['all', architecture].includes(valueOf(stanza, 'Architecture'))

function assembled(
  parts: readonly { suite: OldSuite; part: OldPart }[],
  slots: readonly (Slot | undefined)[][],
  findings: Finding[],
): NewLists {
  const indexed = new Set<string>()
  const made = parts.map(({ suite, part }, at): { part: NewPart; count: Part } => {
    const texts: string[] = []
    const winners = new Map<string, Slot>()
    for (const [index, slot] of (slots[at] ?? []).entries()) {
      if (slot === undefined) continue
      const winner = winners.get(slot.identity)
      if (winner !== undefined && differ(winner, slot)) {
        findings.push(conflictFinding(slot.key, slot.identity, part.title, winner.key))
        continue
      }
      // A second copy of what is listed already is not worth a second entry.
      if (winner !== undefined && index >= part.entries.length) continue
      winners.set(slot.identity, winner ?? slot)
      indexed.add(slot.key)
      texts.push(slot.text)
    }
    return {
      part: { suite, old: part, text: texts.map((text) => `${text}\n`).join('') },
      count: {
        name: part.title + (part.name === 'Sources' ? ' (sources)' : ''),
        before: part.entries.length,
        after: texts.length,
      },
    }
  })
  return {
    parts: made.map(({ part }) => part),
    counts: made.map(({ count }) => count),
    packages: indexed.size,
    findings,
  }
}

const differ = (one: Slot, other: Slot): boolean =>
  one.sha256 !== undefined && other.sha256 !== undefined && one.sha256 !== other.sha256
