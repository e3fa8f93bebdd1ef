import type { Aws } from '../../aws/connect.ts'
import { anyAccount } from '../../aws/account.ts'
import type { Need } from '../../resources/resource.ts'
import type { Settings } from '../../settings/settings.ts'
import { needsOf, supposed } from '../chain/survey.ts'
import { anyPut, put } from '../put/put.ts'
import { type CreateWishes, createDistributions, lookChain } from '../cf/create.ts'
import { anyGroup, findInvalidations, invalidate } from '../cf/invalidation.ts'
import { modifyDistribution } from '../cf/modify.ts'
import { anyDoomed, removeDistributions } from '../cf/remove.ts'
import type { PermissionScope } from '../permission-scope.ts'

/** What s3cmd's commands but cfremove need: cfmodify and cfinval may change every distribution of the account. */
export function cfNeeds(aws: Aws, settings: Settings, { accountId, bucket }: PermissionScope): Need[] {
  const account = anyAccount(accountId)
  const edit = { addAliases: [], removeAliases: [], enabled: true, logging: { bucket, prefix: '' } }
  const wishes: CreateWishes = { origin: 'private', edit, tags: {}, wait: true }
  const look = lookChain(aws, [bucket], wishes)
  const asked = [{ kind: 'key' as const, target: '', bucket, key: '' }]
  return [
    ...needsOf(look, { account }),
    ...needsOf(createDistributions(aws, supposed(look, { account }), wishes)),
    ...needsOf(modifyDistribution(aws, settings, [], wishes), { account }),
    ...needsOf(findInvalidations(aws, asked, { collapse: false, indexFolders: true })),
    ...needsOf(invalidate(aws, [anyGroup(accountId)], { wait: true }, new Date(0))),
    ...needsOf(put(aws, [anyPut(bucket)], { isPublic: true, mimeType: undefined, added: [] })),
  ]
}

/** What cfremove needs, for what this installation or cfcreate made. The only group that may delete anything. */
export const removeNeeds = (aws: Aws, settings: Settings, { accountId }: PermissionScope): Need[] =>
  needsOf(removeDistributions(aws, settings, anyDoomed(accountId), { force: false, wait: true }))
