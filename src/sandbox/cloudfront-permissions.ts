import { behaviorsOf } from './cloudfront-distributions.ts'
import {
  distributionConfig,
  distributionConfigWithTags,
  type DistributionConfig,
} from './cloudfront-distribution-shape.ts'
import { distributionArn, type DistributionDocument } from './cloudfront-documents.ts'
import { cloudFrontRoute } from './cloudfront-routes.ts'
import { itemsOf, readDocument } from './cloudfront-shape.ts'
import { keysOf } from './lambda-permissions.ts'
import { parseXml } from './protocol-xml.ts'
import type { AwsRequest, Context, Permission } from './service.ts'

/** Where the ARNs of resources other than distributions come from: the end of the operation's name. */
const kinds: readonly (readonly [RegExp, string])[] = [
  [/CloudFrontOriginAccessIdentity(Config)?$/, 'origin-access-identity'],
  [/OriginAccessControl(Config)?$/, 'origin-access-control'],
  [/CachePolicy(Config)?$/, 'cache-policy'],
  [/OriginRequestPolicy(Config)?$/, 'origin-request-policy'],
  [/ResponseHeadersPolicy(Config)?$/, 'response-headers-policy'],
]

/**
 * What a caller must be allowed. CreateDistributionWithTags has no IAM action of its own: it needs CreateDistribution
 * and TagResource; associating a function needs rights on its version.
 * Sources: Service Authorization Reference, "Actions, resources, and condition keys for Amazon CloudFront"; developer
 * guide, "IAM permissions required to associate Lambda\@Edge functions with CloudFront distributions".
 */
export async function cloudFrontPermissions(
  context: Context,
  find: (id: string) => DistributionDocument | undefined,
  request: AwsRequest,
  operation: string,
): Promise<Permission[]> {
  const action = `cloudfront:${operation}`
  const anyDistribution = distributionArn(context, '*')
  if (operation === 'CreateDistribution') {
    const config = readDocument(parseXml(await request.buffer()), 'DistributionConfig', distributionConfig)
    return [{ action, resource: anyDistribution }, ...functionPermissions(config)]
  }
  if (operation === 'CreateDistributionWithTags') {
    const root = parseXml(await request.buffer())
    const { DistributionConfig, Tags } = readDocument(root, 'DistributionConfigWithTags', distributionConfigWithTags)
    const tags = Object.fromEntries((Tags.Items ?? []).map(({ Key, Value = '' }) => [Key, Value]))
    const tagged = { resource: anyDistribution, context: keysOf('aws:RequestTag', tags) }
    return [
      { action: 'cloudfront:CreateDistribution', ...tagged },
      { action: 'cloudfront:TagResource', ...tagged },
      ...functionPermissions(DistributionConfig),
    ]
  }
  const { id } = cloudFrontRoute(request)
  const kind = kinds.find(([pattern]) => pattern.test(operation))?.[1]
  if (kind !== undefined) {
    return [{ action, resource: `arn:aws:cloudfront::${context.accountId}:${kind}/${id === '' ? '*' : id}` }]
  }
  const arn = request.query.get('Resource')
  const distributionId = arn === null ? id : (arn.split('/').at(-1) ?? '')
  if (distributionId === '') return [{ action }]
  const distribution = find(distributionId)
  const own = {
    action,
    resource: arn ?? distributionArn(context, distributionId),
    context: keysOf('aws:ResourceTag', distribution?.tags ?? {}),
  }
  if (operation !== 'UpdateDistribution') return [own]
  const config = readDocument(parseXml(await request.buffer()), 'DistributionConfig', distributionConfig)
  const before = distribution === undefined ? [] : functionsIn(distribution.config)
  return [own, ...functionPermissions(config, before)]
}

const functionsIn = (config: DistributionConfig): string[] =>
  behaviorsOf(config)
    .flatMap((behavior) => itemsOf(behavior.LambdaFunctionAssociations))
    .map(({ LambdaFunctionARN }) => LambdaFunctionARN)

/** For newly associated versions. The action's name does end with an asterisk. */
function functionPermissions(config: DistributionConfig, before: readonly string[] = []): Permission[] {
  const added = functionsIn(config).filter((arn) => !before.includes(arn))
  return [...new Set(added)].flatMap((resource) => [
    { action: 'lambda:GetFunction', resource },
    { action: 'lambda:EnableReplication*', resource },
  ])
}
