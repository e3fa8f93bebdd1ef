import type { Aws } from '../../aws/connect.ts'
import { explain } from '../../aws/denial.ts'
import { connectLean, type LeanS3 } from '../../aws/s3-lean.ts'
import { assertLocksAreTold, lookAtBucket } from '../../reindex/attributes/bucket-facts.ts'
import { Journal } from '../../reindex/journal/journal.ts'
import { type Lock, type LockTiming, takeLock } from '../../reindex/lock.ts'
import { Pace } from '../../reindex/pace.ts'
import { count, Progress } from '../../reindex/progress.ts'
import { putRight } from '../../reindex/attributes/put-right.ts'
import {
  Ledger,
  problemsOf,
  type Report,
  repositoryReports,
  rootOf,
  skippedReport,
  totalOf,
} from '../../reindex/report.ts'
import type { ReportFile } from '../../reindex/report-file.ts'
import { copyEngine } from '../../reindex/attributes/rewrite.ts'
import { scan, type Scanned } from '../../reindex/listing/scan.ts'
import { keepHeapSmall } from '../../reindex/small-heap.ts'
import { formats } from '../../repositories/formats.ts'
import { findRepositories } from '../../reindex/listing/found-repositories.ts'
import { indexRepository, type IndexOptions } from '../../reindex/indexes/index-repository.ts'
import { createPublisher } from '../../reindex/indexes/publish.ts'
import type { Readers } from '../../reindex/indexes/read-threads.ts'
import { s3Readers } from '../../reindex/indexes/s3-readers.ts'
import type { Choice } from '../../reindex/listing/selection.ts'
import { lookUpBucket } from '../../resources/bucket.ts'
import { need, type Settings } from '../../settings/settings.ts'
import { CtlError } from '../../ui/errors.ts'
import type { Show } from '../../ui/renderer.ts'
import type { Say } from '../../ui/text.ts'

export interface ReindexOptions {
  readonly choice: Choice
  /** Folder of the journal. */
  readonly stateDir: string
  /** Requests at a time, at most. */
  readonly concurrency: number
  /** Look, write nothing to the bucket. */
  readonly dryRun: boolean
  /** Put the attributes of what is there right. */
  readonly attributes: boolean
  /** Make the indexes of repositories anew. */
  readonly indexes: boolean
  readonly signer: IndexOptions['signer']
  /** Let an index lose packages. */
  readonly allowShrink: boolean
  /** A file that is no package is a failure. */
  readonly strict: boolean
  /** Only tell what was recognised. */
  readonly listOnly: boolean
  /** Forget what the journal knows. */
  readonly full: boolean
  readonly forceUnlock: boolean
  readonly lockTiming?: LockTiming
  readonly reportFile?: ReportFile | undefined
  readonly show: Show
  readonly signal: AbortSignal
  readonly say: Say
}

/** What the steps of a run share. */
interface Run extends ReindexOptions {
  readonly s3: LeanS3
  readonly journal: Journal
  readonly pace: Pace
  readonly readers: Readers
  readonly progress: Progress
  /** Aborted by the operator, or because the lock was lost. */
  readonly stop: AbortSignal
  readonly aclOwner: string | undefined
}

/**
 * Puts right what CloudFront and clients go by, over a whole bucket. Can be stopped and killed at any time: the same
 * command goes on from there.
 *
 * @throws CtlError (refused) while another run is at work; (interrupted) once it has been stopped; as AWS answers
 */
export async function reindexEverything(aws: Aws, settings: Settings, options: ReindexOptions): Promise<Report> {
  const name = need(settings, 'bucket')
  const begun = performance.now()
  keepHeapSmall()
  const progress = new Progress(options.show)
  const pace = new Pace(options.concurrency)
  const traffic = {
    slowDown: () => {
      progress.slowDowns++
      pace.slowDown()
    },
    retry: () => progress.retries++,
  }
  let journal: Journal | undefined
  let s3: LeanS3 | undefined
  let readers: Readers | undefined
  let lock: Lock | undefined
  try {
    const bucket = await lookUpBucket(aws, name)
    s3 = await connectLean(aws, name, bucket.region, traffic)
    const writes = !options.dryRun && !options.listOnly
    const [facts] = await Promise.all([
      writes ? lookAtBucket(s3, bucket) : undefined,
      options.listOnly ? undefined : assertLocksAreTold(s3),
    ])
    journal = new Journal(options.stateDir, name)
    readers = s3Readers(s3, traffic)
    if (writes) {
      const { forceUnlock: force, lockTiming: timing } = options
      lock = await takeLock({ s3, journal: journal.id, force, timing })
    }
    if (facts?.versioned === true) {
      options.say(`The bucket ${name} is versioned: each object that is rewritten is kept and paid for twice.`)
    }
    const stop = lock === undefined ? options.signal : AbortSignal.any([options.signal, lock.lost])
    const report = await carryOut({ ...options, s3, journal, pace, readers, progress, stop, aclOwner: facts?.aclOwner })
    const whole: Report = { ...report, bucket: name, seconds: (performance.now() - begun) / 1000 }
    await options.reportFile?.write(whole, problemsOf(journal))
    return whole
  } catch (error) {
    throw explain(error, options.dryRun || options.listOnly ? 'Look at the objects' : 'Reindex everything')
  } finally {
    progress.stop()
    readers?.close()
    await lock?.release().catch(() => undefined)
    journal?.close()
    s3?.close()
  }
}

