import type { ListedRun } from '../batch/elsewhere.ts'
import { putPlain } from '../batch/write-wanted.ts'
import type { ChecksumAmount } from '../elsewhere-report.ts'
import { findRepositories } from '../found-repositories.ts'
import { checksumRun, manifestKey } from '../own-keys.ts'
import { encodePath } from '../../aws/signature-v4.ts'
import type { Talk } from '../../ui/step-talk.ts'
import { takeChecksums } from './take-checksums.ts'
import { type Undigested, unknownDigests } from './unknown-digests.ts'

/** What one job is to compute. */
export interface ChecksumBatch extends ChecksumAmount {
  /** Of all that is written for it. */
  readonly run: string
  /** Of its manifest. */
  readonly key: string
  /** Writes that; answers its ETag. */
  readonly write: () => Promise<string>
}

/** Of one job: its manifest is held in memory until it is written. */
const mostOfJob = 250_000
/** Percent-encoded (API reference, "JobManifestLocation"): what is longer is read here. */
const longestKey = 1024

/** Has S3 compute digests that nothing tells, for a run whose bucket is listed. */
export class Checksums {
  readonly #run: ListedRun
  #left: AsyncGenerator<Undigested> | undefined

  constructor(run: ListedRun) {
    this.#run = run
  }

  /** Takes in what jobs have reported. */
  async take(talk: Talk): Promise<number> {
    return this.#run.telling(talk, () => takeChecksums(this.#run))
  }

  /** How much there is for jobs to do. */
  async measure(talk: Talk): Promise<ChecksumAmount> {
    let [objects, bytes] = [0, 0]
    await this.#run.telling(talk, async () => {
      for await (const { size } of this.#unknown()) {
        objects++
        bytes += size
      }
    })
    return { jobs: Math.ceil(objects / mostOfJob), objects, bytes }
  }

  /**
   * Finds what the next job is to compute; writes nothing yet.
   *
   * @returns undefined where there is no more to be done
   */
  async next(name: string, talk: Talk): Promise<ChecksumBatch | undefined> {
    const { s3 } = this.#run
    const rows: string[] = []
    let bytes = 0
    await this.#run.telling(talk, async () => {
      const left = (this.#left ??= this.#unknown())
      for (let next = await left.next(); next.done !== true; next = await left.next()) {
        rows.push(`${s3.bucket},${encodePath(next.value.key)}\n`)
        bytes += next.value.size
        if (rows.length === mostOfJob) break
      }
    })
    if (rows.length === 0) return undefined
    const run = checksumRun(name)
    const key = manifestKey(run)
    const write = (): Promise<string> => putPlain(s3, key, 'text/csv', Buffer.from(rows.join('')))
    return { run, jobs: 1, objects: rows.length, bytes, key, write }
  }

  async *#unknown(): AsyncGenerator<Undigested> {
    const { choice, scanned, progress } = this.#run
    progress.begin({ noun: 'packages' })
    for await (const one of unknownDigests(findRepositories(scanned, choice), this.#run)) {
      if (encodePath(one.key).length > longestKey) continue
      progress.add(1, one.size)
      yield one
    }
    this.#run.journal.commit()
  }
}
