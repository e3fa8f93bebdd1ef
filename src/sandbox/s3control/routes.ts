import { AwsError, type AwsRequest } from '../contracts/service.ts'

/** Where a request leads: the operation, and the job that its path names. */
export interface S3ControlRoute {
  operation: string
  id: string
}

const id = '/(?<id>[^/]+)'
/** Methods and paths of S3 Control's service model, as far as jobs go. */
const routes = (
  [
    ['POST', '/jobs', 'CreateJob'],
    ['GET', '/jobs', 'ListJobs'],
    ['GET', `/jobs${id}`, 'DescribeJob'],
    ['POST', `/jobs${id}/status`, 'UpdateJobStatus'],
    ['POST', `/jobs${id}/priority`, 'UpdateJobPriority'],
    ['GET', `/jobs${id}/tagging`, 'GetJobTagging'],
    ['PUT', `/jobs${id}/tagging`, 'PutJobTagging'],
    ['DELETE', `/jobs${id}/tagging`, 'DeleteJobTagging'],
  ] as const
).map(([method, path, operation]) => ({ method, operation, path: new RegExp(`^/v20180820${path}$`) }))

/** Throws NotImplemented (501) for what S3 Control has and the sandbox has not. */
export function routeOf({ method, rawPath }: AwsRequest): S3ControlRoute {
  for (const route of routes) {
    const match = route.method === method ? route.path.exec(rawPath) : null
    if (match !== null) return { operation: route.operation, id: match.groups?.['id'] ?? '' }
  }
  throw new AwsError(501, 'NotImplemented', `The sandbox models jobs of S3 Control, and not ${method} ${rawPath}.`)
}
