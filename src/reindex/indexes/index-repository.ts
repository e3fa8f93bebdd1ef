import { createHash } from 'node:crypto'

import { requestIdLines } from '../../aws/aws-error.ts'
import { isBadIdentity, statusOf } from '../../aws/denial.ts'
import type { LeanS3 } from '../../aws/s3-lean.ts'
import type {
  Digests,
  Finding,
  Format,
  IndexedPackage,
  IndexPlan,
  Json,
  OldIndexes,
  Part,
  Repository,
  Signer,
  StoredObject,
} from '../../repositories/format.ts'
import { CtlError, messageOf } from '../../ui/errors.ts'
import { inOneLine } from '../../ui/text.ts'
import type { Content, Journal, Row, Stretch } from '../journal/journal.ts'
import type { Pace } from '../pace.ts'
import { readObject } from './package-source.ts'
import { type Publisher, WriteConflict } from './publish.ts'
import type { About, BadPackage } from './read-package.ts'
import type { Readers } from './read-threads.ts'
import type { IndexReport } from '../report.ts'

export interface IndexOptions {
  readonly s3: LeanS3
  readonly journal: Journal
  readonly pace: Pick<Pace, 'cap' | 'run'>
  readonly readers: Readers
  /** Undefined: only look. */
  readonly publisher: Publisher | undefined
  readonly signer: (Signer & { readonly fingerprint: string }) | undefined
  readonly allowShrink: boolean
  readonly signal: AbortSignal
  readonly now: number
  /** A package was read. */
  readonly read: (bytes: number) => void
}

/** A repository as the scan found it. */
export interface FoundRepository {
  readonly format: Format
  readonly root: string
  /** Where its objects are: below its root, but not below another one's. */
  readonly stretches: readonly Stretch[]
}

/** A finding, perhaps of a file that is no package. */
export interface IndexFinding extends Finding {
  readonly bad?: true
}

/** What became of a repository, what an operator should know of its objects, and what failed. */
export interface Indexed {
  readonly report: IndexReport
  readonly findings: Iterable<IndexFinding>
  readonly failures: readonly Finding[]
}

/** Changes when the same packages lead to other indexes than before. */
const generation = 4

/**
 * Makes the indexes of one repository from its packages, and writes what has changed in the order that breaks no
 * client. Everything that was read before is taken from the journal; if nothing at all has changed, nothing is read.
 */
export async function indexRepository(found: FoundRepository, options: IndexOptions): Promise<Indexed> {
  const { format, root } = found
  const base = { root, format: format.name, packages: 0, written: 0, unchanged: 0 }
  const ended = (
    report: Partial<IndexReport> & Pick<IndexReport, 'outcome'>,
    more: Partial<Indexed> = {},
  ): Indexed => ({
    report: { ...base, ...report },
    findings: [],
    failures: [],
    ...more,
  })
  const before = lastTime(found, options)
  if (before !== undefined) {
    return ended(
      { outcome: 'unchanged', packages: before.packages, unchanged: before.objects },
      { findings: findingsOf(found, options.journal) },
    )
  }
  try {
    const repository = repositoryOf(found, options)
    const old = await format.open(repository)
    if (old.signed && options.signer === undefined) {
      return ended({
        outcome: 'refused',
        why: 'it is signed, and there is no key to sign it anew',
        todo: 'Give its key with --signing-key FILE.',
      })
    }
    const { bad, failures } = await readPackages(found, old, options)
    if (failures.length > 0) {
      const why = `${failures.length} of its packages could not be read`
      return ended({ outcome: 'failed', why, todo: 'Run the same command again.' }, { failures })
    }
    options.signal.throwIfAborted()
    const plan = await format.writeIndexes({
      repository,
      old,
      packages: () => packagesOf(found, options.journal),
      unreadable: bad.map(({ object }) => object),
      signer: options.signer,
      now: options.now,
    })
    const findings: IndexFinding[] = [
      ...plan.findings,
      ...bad.map((one) => badPackage(one, plan.kept.has(one.object.key))),
    ]
    const shrunk = options.allowShrink ? undefined : shrinking(plan.parts)
    if (shrunk !== undefined) {
      const todo = 'If that is right, run the same command with --allow-shrink.'
      return ended({ outcome: 'refused', packages: plan.packages, why: shrunk, todo }, { findings })
    }
    return await publish(found, plan, findings, options, ended)
  } catch (error) {
    if (options.signal.aborted) throw error
    if (isHopeless(error) && !(error instanceof WriteConflict)) throw error
    const todo = error instanceof CtlError ? inOneLine(error.hint) : again(error)
    const failed = { key: root, what: `could not be indexed: ${messageOf(error)}`, todo }
    return ended({ outcome: 'failed', why: messageOf(error), todo }, { failures: [failed] })
  }
}

