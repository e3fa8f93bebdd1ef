import { Readable } from 'node:stream'

import type { Aws } from '../../aws/connect.ts'
import { edgeRegion } from '../../aws/names.ts'
import type { TaggedDistribution } from '../../resources/cloudfront/edited-distribution.ts'
import type { LiveDistribution } from '../../resources/cloudfront/live-distribution.ts'
import { streamSource } from '../../resources/s3/object-source.ts'
import type { Need } from '../../resources/resource.ts'
import type { Settings } from '../../settings/settings.ts'
import { needsOf } from '../chain/chain.ts'
import {
  anyAccount,
  anyBucket,
  anyCachePolicy,
  anyDistribution,
  anyOriginAccessControl,
  type PermissionScope,
} from '../permission-patterns.ts'
import { put } from '../put/put.ts'
import { detailOf } from '../cf/card.ts'
import { type CreateLook, type CreateWishes, type Creation, createDistributions, lookChain } from '../cf/create.ts'
import { findInvalidations, invalidate } from '../cf/invalidation.ts'
import { type Modification, modifyDistribution } from '../cf/modify.ts'
import { removeDistributions } from '../cf/remove.ts'

const anyTagged = (accountId: string): TaggedDistribution => ({ ...anyDistribution(accountId), tags: {} })

/** What s3cmd's commands but cfremove need: cfmodify and cfinval may change every distribution of the account. */
export function cfNeeds(aws: Aws, settings: Settings, { accountId, bucket: name }: PermissionScope): Need[] {
  const certificate = { arn: undefined, told: '' }
  const look: CreateLook = {
    account: anyAccount(accountId),
    buckets: [{ bucket: anyBucket(name), existing: undefined, unreadable: [] }],
    certificate,
  }
  const edit = { addAliases: [], removeAliases: [], enabled: true, logging: { bucket: name, prefix: '' } }
  const wishes: CreateWishes = { origin: 'private', edit, tags: {}, wait: true }
  const before = anyTagged(accountId)
  const creation: Creation = { control: anyOriginAccessControl, cachePolicy: anyCachePolicy }
  const modification: Modification = { account: look.account, before, certificate, distribution: before }
  return [
    ...needsOf(lookChain(aws, [name], wishes), look),
    ...needsOf(createDistributions(aws, look, wishes), creation),
    ...needsOf(modifyDistribution(aws, settings, [], wishes), modification),
    ...invalidatingNeeds(aws, name, before),
    ...putNeeds(aws, name),
  ]
}

function invalidatingNeeds(aws: Aws, bucket: string, distribution: LiveDistribution): Need[] {
  const group = { distribution, targets: [], paths: ['/*'], notes: [] }
  const find = findInvalidations(aws, [{ kind: 'key', target: '', bucket, key: '' }], {
    collapse: false,
    indexFolders: true,
  })
  const make = invalidate(aws, [group], { wait: true }, new Date(0))
  return [...needsOf(find, { groups: [] }), ...needsOf(make, {})]
}

function putNeeds(aws: Aws, bucket: string): Need[] {
  const planned = { file: '', key: '*', bucket, source: streamSource(Readable.from([])), headers: {} }
  const wishes = { isPublic: true, mimeType: undefined, added: [] }
  return needsOf(put(aws, [planned], wishes), { region: edgeRegion })
}

/** What cfremove needs, for what this installation or cfcreate made. The only group that may delete anything. */
export function removeNeeds(aws: Aws, settings: Settings, { accountId }: PermissionScope): Need[] {
  const detail = detailOf(anyTagged(accountId), {})
  const doomed = { account: anyAccount(accountId), distributions: [{ detail, guards: [] }], missing: [] }
  return needsOf(removeDistributions(aws, settings, doomed, { force: false, wait: true }), {})
}
