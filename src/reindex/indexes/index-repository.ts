import { type Finding, type IndexedPackage, type IndexPlan, RefusedRepository } from '../../repositories/format.ts'
import { readAgain } from '../../repositories/sections.ts'
import { CtlError, messageOf } from '../../errors.ts'
import { inOneLine } from '../../text.ts'
import type { Journal } from '../journal/journal.ts'
import type { Row } from '../journal/row.ts'
import type { IndexReport } from '../report.ts'
import { joinGuests } from './guests.ts'
import { findingsOf, noteMade } from './last-time.ts'
import { openRepository, type OpeningOptions, unchangedSince } from './open-repository.ts'
import { type Publisher, WriteConflict } from './publish.ts'
import { again, badPackage, type IndexFinding, isHopeless, readPackages, type ReadingOptions } from './read-packages.ts'
import { type FoundRepository, indexRows, packagesOf } from './repository-objects.ts'
import { shrinking } from './shrink-brake.ts'

export type { FoundRepository } from './repository-objects.ts'

export interface IndexOptions extends ReadingOptions, Omit<OpeningOptions, 'pace'> {
  readonly journal: Journal
  /** Undefined: only look. */
  readonly publisher: Publisher | undefined
  readonly allowShrink: boolean
}

/** What became of a repository, what an operator should know of its objects, and what failed. */
export interface Indexed {
  readonly report: IndexReport
  readonly findings: Iterable<IndexFinding>
  readonly failures: readonly Finding[]
}

/** How it ended, without what is the same for all of a repository's reports. */
interface Ended extends Partial<Omit<Indexed, 'report'>> {
  readonly report: Partial<IndexReport> & Pick<IndexReport, 'outcome'>
}

/**
 * Makes the indexes of one repository from its packages, and writes what has changed in the order that breaks no
 * client. Everything that was read before is taken from the journal; if nothing at all has changed, nothing is read.
 */
export async function indexRepository(found: FoundRepository, options: IndexOptions): Promise<Indexed> {
  const { report, ...more } = await attempt(found, options)
  const base = { root: found.root, format: found.format.name, packages: 0, written: 0, unchanged: 0 }
  const why = found.created === undefined ? {} : { why: 'there was none for some of its packages' }
  return { report: { ...base, ...why, ...report }, findings: [], failures: [], ...more }
}

async function attempt(found: FoundRepository, options: IndexOptions): Promise<Ended> {
  const before = unchangedSince(found, options)
  if (before !== undefined) {
    const report = { outcome: 'unchanged' as const, packages: before.packages, unchanged: before.objects }
    return { report, findings: findingsOf(found, options.journal) }
  }
  try {
    return await makeIndex(found, options)
  } catch (error) {
    if (options.signal.aborted) throw error
    if (error instanceof RefusedRepository) {
      return { report: { outcome: 'refused', why: error.message, todo: error.todo } }
    }
    if (isHopeless(error) && !(error instanceof WriteConflict)) throw error
    const todo = error instanceof CtlError ? inOneLine(error.hint) : isOfContent(error) ? readAgain : again(error)
    const failed = { key: found.root, what: `could not be indexed: ${messageOf(error)}`, todo }
    return { report: { outcome: 'failed', why: messageOf(error), todo }, failures: [failed] }
  }
}

/** What is kept of a package is not as it was written: AWS, networks and files fail otherwise. */
const isOfContent = (error: unknown): boolean =>
  error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError

async function makeIndex(own: FoundRepository, options: IndexOptions): Promise<Ended> {
  const { format } = own
  const { signer, journal, now, formatOptions } = options
  const { repository, opened } = openRepository(own, options)
  const old = await opened
  const found = joinGuests(own, old, journal)
  const { bad, failures } = await readPackages(found, old, options)
  if (failures.length > 0) {
    const why = `${failures.length} of its packages could not be read`
    return { report: { outcome: 'failed', why, todo: 'Run the same command again.' }, failures }
  }
  options.signal.throwIfAborted()
  const unreadable = bad.map(({ object }) => object)
  const notes = new Map<string, string>()
  const packages = () => noting(packagesOf(found, journal), notes)
  const plan = await format.writeIndexes({ repository, old, packages, unreadable, signer, options: formatOptions, now })
  const findings = [
    ...plan.findings,
    ...bad.map((one) => badPackage(one, plan.kept.has(one.object.key))),
    ...[...notes].map(([key, what]) => ({ key, what })),
  ]
  const shrunk = options.allowShrink ? undefined : shrinking(plan.parts)
  if (shrunk !== undefined) {
    const todo = 'If that is right, run the same command with --allow-shrink.'
    return { report: { outcome: 'refused', packages: plan.packages, why: shrunk, todo }, findings }
  }
  return { findings, ...(await publish(found, plan, findings, options)) }
}

/** Keeps by key what is to be told of packages, while they are gone through. */
function* noting(packages: Iterable<IndexedPackage>, notes: Map<string, string>): Generator<IndexedPackage> {
  for (const one of packages) {
    if (one.note !== undefined) notes.set(one.key, one.note)
    yield one
  }
}

async function publish(
  found: FoundRepository,
  plan: IndexPlan,
  findings: readonly IndexFinding[],
  options: IndexOptions,
): Promise<Pick<Ended, 'report' | 'failures'>> {
  const { publisher, journal } = options
  const { packages } = plan
  const expected = new Map([...indexRows(found, journal)].map((row) => [row.key, row]))
  if (publisher === undefined) {
    const [written, unchanged] = countChanges(plan, expected)
    return { report: { outcome: written === 0 ? 'unchanged' : 'would be written', packages, written, unchanged } }
  }
  const { name: format } = found.format
  const { written, unchanged, conflicts } = await publisher.publish(plan.groups, { expected, format }, options.signal)
  journal.commit()
  if (conflicts.length > 0) return othersPublished(conflicts, { packages, written, unchanged })
  const renew = plan.renew === undefined ? {} : { renew: plan.renew }
  const { guests } = found
  noteMade(found, { packages, objects: written + unchanged, ...renew, guests }, findings, options)
  return { report: { outcome: written === 0 ? 'unchanged' : 'written', packages, written, unchanged } }
}

/** Each of these documents stands for itself: all others are written. */
function othersPublished(
  conflicts: readonly WriteConflict[],
  counts: Pick<IndexReport, 'packages' | 'written' | 'unchanged'>,
): Pick<Ended, 'report' | 'failures'> {
  const todo = 'Run the same command again: it takes in what they have changed.'
  const why = `somebody else has published ${conflicts.length} of its documents meanwhile`
  const failures = conflicts.map(({ key, message }) => ({ key, what: `could not be written: ${message}`, todo }))
  return { report: { outcome: 'failed', ...counts, why, todo }, failures }
}

/** How many objects of a plan are not there as they should be, as far as their ETags tell. */
function countChanges({ groups }: IndexPlan, expected: ReadonlyMap<string, Row>): [written: number, unchanged: number] {
  const all = groups.flat()
  const same = all.filter(({ key, md5 }) => expected.get(key)?.etag === md5)
  return [all.length - same.length, same.length]
}
