/** The new lists of packages. */
import type { Finding, IndexedPackage, IndexInput, Part } from '../format.ts'
import type { Stanza } from './deb822.ts'
import { valueOf } from './deb822.ts'
import { stanzaProblem } from './fields.ts'
import { KeptPackage } from './kept-package.ts'
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
import type { OldEntries, OldPart } from './old-lists.ts'
import { type Slot, Slots } from './slots.ts'

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

type WritablePart = Pick<NewPart, 'suite' | 'old'>

/** What the new lists are made of. */
interface Making {
  readonly root: string
  /** Those to be written; behind them in {@link present} those of suites that stay as they are. */
  readonly writable: readonly WritablePart[]
  readonly present: readonly OldPart[]
  readonly members: Membership
  readonly slots: Slots
  readonly findings: Finding[]
}

/**
 * Makes the new lists. Entries stay in the order of the present ones, new packages follow in the order of their keys.
 * Of two packages of one name, version and architecture the one that is listed first already is indexed, among new ones
 * the first by key.
 */
export function newLists(input: IndexInput<OldApt>): NewLists {
  const { old, unreadable } = input
  const { root } = input.repository
  const writable = old.suites
    .filter(({ broken }) => !broken)
    .flatMap((suite) => suite.parts.map((part): WritablePart => ({ suite, old: part })))
  const frozen = old.suites.filter(({ broken }) => broken).flatMap(({ parts }) => parts)
  const present = [...writable.map(({ old: part }) => part), ...frozen]
  const lists = present.map(({ entries }) => entries)
  const members = joinMembers(root, lists, input.packages(), unreadable)
  const making: Making = { root, writable, present, members, slots: new Slots(lists), findings: [] }
  const { kept, useless } = keepEntries(making)
  // What a suite lists that can't be read is unknown: any package may be in it.
  const isKnown = !old.suites.some(({ broken }) => broken)
  let nth = 0
  for (const found of input.packages()) placePackage(making, found, members.placesOf(nth++), isKnown)
  for (const { part, at } of members.gone) {
    const { title = '', entries } = present[part] ?? {}
    if (entries !== undefined) making.findings.push(goneFinding(root + pathOf(entries.at(at)), title))
  }
  return { ...assembled(making, useless), kept }
}

/**
 * Puts the entries of packages that can't be read into the new lists, as they are.
 *
 * @returns keys of those packages; and by list, how many present entries keep apt from reading any list at all, so that
 * nobody loses them
 */
function keepEntries({ present, members, slots }: Making): { kept: Set<string>; useless: number[] } {
  const kept = new Set<string>()
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
  return { kept, useless }
}

/** Puts a package into all lists that it belongs to, and says what there is to say of it. */
function placePackage(making: Making, found: IndexedPackage, places: readonly Place[], isKnown: boolean): void {
  const { root, writable, present, members, slots, findings } = making
  const facts = new KeptPackage(found.facts)
  const added = places.length === 0 && isKnown ? placeByKey(found, facts, writable, root) : undefined
  if (added !== undefined) slots.add(added, slotOf(found, facts, undefined, root, members))
  for (const place of places) {
    const part = present[place.part]
    if (part !== undefined && place.part < writable.length)
      slots.put(place, slotOf(found, facts, { ...place, part: part.entries }, root, members))
  }
  if (places.length === 0 && added === undefined) {
    if (isKnown && !members.isListed({ md5: found.etag, ...found.digests })) findings.push(orphanFinding(found.key))
  } else {
    for (const what of facts.warnings) findings.push({ key: found.key, what, todo: buildAnew })
  }
}

const buildAnew = 'Correct it where the package is built, and publish it anew.'

const identityOf = (stanza: Stanza): string =>
  ['Package', 'Version', 'Architecture'].map((name) => valueOf(stanza, name) ?? '').join(' ')

function slotOf(
  { key, size, etag, digests, identity }: IndexedPackage,
  kept: KeptPackage,
  place: { readonly part: OldEntries; readonly at: number } | undefined,
  root: string,
  { namesKeys }: Membership,
): Slot {
  const path = key.slice(root.length)
  const entry = place?.part.at(place.at)
  // Where no entry names a key, packages are served under names that only the old index knows.
  const isMapped = entry !== undefined && !namesKeys
  // The folder of a source package is a field of its own, `.` at the top.
  const isThere = entry !== undefined && kept.kind === 'dsc' && pathOf(entry) === path
  const filename = isMapped || isThere ? entry.filename : path
  // An ETag is known to be the MD5 where the present index says the same.
  const known = entry?.digests.md5 === etag && entry.size === size ? { md5: etag, ...digests } : digests
  const present =
    place === undefined
      ? undefined
      : { bytes: place.part.bytesOf(place.at), stanza: () => place.part.stanzaOf(place.at) }
  const text = kept.entry({ filename, size, digests: known }, present)
  return { key, identity, sha256: digests.sha256 ?? '', text }
}

/**
 * The list of a package that is in none, where its key leaves no doubt: below the folder of the list, or in a flat
 * repository, whose list is all that is there.
 */
function placeByKey(
  { key }: IndexedPackage,
  { kind, architecture: own }: KeptPackage,
  parts: readonly WritablePart[],
  root: string,
): number | undefined {
  const path = key.slice(root.length)
  const flat = parts.every(({ suite }) => suite.folder === '')
  const place = parts.findIndex(({ suite, old: part }) => {
    if ((kind === 'deb') !== (part.name === 'Packages')) return false
    if (suite.folder === '') return flat
    const architecture = placeOf(part.folder)?.architecture
    return path.startsWith(suite.folder + part.folder) && (kind === 'dsc' || own === 'all' || own === architecture)
  })
  return place < 0 ? undefined : place
}

function assembled({ writable, slots, findings }: Making, useless: readonly number[]): Omit<NewLists, 'kept'> {
  const made = writable.map(({ suite, old }, part): { part: NewPart; count: Part } => {
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
