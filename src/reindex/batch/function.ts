/**
 * The function that S3 Batch Operations invokes, once for each shard: bundled by itself, it is all that runs there.
 *
 * Source: Amazon S3 User Guide, "Invoke AWS Lambda function", invocation schema 2.0.
 */
import { createLeanS3, type LeanS3, type S3Address } from '../../aws/s3-lean.ts'
import { messageOf } from '../../errors.ts'
import { Pace } from '../pace.ts'
import { doTask, type TaskOutcome } from './task.ts'
import { shardIn } from './want.ts'

/** What S3 asks. */
export interface BatchEvent {
  readonly invocationSchemaVersion: string
  readonly invocationId: string
  readonly job: { readonly id: string; readonly userArguments?: Readonly<Record<string, string>> | null }
  readonly tasks: readonly BatchTask[]
}

interface BatchTask {
  readonly taskId: string
  /** As in the manifest, percent-encoded: JSON, which says which shard. */
  readonly s3Key: string
  readonly s3Bucket: string
}

export interface BatchAnswer {
  readonly invocationSchemaVersion: string
  readonly invocationId: string
  readonly treatMissingKeysAs: 'PermanentFailure'
  readonly results: readonly ({ readonly taskId: string } & TaskOutcome)[]
}

interface LambdaContext {
  getRemainingTimeInMillis(): number
}

/** So much time is kept for writing down what was done. */
const reserve = 60_000
/** Requests at a time. */
const atOnce = 64

export async function handler(event: BatchEvent, context: LambdaContext): Promise<BatchAnswer> {
  const enough = new AbortController()
  const timer = setTimeout(() => enough.abort(), Math.max(0, context.getRemainingTimeInMillis() - reserve))
  const results: BatchAnswer['results'][number][] = []
  try {
    for (const task of event.tasks) {
      const run = event.job.userArguments?.['run'] ?? ''
      const outcome = await answerTo(task, run, enough.signal)
      // Of a task that has failed S3 reports no string, but what a function throws.
      if (outcome.resultCode === 'PermanentFailure' && event.tasks.length === 1) throw new Error(outcome.resultString)
      results.push({ taskId: task.taskId, ...outcome })
    }
  } finally {
    clearTimeout(timer)
  }
  const { invocationSchemaVersion, invocationId } = event
  return { invocationSchemaVersion, invocationId, treatMissingKeysAs: 'PermanentFailure', results }
}

async function answerTo({ s3Key, s3Bucket }: BatchTask, run: string, signal: AbortSignal): Promise<TaskOutcome> {
  const shard = shardIn(s3Key)
  if (shard === undefined || run === '') {
    return { resultCode: 'PermanentFailure', resultString: `no shard of a run: ${s3Key}`.slice(0, 300) }
  }
  const pace = new Pace(atOnce)
  const s3 = connectTo(s3Bucket, pace)
  try {
    return await doTask({ s3, run, shard, pace, signal })
  } catch (error) {
    return { resultCode: 'TemporaryFailure', resultString: messageOf(error).slice(0, 300) }
  } finally {
    s3.close()
  }
}

/** With the credentials that Lambda has put into the environment. */
function connectTo(bucket: string, pace: Pace): LeanS3 {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN } = process.env
  const credentials = {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
  }
  const traffic = { slowDown: () => pace.slowDown(), retry: () => undefined }
  return createLeanS3(bucket, addressOf(bucket), async () => credentials, traffic)
}

function addressOf(bucket: string): S3Address {
  const region = process.env['AWS_REGION'] ?? ''
  const custom = process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL']
  if (custom !== undefined) {
    const { protocol, hostname, port } = new URL(custom)
    return { protocol, hostname, port: port === '' ? undefined : Number(port), base: `/${bucket}`, region }
  }
  // A certificate's wildcard stands for one part of a name.
  const [hostname, base] = bucket.includes('.')
    ? [`s3.${region}.amazonaws.com`, `/${bucket}`]
    : [`${bucket}.s3.${region}.amazonaws.com`, '']
  return { protocol: 'https:', hostname, port: undefined, base, region }
}
