import { randomUUID } from 'node:crypto'

import { namespace, written } from './documents.ts'
import { operationName, readJob, readTags } from './input.ts'
import { badRequest, jobArn, jobStatuses, move, type Job, type Jobs, type JobStatus } from './job.ts'
import type { S3ControlRoute } from './routes.ts'
import { writeXml } from '../wire/xml.ts'
import type { XmlContent } from '../contracts/xml-document.ts'
import { AwsError, type AwsRequest, type AwsResponse, type Context } from '../contracts/service.ts'

interface Parts {
  readonly context: Context
  readonly jobs: Jobs
  /** Has a job go on from the state that it is in. */
  readonly advance: (id: string) => void
}

type Operation = (request: AwsRequest, route: S3ControlRoute) => Promise<AwsResponse> | AwsResponse

const answer = (root: string, content: XmlContent): AwsResponse => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: writeXml(root, content, namespace),
})

const notFound = (): AwsError => new AwsError(400, 'NotFoundException', 'The specified job does not exist.')

/** States that a job can be cancelled in ("Updating job status", S3 User Guide). */
const cancellable = new Set<JobStatus>(['New', 'Preparing', 'Suspended', 'Ready', 'Active', 'Pausing', 'Paused'])

/** S3 Control's operations on jobs. */
export function jobOperations({ context, jobs, advance }: Parts): Readonly<Record<string, Operation>> {
  const found = ({ region }: AwsRequest, { id }: S3ControlRoute): Job => {
    const job = jobs.get(region, id)
    if (job === undefined) throw notFound()
    return job
  }
  return {
    async CreateJob(request) {
      const { asked, tags } = await readJob(request, context.accountId)
      const fingerprint = JSON.stringify([asked, tags])
      const same = jobs.list(request.region).find((job) => job.request.ClientRequestToken === asked.ClientRequestToken)
      if (same !== undefined && same.fingerprint !== fingerprint) {
        const message = 'The ClientRequestToken was used before, for a request with other parameters.'
        throw new AwsError(400, 'IdempotencyException', message)
      }
      if (same !== undefined) return answer('CreateJobResult', { JobId: same.id })
      const now = context.now()
      const id = randomUUID()
      jobs.put({
        ...{ id, region: request.region, createdAt: now, request: asked, fingerprint, tags, priority: asked.Priority },
        ...{ status: 'New', statusSince: now, confirmed: asked.ConfirmationRequired !== true, failures: [] },
        ...{ succeeded: 0, failed: 0, invoked: false, activeMilliseconds: 0 },
      })
      advance(id)
      return answer('CreateJobResult', { JobId: id })
    },
    DescribeJob: (request, route) => answer('DescribeJobResult', { Job: described(context, found(request, route)) }),
    ListJobs: (request) => listed(jobs, request),
    UpdateJobStatus(request, route) {
      const { id } = found(request, route)
      const asked = request.query.get('requestedJobStatus') ?? ''
      const reason = request.query.get('statusUpdateReason') ?? undefined
      if (asked !== 'Ready' && asked !== 'Cancelled') throw badRequest('requestedJobStatus is Ready or Cancelled.')
      if (reason !== undefined && (reason.length < 1 || reason.length > 256)) {
        throw badRequest('statusUpdateReason has 1 to 256 characters.')
      }
      const job = jobs.change(id, (current) => {
        const allowed = asked === 'Ready' ? current.status === 'Suspended' : cancellable.has(current.status)
        if (!allowed) {
          const message = `The job is ${current.status} and can't become ${asked}.`
          throw new AwsError(400, 'JobStatusException', message)
        }
        if (reason !== undefined) current.statusUpdateReason = reason
        current.confirmed = true
        move(current, asked === 'Ready' ? 'Ready' : 'Cancelling', context.now())
        return true
      })
      advance(id)
      return answer('UpdateJobStatusResult', { JobId: id, Status: job?.status, StatusUpdateReason: reason })
    },
    UpdateJobPriority(request, route) {
      const { id, endedAt, status } = found(request, route)
      const Priority = Number(request.query.get('priority') ?? Number.NaN)
      if (!Number.isInteger(Priority) || Priority < 0 || Priority > 2_147_483_647) {
        throw badRequest('priority is a number from 0 to 2147483647.')
      }
      if (endedAt !== undefined) throw badRequest(`The job is ${status}: its priority means nothing any more.`)
      jobs.change(id, (job) => {
        job.priority = Priority
        return true
      })
      return answer('UpdateJobPriorityResult', { JobId: id, Priority })
    },
    GetJobTagging: (request, route) =>
      answer('GetJobTaggingResult', { Tags: written.tags.write(tagList(found(request, route).tags)) }),
    async PutJobTagging(request, route) {
      const tags = await readTags(request)
      jobs.change(found(request, route).id, (job) => {
        job.tags = tags
        return true
      })
      return answer('PutJobTaggingResult', {})
    },
    DeleteJobTagging(request, route) {
      jobs.change(found(request, route).id, (job) => {
        job.tags = {}
        return true
      })
      return answer('DeleteJobTaggingResult', {})
    },
  }
}