async function carryOut(run: Run): Promise<Omit<Report, 'bucket' | 'seconds'>> {
  const { journal, choice, progress } = run
  if (run.full) journal.forget(choice.prefix)
  progress.begin({ title: 'List the bucket', noun: 'objects' })
  const scanned = await scan({ ...run, formats, signal: run.stop, seen: (objects) => progress.add(objects) })
  progress.end()
  assertGoingOn(run)
  if (scanned.objects + scanned.leftOut === 0) {
    run.say(`There is nothing ${choice.prefix === '' ? 'in the bucket' : `below ${choice.prefix}`}.`)
  }
  const ledger = new Ledger(scanned.roots, choice, journal)
  if (!run.listOnly) {
    if (run.attributes) await attributes(run, ledger, scanned)
    assertGoingOn(run, ledger)
    if (run.indexes) await indexes(run, ledger, scanned)
    assertGoingOn(run, ledger)
  }
  return reportOf(run, scanned, ledger)
}

async function attributes(run: Run, ledger: Ledger, { roots }: Scanned): Promise<void> {
  const { journal, choice, progress, pace, s3, aclOwner } = run
  const engine = run.dryRun ? undefined : copyEngine({ s3, journal, aclOwner })
  await engine?.tidy()
  const title = run.dryRun ? 'Look at the attributes of objects' : 'Put the attributes of objects right'
  let last = ''
  const detail = (): string => `${pace.allowed} at a time, now in ${nameOf(rootOf(last, roots))}`
  progress.begin({ title, noun: 'objects', total: journal.countPending(choice), detail })
  await putRight({
    ...run,
    engine,
    signal: run.stop,
    done: (row, outcome) => {
      ledger.note(row, outcome)
      progress.add(1)
      last = row.key
    },
  })
  if (!run.stop.aborted) progress.end()
}

async function indexes(run: Run, ledger: Ledger, scanned: Scanned): Promise<void> {
  const { journal, progress, s3, aclOwner, stop } = run
  const stopped = (): boolean => stop.aborted
  const publisher = run.dryRun ? undefined : createPublisher({ ...run, s3, journal, aclOwner })
  const found = findRepositories(scanned, run.choice)
  const sizes = found.map(({ format, stretches }) =>
    stretches.reduce((sum, stretch) => sum + journal.countPackages(format.name, stretch), 0),
  )
  const total = sizes.reduce((sum, size) => sum + size, 0)
  let current = ''
  progress.begin({ title: 'Make the indexes of repositories', noun: 'packages', total, detail: () => current })
  for (const [index, repository] of found.entries()) {
    if (stopped()) return
    const { root, format } = repository
    current = `${format.name} ${nameOf(root)}`
    // Those that need not be read count when their repository is done.
    let unread = sizes[index] ?? 0
    const partly = [...scanned.excludedFolders].some((folder) => folder.startsWith(root))
    if (partly) {
      const why = 'some of its packages are left out by --exclude'
      const todo = 'Leave out all of it, or nothing: an index without them would lose them.'
      const report = { root, format: format.name, packages: 0, written: 0, unchanged: 0 }
      ledger.indexes.push({ ...report, outcome: 'refused', why, todo })
      continue
    }
    try {
      const read = (bytes: number): void => {
        unread--
        progress.add(1, bytes)
      }
      const indexed = await indexRepository(repository, { ...run, publisher, signal: stop, now: Date.now(), read })
      progress.add(Math.max(0, unread))
      ledger.indexes.push(indexed.report)
      for (const finding of indexed.failures) ledger.fail(finding)
      for (const finding of indexed.findings) {
        if (run.strict && finding.bad === true) ledger.fail(finding)
        else ledger.mention(finding)
      }
    } catch (error) {
      if (stopped()) return
      throw error
    }
  }
  progress.end()
}

const nameOf = (root: string): string => (root === '' ? '/' : root)

/** @throws CtlError (refused) if the lock was lost, (interrupted) if the operator stopped the run */
function assertGoingOn({ signal, stop }: Run, ledger?: Ledger): void {
  if (!stop.aborted) return
  if (!signal.aborted && stop.reason instanceof CtlError) throw stop.reason
  const done = ledger === undefined ? '' : ` after ${count(ledger.rewritten)} objects were put right`
  throw new CtlError('interrupted', `Interrupted${done}.`, {
    hint: 'What is done is kept: the same command goes on from there.',
  })
}

function reportOf(run: Run, scanned: Scanned, ledger: Ledger): Omit<Report, 'bucket' | 'seconds'> {
  const { journal, choice, progress } = run
  journal.commit()
  const repositories = repositoryReports(journal, choice, ledger, scanned.roots)
  return {
    dryRun: run.dryRun || run.listOnly,
    objects: scanned.objects,
    bytes: scanned.bytes,
    leftOut: scanned.leftOut,
    repositories,
    indexes: ledger.indexes,
    total: totalOf(repositories),
    wrong: ledger.wrong(),
    skipped: skippedReport(journal, choice),
    neither: scanned.neither,
    problemCount: ledger.problemCount,
    problems: ledger.problems,
    failed: ledger.failed,
    requests: { retries: progress.retries, slowDowns: progress.slowDowns },
  }
}
