import type { LeanS3 } from '../../aws/s3-lean.ts'
import type { Format } from '../../repositories/format.ts'
import { kindOf, Proofs } from '../../repositories/layout.ts'
import { noteArrival, noteGone, noteVersion } from '../journal/content-changes.ts'
import type { Arrival } from '../journal/arrivals.ts'
import type { Journal } from '../journal/journal.ts'
import type { Row } from '../journal/row.ts'
import { type Listed, readPage } from './list-page.ts'
import { listRanges } from './list-ranges.ts'
import { Packuments, type PackumentsInRange } from './packuments.ts'
import type { Pace } from '../pace.ts'
import { compareKeys, endOf, type KeyRange } from '../ranges.ts'
import { type Choice, isRight, ownPrefix } from '../selection.ts'
import { RootsSeen } from './roots-seen.ts'
import { Unproven } from './unproven.ts'

/** By format and root: the objects of the empty index that a new repository begins with. */
export type CreatedIndexes = ReadonlyMap<Format, ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>>

/** What a listing of the bucket showed; the objects themselves are in the journal. */
export interface Scanned {
  objects: number
  bytes: number
  /** Neither packages nor metadata: left alone. */
  neither: { objects: number; bytes: number; readonly examples: string[] }
  /** Left out by `--only` and `--exclude`. */
  leftOut: number
  /** Of what was listed, by `--only` left out or not. Not known where all formats are wanted. */
  readonly formats: Set<string>
  /** Of all repositories that are there, of whatever format. */
  readonly roots: Set<string>
  /** Roots of repositories whose indexes can be made, by format. */
  readonly indexed: Map<Format, Set<string>>
  /** Folders of packages that `--exclude` leaves out: an index without them would lose them. */
  readonly excludedFolders: Set<string>
  /** What is made of folders of packages without an index. */
  created: CreatedIndexes
}

export interface ScanOptions {
  readonly s3: Pick<LeanS3, 'send'>
  readonly journal: Journal
  readonly choice: Choice
  /** Those whose repositories are looked for. */
  readonly formats: readonly Format[]
  readonly pace: Pace
  /** Keys that the order of keys is cut behind where somebody knows what is there; what is not there does no harm. */
  readonly cuts?: readonly string[] | undefined
  readonly signal: AbortSignal
  readonly seen: (objects: number) => void
}

/** Classes whose objects answer nothing until they are restored. */
const archives = new Set(['GLACIER', 'DEEP_ARCHIVE'])
const mostExamples = 20
/** A page takes S3 some 80 ms, and this host some 4. */
const mostRanges = 24

/** A range that is being listed. `after` moves as pages come in; `through`, as others take over its end. */
interface Active extends KeyRange {
  readonly packuments: PackumentsInRange<Unknown>
}

/** An object that its key alone does not tell of. */
interface Unknown {
  readonly object: Listed
  readonly row: Row | undefined
}

/**
 * Lists the bucket and brings the journal up to date: what is new or has changed is to be done, what is gone is
 * forgotten. Memory stays the same whatever the number of objects.
 *
 * @throws what S3 answers
 */
export async function scan(options: ScanOptions): Promise<Scanned> {
  const { choice, pace } = options
  const proofs = new Proofs()
  const unproven = new Unproven()
  const scanned: Scanned = {
    objects: 0,
    bytes: 0,
    neither: { objects: 0, bytes: 0, examples: [] },
    leftOut: 0,
    formats: new Set(),
    roots: new Set(),
    indexed: new Map(options.formats.map((format) => [format, new Set<string>()])),
    excludedFolders: new Set(),
    created: new Map(),
  }
  const rootsSeen = new RootsSeen(scanned.indexed)
  const arrivals: Arrival[] = []
  const taking = { ...options, scanned, proofs, unproven, rootsSeen, arrivals }
  const packuments = new Packuments<Unknown>(({ object, row }, isPackument) => {
    if (isPackument) choice.takeForPackument(object.key)
    takeObject(object, row, taking)
  })

  await listRanges<Active>({
    prefix: choice.prefix,
    cuts: options.cuts ?? [],
    atOnce: Math.min(mostRanges, pace.cap),
    signal: options.signal,
    begin: (range) => ({ ...range, packuments: packuments.along(range.after) }),
    nextPage: (range) => nextPage(range, options, taking),
    end: (range) => range.packuments.end(range),
  })
  packuments.end()
  keepArrivals(taking)
  rootsSeen.settle(proofs)
  for (const roots of [proofs.roots.keys(), ...scanned.indexed.values()])
    for (const root of roots) scanned.roots.add(root)
  dropUnproven(taking)
  options.journal.commit()
  return scanned
}