type Ended = (report: Partial<IndexReport> & Pick<IndexReport, 'outcome'>, more?: Partial<Indexed>) => Indexed

async function publish(
  found: FoundRepository,
  plan: IndexPlan,
  findings: readonly IndexFinding[],
  options: IndexOptions,
  ended: Ended,
): Promise<Indexed> {
  const { publisher, journal } = options
  const { packages } = plan
  const expected = new Map([...indexRows(found, journal)].map((row) => [row.key, row]))
  if (publisher === undefined) {
    const [written, unchanged] = countChanges(plan, expected)
    return ended(
      { outcome: written === 0 ? 'unchanged' : 'would be written', packages, written, unchanged },
      { findings },
    )
  }
  const { written, unchanged } = await publisher.publish(plan.groups, expected, options.signal)
  journal.commit()
  const summary: Summary = {
    packages,
    objects: written + unchanged,
    ...(plan.renew === undefined ? {} : { renew: plan.renew }),
  }
  journal.findings.forget(idOf(found))
  for (const finding of findings) {
    if (finding.once !== true) journal.findings.add(idOf(found), JSON.stringify(finding))
  }
  journal.notePublished(idOf(found), { hash: hashOf(found, options), summary: JSON.stringify(summary) })
  return ended({ outcome: written === 0 ? 'unchanged' : 'written', packages, written, unchanged }, { findings })
}

/** How many objects of a plan are not there as they should be, as far as their ETags tell. */
function countChanges({ groups }: IndexPlan, expected: ReadonlyMap<string, Row>): [written: number, unchanged: number] {
  const all = groups.flat()
  const same = all.filter(({ key, body }) => expected.get(key)?.etag === createHash('md5').update(body).digest('hex'))
  return [all.length - same.length, same.length]
}

interface Summary {
  readonly packages: number
  readonly objects: number
  readonly renew?: number
}

const idOf = ({ format, root }: FoundRepository): string => `${format.name} ${root}`

/** What was found when the indexes were made. */
function* findingsOf(found: FoundRepository, journal: Journal): Generator<IndexFinding> {
  for (const json of journal.findings.of(idOf(found))) yield JSON.parse(json) as IndexFinding
}

/** What the last run made of exactly the same. */
function lastTime(found: FoundRepository, options: IndexOptions): Summary | undefined {
  const published = options.journal.published(idOf(found))
  if (published === undefined || published.hash !== hashOf(found, options)) return undefined
  const summary = JSON.parse(published.summary) as Summary
  return summary.renew !== undefined && summary.renew <= options.now ? undefined : summary
}

/** A hash of everything that the indexes are made of, and of the indexes themselves. */
function hashOf({ format, root, stretches }: FoundRepository, { journal, signer }: IndexOptions): string {
  const hash = createHash('sha256').update(JSON.stringify([generation, signer?.fingerprint ?? null, root]))
  for (const stretch of stretches) {
    for (const { key, size, etag, skip } of journal.stretch(stretch)) {
      const role = format.roleOf(key)
      // Restored, it is the same version, and can be read.
      const archived = skip?.startsWith('archived') === true
      if (role !== undefined) hash.update(JSON.stringify([role, key, size, etag, archived]))
    }
  }
  return hash.digest('hex')
}

function* indexRows({ format, stretches }: FoundRepository, journal: Journal): Generator<Row> {
  for (const stretch of stretches) {
    for (const row of journal.stretch(stretch)) if (format.roleOf(row.key) === 'index') yield row
  }
}

function* packageContents({ format, stretches }: FoundRepository, journal: Journal): Generator<Content> {
  for (const stretch of stretches) {
    for (const content of journal.contents(stretch)) if (format.roleOf(content.key) === 'package') yield content
  }
}

const storedObject = ({ key, size, etag, first }: Pick<Row, 'key' | 'size' | 'etag' | 'first'>): StoredObject => ({
  key,
  size,
  etag,
  modified: first * 1000,
})

