import type { Aws } from '../aws/connect.ts'
import { edgeRegion, namesOf, tagKey } from '../aws/names.ts'
import type { PolicyDocument, PolicyStatement } from '../aws/policy.ts'
import type { OriginAccess } from '../resources/distribution-config.ts'
import { canonical, type Need } from '../resources/resource.ts'
import type { Settings } from '../settings/settings.ts'
import { type Bootstrap, bootstrapCloudfront } from './bootstrap-cloudfront.ts'
import { needsOf } from './chain.ts'
import { type Reconfigure, reconfigureCloudfrontDistribution } from './reconfigure-cloudfront-distribution.ts'

/** Groups of commands that one policy serves. */
export const permissionGroups = ['bootstrap', 'distribution', 'look', 'reindex', 'cfremove'] as const
export type PermissionGroup = (typeof permissionGroups)[number]

/** What the policies are written for. */
export interface PermissionScope {
  readonly accountId: string
  readonly bucket: string
  readonly access: OriginAccess['kind']
}

/**
 * The permissions that a group of commands needs, read off the very steps that the commands run. Where AWS chooses an
 * id, the resource is a pattern.
 */
export function needsFor(group: PermissionGroup, aws: Aws, settings: Settings, scope: PermissionScope): Need[] {
  const ctx = patterns(settings, scope)
  const wishes = {
    distribution: undefined,
    originAccess: scope.access,
    aliases: [],
    certificate: undefined,
    priceClass: undefined,
    adopt: false,
    runtime: '',
    arn: ctx.version.arn.replace(/\*$/, '1'),
    wait: true,
  }
  const bootstrap = () => needsOf(bootstrapCloudfront(aws, settings, wishes), ctx)
  const distribution = () => needsOf(reconfigureCloudfrontDistribution(aws, settings, wishes), ctx)
  switch (group) {
    case 'bootstrap':
      return bootstrap()
    case 'distribution':
      return distribution()
    case 'look':
      return [...bootstrap(), ...distribution()].filter(({ access }) => access === 'read')
    case 'reindex':
      return reindexNeeds(scope)
    case 'cfremove':
      return removeNeeds(settings, scope)
  }
}

/** What a run would hand from step to step, with patterns for what only AWS knows. */
function patterns(settings: Settings, { accountId, bucket, access }: PermissionScope): Bootstrap & Reconfigure {
  const names = namesOf(settings.installation.value)
  const functionArn = `arn:aws:lambda:${edgeRegion}:${accountId}:function:${names.functionName}`
  const owner = names.installation
  const lambda = { Runtime: '', Handler: '', Role: '', MemorySize: 0, Timeout: 0 }
  return {
    account: { id: accountId, caller: '', partition: 'aws' },
    bucket: { name: bucket, region: edgeRegion, encryption: 'AES256', kmsKey: undefined, ownership: '' },
    secrets: [],
    code: new Uint8Array(),
    role: { arn: `arn:aws:iam::${accountId}:role${names.rolePath}${names.roleName}`, trust: undefined, owner },
    key: { arn: `arn:aws:kms:${edgeRegion}:${accountId}:key/*`, state: '', hasAlias: true, owner },
    rolePolicy: { Statement: [] },
    function: {
      arn: functionArn,
      revision: '',
      codeSha256: '',
      settings: lambda,
      code: '',
      fingerprints: undefined,
      sealed: undefined,
      owner,
    },
    version: { arn: `${functionArn}:*`, number: 0, codeSha256: '', settings: lambda },
    existing: undefined,
    access,
    identity: { id: '', s3CanonicalUserId: '' },
    control: {
      id: '',
      etag: '',
      config: {
        Name: undefined,
        SigningProtocol: undefined,
        SigningBehavior: undefined,
        OriginAccessControlOriginType: undefined,
      },
    },
    cachePolicy: { id: '', etag: '', config: { Name: undefined, MinTTL: undefined } },
    bucketPolicy: { document: { Statement: [] } },
    distribution: {
      id: '',
      arn: `arn:aws:cloudfront::${accountId}:distribution/*`,
      domain: '',
      status: '',
      etag: '',
      config: {
        CallerReference: undefined,
        Origins: undefined,
        DefaultCacheBehavior: undefined,
        Comment: undefined,
        Enabled: undefined,
      },
      owner,
      rivals: [],
    },
  }
}

/** Reading every object's attributes and writing it back in place with all that it carries. */
const reindexNeeds = ({ bucket }: PermissionScope): Need[] => [
  {
    access: 'read',
    actions: [
      's3:ListBucket',
      's3:GetBucketVersioning',
      's3:GetBucketOwnershipControls',
      's3:GetEncryptionConfiguration',
      's3:GetBucketObjectLockConfiguration',
    ],
    resources: [`arn:aws:s3:::${bucket}`],
  },
  {
    access: 'write',
    actions: [
      's3:GetObject',
      's3:GetObjectTagging',
      's3:GetObjectAttributes',
      's3:PutObject',
      's3:PutObjectTagging',
      's3:AbortMultipartUpload',
    ],
    resources: [`arn:aws:s3:::${bucket}/*`],
  },
]

/** The only group that may delete, and only distributions of this installation. */
const removeNeeds = (settings: Settings, { accountId }: PermissionScope): Need[] => {
  const resources = [`arn:aws:cloudfront::${accountId}:distribution/*`]
  const ours = { StringEquals: { [`aws:ResourceTag/${tagKey}`]: settings.installation.value } }
  return [
    { access: 'read', actions: ['cloudfront:ListDistributions'], resources: ['*'] },
    { access: 'read', actions: ['cloudfront:GetDistribution', 'cloudfront:ListTagsForResource'], resources },
    {
      access: 'write',
      actions: ['cloudfront:UpdateDistribution', 'cloudfront:DeleteDistribution'],
      resources,
      condition: ours,
    },
  ]
}

/**
 * An IAM policy of the given needs: one statement for all actions on the same resources under the same condition.
 */
export function policyOf(needs: readonly Need[]): PolicyDocument {
  const groups = new Map<string, { actions: Set<string>; need: Need }>()
  for (const need of needs) {
    const key = canonical([[...need.resources].sort(), need.condition ?? null])
    const group = groups.get(key) ?? { actions: new Set(), need }
    for (const action of need.actions) group.actions.add(action)
    groups.set(key, group)
  }
  const statements = [...groups.values()].map(({ actions, need: { resources, condition } }, index): PolicyStatement => {
    const sorted = [...actions].sort()
    return {
      Sid: `${sidOf(sorted)}${index + 1}`,
      Effect: 'Allow',
      Action: sorted,
      Resource: resources.length === 1 ? resources[0] : resources,
      ...(condition === undefined ? {} : { Condition: condition }),
    }
  })
  return { Version: '2012-10-17', Statement: statements }
}

/** Such as `IamKms` for actions of both services. */
const sidOf = (actions: readonly string[]): string =>
  [...new Set(actions.map((action) => action.split(':')[0] ?? ''))]
    .map((service) => service.charAt(0).toUpperCase() + service.slice(1))
    .join('')
