/** The new lists of packages. */
import type { Finding, IndexedPackage, IndexInput, Json, Part } from '../format.ts'
import type { Stanza } from './deb822.ts'
import { valueOf, writeStanza } from './deb822.ts'
import { stanzaProblem, stanzaWarnings } from './fields.ts'
import { placeOf } from './layout.ts'
import { conflictFinding, goneFinding, joinMembers, type Membership, orphanFinding, pathOf } from './membership.ts'
import type { OldApt, OldSuite } from './old-indexes.ts'
import type { OldEntries, OldPart } from './old-lists.ts'
import { packagesStanza } from './packages.ts'
import { type Slot, Slots } from './slots.ts'
import { sourcesStanza } from './sources.ts'

/** A list to be written. */
export interface NewPart {
  readonly suite: OldSuite
  readonly old: OldPart
  readonly text: Buffer
}

export interface NewLists {
  readonly parts: readonly NewPart[]
  readonly counts: readonly Part[]
  /** Packages that are in at least one list. */
  readonly packages: number
  readonly findings: readonly Finding[]
  /** Keys of packages that could not be read, and whose entries stay. */
  readonly kept: ReadonlySet<string>
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

type WritablePart = Pick<NewPart, 'suite' | 'old'>

/**
 * Makes the new lists. Entries stay in the order of the present ones, new packages follow in the order of their keys.
 * Of two packages of one name, version and architecture the one that is listed first already is indexed, among new ones
 * the first by key.
 */
export function newLists(input: IndexInput<OldApt>): NewLists {
  const { repository, old, unreadable } = input
  const writable = old.suites
    .filter(({ broken }) => !broken)
    .flatMap((suite) => suite.parts.map((part): WritablePart => ({ suite, old: part })))
  const frozen = old.suites.filter(({ broken }) => broken).flatMap(({ parts }) => parts)
  const present = [...writable.map(({ old: part }) => part), ...frozen]
  const lists = present.map(({ entries }) => entries)
  const members = joinMembers(repository.root, lists, input.packages(), unreadable)
  const slots = new Slots(lists)
  const findings: Finding[] = []
  const kept = new Set<string>()
  /** By list: present entries that keep apt from reading any of its lists, so that nobody loses them. */
  const useless = present.map(() => 0)
  for (const { part, at, key } of members.kept) {
    const stanza = present[part]?.entries.stanzaOf(at) ?? []
    if (present[part]?.name === 'Packages' && stanzaProblem(stanza) !== undefined) {
      useless[part] = (useless[part] ?? 0) + 1
      continue
    }
    slots.put({ part, at }, { key, identity: identityOf(stanza), sha256: '', text: undefined })
    kept.add(key)
  }
  let nth = 0
  for (const found of input.packages()) {
    const facts = aptFacts(found.facts)
    const places = members.placesOf(nth++)
    if (facts === undefined) continue
    if (places.length === 0) {
      const place = old.suites.some(({ broken }) => broken)
        ? undefined
        : placeByKey(found, facts, writable, repository.root)
      if (place === undefined) {
        if (!members.isListed({ md5: found.etag, ...found.digests })) findings.push(orphanFinding(found.key))
      } else slots.add(place, slotOf(found, facts, undefined, repository.root, members))
    }
    for (const place of places) {
      const part = present[place.part]
      if (part !== undefined && place.part < writable.length)
        slots.put(place, slotOf(found, facts, { ...place, part: part.entries }, repository.root, members))
    }
    if (facts.kind === 'deb') {
      for (const what of stanzaWarnings(facts.stanza)) findings.push({ key: found.key, what, todo: buildAnew })
    }
  }
  for (const { part, at } of members.gone) {
    const { title = '', entries } = present[part] ?? {}
    if (entries !== undefined) findings.push(goneFinding(repository.root + pathOf(entries.at(at)), title))
  }
  return { ...assembled(writable, slots, useless, findings), kept }
}

const buildAnew = 'Correct it where the package is built, and publish it anew.'

const identityOf = (stanza: Stanza): string =>
  ['Package', 'Version', 'Architecture'].map((name) => valueOf(stanza, name) ?? '').join(' ')

function slotOf(
  { key, size, etag, digests, identity }: IndexedPackage,
  { kind, stanza }: AptFacts,
  place: { readonly part: OldEntries; readonly at: number } | undefined,
  root: string,
  { namesKeys }: Membership,
): Slot {
  const path = key.slice(root.length)
  const entry = place?.part.at(place.at)
  // Named by the entry, or, where no entry names a key, served under a name that only the old index knows.
  const stays = entry !== undefined && (!namesKeys || pathOf(entry) === path)
  const filename = stays ? entry.filename : path
  // An ETag is known to be the MD5 where the present index says the same.
  const known = entry?.digests.md5 === etag && entry.size === size ? { md5: etag, ...digests } : digests
  const listing = {
    filename,
    size,
    digests: known,
    ...(place === undefined ? {} : { old: place.part.stanzaOf(place.at) }),
  }
  const fresh = kind === 'deb' ? packagesStanza(stanza, listing) : sourcesStanza(stanza, listing)
  return { key, identity, sha256: digests.sha256 ?? '', text: writeStanza(fresh) }
}

/**
 * The list of a package that is in none, where its key leaves no doubt: below the folder of the list, or in a flat
 * repository, whose list is all that is there.
 */
function placeByKey(
  { key }: IndexedPackage,
  { kind, stanza }: AptFacts,
  parts: readonly WritablePart[],
  root: string,
): number | undefined {
  const path = key.slice(root.length)
  const flat = parts.every(({ suite }) => suite.folder === '')
  const place = parts.findIndex(({ suite, old: part }) => {
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
  parts: readonly WritablePart[],
  slots: Slots,
  useless: readonly number[],
  findings: Finding[],
): Omit<NewLists, 'kept'> {
  const made = parts.map(({ suite, old }, part): { part: NewPart; count: Part } => {
    const winners = slots.winnersOf(part, (loser, winner) =>
      findings.push(conflictFinding(loser.key, loser.identity, old.title, winner.key)),
    )
    return {
      part: { suite, old, text: slots.textOf(winners) },
      count: {
        name: old.title + (old.name === 'Sources' ? ' (sources)' : ''),
        before: old.entries.length - (useless[part] ?? 0),
        after: winners.length,
      },
    }
  })
  return {
    parts: made.map(({ part }) => part),
    counts: made.map(({ count }) => count),
    packages: slots.indexed,
    findings,
  }
}