function repositoryOf(found: FoundRepository, { s3, journal, pace }: IndexOptions): Repository {
  return {
    root: found.root,
    indexes: [...indexRows(found, journal)].map(storedObject),
    read: (key) => pace.run(() => readObject(s3, key)),
  }
}

function* packagesOf(found: FoundRepository, journal: Journal): Generator<IndexedPackage> {
  for (const content of packageContents(found, journal)) {
    if (content.about !== null) yield new JournalledPackage(content, content.about)
  }
}

/** A package whose facts are only looked up where they are wanted: they are most of what is known of it. */
class JournalledPackage implements IndexedPackage {
  readonly key: string
  readonly size: number
  readonly etag: string
  readonly modified: number
  readonly digests: Digests
  readonly identity: string
  readonly #facts: Content['facts']

  constructor(content: Content, about: string) {
    const { key, size, etag, modified } = storedObject(content)
    const { digests, identity } = JSON.parse(about) as About
    this.key = key
    this.size = size
    this.etag = etag
    this.modified = modified
    this.digests = digests
    this.identity = identity
    this.#facts = content.facts
  }

  get facts(): Json {
    return JSON.parse(this.#facts() ?? 'null') as Json
  }
}

interface Bad extends BadPackage {
  readonly object: StoredObject
}

/** Reads the packages whose content the journal does not know. */
async function readPackages(
  found: FoundRepository,
  old: OldIndexes,
  options: IndexOptions,
): Promise<{ bad: Bad[]; failures: Finding[] }> {
  const { journal, pace, signal } = options
  const bad: Bad[] = []
  const failures: Finding[] = []
  const contents = packageContents(found, journal)
  const worker = async (): Promise<void> => {
    for (let next = contents.next(); next.done !== true && !signal.aborted; next = contents.next()) {
      const row = next.value
      let read = row.bad === null || row.bad === undefined ? undefined : { bad: row.bad, archived: false }
      try {
        if (row.bad === undefined) read = await pace.run(() => readOne(row, found.format, old, options))
      } catch (error) {
        if (isHopeless(error)) throw error
        failures.push({
          key: row.key,
          what: `could not be read: ${messageOf(error)}`,
          todo: again(error),
        })
      }
      if (read !== undefined) bad.push({ object: storedObject(row), ...read })
    }
  }
  await Promise.all(Array.from({ length: pace.cap }, worker))
  journal.commit()
  bad.sort((a, b) => (a.object.key < b.object.key ? -1 : 1))
  return { bad, failures }
}

/** What will be answered to everything else too. */
const isHopeless = (error: unknown): boolean => statusOf(error) === 403 || isBadIdentity(error)

const again = (error: unknown): string => ['Run the same command again.', ...requestIdLines(error)].join(' ')

/** Reads one package into the journal; undefined where it is one. */
async function readOne(
  row: Content,
  format: Format,
  old: OldIndexes,
  options: IndexOptions,
): Promise<BadPackage | undefined> {
  const { readers, journal } = options
  const { key, size, etag, first } = row
  // After a copy that was cut off, size and time prove nothing.
  const known = (journal.copies.isUnsure(key) ? undefined : old.digestsOf(storedObject(row))) ?? {}
  const result = await readers.read({ format: format.name, key, size, etag, first, known })
  if ('facts' in result) {
    journal.putPackage({ key, size, etag, bad: null, ...result })
    journal.copies.contentRead(key)
    options.read(size)
    return undefined
  }
  // What is archived may be restored without becoming another version.
  if (!result.archived) journal.putPackage({ key, size, etag, bad: result.bad, about: null, facts: null })
  return result
}

const badPackage = ({ object: { key }, bad, archived }: Bad, kept: boolean): IndexFinding => ({
  key,
  bad: true,
  what: kept ? `can not be read, and keeps its entry in the index: ${bad}` : `is left out of the index: ${bad}`,
  todo: archived ? 'Restore it and copy it to another storage class.' : 'Upload it again, or remove it.',
})

const mostLost = 20
const mostLostShare = 0.05

/** Why an index would lose more than is believable, if it would. */
export function shrinking(parts: readonly Part[]): string | undefined {
  for (const { name, before, after } of parts) {
    const lost = before - after
    if (before > 0 && (after === 0 || lost > mostLost || lost > before * mostLostShare)) {
      return `${name} would have ${after} packages instead of ${before}`
    }
  }
  return undefined
}
