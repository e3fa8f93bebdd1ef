/** The front door of the engine: one run over one bucket, step by step. */
import type { Aws } from '../aws/connect.ts'
import type { Bucket } from '../resources/s3/bucket.ts'
import type { Finding } from '../repositories/format.ts'
import { formats } from '../repositories/formats.ts'
import { CtlError } from '../errors.ts'
import type { Talk } from '../ui/step-talk.ts'
import { putRight } from './attributes/put-right.ts'
import { copyEngine } from './attributes/rewrite.ts'
import { makeIndexes } from './indexes/make-indexes.ts'
import { createPublisher } from './indexes/publish.ts'
import { forgetOld } from './journal/content-changes.ts'
import { workingFailed } from './journal/journal-failed.ts'
import type { Stretch } from './journal/journal.ts'
import { Elsewhere, type ListedRun } from './batch/elsewhere.ts'
import { Checksums } from './checksums/checksums.ts'
import { findRepositories, partlyBelow } from './found-repositories.ts'
import type { Hints } from './inventory/read-inventory.ts'
import { createMissing } from './listing/missing-indexes.ts'
import { scan, type Scanned } from './listing/scan.ts'
import { type ReindexOptions, writes } from './options.ts'
import type { Choice } from './selection.ts'
import { type Lock, takeLock } from './lock.ts'
import { count, telling } from './progress.ts'
import { Ledger, nameOfRoot, problemsOf, type Report, reportOf, rootOf } from './report.ts'
import { overwritableObjects } from './set-apart.ts'
import { keysToDrop, republishedKeys, republishedReport } from './republished-report.ts'
import { choiceWithin, partOf } from './shards/cut.ts'
import { handIn } from './shards/hand-in.ts'
import { readPart } from './shards/read-part.ts'
import { shardReport } from './shard-report.ts'
import { takeIn } from './shards/take-in.ts'
import { connectTools, type Tools } from './tools.ts'

export type { ReindexOptions } from './options.ts'
export { writes } from './options.ts'

/**
 * Connects to a bucket and opens its journal. Nothing is written to the bucket yet.
 *
 * @throws CtlError (refused) while another run of this host is at work; as AWS answers
 */
export const openRun = async (aws: Aws, name: string, options: ReindexOptions): Promise<ReindexRun> =>
  new ReindexRun(await connectTools(aws, name, options))

/** What the steps of a run come to, in words. */
type Outcome = Promise<string>

/** One run. Its steps are to be taken in the order in which they stand here. */
export class ReindexRun {
  readonly #tools: Tools
  #lock: Lock | undefined
  /** Aborted by the operator, or because the lock was lost. */
  #stop: AbortSignal
  #scanned: Scanned | undefined
  /** Why of some folders of packages no repository is made. */
  #doubts: readonly Finding[] = []
  #ledger: Ledger | undefined
  #dropped: readonly string[] | undefined
  /** What of all is this host's; undefined: all. */
  #part: Stretch | undefined
  #handedIn = 0

  /** To be called by {@link openRun} alone. */
  constructor(tools: Tools) {
    this.#tools = tools
    this.#stop = tools.signal
  }

  get bucket(): Bucket {
    return this.#tools.bucket
  }

  /** Every object that is rewritten is kept and paid for twice. */
  get isVersioned(): boolean {
    return this.#tools.facts?.versioned === true
  }

  /** @throws CtlError (refused) while another run is at work */
  async lock(): Promise<string | undefined> {
    const { journal, forceUnlock: force, lockTiming: timing, signal } = this.#tools
    this.#lock = await takeLock({ ...this.#tools, journal: journal.id, file: journal.file, force, timing })
    this.#stop = AbortSignal.any([signal, this.#lock.lost])
    const { takenFrom } = this.#lock
    return takenFrom === undefined ? undefined : `taken over from ${takenFrom}`
  }

