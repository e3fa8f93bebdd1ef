import { Readable } from 'node:stream'

import type { Aws } from '../../aws/connect.ts'
import { edgeRegion } from '../../aws/names.ts'
import type { Bucket } from '../../resources/bucket.ts'
import type { TaggedDistribution } from '../../resources/edited-distribution.ts'
import type { LiveDistribution } from '../../resources/live-distribution.ts'
import { streamSource } from '../../resources/object-source.ts'
import type { Need } from '../../resources/resource.ts'
import type { Settings } from '../../settings/settings.ts'
import { needsOf } from '../chain.ts'
import type { PermissionScope } from '../permissions.ts'
import { put } from '../put.ts'
import { detailOf } from './card.ts'
import { type CreateLook, type CreateWishes, type Creation, createDistributions, lookChain } from './create.ts'
import { findInvalidations, invalidate } from './invalidation.ts'
import { type Modification, modifyDistribution } from './modify.ts'
import { removeDistributions } from './remove.ts'

/** A pattern in place of a distribution that only AWS knows. */
const anyDistribution = (accountId: string): TaggedDistribution => ({
  id: '*',
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
  tags: {},
})

const account = (id: string): CreateLook['account'] => ({ id, caller: '', partition: 'aws' })

/** What s3cmd's commands but cfremove need: cfmodify and cfinval may change every distribution of the account. */
export function cfNeeds(aws: Aws, settings: Settings, { accountId, bucket: name }: PermissionScope): Need[] {
  const bucket: Bucket = { name, region: edgeRegion, encryption: 'AES256', kmsKey: undefined, ownership: '' }
  const certificate = { arn: undefined, told: '' }
  const look: CreateLook = {
    account: account(accountId),
    buckets: [{ bucket, existing: undefined, unreadable: [] }],
    certificate,
  }
  const edit = { addAliases: [], removeAliases: [], enabled: true, logging: { bucket: name, prefix: '' } }
  const wishes: CreateWishes = { origin: 'private', edit, tags: {}, wait: true }
  const before = anyDistribution(accountId)
  const config = { Name: undefined, MinTTL: undefined }
  const control = {
    Name: undefined,
    SigningProtocol: undefined,
    SigningBehavior: undefined,
    OriginAccessControlOriginType: undefined,
  }
  const creation: Creation = {
    control: { id: '', etag: '', config: control },
    cachePolicy: { id: '', etag: '', config },
  }
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
  const detail = detailOf(anyDistribution(accountId), {})
  const doomed = { account: account(accountId), distributions: [{ detail, guards: [] }], missing: [] }
  return needsOf(removeDistributions(aws, settings, doomed, { force: false, wait: true }), {})
}
