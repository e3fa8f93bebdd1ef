import { AwsError, type AwsRequest } from '../contracts/service.ts'

/** Where a request leads: the operation and what its path holds, percent-decoded. */
export interface LambdaRoute {
  operation: string
  /** Function name or ARN, or the ARN of a tagged resource. */
  resource: string
  /** A second label of the path, such as a statement id. */
  detail: string
}

const fn = '/functions/(?<resource>[^/]+)'
/** Method, path (behind the API's date) and operation, as in Lambda's service model. */
const routes = (
  [
    ['GET', '/functions/?', 'ListFunctions'],
    ['POST', '/functions/?', 'CreateFunction'],
    ['GET', fn, 'GetFunction'],
    ['DELETE', fn, 'DeleteFunction'],
    ['GET', `${fn}/configuration`, 'GetFunctionConfiguration'],
    ['PUT', `${fn}/configuration`, 'UpdateFunctionConfiguration'],
    ['PUT', `${fn}/code`, 'UpdateFunctionCode'],
    ['GET', `${fn}/versions`, 'ListVersionsByFunction'],
    ['POST', `${fn}/versions`, 'PublishVersion'],
    ['GET', `${fn}/aliases`, 'ListAliases'],
    ['POST', `${fn}/invocations`, 'Invoke'],
    ['GET', `${fn}/policy`, 'GetPolicy'],
    ['POST', `${fn}/policy`, 'AddPermission'],
    ['DELETE', `${fn}/policy/(?<detail>[^/]+)`, 'RemovePermission'],
    ['GET', `${fn}/concurrency`, 'GetFunctionConcurrency'],
    ['PUT', `${fn}/concurrency`, 'PutFunctionConcurrency'],
    ['DELETE', `${fn}/concurrency`, 'DeleteFunctionConcurrency'],
    ['GET', `${fn}/code-signing-config`, 'GetFunctionCodeSigningConfig'],
    ['GET', '/tags/(?<resource>.+)', 'ListTags'],
    ['POST', '/tags/(?<resource>.+)', 'TagResource'],
    ['DELETE', '/tags/(?<resource>.+)', 'UntagResource'],
  ] as const
).map(([method, path, operation]) => ({
  method,
  path: new RegExp(`^/20\\d\\d-\\d\\d-\\d\\d${path}$`),
  operation,
}))

/** Throws UnknownOperationException (404) for a path or method that the service does not have. */
export function routeOf(request: AwsRequest): LambdaRoute {
  for (const { method, path, operation } of routes) {
    const match = method === request.method ? path.exec(request.rawPath) : null
    if (match === null) continue
    const { resource = '', detail = '' } = match.groups ?? {}
    return { operation, resource: decode(resource), detail: decode(detail) }
  }
  throw new AwsError(404, 'UnknownOperationException', '')
}

function decode(label: string): string {
  try {
    return decodeURIComponent(label)
  } catch {
    throw new AwsError(400, 'SerializationException', 'A label of the path is not valid percent-encoding.')
  }
}
