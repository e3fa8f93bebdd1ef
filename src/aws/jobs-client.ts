/**
 * S3 Control, as far as jobs of Batch Operations go. AWS's own client puts the account before the host even of a custom
 * endpoint, where there is no such host.
 *
 * Source: Amazon S3 API Reference, "Amazon S3 Control"; Amazon S3 User Guide, "Performing object operations in bulk".
 */
import { nameOf } from './absent.ts'
import { arnOfJob } from './arns.ts'
import type { Aws, ClientConfig } from './clients.ts'
import {
  documentOf,
  type Job,
  jobIn,
  type JobToCreate,
  type JobStatus,
  type ListedJob,
  pageIn,
  tagsIn,
  valueIn,
} from './job-documents.ts'
import { type LeanAnswer, LeanClient, type LeanMetadata, type LeanRequest } from './lean-client.ts'
import { errorIn } from './s3-answer.ts'
import { createRequestSigner, type Credentials, encodeComponent, type Query, type Unsigned } from './signature-v4.ts'

export type { Job, JobOperation, JobToCreate, ListedJob } from './job-documents.ts'

/** An operation on jobs of one account, in the region of the client. */
export type JobCall = { readonly accountId: string } & (
  | { readonly operation: 'CreateJob'; readonly job: JobToCreate }
  | { readonly operation: 'DescribeJob' | 'GetJobTagging'; readonly id: string }
  | {
      readonly operation: 'UpdateJobStatus'
      readonly id: string
      readonly status: 'Ready' | 'Cancelled'
      /** Up to 256 characters. */
      readonly reason?: string
    }
  | {
      readonly operation: 'ListJobs'
      readonly statuses?: readonly JobStatus[]
      readonly nextToken?: string | undefined
    }
)

export interface JobAnswer {
  readonly document: string
  readonly $metadata: LeanMetadata
}

/** Stands beside the SDK's clients: `aws.client(S3ControlClient, region)`. The functions below are the ways to use it. */
export class S3ControlClient extends LeanClient<JobCall, JobAnswer> {
  readonly #region: string
  readonly #sign: ReturnType<typeof createRequestSigner>

  constructor(given: ClientConfig) {
    super(given, { id: 'S3 Control', clientName: 'S3ControlClient' })
    if (given.region === undefined) throw new Error('Jobs are had in the region of their bucket.')
    this.#region = given.region
    this.#sign = createRequestSigner(given.region)
  }

  /** Of CreateJob and ListJobs there is none narrower than all. */
  protected arnOf(call: JobCall): string {
    return 'id' in call ? arnOfJob(call.accountId, this.#region) : '*'
  }

  protected requestFor(call: JobCall): LeanRequest {
    const body = call.operation === 'CreateJob' ? Buffer.from(documentOf(call.job)) : undefined
    return {
      method: methodOf(call),
      endpoint: `https://${call.accountId}.s3-control.${this.#region}.amazonaws.com`,
      ...placeOf(call),
      headers: {
        'x-amz-account-id': call.accountId,
        ...(body === undefined ? {} : { 'content-type': 'application/xml' }),
      },
      body,
    }
  }

  protected sign(request: Unsigned, credentials: Credentials, now: Date): Record<string, string> {
    return this.#sign(request, credentials, now)
  }

  protected outputOf({ headers, body, $metadata }: LeanAnswer, call: JobCall): JobAnswer {
    const error = errorIn({ status: $metadata.httpStatusCode, headers, body }, methodOf(call))
    if (error !== undefined) throw Object.assign(error, { $metadata })
    return { document: body.toString('utf8'), $metadata }
  }
}

const methodOf = ({ operation }: JobCall): 'GET' | 'POST' =>
  operation === 'CreateJob' || operation === 'UpdateJobStatus' ? 'POST' : 'GET'

function placeOf(call: JobCall): { readonly path: string; readonly query?: Query } {
  const jobs = '/v20180820/jobs'
  if (call.operation === 'CreateJob') return { path: jobs }
  if (call.operation === 'ListJobs') {
    const { statuses = [], nextToken } = call
    return { path: jobs, query: { jobStatuses: statuses, ...(nextToken === undefined ? {} : { nextToken }) } }
  }
  const path = `${jobs}/${encodeComponent(call.id)}`
  if (!('status' in call)) return { path: call.operation === 'GetJobTagging' ? `${path}/tagging` : path }
  const { status, reason } = call
  const query = { requestedJobStatus: status, ...(reason === undefined ? {} : { statusUpdateReason: reason }) }
  return { path: `${path}/status`, query }
}

/** States that a job does not leave any more. */
export const isOver = ({ status }: Pick<ListedJob, 'status'>): boolean => /^(Complete|Failed|Cancelled)$/.test(status)

/** States in which a job has not begun; it does so once it is confirmed. */
export const isWaiting = ({ status }: Pick<ListedJob, 'status'>): boolean => /^(New|Preparing|Suspended)$/.test(status)

/** All that {@link isOver} is not. */
export const underWay: readonly JobStatus[] = [
  ...(['New', 'Preparing', 'Suspended', 'Ready', 'Active', 'Pausing', 'Paused', 'Completing'] as const),
  ...(['Cancelling', 'Failing'] as const),
]

/** Jobs of an account, in one region. */
export interface Jobs {
  readonly client: S3ControlClient
  readonly accountId: string
}

/** @param region - of the bucket: a job is had nowhere else */
export const jobsIn = (aws: Aws, accountId: string, region: string): Jobs => ({
  client: aws.client(S3ControlClient, region),
  accountId,
})

/**
 * Creates a job. Its token makes one job of however many calls.
 *
 * @returns its id
 */
export async function createJob({ client, accountId }: Jobs, job: JobToCreate): Promise<string> {
  const { document } = await client.send({ operation: 'CreateJob', accountId, job })
  return valueIn(document, 'JobId')
}

/** @returns undefined for one that there is not, or that ended so long ago (90 days) that AWS has forgotten it */
export async function describeJob({ client, accountId }: Jobs, id: string): Promise<Job | undefined> {
  try {
    return jobIn((await client.send({ operation: 'DescribeJob', accountId, id })).document)
  } catch (error) {
    if (error instanceof Error && /^(NotFoundException|NoSuchJob)$/.test(error.name)) return undefined
    throw error
  }
}

/**
 * Has a job begin that waits to be confirmed, or ends one. For one that is in no state for that nothing is done: somebody
 * has done so meanwhile, or it has come to its end, which whoever waits for it sees.
 */
export async function updateJobStatus(
  { client, accountId }: Jobs,
  id: string,
  status: 'Ready' | 'Cancelled',
  reason?: string,
): Promise<void> {
  const told = reason === undefined ? {} : { reason: reason.slice(0, 256) }
  await client.send({ operation: 'UpdateJobStatus', accountId, id, status, ...told }).catch((error: unknown) => {
    if (nameOf(error) !== 'JobStatusException') throw error
  })
}

/** All jobs, the latest first; only those in certain states, where these are given. */
export async function* listJobs({ client, accountId }: Jobs, statuses: readonly JobStatus[] = []) {
  let nextToken: string | undefined
  do {
    const { document } = await client.send({ operation: 'ListJobs', accountId, statuses, nextToken })
    const page = pageIn(document)
    yield* page.jobs
    ;({ nextToken } = page)
  } while (nextToken !== undefined)
}

export async function jobTags({ client, accountId }: Jobs, id: string): Promise<Readonly<Record<string, string>>> {
  return tagsIn((await client.send({ operation: 'GetJobTagging', accountId, id })).document)
}
