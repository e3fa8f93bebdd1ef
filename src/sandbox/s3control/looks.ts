import { written } from './documents.ts'
import { operationName } from './input.ts'
import { jobArn, jobStatuses, type Job, type Jobs } from './job.ts'
import { answer, jobIn, type Operation, type OperationParts } from './operation.ts'
import type { XmlContent } from '../contracts/xml-document.ts'
import { AwsError, type AwsRequest, type AwsResponse, type Context } from '../contracts/service.ts'

/** S3 Control's operations that change nothing. */
export const jobLooks = ({ context, jobs }: OperationParts): Readonly<Record<string, Operation>> => ({
  DescribeJob: (request, route) =>
    answer('DescribeJobResult', { Job: described(context, jobIn(jobs, request, route)) }),
  ListJobs: (request) => listed(jobs, request),
  GetJobTagging: (request, route) =>
    answer('GetJobTaggingResult', { Tags: written.tags.write(tagList(jobIn(jobs, request, route).tags)) }),
})

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
