import type { Aws } from '../aws/connect.ts'
import { connectLean, type LeanS3 } from '../aws/s3-lean.ts'
import { type Bucket, lookUpBucket } from '../resources/s3/bucket.ts'
import { assertLocksAreTold, type BucketFacts, lookAtBucket } from './attributes/bucket-facts.ts'
import type { Readers } from './indexes/read-threads.ts'
import { s3Readers } from './indexes/s3-readers.ts'
import { Journal } from './journal/journal.ts'
import { type ReindexOptions, writes } from './options.ts'
import { Pace } from './pace.ts'
import { Progress } from './progress.ts'
import { keepHeapSmall } from './small-heap.ts'

/** What a run has at hand. */
export interface Tools extends ReindexOptions {
  /** By the process's own clock, in milliseconds. */
  readonly begun: number
  readonly bucket: Bucket
  /** Undefined where nothing is written. */
  readonly facts: BucketFacts | undefined
  readonly s3: LeanS3
  /** What new objects say of their encryption. */
  readonly encryption: Readonly<Record<string, string>>
  readonly journal: Journal
  readonly pace: Pace
  readonly progress: Progress
  readonly readers: Readers
}

/**
 * Connects to a bucket and opens its journal. Nothing is written to the bucket yet.
 *
 * @throws CtlError (refused) while another run of this host is at work; as AWS answers
 */
export async function connectTools(aws: Aws, name: string, options: ReindexOptions): Promise<Tools> {
  const begun = performance.now()
  keepHeapSmall()
  const progress = new Progress()
  const pace = new Pace(options.concurrency)
  const traffic = {
    slowDown: () => {
      progress.slowDowns++
      pace.slowDown()
    },
    retry: () => progress.retries++,
  }
  const bucket = await lookUpBucket(aws, name)
  const s3 = await connectLean(aws, name, bucket.region, traffic)
  try {
    const [facts] = await Promise.all([
      writes(options) ? lookAtBucket(s3, bucket) : undefined,
      options.listOnly ? undefined : assertLocksAreTold(s3),
    ])
    const journal = new Journal(options.stateDir, name)
    const { encryptionHeaders: encryption = {} } = bucket
    return {
      ...options,
      begun,
      bucket,
      facts,
      s3,
      encryption,
      journal,
      pace,
      progress,
      readers: s3Readers(s3, traffic),
    }
  } catch (error) {
    s3.close()
    throw error
  }
}