/** Lists one page of a range and takes it in. Returns whether there is more. */
async function nextPage(range: Active, options: ScanOptions, taking: Taking): Promise<boolean> {
  const { s3, choice, pace } = options
  const asked = range.after
  const { body } = await pace.run(() =>
    s3.send({
      method: 'GET',
      action: 's3:ListBucket',
      query: {
        'list-type': '2',
        'encoding-type': 'url',
        ...(choice.prefix === '' ? {} : { prefix: choice.prefix }),
        ...(asked === '' ? {} : { 'start-after': asked }),
      },
    }),
  )
  const { objects, truncated } = readPage(body)
  // The end may have been given away while this page was under way.
  const { through } = range
  const end = objects.at(-1)?.key
  const isMine = through === undefined || end === undefined || compareKeys(end, through) <= 0
  const mine = isMine ? objects : objects.filter(({ key }) => compareKeys(key, through) <= 0)
  const more = truncated && mine.length === objects.length && objects.length > 0
  const last = more ? (mine.at(-1)?.key ?? asked) : through
  takeIn(mine, { after: asked, through: last }, { ...taking, packuments: range.packuments })
  options.seen(mine.filter(({ key }) => !key.startsWith(ownPrefix)).length)
  range.after = last ?? asked
  return more
}

interface Taking {
  readonly journal: Journal
  readonly choice: Choice
  readonly scanned: Scanned
  readonly proofs: Proofs
  readonly unproven: Unproven
  readonly rootsSeen: RootsSeen
  /** Objects that the journal does not have: they are kept many at a time. */
  readonly arrivals: Arrival[]
  /** Undefined: what nothing is known of now will stay so. */
  readonly packuments?: PackumentsInRange<Unknown>
}

const joined = 5000

/** Joins what was listed in a range with what the journal has there, both in the order of keys. */
function takeIn(objects: readonly Listed[], range: KeyRange, taking: Taking): void {
  const { journal, choice } = taking
  let index = 0
  // Rows of other prefixes are none of this run's business.
  let after = range.after === '' ? choice.prefix.slice(0, -1) : range.after
  const through = range.through ?? (choice.prefix === '' ? undefined : `${choice.prefix}\u{10ffff}`)
  for (let full = true; full;) {
    const rows = journal.rows({ after, through }, joined)
    full = rows.length === joined
    for (const row of rows) {
      after = row.key
      let object = objects[index]
      for (; object !== undefined && compareKeys(object.key, row.key) < 0; object = objects[++index]) {
        takeObject(object, undefined, taking)
      }
      if (object?.key === row.key) {
        takeObject(object, row, taking)
        index++
      } else if (row.key.startsWith(choice.prefix)) noteGone(journal, row)
    }
  }
  for (const object of objects.slice(index)) takeObject(object, undefined, taking)
  keepArrivals(taking)
}

const keepArrivals = ({ journal, arrivals }: Pick<Taking, 'journal' | 'arrivals'>): void =>
  journal.add(arrivals.splice(0))