const tagList = (tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))

const iso = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString()

function progress(job: Job, now: number): XmlContent {
  const active = job.activeMilliseconds + (job.status === 'Active' ? now - job.statusSince : 0)
  return {
    TotalNumberOfTasks: job.tasks ?? 0,
    NumberOfTasksSucceeded: job.succeeded,
    NumberOfTasksFailed: job.failed,
    Timers: { ElapsedTimeInActiveSeconds: Math.floor(active / 1000) },
  }
}

function described(context: Context, job: Job): XmlContent {
  const { request } = job
  return {
    JobId: job.id,
    ConfirmationRequired: request.ConfirmationRequired ?? false,
    Description: request.Description,
    JobArn: jobArn(context, job.region, job.id),
    Status: job.status,
    Manifest: written.manifest.write(request.Manifest),
    Operation: written.operation.write(request.Operation),
    Priority: job.priority,
    ProgressSummary: progress(job, context.now()),
    StatusUpdateReason: job.statusUpdateReason,
    FailureReasons: { member: job.failures.map((failure) => ({ ...failure })) },
    Report: written.report.write(request.Report),
    CreationTime: iso(job.createdAt),
    TerminationDate: iso(job.endedAt),
    RoleArn: request.RoleArn,
    SuspendedDate: iso(job.suspendedAt),
    SuspendedCause: job.suspendedAt === undefined ? undefined : 'AwaitingConfirmation',
  }
}

const invalidRequest = (message: string): AwsError => new AwsError(400, 'InvalidRequestException', message)

/** One page of jobs, the latest first. Throws InvalidRequestException, InvalidNextTokenException. */
function listed(jobs: Jobs, { region, query }: AwsRequest): AwsResponse {
  const wanted = query.getAll('jobStatuses')
  const unknown = wanted.find((status) => !jobStatuses.some((one) => one === status))
  if (unknown !== undefined) throw invalidRequest(`There is no status ${unknown}.`)
  const size = Number(query.get('maxResults') ?? 1000)
  if (!Number.isInteger(size) || size < 0 || size > 1000) throw invalidRequest('maxResults is a number up to 1000.')
  const all = jobs
    .list(region)
    .filter(({ status }) => wanted.length === 0 || wanted.includes(status))
    .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1))
  const token = query.get('nextToken')
  const last = token === null ? undefined : Buffer.from(token, 'base64').toString()
  const at = last === undefined ? -1 : all.findIndex(({ createdAt, id }) => `${createdAt} ${id}` === last)
  if (last !== undefined && at < 0) throw new AwsError(400, 'InvalidNextTokenException', 'The token is not valid.')
  const page = all.slice(at + 1, at + 1 + (size === 0 ? 1000 : size))
  const end = page.at(-1)
  const more = end !== undefined && end !== all.at(-1)
  return answer('ListJobsResult', {
    NextToken: more ? Buffer.from(`${end.createdAt} ${end.id}`).toString('base64') : undefined,
    Jobs: {
      member: page.map((job) => ({
        JobId: job.id,
        Description: job.request.Description,
        Operation: operationName(job.request),
        Priority: job.priority,
        Status: job.status,
        CreationTime: iso(job.createdAt),
        TerminationDate: iso(job.endedAt),
        ProgressSummary: progress(job, job.statusSince),
      })),
    },
  })
}
