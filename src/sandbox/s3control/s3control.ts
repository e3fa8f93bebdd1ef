import { randomBytes } from 'node:crypto'

import { jobChanges } from './changes.ts'
import { openJobs } from './job.ts'
import { jobLooks } from './looks.ts'
import type { Operation } from './operation.ts'
import { jobPermissions } from './permissions.ts'
import { routeOf } from './routes.ts'
import { JobRunner } from './runner.ts'
import type { InnerCalls } from '../contracts/inner-calls.ts'
import type { S3ControlService } from '../contracts/s3control-peers.ts'
import { xmlError } from '../wire/xml.ts'
import { AwsError, type AwsRequest, type Context } from '../contracts/service.ts'

/**
 * S3 Control, as far as it has the jobs of Batch Operations. Written from the S3 API reference (2018-08-20) and the S3
 * User Guide, "Performing object operations in bulk with Batch Operations".
 */
export function createS3Control(context: Context, inner: InnerCalls): S3ControlService {
  const jobs = openJobs(context)
  const runner = new JobRunner(context, jobs, inner)
  const parts = { context, jobs, advance: (id: string) => runner.advance(id) }
  const operations: Readonly<Record<string, Operation>> = { ...jobLooks(parts), ...jobChanges(parts) }
  return {
    names: ['s3control'],
    operations: Object.keys(operations),
    operation: (request) => routeOf(request).operation,
    async permissions(request, operation) {
      requireAccount(request, context.accountId)
      return jobPermissions(context, jobs, request, operation)
    },
    async handle(request, operation) {
      const perform = operations[operation]
      if (perform === undefined) throw new AwsError(501, 'NotImplemented', `Unknown operation ${operation}`)
      const response = await perform(request, routeOf(request))
      return { ...response, headers: { ...ids(request), ...response.headers } }
    },
    error(error, request) {
      const answer = xmlError(error, request)
      return { ...answer, headers: { ...answer.headers, ...ids(request) } }
    },
    resume: () => {
      for (const { id } of jobs.list()) runner.advance(id)
    },
    stop: () => runner.stop(),
    settled: () => runner.settled(),
  }
}

const ids = ({ requestId }: AwsRequest): Record<string, string> => ({
  'x-amz-request-id': requestId,
  'x-amz-id-2': randomBytes(48).toString('base64'),
})

/** Every request names the account, in a header and where the host is AWS's there too. */
function requireAccount({ headers }: AwsRequest, accountId: string): void {
  const named = headers['x-amz-account-id']
  if (named === undefined) throw new AwsError(400, 'InvalidRequest', 'Missing required header: x-amz-account-id')
  const [inHost] = /^\d{12}(?=\.)/.exec(headers['host'] ?? '') ?? [named]
  if (named !== accountId || inHost !== accountId) throw new AwsError(403, 'AccessDenied', 'Access Denied')
}
