import { randomBytes } from 'node:crypto'

import type { JobRequest } from './documents.ts'
import type { Job, Task } from './job.ts'
import { isObject } from '../../json-object.ts'

type LambdaInvoke = NonNullable<JobRequest['Operation']['LambdaInvoke']>

/** What a function is told of one task ("Invoke AWS Lambda function", S3 User Guide). */
export interface Invocation {
  readonly invocationId: string
  readonly taskId: string
  readonly schemaVersion: string
  /** JSON. */
  readonly event: string
}

export function invocationOf(job: Job, task: Task, asked: LambdaInvoke): Invocation {
  const { InvocationSchemaVersion: schemaVersion = '1.0', UserArguments } = asked
  const invocationId = randomBytes(48).toString('base64')
  const taskId = Buffer.from(`${job.id} ${task.number}`).toString('base64')
  const userArguments = Object.fromEntries((UserArguments ?? []).map(({ key, value }) => [key, value]))
  const one = { taskId, s3Key: task.key, s3VersionId: task.versionId ?? null }
  const event =
    schemaVersion === '1.0'
      ? { job: { id: job.id }, tasks: [{ ...one, s3BucketArn: `arn:aws:s3:::${task.bucket}` }] }
      : {
          job: { id: job.id, ...(UserArguments === undefined ? {} : { userArguments }) },
          tasks: [{ ...one, s3Bucket: task.bucket }],
        }
  return {
    ...{ invocationId, taskId, schemaVersion },
    event: JSON.stringify({ invocationSchemaVersion: schemaVersion, invocationId, ...event }),
  }
}

/** What became of one try. */
export type Outcome =
  | { kind: 'succeeded'; message: string }
  | { kind: 'temporary' }
  /** The service did not take the request now; the task was not tried. */
  | { kind: 'throttled' }
  | { kind: 'permanent'; httpStatus: number; errorCode: string; message: string }

export const permanent = (message: string, errorCode = 'PermanentFailure', httpStatus = 200): Outcome => ({
  kind: 'permanent',
  ...{ httpStatus, errorCode, message },
})

/** What a function's answer says of its task. */
export function outcomeOf(body: string, { invocationId, taskId, schemaVersion }: Invocation): Outcome {
  const answer = parsed(body)
  const refused = (why: string): Outcome => permanent(`Lambda returned an invalid response: ${why}`)
  if (!isObject(answer)) return refused('it is not an object')
  if (answer['invocationSchemaVersion'] !== schemaVersion) return refused('invocationSchemaVersion is another')
  if (answer['invocationId'] !== invocationId) return refused('invocationId is another')
  const results: unknown = answer['results']
  if (!Array.isArray(results)) return refused('results is no list')
  const result = results.find((one: unknown) => isObject(one) && one['taskId'] === taskId) as unknown
  if (isObject(result)) return resultOf(result['resultCode'], result['resultString'])
  // "treatMissingKeysAs defaults to TemporaryFailure."
  return resultOf(answer['treatMissingKeysAs'] ?? 'TemporaryFailure', '')
}

function resultOf(code: unknown, text: unknown): Outcome {
  if (code === 'Succeeded') return { kind: 'succeeded', message: typeof text === 'string' ? text : '' }
  if (code === 'TemporaryFailure') return { kind: 'temporary' }
  // The result string of a task that failed is ignored.
  if (code === 'PermanentFailure') return permanent('')
  return permanent('Lambda returned an invalid response: resultCode is none of Batch Operations')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
