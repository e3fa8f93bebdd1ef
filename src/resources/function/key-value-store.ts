import {
  CloudFrontClient,
  CreateKeyValueStoreCommand,
  DescribeKeyValueStoreCommand,
  type KeyValueStore as Described,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UpdateKeyValueStoreCommand,
} from '@aws-sdk/client-cloudfront'

import { arnOfKeyValueStore } from '../../aws/arns.ts'
import { absentAs } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion, type Names, ownerOf } from '../../aws/names.ts'
import { settling, type Talk, until } from '../../aws/patience.ts'
import { change, create, type Need, notOurs, pending, type Resource, updateIf } from '../resource.ts'
import { requestedWith, tagChanges, tagList, type Tags, tagsIn, tagsWanted, type TagsWant } from '../tags.ts'
import { exportedStore } from './function-export.ts'
import { takedownOfStore } from './function-takedown.ts'

export interface KeyValueStoreWant extends TagsWant {
  readonly accountId: string
  readonly adopt: boolean
}

export interface KeyValueStore {
  /** Ends with an id that AWS chooses. */
  readonly arn: string
  /** Of the store itself; not the one of what is in it. */
  readonly etag: string
  readonly comment: string
  /** `READY`, or what it is until then. */
  readonly status: string
  readonly tags: Tags
  readonly owner: string | undefined
}

/**
 * The store from which the CloudFront Function reads its secrets. It is found by its name, which CloudFront keeps unique in
 * the account. It is made empty: what is to be imported would have to lie in a bucket first.
 */
export function keyValueStore(aws: Aws): Resource<KeyValueStoreWant, KeyValueStore> {
  const client = () => aws.client(CloudFrontClient, edgeRegion)
  return {
    kind: 'CloudFront key value store',
    name: ({ names }) => names.functionName,
    id: ({ arn }) => arn,
    needs: (want) => {
      const resources = [arnOfKeyValueStore(want.accountId)]
      return [
        ownerOfStoreNeeds(want.accountId),
        // IAM knows no resource of this action.
        {
          access: 'write',
          actions: ['cloudfront:CreateKeyValueStore'],
          resources: ['*'],
          condition: requestedWith(want),
        },
        { access: 'write', actions: ['cloudfront:TagResource'], resources, condition: requestedWith(want) },
        { access: 'write', actions: ['cloudfront:UpdateKeyValueStore'], resources },
      ]
    },
    pattern: (want) => ({ ...created(want), arn: arnOfKeyValueStore(want.accountId) }),
    exported: ({ names }, live) => exportedStore(names, live),
    takedown: ({ names }, _live, cli) => takedownOfStore(names, cli),

    async describe({ names }) {
      const found = await describeStore(aws, names)
      if (found === undefined) return undefined
      const tags = await tagsOfStore(aws, found.arn)
      return { ...found, tags, owner: ownerOf(tags) }
    },

    decide(want, live) {
      const { names, adopt } = want
      if (live === undefined) return create(created(want))
      const what = `CloudFront key value store ${names.functionName}`
      const foreign = live.owner !== names.installation
      if (foreign && !adopt) return notOurs(live, what, live.owner)
      const wanted = tagsWanted(want)
      const changes = [...tagChanges(live.tags, wanted), ...change('Comment', live.comment, names.mark)]
      const after = { ...live, comment: names.mark, tags: { ...live.tags, ...wanted }, owner: names.installation }
      return updateIf(after, changes, foreign ? `Take over ${what}?` : undefined)
    },

    async apply(want, live) {
      const { names } = want
      const tags = tagsWanted(want)
      const Name = names.functionName
      if (live === undefined) {
        const command = new CreateKeyValueStoreCommand({ Name, Comment: names.mark, Tags: { Items: tagList(tags) } })
        const { KeyValueStore: store, ETag } = await client().send(command)
        return { ...toStore(store, ETag), tags, owner: names.installation }
      }
      if (tagChanges(live.tags, tags).length > 0) {
        await client().send(new TagResourceCommand({ Resource: live.arn, Tags: { Items: tagList(tags) } }))
      }
      const marked = { ...live, tags: { ...live.tags, ...tags }, owner: names.installation }
      if (live.comment === names.mark) return marked
      const command = new UpdateKeyValueStoreCommand({ Name, Comment: names.mark, IfMatch: live.etag })
      const { KeyValueStore: store, ETag } = await client().send(command)
      return { ...marked, ...toStore(store, ETag) }
    },
  }
}

const created = (want: KeyValueStoreWant): KeyValueStore => ({
  arn: pending('key value store ARN'),
  etag: '',
  comment: want.names.mark,
  status: 'PROVISIONING',
  tags: tagsWanted(want),
  owner: want.names.installation,
})

type StoreItself = Omit<KeyValueStore, 'tags' | 'owner'>

const toStore = (found: Described | undefined, etag: string | undefined): StoreItself => ({
  arn: found?.ARN ?? '',
  etag: etag ?? '',
  comment: found?.Comment ?? '',
  status: found?.Status ?? '',
})

async function describeStore(aws: Aws, { functionName: Name }: Names): Promise<StoreItself | undefined> {
  const command = new DescribeKeyValueStoreCommand({ Name })
  const found = await absentAs('EntityNotFound', () => aws.client(CloudFrontClient, edgeRegion).send(command))
  return found === undefined ? undefined : toStore(found.KeyValueStore, found.ETag)
}

/** The installation that the store of these names belongs to; `undefined` where there is none, or it is nobody's. */
export async function ownerOfStore(aws: Aws, names: Names): Promise<string | undefined> {
  const found = await describeStore(aws, names)
  return found === undefined ? undefined : ownerOf(await tagsOfStore(aws, found.arn))
}

/** What {@link ownerOfStore} needs. */
export const ownerOfStoreNeeds = (accountId: string): Need => ({
  access: 'read',
  actions: ['cloudfront:DescribeKeyValueStore', 'cloudfront:ListTagsForResource'],
  resources: [arnOfKeyValueStore(accountId)],
})

async function tagsOfStore(aws: Aws, Resource: string): Promise<Tags> {
  const command = new ListTagsForResourceCommand({ Resource })
  return tagsIn((await aws.client(CloudFrontClient, edgeRegion).send(command)).Tags?.Items)
}

/** Waits until something can be written into a store, and a function can be associated with it. */
export async function untilStoreReady(aws: Aws, names: Names, talk: Talk): Promise<void> {
  await until(
    `the key value store ${names.functionName} to become READY`,
    async () => ((await describeStore(aws, names))?.status === 'READY' ? true : undefined),
    settling,
    talk,
  )
}
