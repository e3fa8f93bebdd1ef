import { operationName, readJob, readTags } from './input.ts'
import { jobArn, type Jobs } from './job.ts'
import { routeOf } from './routes.ts'
import { tagConditionKeys } from '../policy/tag-keys.ts'
import type { AwsRequest, Context, Permission } from '../contracts/service.ts'

/** Who carries jobs out, and whom their roles must trust. */
export const batchOperations = 'batchoperations.s3.amazonaws.com'

/**
 * What a caller must be allowed. Sources: Service Authorization Reference, "Actions, resources, and condition keys for
 * Amazon S3"; S3 User Guide, "Controlling permissions for Batch Operations using job tags".
 */
export async function jobPermissions(
  context: Context,
  jobs: Jobs,
  request: AwsRequest,
  operation: string,
): Promise<Permission[]> {
  const action = `s3:${operation}`
  if (operation === 'ListJobs') return [{ action, resource: '*' }]
  if (operation === 'CreateJob') {
    const { asked, tags } = await readJob(request, context.accountId)
    const keys = {
      's3:RequestJobOperation': operationName(asked),
      's3:RequestJobPriority': String(asked.Priority),
      ...requestTags(tags),
    }
    const passed = { 'iam:PassedToService': batchOperations }
    return [
      { action, resource: '*', context: keys },
      { action: 'iam:PassRole', resource: asked.RoleArn, context: passed },
    ]
  }
  const { id } = routeOf(request)
  const job = jobs.get(request.region, id)
  const existing =
    job === undefined
      ? {}
      : {
          's3:ExistingJobOperation': operationName(job.request),
          's3:ExistingJobPriority': String(job.priority),
          ...(job.status === 'Suspended' ? { 's3:JobSuspendedCause': 'AwaitingConfirmation' } : {}),
          ...tagConditionKeys('aws:ResourceTag', job.tags),
        }
  const asked = operation === 'PutJobTagging' ? requestTags(await readTags(request)) : {}
  const priority = request.query.get('priority')
  const keys = { ...existing, ...asked, ...(priority === null ? {} : { 's3:RequestJobPriority': priority }) }
  return [{ action, resource: jobArn(context, request.region, id), context: keys }]
}

const requestTags = (tags: Readonly<Record<string, string>>): Record<string, string | readonly string[]> => ({
  ...tagConditionKeys('aws:RequestTag', tags),
  ...(Object.keys(tags).length === 0 ? {} : { 'aws:TagKeys': Object.keys(tags) }),
})
