import {
  CloudFrontClient,
  type DistributionConfig,
  GetDistributionConfigCommand,
  UntagResourceCommand,
  UpdateDistributionCommand,
} from '@aws-sdk/client-cloudfront'

import {
  cfcreateNames,
  findServing,
  publicDistribution,
  type PublicDistributionWant,
} from '../../../src/resources/cloudfront/public-distribution.ts'
import { behavesLikeAResource } from '../behaves-like-a-resource.ts'

const bucket = { name: 'b', region: 'eu-west-1', encryption: 'AES256', kmsKey: undefined, ownership: 'ObjectWriter' }

behavesLikeAResource('A distribution of cfcreate', async ({ aws, sandbox }) => {
  const client = aws.client(CloudFrontClient, 'us-east-1')
  const want: PublicDistributionWant = {
    accountId: sandbox.accountId,
    bucket,
    origin: { kind: 'public' },
    cachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6',
    edit: { addAliases: [], removeAliases: [], comment: 'as wanted', defaultRootObject: 'index.html' },
    tags: { team: 'web' },
  }
  const tamper = async (change: Partial<DistributionConfig>): Promise<void> => {
    const Id = (await findServing(aws, bucket.name))?.id
    const { ETag, DistributionConfig: live } = await client.send(new GetDistributionConfigCommand({ Id }))
    if (live === undefined) throw new Error('no distribution')
    await client.send(new UpdateDistributionCommand({ Id, IfMatch: ETag, DistributionConfig: { ...live, ...change } }))
  }
  return {
    resource: publicDistribution(aws),
    want,
    tamper: () => tamper({ Comment: 'changed' }),
    async disown() {
      await tamper({ Comment: 'changed' })
      const found = await findServing(aws, bucket.name)
      const TagKeys = { Items: [cfcreateNames.tag.Key] }
      await client.send(new UntagResourceCommand({ Resource: found?.arn, TagKeys }))
    },
  }
})