  /**
   * Lists the bucket and brings the journal up to date.
   *
   * @param hints - what an inventory tells of it, if there is one
   */
  async list(talk: Talk, hints?: Hints): Outcome {
    const { journal, choice, progress, full, shard } = this.#tools
    progress.begin({ noun: 'objects that others have looked at' })
    const taken = await this.#telling(talk, async () => {
      if (full) journal.forget(choice.prefix)
      forgetOld(journal)
      return full ? 0 : takeIn({ ...this.#tools, signal: this.#stop, noted: () => progress.add(1) })
    })
    progress.begin({ noun: 'objects', total: hints?.objects })
    const seen = (objects: number): void => progress.add(objects)
    const options = { ...this.#tools, formats, cuts: hints?.cuts, signal: this.#stop, seen }
    const scanned = await this.#telling(talk, () => scan(options))
    if (this.#tools.createMissing && this.#tools.indexes) {
      const { created, doubts } = createMissing(journal, scanned, this.#tools)
      scanned.created = created
      this.#doubts = doubts
      // Told of by their own names, as the next run will.
      for (const roots of created.values()) for (const root of roots.keys()) scanned.roots.add(root)
    }
    this.#scanned = scanned
    this.#ledger = new Ledger(scanned.roots, journal)
    if (shard !== undefined) this.#part = partOf(shard, journal, choice)
    if (scanned.objects + scanned.leftOut === 0) return 'there is nothing in the bucket'
    return `${progress.outcome()}${taken === 0 ? '' : `, and took in what other hosts know of ${count(taken)}`}`
  }

  /** What {@link list} has found. */
  get scanned(): Scanned {
    return this.#listed.scanned
  }

  /** Looks at what is not known to be right and, if the run writes, puts it right. */
  async putAttributesRight(talk: Talk): Outcome {
    await this.#putRight(talk, this.#choice)
    return this.#tools.progress.outcome()
  }

  async #putRight(talk: Talk, choice: Choice): Promise<void> {
    const { journal, progress, pace, s3, facts } = this.#tools
    const { scanned, ledger } = this.#listed
    const engine = writes(this.#tools) ? copyEngine({ s3, journal, aclOwner: facts?.aclOwner }) : undefined
    await engine?.tidy()
    let last = ''
    const detail = (): string => `${pace.allowed} at a time, in ${nameOfRoot(rootOf(last, scanned.roots))}`
    progress.begin({ noun: 'objects', total: journal.selected.countPending(choice), detail })
    await this.#telling(talk, () =>
      putRight({
        ...this.#tools,
        choice,
        engine,
        signal: this.#stop,
        done: (row, outcome) => {
          ledger.note(row, outcome)
          progress.add(1)
          last = row.key
        },
      }),
    )
  }

  /** Makes the indexes of repositories anew, one after the other; one of several hosts reads its packages, and no more. */
  async makeIndexes(talk: Talk): Outcome {
    const { s3, journal, progress, facts, choice } = this.#tools
    const mine = this.#choice
    const { scanned, ledger } = this.#listed
    const publisher = writes(this.#tools)
      ? createPublisher({ ...this.#tools, s3, aclOwner: facts?.aclOwner })
      : undefined
    for (const doubt of this.#doubts) ledger.mention(doubt)
    const found = findRepositories(scanned, choice)
    for (const part of partlyBelow(scanned, choice)) ledger.mention(part)
    const options = { ...this.#tools, publisher, signal: this.#stop }
    await this.#telling(talk, async () => {
      if (this.#part !== undefined) await readPart(found, this.#part, ledger, options)
      else await makeIndexes(found, ledger, options)
    })
    const outcome = progress.outcome()
    // Only by reading them some packages have turned out to change under their keys.
    const changed = { ...mine, excludes: (key: string) => mine.excludes(key) || !journal.republished.isSure(key) }
    ledger.comesAgain = true
    if (this.#tools.attributes && journal.selected.countPending(changed) > 0) await this.#putRight(talk, changed)
    return outcome
  }

  /** The way to have functions do a part of the work, once the bucket is listed. */
  get elsewhere(): Elsewhere {
    return new Elsewhere(this.#listedRun)
  }

  /** The way to have S3 compute digests, once the bucket is listed. */
  get checksums(): Checksums {
    return new Checksums(this.#listedRun)
  }

  get #listedRun(): ListedRun {
    const telling = <T>(talk: Talk, work: () => Promise<T>): Promise<T> => this.#telling(talk, work)
    return { ...this.#tools, ...this.#listed, lock: this.#lock, signal: this.#stop, telling }
  }

  /** Tells the host that makes the indexes what this one has found out of its part. */
  async handIn(talk: Talk): Outcome {
    const { progress, shard } = this.#tools
    if (shard === undefined || this.#part === undefined) throw new Error('This run is no part of one.')
    const part = this.#part
    progress.begin({ noun: 'objects' })
    const options = { ...this.#tools, signal: this.#stop, done: (objects: number) => progress.add(objects) }
    this.#handedIn = await this.#telling(talk, () => handIn(shard, part, options))
    return progress.outcome()
  }

  /** Keys of packages that were published again, in this run or before, and that edges were not told to drop yet. */
  toDrop(): string[] {
    return keysToDrop(this.#tools.journal)
  }

  /** Notes that edges were told to drop keys. */
  dropped(keys: readonly string[]): void {
    const { journal } = this.#tools
    for (const key of keys) journal.republished.forget(key)
    journal.commit()
    this.#dropped = keys
  }

  /** What the run came to; writes it to the file that was asked for, too. */
  async report(more: Pick<Report, 'elsewhere' | 'checksums'> = {}): Promise<Report> {
    const { journal, writeReport, begun, bucket } = this.#tools
    const { scanned, ledger } = this.#listed
    const seconds = (performance.now() - begun) / 1000
    const republished = republishedReport(journal, this.#dropped)
    const shard = shardReport(this.#tools.shard, this.#part, this.#handedIn)
    const told = { ...this.#tools, bucket: bucket.name, seconds, republished, shard }
    const report = { ...reportOf(told, scanned, ledger), ...more }
    await writeReport?.(report, {
      repositories: report.repositories.map((one) => JSON.stringify(one)),
      overwritableObjects: overwritableObjects(journal, this.#tools.choice),
      republishedKeys: republishedKeys(journal, this.#dropped),
      problems: problemsOf(journal),
    })
    return report
  }

  /** Ends everything, whatever has happened; lets the next run in. */
  async close(): Promise<void> {
    const { readers, journal, s3 } = this.#tools
    readers.close()
    await this.#lock?.release().catch(() => undefined)
    journal.close()
    s3.close()
  }

  get #listed(): { scanned: Scanned; ledger: Ledger } {
    if (this.#scanned === undefined || this.#ledger === undefined) throw new Error('The bucket was not listed yet.')
    return { scanned: this.#scanned, ledger: this.#ledger }
  }

  /** What this host is to do. */
  get #choice(): Choice {
    const { choice } = this.#tools
    return this.#part === undefined ? choice : choiceWithin(choice, this.#part)
  }

  /**
   * Tells how far some work is while it is done.
   *
   * @throws CtlError once the run is to end, whatever became of the work
   */
  async #telling<T>(talk: Talk, work: () => Promise<T>): Promise<T> {
    const { progress, show, journal } = this.#tools
    try {
      return await telling(progress, { show, talk }, work)
    } catch (error) {
      throw workingFailed(journal.file, error)
    } finally {
      this.#assertGoingOn()
    }
  }

  /** @throws CtlError (refused) if the lock was lost, (interrupted) if the operator stopped the run */
  #assertGoingOn(): void {
    if (!this.#stop.aborted) return
    if (!this.#tools.signal.aborted && this.#stop.reason instanceof CtlError) throw this.#stop.reason
    const rewritten = this.#ledger?.rewritten ?? 0
    const done = rewritten === 0 ? '' : ` after ${count(rewritten)} objects were put right`
    throw new CtlError('interrupted', `Interrupted${done}.`, {
      hint: 'What is done is kept: the same command goes on from there.',
    })
  }
}
