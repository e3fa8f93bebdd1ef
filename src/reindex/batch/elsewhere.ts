import type { Lock } from '../lock.ts'
import { findRepositories } from '../found-repositories.ts'
import type { JobNote } from '../job-note.ts'
import type { Scanned } from '../listing/scan.ts'
import { reportPrefix, resultsBelow } from '../own-keys.ts'
import { count } from '../progress.ts'
import type { Ledger } from '../report.ts'
import type { Found } from '../shards/found-lines.ts'
import { takeIn } from '../shards/take-in.ts'
import type { Tools } from '../tools.ts'
import type { Talk } from '../../ui/step-talk.ts'
import { believable } from './believable.ts'
import { version } from './want.ts'
import type { Amount } from '../elsewhere-report.ts'
import { amountOf, type Outline, outlinesOf, shardsOf, usualLimits, wantsOf } from './wants.ts'
import { whyTasksFailed } from './job-report.ts'
import { type Batch, writeWanted } from './write-wanted.ts'

/** A run whose bucket is listed. */
export interface ListedRun extends Tools {
  readonly scanned: Scanned
  readonly ledger: Ledger
  readonly lock: Lock | undefined
  /**
   * Tells how far some work is while it is done.
   *
   * @throws CtlError once the run is to end, whatever became of the work
   */
  readonly telling: <T>(talk: Talk, work: () => Promise<T>) => Promise<T>
}

/** Has functions do a part of a run's work. */
export class Elsewhere {
  readonly #run: ListedRun

  constructor(run: ListedRun) {
    this.#run = run
  }

  /**
   * Writes what is to be done into the bucket, for functions that do it.
   *
   * @returns undefined where there is nothing to do
   */
  async handOver(id: string, talk: Talk): Promise<Batch | undefined> {
    // Somebody may have thought about it for a night.
    await this.noteJob(undefined)
    const { progress, choice, encryption, facts } = this.#run
    const head = { version, mapping: choice.mapping, encryption, aclOwner: facts?.aclOwner } as const
    progress.begin({ noun: 'objects' })
    const done = (objects: number): void => progress.add(objects)
    return this.#run.telling(talk, () => writeWanted(this.#cut(wantsOf), { ...this.#run, head, run: id, done }))
  }

  /**
   * What there would be to hand over.
   *
   * @param most - shards, of which no more are counted
   */
  async wouldHandOver(talk: Talk, most = Infinity): Promise<Amount> {
    const { progress } = this.#run
    progress.begin({ noun: 'objects' })
    const shards = firstOf(this.#cut(outlinesOf), most)
    return this.#run.telling(talk, () => amountOf(shards, (objects) => progress.add(objects)))
  }

  #cut<T extends Outline>(
    wanted: (...of: Parameters<typeof wantsOf>) => AsyncGenerator<readonly T[]>,
  ): AsyncGenerator<readonly T[]> {
    const { choice, indexes, scanned, shardObjects } = this.#run
    const found = indexes ? findRepositories(scanned, choice) : []
    const limits = { ...usualLimits, objects: shardObjects ?? usualLimits.objects }
    return shardsOf(wanted(found, this.#run), scanned.roots, limits)
  }

  /**
   * Takes into the journal what functions have found out, as far as it is of the objects that were listed.
   *
   * @param run - whose results are taken; undefined: nobody knows which
   */
  async takeBack(run: string | undefined, talk: Talk): Promise<string> {
    const { ledger } = this.#run
    // What was put right as it was planned may turn out to have been published again.
    ledger.comesAgain = true
    const below = resultsBelow(run)
    const believed = (said: readonly Found[]): Promise<Found[]> => believable(said, this.#run)
    const noted = ({ row, rewritten }: Found): void => {
      if (rewritten !== undefined) ledger.note(row, { kind: 'rewritten', row, ...rewritten })
    }
    const taken = await this.#run.telling(talk, () => takeIn({ ...this.#run, below, believed, noted }))
    return `${count(taken)} ${taken === 1 ? 'object' : 'objects'}`
  }

  /** What this host, or whoever held the lock before, has noted of a job: each job once. */
  notedJobs(): JobNote[] {
    const { lock, journal } = this.#run
    const notes = [journal.shared.job(), lock?.job].filter((note) => note !== undefined)
    return [...new Map(notes.map((note) => [note.id, note])).values()]
  }

  /**
   * Notes what works for this run, for whoever comes after it.
   *
   * @throws CtlError (refused) once another run holds the lock
   */
  async noteJob(note: JobNote | undefined): Promise<void> {
    const { lock, journal } = this.#run
    journal.shared.noteJob(note)
    await lock?.name(note)
    lock?.lost.throwIfAborted()
  }

  /** Aborted once another run holds the lock. */
  get lost(): AbortSignal | undefined {
    return this.#run.lock?.lost
  }

  /** Why tasks of a job have failed, as far as S3 has reported that. */
  whyFailed(run: string, jobId: string): Promise<string[]> {
    return whyTasksFailed(this.#run.s3, reportPrefix(run), jobId)
  }
}

async function* firstOf<T>(all: AsyncIterable<T>, most: number): AsyncGenerator<T> {
  let number = 0
  for await (const one of all) {
    yield one
    if (++number >= most) return
  }
}
