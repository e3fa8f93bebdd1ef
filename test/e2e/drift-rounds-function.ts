/** What somebody does to an installation with a CloudFront Function. */
import {
  type CloudFrontClient,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  DescribeFunctionCommand,
  DescribeKeyValueStoreCommand,
  GetFunctionCommand,
  PublishFunctionCommand,
  UntagResourceCommand,
  UpdateFunctionCommand,
  UpdateKeyValueStoreCommand,
  type FunctionConfig,
} from '@aws-sdk/client-cloudfront'

import { behaving, checkedBy, distributed, type Drift, name, untagDistribution, withOrigin } from './drift.ts'
import { bucket, type Clients, newSecretLines } from '../support/installation.ts'
import { emptyStore, storeValue } from '../support/stored-value.ts'
import { makeFunction } from './somebody.ts'

const functionArn = `arn:aws:cloudfront::111122223333:function/${name}`
const tag = 'packagecloud:enterprise'

const storeArn = async ({ cloudfront }: Clients): Promise<string> =>
  (await cloudfront.send(new DescribeKeyValueStoreCommand({ Name: name }))).KeyValueStore?.ARN ?? ''

/** Changes the function and publishes that, as somebody in the console does. */
export async function publishes(
  cloudfront: CloudFrontClient,
  edit: (config: FunctionConfig) => Partial<FunctionConfig>,
  code?: string,
): Promise<void> {
  const [described, got] = await Promise.all([
    cloudfront.send(new DescribeFunctionCommand({ Name: name, Stage: 'DEVELOPMENT' })),
    cloudfront.send(new GetFunctionCommand({ Name: name, Stage: 'DEVELOPMENT' })),
  ])
  const config = described.FunctionSummary?.FunctionConfig
  if (config === undefined) throw new Error('no function')
  const { ETag } = await cloudfront.send(
    new UpdateFunctionCommand({
      Name: name,
      IfMatch: described.ETag,
      FunctionConfig: { ...config, ...edit(config) },
      FunctionCode: code === undefined ? got.FunctionCode : Buffer.from(code),
    }),
  )
  await cloudfront.send(new PublishFunctionCommand({ Name: name, IfMatch: ETag }))
}

const published =
  (edit: (config: FunctionConfig) => Partial<FunctionConfig>, code?: string): Drift['make'] =>
  ({ cloudfront }) =>
    publishes(cloudfront, edit, code)

const untag =
  (arn: (clients: Clients) => Promise<string>): Drift['make'] =>
  async (clients) =>
    clients.cloudfront.send(new UntagResourceCommand({ Resource: await arn(clients), TagKeys: { Items: [tag] } }))

/** A behaviour that runs just these CloudFront Functions. */
export const runsOnly = (...arns: readonly string[]) => ({
  FunctionAssociations: {
    Quantity: arns.length,
    Items: arns.map((FunctionARN) => ({ EventType: 'viewer-request' as const, FunctionARN })),
  },
})

export const uncheckedCode = 'function handler(event) { return event.request; }'

/** Makes a CloudFront Function of somebody else's, which lets everything through; returns its ARN. */
export async function makeTheirs(cloudfront: CloudFrontClient): Promise<string> {
  const { ETag, FunctionSummary } = await cloudfront.send(
    new CreateFunctionCommand({
      Name: 'theirs',
      FunctionConfig: { Comment: 'theirs', Runtime: 'cloudfront-js-2.0' },
      FunctionCode: Buffer.from(uncheckedCode),
    }),
  )
  await cloudfront.send(new PublishFunctionCommand({ Name: 'theirs', IfMatch: ETag }))
  return FunctionSummary?.FunctionMetadata?.FunctionARN ?? ''
}

