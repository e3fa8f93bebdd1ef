import { namespace } from './documents.ts'
import type { Job, Jobs } from './job.ts'
import type { S3ControlRoute } from './routes.ts'
import { writeXml } from '../wire/xml.ts'
import type { XmlContent } from '../contracts/xml-document.ts'
import { AwsError, type AwsRequest, type AwsResponse, type Context } from '../contracts/service.ts'

/** What S3 Control's operations work with. */
export interface OperationParts {
  readonly context: Context
  readonly jobs: Jobs
  /** Has a job go on from the state that it is in. */
  readonly advance: (id: string) => void
}

/** One operation: the request, where its path leads, and the way to answer. */
export type Operation = (request: AwsRequest, route: S3ControlRoute) => Promise<AwsResponse> | AwsResponse

export const answer = (root: string, content: XmlContent): AwsResponse => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: writeXml(root, content, namespace),
})

/** The job that a request names. Throws NotFoundException. */
export function jobIn(jobs: Jobs, { region }: AwsRequest, { id }: S3ControlRoute): Job {
  const job = jobs.get(region, id)
  if (job === undefined) throw new AwsError(400, 'NotFoundException', 'The specified job does not exist.')
  return job
}
