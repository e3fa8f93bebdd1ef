import type { Aws } from '../aws/connect.ts'
import { edgeRegion, namesOf } from '../aws/names.ts'
import type { PolicyDocument, PolicyStatement } from '../aws/policy.ts'
import type { OriginAccess } from '../resources/distribution-config.ts'
import { canonical, type Need } from '../resources/resource.ts'
import type { Settings } from '../settings/settings.ts'
import { render, type TerraformPolicy } from '../ui/template.ts'
import { bootstrapCloudfront } from './bootstrap-cloudfront.ts'
import { cfNeeds, removeNeeds } from './cf/permissions.ts'
import { needsOf } from './chain.ts'
import { reconfigureCloudfrontDistribution } from './reconfigure-cloudfront-distribution.ts'
import { type Look, statusChain } from './status.ts'

/** Groups of commands that one policy serves. */
export const permissionGroups = ['bootstrap', 'distribution', 'look', 'reindex', 's3cmd', 'cfremove'] as const
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
  switch (group) {
    case 'bootstrap':
      return needsOf(bootstrapCloudfront(aws, settings, wishes), ctx)
    case 'distribution':
      return needsOf(reconfigureCloudfrontDistribution(aws, settings, wishes), ctx)
    case 'look':
      return [
        ...needsOf(statusChain(aws, settings, wishes.runtime), ctx),
        ...needsOf(reconfigureCloudfrontDistribution(aws, settings, wishes), ctx),
      ].filter(({ access }) => access === 'read')
    case 'reindex':
      return reindexNeeds(scope)
    case 'cfremove':
      return removeNeeds(aws, settings, scope)
    case 's3cmd':
      return cfNeeds(aws, settings, scope)
  }
}

/** What a run would hand from step to step, with patterns for what only AWS knows. */
function patterns(settings: Settings, { accountId, bucket, access }: PermissionScope): Look {
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
    associated: undefined,
    secret: 'unknown',
    sample: { looked: 0, right: 0, wrong: [] },
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
      's3:GetBucketAcl',
    ],
    resources: [`arn:aws:s3:::${bucket}`],
  },
  {
    access: 'write',
    actions: [
      's3:GetObject',
      's3:GetObjectTagging',
      's3:GetObjectAcl',
      // Without these two S3 does not tell what Object Lock holds.
      's3:GetObjectRetention',
      's3:GetObjectLegalHold',
      's3:PutObject',
      's3:PutObjectTagging',
      's3:PutObjectAcl',
      's3:AbortMultipartUpload',
    ],
    resources: [`arn:aws:s3:::${bucket}/*`],
  },
]

/** An IAM policy of the given needs. */
export const policyOf = (needs: readonly Need[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: grouped(needs).map(({ sid, actions, need: { resources, condition } }): PolicyStatement => ({
    Sid: sid,
    Effect: 'Allow',
    Action: actions,
    Resource: resources.length === 1 ? resources[0] : resources,
    ...(condition === undefined ? {} : { Condition: condition }),
  })),
})

/** One statement for all actions on the same resources under the same condition. */
export function grouped(needs: readonly Need[]): { sid: string; actions: string[]; need: Need }[] {
  const groups = new Map<string, { actions: Set<string>; need: Need }>()
  for (const need of needs) {
    const key = canonical([[...need.resources].sort(), need.condition ?? null])
    const group = groups.get(key) ?? { actions: new Set(), need }
    for (const action of need.actions) group.actions.add(action)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ actions, need }, index) => {
    const sorted = [...actions].sort()
    return { sid: `PcCtl${index + 1}${sidOf(sorted)}`, actions: sorted, need }
  })
}

/** Such as `IamKms` for actions of both services. */
const sidOf = (actions: readonly string[]): string =>
  [...new Set(actions.map((action) => action.split(':')[0] ?? ''))]
    .map((service) => service.charAt(0).toUpperCase() + service.slice(1))
    .join('')

/** Policies as Terraform's `aws_iam_policy_document`s, named `pc_ctl_GROUP`. */
export const terraformOf = (policies: Readonly<Record<string, readonly Need[]>>): Promise<string> =>
  render('permissions.tf', {
    policies: Object.entries(policies).map(([group, needs]): TerraformPolicy => ({
      name: `pc_ctl_${group}`,
      statements: grouped(needs).map(({ sid, actions, need }) => ({
        sid,
        actions,
        resources: need.resources,
        conditions: Object.entries(need.condition ?? {}).flatMap(([test, variables]) =>
          Object.entries(variables).map(([variable, values]) => ({ test, variable, values: [values].flat() })),
        ),
      })),
    })),
  })
