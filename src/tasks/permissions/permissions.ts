import { arnOfFunction, arnOfKey, arnOfRole, arnOfVersion } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { namesOf } from '../../aws/names.ts'
import type { PolicyDocument, PolicyStatement } from '../../aws/policy.ts'
import { auditNeeds, reindexNeeds } from '../../reindex/needs.ts'
import { canonical, type Need } from '../../resources/resource.ts'
import type { Settings } from '../../settings/settings.ts'
import { render, type TerraformPolicy } from '../../ui/template.ts'
import { bootstrapCloudfront } from '../bootstrap-cloudfront.ts'
import { cfNeeds, removeNeeds } from './s3cmd.ts'
import { needsOf } from '../chain/chain.ts'
import {
  anyAccount,
  anyBucket,
  anyCachePolicy,
  anyDistribution,
  anyOriginAccessControl,
  type PermissionScope,
} from '../permission-patterns.ts'
import { dropNeeds } from '../reindex/invalidate-republished.ts'
import { noWishes, reconfigureCloudfrontDistribution } from '../reconfigure-cloudfront-distribution.ts'
import { type Look, statusChain } from '../status/status.ts'

/** Groups of commands that one policy serves. */
export const permissionGroups = ['bootstrap', 'distribution', 'look', 'audit', 'reindex', 's3cmd', 'cfremove'] as const
export type PermissionGroup = (typeof permissionGroups)[number]

/**
 * The permissions that a group of commands needs, read off the very steps that the commands run. Where AWS chooses an
 * id, the resource is a pattern.
 */
export function needsFor(group: PermissionGroup, aws: Aws, settings: Settings, scope: PermissionScope): Need[] {
  const ctx = patterns(settings, scope)
  const wishes = {
    ...noWishes,
    originAccess: scope.access,
    tags: scope.tags,
    boundary: scope.boundary,
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
        ...needsOf(statusChain(aws, settings), ctx),
        ...needsOf(reconfigureCloudfrontDistribution(aws, settings, wishes), ctx),
      ].filter(({ access }) => access === 'read')
    case 'audit':
      return auditNeeds(scope)
    case 'reindex':
      return [...reindexNeeds(scope), ...dropNeeds(aws, scope.accountId)]
    case 'cfremove':
      return removeNeeds(aws, settings, scope)
    case 's3cmd':
      return cfNeeds(aws, settings, scope)
  }
}

/** What a run would hand from step to step, with patterns for what only AWS knows. */
function patterns(settings: Settings, { accountId, bucket, access }: PermissionScope): Look {
  const names = namesOf(settings.installation.value)
  const functionArn = arnOfFunction(names, accountId)
  const owner = names.installation
  const lambda = { Runtime: '', Handler: '', Role: '', MemorySize: 0, Timeout: 0 }
  return {
    account: anyAccount(accountId),
    bucket: anyBucket(bucket),
    secrets: [],
    code: new Uint8Array(),
    role: {
      arn: arnOfRole(names, accountId),
      trust: undefined,
      boundary: undefined,
      tags: {},
      owner,
    },
    key: { arn: arnOfKey(accountId), state: '', hasAlias: true, tags: {}, owner },
    rolePolicy: { Statement: [] },
    function: {
      arn: functionArn,
      revision: '',
      codeSha256: '',
      settings: lambda,
      code: '',
      fingerprints: undefined,
      sealed: undefined,
      rules: undefined,
      tags: {},
      owner,
    },
    version: { arn: arnOfVersion(functionArn, '*'), number: 0, codeSha256: '', settings: lambda },
    existing: undefined,
    associated: undefined,
    secret: 'unknown',
    sample: { looked: 0, right: 0, wrong: [] },
    leftOver: { keys: [] },
    access,
    identity: { id: '', s3CanonicalUserId: '' },
    control: anyOriginAccessControl,
    cachePolicy: anyCachePolicy,
    bucketPolicy: { document: { Statement: [] } },
    distribution: { ...anyDistribution(accountId), tags: {}, owner },
  }
}

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

/** One statement for all actions on the same resources under the same condition; what is optional stands by itself. */
export function grouped(needs: readonly Need[]): { sid: string; actions: string[]; need: Need }[] {
  const groups = new Map<string, { actions: Set<string>; need: Need }>()
  for (const need of needs) {
    const key = canonical([[...need.resources].sort(), need.condition ?? null, need.optional ?? null])
    const group = groups.get(key) ?? { actions: new Set(), need }
    for (const action of need.actions) group.actions.add(action)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ actions, need }, index) => {
    const sorted = [...actions].sort()
    const optional = need.optional === undefined ? '' : 'Optional'
    return { sid: `PcCtl${index + 1}${sidOf(sorted)}${optional}`, actions: sorted, need }
  })
}

/** Such as `IamKms` for actions of both services. */
const sidOf = (actions: readonly string[]): string =>
  [...new Set(actions.map((action) => action.split(':')[0] ?? ''))]
    .map((service) => service.charAt(0).toUpperCase() + service.slice(1))
    .join('')

/** Characters, without white space (IAM User Guide, "IAM and AWS STS quotas"). */
const inlineLimits = { user: 2048, group: 5120, role: 10_240 }
const managedLimit = 6144

/** How a policy can't be attached because it is too long, if there is such a way; `undefined` if all are open. */
export function tooLong(group: string, policy: PolicyDocument): string | undefined {
  const size = JSON.stringify(policy).length
  const closed = Object.entries(inlineLimits).filter(([, limit]) => size > limit)
  const tooMuch = size > managedLimit
  if (closed.length === 0 && !tooMuch) return undefined
  const ways = closed.map(([of, limit]) => `an inline policy of a ${of} (${limit})`)
  return (
    `The policy of ${group} has ${size} characters without white space: too long for ` +
    [...ways, ...(tooMuch ? [`a managed policy (${managedLimit})`] : [])].join(' and ') +
    (tooMuch ? '. Make one policy a statement or two of it.' : `. Attach it as a managed policy (${managedLimit}).`)
  )
}

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
