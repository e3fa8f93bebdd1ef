import { serviceLinkedRoleArn } from '../contracts/arns.ts'
import { behaviorsOf } from './distributions.ts'
import { readDistribution, readTaggedDistribution } from './distribution-input.ts'
import { tags as tagsShape, type DistributionConfig } from '../contracts/distribution-shape.ts'
import { cloudFrontArn, distributionArn, type DistributionDocument } from './documents.ts'
import {
  functionPermissions,
  isOfFunctions,
  resourceTags,
  type FunctionPermissionParts,
} from './function-permissions.ts'
import { cloudFrontRoute } from './routes.ts'
import { itemsOf, readDocument } from '../contracts/shape.ts'
import { tagConditionKeys } from '../policy/tag-keys.ts'
import { parseXml } from '../wire/xml.ts'
import type { AwsRequest, Context, Permission } from '../contracts/service.ts'
import type { Collection } from '../contracts/store.ts'

/** Where the ARNs of resources other than distributions come from: the end of the operation's name. */
const kinds: readonly (readonly [RegExp, string])[] = [
  [/CloudFrontOriginAccessIdentity(Config)?$/, 'origin-access-identity'],
  [/OriginAccessControl(Config)?$/, 'origin-access-control'],
  [/CachePolicy(Config)?$/, 'cache-policy'],
  [/OriginRequestPolicy(Config)?$/, 'origin-request-policy'],
  [/ResponseHeadersPolicy(Config)?$/, 'response-headers-policy'],
]

/** What permissions are told by. */
export interface PermissionParts extends FunctionPermissionParts {
  readonly context: Context
  readonly distributions: Pick<Collection<DistributionDocument>, 'get' | 'list'>
}

/**
 * What a caller must be allowed. CreateDistributionWithTags has no IAM action of its own: it needs CreateDistribution
 * and TagResource; associating a function needs rights on its version.
 * Sources: Service Authorization Reference, "Actions, resources, and condition keys for Amazon CloudFront"; developer
 * guide, "IAM permissions required to associate Lambda\@Edge functions with CloudFront distributions".
 */
export async function cloudFrontPermissions(
  parts: PermissionParts,
  request: AwsRequest,
  operation: string,
): Promise<Permission[]> {
  const { context, distributions } = parts
  if (isOfFunctions(operation)) return functionPermissions(parts, request, operation)
  const action = `cloudfront:${operation}`
  const anyDistribution = distributionArn(context, '*')
  const first = (config: DistributionConfig): Permission[] =>
    functionsIn(config).length === 0 || distributions.list().some((one) => functionsIn(one.config).length > 0)
      ? []
      : serviceLinkedRoles(context)
  if (operation === 'CreateDistribution') {
    const { config } = await readDistribution(request)
    return [{ action, resource: anyDistribution }, ...versionPermissions(config), ...first(config)]
  }
  if (operation === 'CreateDistributionWithTags') {
    const { config, tags: given } = await readTaggedDistribution(request)
    const tags = Object.fromEntries(given.map(({ Key, Value = '' }) => [Key, Value]))
    const tagged = { resource: anyDistribution, context: tagConditionKeys('aws:RequestTag', tags) }
    return [
      { action: 'cloudfront:CreateDistribution', ...tagged },
      { action: 'cloudfront:TagResource', ...tagged },
      ...versionPermissions(config),
      ...first(config),
    ]
  }
  const { id } = cloudFrontRoute(request)
  const kind = kinds.find(([pattern]) => pattern.test(operation))?.[1]
  if (kind !== undefined) {
    return [{ action, resource: cloudFrontArn(context, kind, id === '' ? '*' : id) }]
  }
  const arn = request.query.get('Resource')
  if (arn === null && id === '') return [{ action }]
  const resource = arn ?? distributionArn(context, id)
  const own = { action, resource, context: resourceTags(parts, resource) }
  if (operation === 'TagResource') {
    const { Items } = readDocument(parseXml(await request.buffer()), 'Tags', tagsShape)
    const given = Object.fromEntries((Items ?? []).map(({ Key, Value = '' }) => [Key, Value]))
    return [{ ...own, context: { ...own.context, ...tagConditionKeys('aws:RequestTag', given) } }]
  }
  if (operation !== 'UpdateDistribution') return [own]
  const { config } = await readDistribution(request)
  const distribution = distributions.get(id)
  const before = distribution === undefined ? [] : functionsIn(distribution.config)
  return [own, ...versionPermissions(config, before), ...first(config)]
}

const functionsIn = (config: DistributionConfig): string[] =>
  behaviorsOf(config)
    .flatMap((behavior) => itemsOf(behavior.LambdaFunctionAssociations))
    .map(({ LambdaFunctionARN }) => LambdaFunctionARN)

/** The first association in an account has CloudFront and Lambda make their service-linked roles. */
const serviceLinkedRoles = ({ accountId }: Context): Permission[] =>
  [
    ['replicator.lambda.amazonaws.com', 'AWSServiceRoleForLambdaReplicator'] as const,
    ['logger.cloudfront.amazonaws.com', 'AWSServiceRoleForCloudFrontLogger'] as const,
  ].map(([service, role]) => ({
    action: 'iam:CreateServiceLinkedRole',
    resource: serviceLinkedRoleArn(accountId, service, role),
    context: { 'iam:AWSServiceName': service },
  }))

/** For versions newly associated, and those no longer. The actions' names do end with an asterisk. */
function versionPermissions(config: DistributionConfig, before: readonly string[] = []): Permission[] {
  const after = functionsIn(config)
  const added = new Set(after.filter((arn) => !before.includes(arn)))
  const removed = new Set(before.filter((arn) => !after.includes(arn)))
  return [
    ...[...added].flatMap((resource) => [
      { action: 'lambda:GetFunction', resource },
      { action: 'lambda:EnableReplication*', resource },
    ]),
    ...[...removed].map((resource) => ({ action: 'lambda:DisableReplication*', resource })),
  ]
}