function takeObject(object: Listed, row: Row | undefined, taking: Taking): void {
  const { journal, choice, scanned, packuments, proofs } = taking
  const { key } = object
  if (key.startsWith(ownPrefix)) return
  if (choice.excludes(key)) {
    proofs.note(key, kindOf(key, object.size))
    scanned.leftOut++
    if ([...scanned.indexed.keys()].some((format) => format.roleOf(key) === 'package')) {
      scanned.excludedFolders.add(key.slice(0, key.lastIndexOf('/') + 1))
    }
    return
  }
  const known =
    row !== undefined && row.etag === object.etag && row.modified === object.modified && row.size === object.size
      ? row
      : undefined
  const [cacheControl, contentType] = [known?.cacheControl ?? null, known?.contentType ?? null]
  const { size, etag, modified } = object
  // Somebody may have written the same again: what was in it then is what is in it now.
  const isSame = row?.size === size && (row.etag === etag || journal.copies.take(key, row.etag))
  if (row === undefined) noteArrival(journal, object)
  else if (!isSame) noteVersion(journal, row, object)
  const wanted = choice.judge(key, { size, cacheControl, seenToChange: journal.republished.isSure(key) })
  if (packuments !== undefined && (wanted.class === 'neither' || wanted.conditions !== undefined)) {
    packuments.putOff(key, { object, row })
    return
  }
  packuments?.pass(key)
  if (wanted.class !== 'neither') proofs.note(key, wanted.kind)
  if (wanted.class === 'metadata') taking.rootsSeen.note(key, wanted)
  if (wanted.conditions !== undefined) taking.unproven.add(key, wanted.conditions)
  if (choice.only !== undefined) scanned.formats.add(wanted.format)
  const isChosen = choice.only?.includes(wanted.format) !== false
  if (isChosen) {
    scanned.objects++
    scanned.bytes += object.size
  } else {
    scanned.leftOut++
    if (!isReadByChosen(key, taking)) return
  }
  if (wanted.class === 'neither') {
    if (isChosen) noteNeither(object, scanned)
    if (row !== undefined) journal.remove(key)
    return
  }
  const skip = archives.has(object.storageClass)
    ? `archived (${object.storageClass})`
    : known?.skip?.startsWith('archived (') === true
      ? null
      : (known?.skip ?? null)
  const todo = skip === null && (cacheControl === null || !isRight(key, wanted, { cacheControl, contentType }))
  const same =
    known !== undefined &&
    known.todo === todo &&
    known.skip === skip &&
    known.class === wanted.class &&
    known.why === (wanted.why ?? null) &&
    known.format === wanted.format
  if (same) return
  const why = wanted.why ?? null
  const seen = { key, size, etag, modified, class: wanted.class, why, format: wanted.format, skip, todo }
  if (row === undefined) {
    taking.arrivals.push(seen)
    return
  }
  const first = isSame ? row.first : modified
  journal.put({ ...seen, cacheControl, contentType, encoding: known?.encoding ?? null, first })
}

/**
 * May it be a package of a format that was chosen, though it looks like another kind? Charts are archives like others, and
 * Maven's versions whatever somebody builds. Their indexes would lose what is left out.
 */
function isReadByChosen(key: string, { choice, scanned }: Taking): boolean {
  const readers = [...scanned.indexed.keys()].filter(
    (format) => choice.only?.includes(format.name) === true && format.roleOf(key) === 'package',
  )
  for (const { name } of readers) scanned.formats.add(name)
  return readers.length > 0
}

function noteNeither({ key, size }: Pick<Listed, 'key' | 'size'>, { neither }: Scanned): void {
  neither.objects++
  neither.bytes += size
  if (neither.examples.length < mostExamples) neither.examples.push(key)
}

/** What seemed to be of a repository that has turned out not to be there is nothing in particular. */
function dropUnproven({ journal, choice, scanned, proofs, unproven }: Taking): void {
  for (const place of unproven.places(proofs)) {
    const isFolder = place === '' || place.endsWith('/')
    const stretch = { from: place, to: isFolder ? endOf(place) : `${place}\u0000` }
    for (const { key, size } of journal.stretch(stretch)) {
      if (!key.startsWith(choice.prefix) || choice.excludes(key)) continue
      const { conditions, format } = choice.judge(key, { size })
      if (conditions === undefined || conditions.some((condition) => proofs.holds(condition))) continue
      journal.remove(key)
      if (choice.only?.includes(format) !== false) noteNeither({ key, size }, scanned)
    }
  }
}
