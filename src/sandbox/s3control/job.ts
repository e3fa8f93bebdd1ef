import type { JobRequest } from './documents.ts'
import { AwsError, type Context } from '../contracts/service.ts'
import type { Collection } from '../contracts/store.ts'

/** "Job statuses", Amazon S3 User Guide. */
export const jobStatuses = [
  ...(['New', 'Preparing', 'Suspended', 'Ready', 'Active', 'Pausing', 'Paused', 'Completing', 'Complete'] as const),
  ...(['Cancelling', 'Cancelled', 'Failing', 'Failed'] as const),
] as const
export type JobStatus = (typeof jobStatuses)[number]

/** One job as it is kept. Times are milliseconds since the epoch. */
export interface Job {
  readonly id: string
  readonly region: string
  readonly createdAt: number
  /** What was asked for; its tags and its priority are changed by operations of their own. */
  readonly request: JobRequest
  /** Of CreateJob: equal for requests that a token makes one of. */
  readonly fingerprint: string
  tags: Record<string, string>
  priority: number
  status: JobStatus
  statusSince: number
  /** Why somebody changed the status. */
  statusUpdateReason?: string
  confirmed: boolean
  suspendedAt?: number
  endedAt?: number
  failures: JobFailure[]
  /** Undefined until the manifest has been read. */
  tasks?: number
  succeeded: number
  failed: number
  /** At least one task was begun, so that there is something to report. */
  invoked: boolean
  /** Without the present stay in Active. */
  activeMilliseconds: number
}

export interface JobFailure {
  FailureCode: string
  FailureReason: string
}

/** One row of a manifest, and what became of it. */
export interface Task {
  readonly number: number
  readonly bucket: string
  /** As it is written in the manifest: still URL-encoded. */
  readonly key: string
  readonly versionId?: string
  state: 'waiting' | 'succeeded' | 'failed'
  /** How often it has failed for the time being. */
  attempts: number
  httpStatus?: number
  errorCode?: string
  message?: string
}

/** The jobs of the account. */
export interface Jobs {
  /** Undefined too for a job that ended so long ago that AWS does not tell of it any more. */
  get(region: string, id: string): Job | undefined
  list(region?: string): readonly Job[]
  put(job: Job): void
  /** Changes a job without anything coming between; false from `change` leaves it as it is. */
  change(id: string, change: (job: Job) => boolean | undefined): Job | undefined
  tasks(id: string): Collection<Task>
}

const day = 24 * 3600 * 1000
/** A job that nobody confirms fails after this long ("Job statuses"). */
const longestSuspension = 30 * day
/** Jobs that have ended are listed for this long ("ListJobs", S3 API reference). */
const remembered = 90 * day

export const isEnded = ({ status }: Job): boolean =>
  status === 'Complete' || status === 'Failed' || status === 'Cancelled'

/** Puts a job into another state. */
export function move(job: Job, status: JobStatus, now: number): void {
  if (job.status === 'Active') job.activeMilliseconds += now - job.statusSince
  job.status = status
  job.statusSince = now
  if (status === 'Suspended') job.suspendedAt = now
  if (isEnded(job)) job.endedAt = now
}

export function openJobs(context: Context): Jobs {
  const { store } = context
  const now = (): number => context.now()
  const collection = store.collection<Job>('s3control-job')
  const tasks = new Map<string, Collection<Task>>()
  /** What time alone has made of a job. */
  const present = (job: Job | undefined): Job | undefined => {
    if (job === undefined) return undefined
    if (job.endedAt !== undefined && now() - job.endedAt > remembered) return undefined
    if (job.status === 'Suspended' && now() - job.statusSince > longestSuspension) {
      job.failures.push({
        FailureCode: 'SuspendedTooLong',
        FailureReason: 'The job was not confirmed within 30 days.',
      })
      move(job, 'Failed', job.statusSince + longestSuspension)
      collection.put(job.id, job)
      return present(job)
    }
    return job
  }
  return {
    get(region, id) {
      const job = present(collection.get(id))
      return job?.region === region ? job : undefined
    },
    list: (region) =>
      collection.list().flatMap((job) => {
        const found = present(job)
        return found === undefined || (region !== undefined && found.region !== region) ? [] : [found]
      }),
    put: (job) => collection.put(job.id, job),
    change(id, change) {
      const job = present(collection.get(id))
      if (job === undefined) return undefined
      if (change(job) !== false) collection.put(id, job)
      return job
    },
    tasks(id) {
      const known = tasks.get(id) ?? store.collection<Task>(`s3control-task ${id}`)
      tasks.set(id, known)
      return known
    },
  }
}

export const jobArn = ({ accountId }: Context, region: string, id: string): string =>
  `arn:aws:s3:${region}:${accountId}:job/${id}`

export const badRequest = (message: string): AwsError => new AwsError(400, 'BadRequestException', message)

/** The ids of tasks sort as their numbers do. */
export const taskKey = (number: number): string => String(number).padStart(9, '0')
