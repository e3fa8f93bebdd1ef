/** What somebody does to an installation with a CloudFront Function. */
import {
  DescribeFunctionCommand,
  DescribeKeyValueStoreCommand,
  GetFunctionCommand,
  PublishFunctionCommand,
  UntagResourceCommand,
  UpdateFunctionCommand,
  UpdateKeyValueStoreCommand,
  type FunctionConfig,
} from '@aws-sdk/client-cloudfront'

import { behaving, type Drift, name, untagDistribution, withOrigin } from './drift.ts'
import { bucket, type Clients } from '../support/installation.ts'

const functionArn = `arn:aws:cloudfront::111122223333:function/${name}`
const tag = 'packagecloud:enterprise'

const storeArn = async ({ cloudfront }: Clients): Promise<string> =>
  (await cloudfront.send(new DescribeKeyValueStoreCommand({ Name: name }))).KeyValueStore?.ARN ?? ''

/** Changes the function and publishes that, as somebody in the console does. */
const published =
  (edit: (config: FunctionConfig) => Partial<FunctionConfig>, code?: string): Drift['make'] =>
  async ({ cloudfront }) => {
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

const untag =
  (arn: (clients: Clients) => Promise<string>): Drift['make'] =>
  async (clients) =>
    clients.cloudfront.send(new UntagResourceCommand({ Resource: await arn(clients), TagKeys: { Items: [tag] } }))

export const functionRounds: readonly (readonly Drift[])[] = [
  [
    {
      what: 'other code that is published',
      shows: /^Published CloudFront function \S+: drift$/m,
      make: published(() => ({}), 'function handler(event) { return event.request; }'),
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
]
