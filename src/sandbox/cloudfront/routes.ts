import { AwsError, type AwsRequest } from '../contracts/service.ts'

/** Where a request leads. */
export interface CloudFrontRoute {
  operation: string
  /** The resource's id in the path. */
  id: string
  /** A second id, such as an invalidation's. */
  detail: string
}

type Line = readonly [method: string, path: string, operation: string, flag?: (query: URLSearchParams) => boolean]

const id = '/(?<id>[^/]+)'

/** Create, list, get, get config, update and delete of a resource whose config is updated at `updatePath`. */
const resource = (path: string, name: string, plural: string, updatePath: string): Line[] => [
  ['POST', path, `Create${name}`],
  ['GET', path, `List${plural}`],
  ['GET', `${path}${id}`, `Get${name}`],
  ['GET', `${path}${id}/config`, `Get${name}Config`],
  ['PUT', `${path}${id}${updatePath}`, `Update${name}`],
  ['DELETE', `${path}${id}`, `Delete${name}`],
]

/** Methods and paths of CloudFront's service model, behind `/2020-05-31`. The first line that fits decides. */
const lines: Line[] = [
  ['POST', '/distribution', 'CreateDistributionWithTags', (query) => query.has('WithTags')],
  ...resource('/distribution', 'Distribution', 'Distributions', '/config'),
  ['POST', `/distribution${id}/invalidation`, 'CreateInvalidation'],
  ['GET', `/distribution${id}/invalidation`, 'ListInvalidations'],
  ['GET', `/distribution${id}/invalidation/(?<detail>[^/]+)`, 'GetInvalidation'],
  ...resource(
    '/origin-access-identity/cloudfront',
    'CloudFrontOriginAccessIdentity',
    'CloudFrontOriginAccessIdentities',
    '/config',
  ),
  ...resource('/origin-access-control', 'OriginAccessControl', 'OriginAccessControls', '/config'),
  ...resource('/cache-policy', 'CachePolicy', 'CachePolicies', ''),
  ...resource('/origin-request-policy', 'OriginRequestPolicy', 'OriginRequestPolicies', ''),
  ...resource('/response-headers-policy', 'ResponseHeadersPolicy', 'ResponseHeadersPolicies', ''),
  ['POST', '/function', 'CreateFunction'],
  ['GET', '/function', 'ListFunctions'],
  ['GET', `/function${id}`, 'GetFunction'],
  ['GET', `/function${id}/describe`, 'DescribeFunction'],
  ['PUT', `/function${id}`, 'UpdateFunction'],
  ['DELETE', `/function${id}`, 'DeleteFunction'],
  ['POST', `/function${id}/publish`, 'PublishFunction'],
  ['POST', `/function${id}/test`, 'TestFunction'],
  ['POST', '/key-value-store', 'CreateKeyValueStore'],
  ['GET', '/key-value-store', 'ListKeyValueStores'],
  ['GET', `/key-value-store${id}`, 'DescribeKeyValueStore'],
  ['PUT', `/key-value-store${id}`, 'UpdateKeyValueStore'],
  ['DELETE', `/key-value-store${id}`, 'DeleteKeyValueStore'],
  ['GET', '/tagging', 'ListTagsForResource'],
  ['POST', '/tagging', 'TagResource', (query) => query.get('Operation') === 'Tag'],
  ['POST', '/tagging', 'UntagResource', (query) => query.get('Operation') === 'Untag'],
  ['GET', '/conflicting-alias', 'ListConflictingAliases'],
  ['GET', `/distributionsByWebACLId${id}`, 'ListDistributionsByWebACLId'],
  ['GET', `/distributionsByCachePolicyId${id}`, 'ListDistributionsByCachePolicyId'],
]
const routes = lines.map(([method, path, operation, flag = () => true]) => ({
  method,
  operation,
  flag,
  path: new RegExp(`^/2020-05-31${path}/?$`),
}))

/** Throws UnknownOperation (404) for a path or method that the sandbox does not know. */
export function cloudFrontRoute(request: AwsRequest): CloudFrontRoute {
  for (const { method, path, operation, flag } of routes) {
    const match = method === request.method && flag(request.query) ? path.exec(request.rawPath) : null
    if (match === null) continue
    const { id = '', detail = '' } = match.groups ?? {}
    return { operation, id: decodeURIComponent(id), detail: decodeURIComponent(detail) }
  }
  throw new AwsError(404, 'UnknownOperation', `Could not find an operation for ${request.method} ${request.rawPath}`)
}
