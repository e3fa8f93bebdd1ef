import { randomUUID } from 'node:crypto'

import { readJob, readTags } from './input.ts'
import { badRequest, move, type Job, type JobStatus } from './job.ts'
import { answer, jobIn, type Operation, type OperationParts } from './operation.ts'
import { AwsError, type AwsRequest, type AwsResponse } from '../contracts/service.ts'

/** S3 Control's operations that change jobs. */
export const jobChanges = (parts: OperationParts): Readonly<Record<string, Operation>> => ({
  CreateJob: (request) => createJob(parts, request),
  UpdateJobStatus: (request, route) => updateStatus(parts, request, jobIn(parts.jobs, request, route)),
  UpdateJobPriority: (request, route) => updatePriority(parts, request, jobIn(parts.jobs, request, route)),
  async PutJobTagging(request, route) {
    const tags = await readTags(request)
    replaceTags(parts, jobIn(parts.jobs, request, route), tags)
    return answer('PutJobTaggingResult', {})
  },
  DeleteJobTagging(request, route) {
    replaceTags(parts, jobIn(parts.jobs, request, route), {})
    return answer('DeleteJobTaggingResult', {})
  },
})

/** One token makes one job. Throws IdempotencyException for one that made another. */
async function createJob({ context, jobs, advance }: OperationParts, request: AwsRequest): Promise<AwsResponse> {
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
}

/** States that a job can be cancelled in ("Updating job status", S3 User Guide). */
const cancellable = new Set<JobStatus>(['New', 'Preparing', 'Suspended', 'Ready', 'Active', 'Pausing', 'Paused'])

/** Throws BadRequestException, JobStatusException. */
function updateStatus({ context, jobs, advance }: OperationParts, { query }: AwsRequest, { id }: Job): AwsResponse {
  const asked = query.get('requestedJobStatus')
  const reason = query.get('statusUpdateReason') ?? undefined
  if (asked !== 'Ready' && asked !== 'Cancelled') throw badRequest('requestedJobStatus is Ready or Cancelled.')
  if (reason !== undefined && (reason.length < 1 || reason.length > 256)) {
    throw badRequest('statusUpdateReason has 1 to 256 characters.')
  }
  const job = jobs.change(id, (current) => {
    const allowed = asked === 'Ready' ? current.status === 'Suspended' : cancellable.has(current.status)
    if (!allowed) {
      throw new AwsError(400, 'JobStatusException', `The job is ${current.status} and can't become ${asked}.`)
    }
    if (reason !== undefined) current.statusUpdateReason = reason
    current.confirmed = true
    move(current, asked === 'Ready' ? 'Ready' : 'Cancelling', context.now())
    return true
  })
  advance(id)
  return answer('UpdateJobStatusResult', { JobId: id, Status: job?.status, StatusUpdateReason: reason })
}

/** Throws BadRequestException. */
function updatePriority({ jobs }: OperationParts, { query }: AwsRequest, { id, endedAt, status }: Job): AwsResponse {
  const Priority = Number(query.get('priority') ?? Number.NaN)
  if (!Number.isInteger(Priority) || Priority < 0 || Priority > 2_147_483_647) {
    throw badRequest('priority is a number from 0 to 2147483647.')
  }
  if (endedAt !== undefined) throw badRequest(`The job is ${status}: its priority means nothing any more.`)
  jobs.change(id, (job) => {
    job.priority = Priority
    return true
  })
  return answer('UpdateJobPriorityResult', { JobId: id, Priority })
}

function replaceTags({ jobs }: OperationParts, { id }: Job, tags: Record<string, string>): void {
  jobs.change(id, (job) => {
    job.tags = tags
    return true
  })
}