export const functionRounds: readonly (readonly Drift[])[] = [
  [
    {
      what: 'other code that is published',
      shows:
        /^Function +at the edge as it is published, which is not as it should be$[^]*^Published CloudFront function \S+: drift$/m,
      make: published(() => ({}), uncheckedCode),
    },
    {
      what: 'a behaviour that compresses',
      shows: 'DefaultCacheBehavior.Compress',
      make: behaving(() => ({ Compress: true })),
    },
  ],
  [
    {
      what: 'a function that is published without its store',
      shows: /^Published CloudFront function \S+: drift$/m,
      make: published(() => ({ KeyValueStoreAssociations: { Quantity: 0, Items: [] } })),
    },
  ],
  [
    {
      what: 'a function with another comment',
      shows: 'Comment: "theirs"',
      make: published(() => ({ Comment: 'theirs' })),
    },
    {
      what: 'a store without its mark',
      shows: /^CloudFront key value store \S+: drift$/m,
      async make({ cloudfront }) {
        const { ETag } = await cloudfront.send(new DescribeKeyValueStoreCommand({ Name: name }))
        return cloudfront.send(new UpdateKeyValueStoreCommand({ Name: name, Comment: 'theirs', IfMatch: ETag }))
      },
    },
  ],
  [
    {
      what: 'a behaviour that checks nothing',
      shows: 'DefaultCacheBehavior.FunctionAssociations.viewer',
      make: behaving(() => ({ FunctionAssociations: { Quantity: 0 } })),
    },
    {
      what: 'an origin of another host',
      shows: 'Origin.DomainName',
      make: withOrigin(() => ({ DomainName: `${bucket}.s3.amazonaws.com` })),
    },
  ],
  [
    {
      what: 'a store and a distribution without their tags',
      shows: /(?:^\S.*: not ours$[^]*){2}/m,
      async make(clients, place) {
        await untag(storeArn)(clients, place)
        await untagDistribution(clients, place)
      },
    },
  ],
  [
    {
      what: 'a function without its tag',
      shows: /^CloudFront function \S+: not ours$/m,
      make: untag(async () => functionArn),
    },
  ],
  [
    {
      what: 'an emptied store',
      shows: /^Secrets in the key value store \S+: missing$/m,
      make: (_clients, place) => emptyStore(place),
    },
    {
      what: 'a foreign function in place of the check',
      shows: /already runs arn:aws:cloudfront::\d+:function\/theirs/,
      async make(clients, place) {
        const arn = await makeTheirs(clients.cloudfront)
        await behaving(() => runsOnly(arn))(clients, place)
      },
    },
  ],
  [
    {
      what: 'a store with something that is no secret',
      shows: 'Form: "another"',
      make: (_clients, place) => storeValue(place, '{"c":'),
    },
    {
      what: 'a foreign Lambda@Edge function in place of the check',
      shows: /runs the Lambda@Edge function arn:\S+:theirs:1/,
      async make(clients, place) {
        const arn = await makeFunction(clients, 'theirs')
        await behaving(() => ({ ...runsOnly(), ...checkedBy(arn) }))(clients, place)
      },
    },
  ],
  [
    {
      what: 'a behaviour beside the check',
      shows: "the behaviour for /open/* lets requests reach the bucket without packagecloud_cloudfront_auth's check",
      make: distributed(({ DefaultCacheBehavior: of, CacheBehaviors: others }) => {
        if (of === undefined) throw new Error('no behaviour')
        const open = { ...of, PathPattern: '/open/*', ...runsOnly() }
        return { CacheBehaviors: { Quantity: (others?.Quantity ?? 0) + 1, Items: [...(others?.Items ?? []), open] } }
      }),
      async byHand(clients, shown) {
        const arn = /with this function:\n +(arn:\S+)$/m.exec(shown)?.[1] ?? ''
        await distributed(({ CacheBehaviors: { Items = [] } = { Quantity: 0 } }) => ({
          CacheBehaviors: { Quantity: Items.length, Items: Items.map((one) => ({ ...one, ...runsOnly(arn) })) },
        }))(clients)
      },
    },
    {
      what: 'a new secret in packagecloud.rb',
      shows: 'the previous one only',
      make: (_clients, place) => place.paste(newSecretLines),
    },
  ],
  [
    {
      what: 'a function that is deleted, whose store is still there',
      shows: /^CloudFront function \S+: missing$/m,
      async make(clients, place) {
        // CloudFront deletes none that a distribution runs.
        await distributed(() => ({ CacheBehaviors: { Quantity: 0 } }))(clients)
        await behaving(() => runsOnly())(clients, place)
        const { ETag } = await clients.cloudfront.send(
          new DescribeFunctionCommand({ Name: name, Stage: 'DEVELOPMENT' }),
        )
        await clients.cloudfront.send(new DeleteFunctionCommand({ Name: name, IfMatch: ETag }))
      },
    },
  ],
]
