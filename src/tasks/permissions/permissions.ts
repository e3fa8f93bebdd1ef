import { parseArn } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import type { PolicyDocument, PolicyStatement } from '../../aws/policy.ts'
import { auditNeeds, reindexNeeds } from '../../reindex/needs.ts'
import { engineBehind } from '../../resources/edge-engines.ts'
import { anyAccount } from '../../resources/account.ts'
import { costNeeds } from '../../resources/costs.ts'
import { canonical, type Need } from '../../resources/resource.ts'
import { anyBucket, type Bucket } from '../../resources/s3/bucket.ts'
import type { Settings } from '../../settings/settings.ts'
import { Blocks, hclBlock } from '../../ui/hcl.ts'
import { associable, bootstrapCloudfront } from '../bootstrap-cloudfront.ts'
import { isForMoves } from '../engine-in-use.ts'
import { cfNeeds, removeNeeds } from './s3cmd.ts'
import { anyGroup, invalidate } from '../cf/invalidation.ts'
import { planRefresh } from '../invalidate/refresh.ts'
import { needsOf, supposed } from '../chain/survey.ts'
import { dropNeeds } from '../reindex/invalidate-republished.ts'
import { noWishes, reconfigureCloudfrontDistribution } from '../reconfigure-cloudfront-distribution.ts'
import { removalNeeds } from '../runbook/remove.ts'
import { statusChain } from '../status/status-chain.ts'
import { rotationNeeds } from '../rotate/needs.ts'
import type { PermissionScope } from './scope.ts'

/** Groups of commands that one policy serves. */
export const permissionGroups = [
  'enable',
  'bootstrap',
  'distribution',
  'rotate',
  'look',
  'audit',
  'reindex',
  'invalidate',
  'costs',
  's3cmd',
  'cfremove',
] as const
export type PermissionGroup = (typeof permissionGroups)[number]

/**
 * The permissions that a group of commands needs, read off the very steps that the commands run. Where AWS chooses an
 * id, the resource is a pattern.
 */
export function needsFor(group: PermissionGroup, aws: Aws, settings: Settings, scope: PermissionScope): Need[] {
  const account = anyAccount(scope.accountId)
  const { access, bucketKey, tags, boundary, engine } = scope
  const wishes = { ...noWishes, originAccess: access, keyPolicy: bucketKey !== undefined, tags, boundary, engine }
  const given = {
    account,
    engine: { engine: engine ?? 'lambda' },
    ...(bucketKey === undefined ? {} : { bucket: encryptedBucket(scope.bucket, bucketKey) }),
  }
  const bootstrap = bootstrapCloudfront(aws, settings, wishes)
  const accepted = (): readonly Need[] => {
    const arn = associable(supposed(bootstrap, given))
    return engineBehind(arn).acceptedNeeds(arn)
  }
  const reconfigure = (): Need[] => {
    const arn = associable(supposed(bootstrap, given)).replace(/\*$/, '1')
    return needsOf(reconfigureCloudfrontDistribution(aws, settings, { ...wishes, arn, wait: true }), given)
  }
  switch (group) {
    case 'enable':
      return [...needsOf(bootstrap, given), ...reconfigure(), ...reindexNeeds(scope), ...accepted()].filter(
        // Without --engine nothing is moved.
        (need) => engine !== undefined || !isForMoves(need),
      )
    case 'bootstrap':
      return needsOf(bootstrap, given)
    case 'distribution':
      return reconfigure()
    case 'rotate':
      return rotationNeeds([...needsOf(bootstrap, given), ...reconfigure(), ...accepted()], settings, scope)
    case 'look':
      return [
        ...needsOf(statusChain(aws, settings), { ...given, access }),
        ...reconfigure(),
        ...removalNeeds(aws, settings, scope.accountId),
      ].filter(({ access }) => access === 'read')
    case 'audit':
      return auditNeeds(scope)
    case 'reindex':
      return [...reindexNeeds(scope), ...dropNeeds(aws, scope.accountId)]
    case 'invalidate':
      return [
        ...needsOf(planRefresh(aws, settings, { named: [], reported: [], words: [], carried: [] }), { account }),
        ...needsOf(invalidate(aws, [anyGroup(scope.accountId)], { wait: true }, new Date(0))),
      ]
    case 'costs':
      return [...costNeeds]
    case 'cfremove':
      return removeNeeds(aws, settings, scope)
    case 's3cmd':
      return cfNeeds(aws, settings, scope)
  }
}

/** A bucket of which only the key is known. */
function encryptedBucket(name: string, kmsKey: string): Bucket {
  return { ...anyBucket(name, parseArn(kmsKey)?.region), encryption: 'aws:kms', kmsKey }
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

/** Such as `IamKms` for actions of both services; a Sid has letters and digits alone. */
const sidOf = (actions: readonly string[]): string =>
  [...new Set(actions.flatMap((action) => (action.split(':')[0] ?? '').split('-')))]
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
export const terraformOf = (policies: Readonly<Record<string, readonly Need[]>>): string =>
  Object.entries(policies)
    .map(([group, needs]) =>
      hclBlock('data', ['aws_iam_policy_document', `pc_ctl_${group}`], {
        statement: new Blocks(
          ...grouped(needs).map(({ sid, actions, need: { resources, condition = {} } }) => ({
            sid,
            actions,
            resources,
            condition: new Blocks(
              ...Object.entries(condition).flatMap(([test, variables]) =>
                Object.entries(variables).map(([variable, values]) => ({ test, variable, values: [values].flat() })),
              ),
            ),
          })),
        ),
      }),
    )
    .join('\n')
