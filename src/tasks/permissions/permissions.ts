import { parseArn } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { auditNeeds, inventoryNeeds, reindexNeeds } from '../../reindex/needs.ts'
import { isForMoves } from '../../resources/edge-engine.ts'
import { engineBehind } from '../../resources/edge-engines.ts'
import { anyAccount } from '../../aws/account.ts'
import { costNeeds } from '../../resources/costs.ts'
import type { Need } from '../../resources/resource.ts'
import { anyBucket, type Bucket } from '../../resources/s3/bucket.ts'
import type { Settings } from '../../settings/settings.ts'
import { associable, bootstrapCloudfront } from '../bootstrap-cloudfront.ts'
import { cfNeeds, removeNeeds } from './s3cmd.ts'
import { anyGroup, invalidate } from '../cf/invalidation.ts'
import { planRefresh } from '../invalidate/refresh.ts'
import { needsOf, supposed } from '../chain/survey.ts'
import { leftJobNeed, workNeeds } from '../reindex/batch-work.ts'
import { checksumWorkNeeds } from '../reindex/checksums.ts'
import { dropNeeds } from '../reindex/invalidate-republished.ts'
import { noWishes, reconfigureCloudfrontDistribution } from '../reconfigure-cloudfront-distribution.ts'
import { removalNeeds } from '../runbook/remove.ts'
import { statusChain } from '../status/status-chain.ts'
import { rotationNeeds } from '../rotate/needs.ts'
import type { PermissionScope } from '../permission-scope.ts'

/** Groups that one policy serves, and the commands of each. */
const groups = {
  enable: 'enable-cloudfront',
  bootstrap: 'bootstrap-cloudfront',
  distribution: 'reconfigure-cloudfront-distribution',
  rotate: 'rotate-cloudfront-secret',
  look: 'status, doctor, export, runbook, their --dry-run',
  audit: 'audit-cache-control, reindex-everything --list and --dry-run',
  reindex: 'reindex-everything',
  'reindex-batch': 'reindex-everything --run-on batch, --checksums batch',
  invalidate: 'invalidate',
  costs: 'costs, status --costs',
  s3cmd: 'cflist, cfinfo, cfcreate, cfmodify, cfinval, cfinvalinfo, put',
  cfremove: 'cfremove',
} as const
export type PermissionGroup = keyof typeof groups
export const permissionGroups = Object.keys(groups) as PermissionGroup[]

/** All groups, a line each. */
export const groupLines: readonly string[] = Object.entries(groups).map(([group, commands]) => `${group}: ${commands}`)

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
  const inventory = scope.inventory === undefined ? [] : [inventoryNeeds(scope.inventory)]
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
      return [...auditNeeds(scope), ...inventory]
    case 'reindex':
      return [...reindexNeeds(scope), ...inventory, ...dropNeeds(aws, scope.accountId), leftJobNeed(settings, scope)]
    case 'reindex-batch':
      return [
        ...reindexNeeds(scope),
        ...inventory,
        ...workNeeds(aws, settings, scope),
        ...checksumWorkNeeds(aws, settings, scope),
      ]
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
