import {
  CloudFrontClient,
  CreateDistributionCommand,
  DescribeFunctionCommand,
  type DistributionConfig,
  GetCachePolicyCommand,
  GetDistributionConfigCommand,
  GetOriginAccessControlConfigCommand,
  UntagResourceCommand as UntagDistributionCommand,
  UpdateCachePolicyCommand,
  UpdateDistributionCommand,
  UpdateFunctionCommand,
  UpdateKeyValueStoreCommand,
  DescribeKeyValueStoreCommand,
  PublishFunctionCommand,
  UpdateOriginAccessControlCommand,
} from '@aws-sdk/client-cloudfront'
import { IAMClient, PutRolePolicyCommand, UntagRoleCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  CreateKeyCommand,
  KMSClient,
  PutKeyPolicyCommand,
  UntagResourceCommand as UntagKeyCommand,
} from '@aws-sdk/client-kms'
import {
  LambdaClient,
  UntagResourceCommand as UntagFunctionCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda'
import { CreateBucketCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3'

import { KeyValueStoreClient } from '../../src/aws/key-value-store-client.ts'
import { tagKey, workerNames } from '../../src/aws/names.ts'
import { lookUpBucket } from '../../src/resources/s3/bucket.ts'
import { bucketPolicy } from '../../src/resources/origin/bucket-policy.ts'
import { cachePolicy } from '../../src/resources/cloudfront/cache-policy.ts'
import { distribution } from '../../src/resources/cloudfront/distribution.ts'
import { findDistribution } from '../../src/resources/cloudfront/find-distribution.ts'
import { disabledDistribution } from '../../src/resources/cloudfront/distribution-removal.ts'
import { existingDistribution } from '../../src/resources/cloudfront/existing-distribution.ts'
import { invalidation } from '../../src/resources/cloudfront/invalidation.ts'
import {
  cfcreateNames,
  findServing,
  bucketDistribution,
  type BucketDistributionWant,
} from '../../src/resources/cloudfront/bucket-distribution.ts'
import { cloudFrontFunction } from '../../src/resources/function/cloudfront-function.ts'
import { keyValueStore, untilStoreReady } from '../../src/resources/function/key-value-store.ts'
import { publishedFunction } from '../../src/resources/function/published-function.ts'
import { lookIntoStore, storedSecrets } from '../../src/resources/function/stored-secrets.ts'
import { edgeFunction } from '../../src/resources/lambda/edge-function.ts'
import { edgeVersion, untilVersionActive } from '../../src/resources/lambda/edge-version.ts'
import { workerFunction } from '../../src/resources/lambda/worker-function.ts'
import { bucketKeyPolicy } from '../../src/resources/kms/bucket-key-policy.ts'
import { key } from '../../src/resources/kms/key.ts'
import { originAccessControl, originAccessIdentity } from '../../src/resources/origin/origin-access.ts'
import type { Resource } from '../../src/resources/resource.ts'
import { role } from '../../src/resources/iam/role.ts'
import { rolePolicy } from '../../src/resources/iam/role-policy.ts'
import { objectUpload } from '../../src/resources/s3/object-upload.ts'
import type { AwsUnderTest } from '../support/aws-under-test.ts'
import { functionZip } from '../support/function-zip.ts'
import { behavior, config } from '../support/cloudfront-fixture.ts'
import { behavesLikeAResource } from './behaves-like-a-resource.ts'

const region = 'us-east-1'
const looseTrust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})

/** Makes a resource that another one needs. */
async function made<Want, Live>({ talk }: AwsUnderTest, resource: Resource<Want, Live>, want: Want): Promise<Live> {
  const live = await resource.describe(want)
  const decision = resource.decide(want, live)
  return decision.do === 'keep' ? decision.after : resource.apply(want, live, talk)
}

const ours = ({ names, sandbox }: AwsUnderTest) => ({ names, accountId: sandbox.accountId, adopt: false })
const adopting = <Want extends { adopt: boolean }>(want: Want): Want => ({ ...want, adopt: true })

behavesLikeAResource('The IAM role', async (bench) => {
  const iam = bench.aws.client(IAMClient, region)
  const RoleName = bench.names.roleName
  return {
    resource: role(bench.aws),
    want: ours(bench),
    adopting: adopting(ours(bench)),
    tamper: () => iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: looseTrust })),
    disown: () => iam.send(new UntagRoleCommand({ RoleName, TagKeys: [tagKey] })),
  }
})

behavesLikeAResource(
  'The KMS key',
  async (bench) => {
    const kms = bench.aws.client(KMSClient, region)
    const resource = key(bench.aws)
    const want = ours(bench)
    return {
      resource,
      want,
      adopting: adopting(want),
      disown: async () => {
        const live = await resource.describe(want)
        await kms.send(new UntagKeyCommand({ KeyId: live?.arn, TagKeys: [tagKey] }))
      },
    }
  },
  { settings: true },
)

behavesLikeAResource(
  'The role policy',
  async (bench) => {
    const iam = bench.aws.client(IAMClient, region)
    const { arn: roleArn } = await made(bench, role(bench.aws), ours(bench))
    const { arn: keyArn } = await made(bench, key(bench.aws), ours(bench))
    const { roleName: RoleName, rolePolicyName: PolicyName } = bench.names
    const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] }
    return {
      resource: rolePolicy(bench.aws),
      want: { ...ours(bench), roleArn, keyArn },
      tamper: () =>
        iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: JSON.stringify(everything) })),
    }
  },
  { mark: true },
)

behavesLikeAResource('The function that does the work of a host', async (bench) => {
  const lambda = bench.aws.client(LambdaClient, region)
  const names = workerNames(bench.names, region)
  const { arn: roleArn } = await made(bench, role(bench.aws), { ...ours(bench), names })
  const want = { ...ours(bench), names, roleArn, zip: functionZip('export const handler = 1'), concurrency: 20 }
  const FunctionName = names.functionName
  const elsewhere = { AWS_ENDPOINT_URL: 'https://example.org' }
  return {
    resource: workerFunction(bench.aws, region),
    want,
    adopting: adopting(want),
    tamper: async () => {
      await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 0.1 }, { FunctionName })
      await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables: elsewhere } }))
    },
    disown: async () => {
      const { arn: Resource } = (await workerFunction(bench.aws, region).describe(want)) ?? {}
      await lambda.send(new UntagFunctionCommand({ Resource, TagKeys: [tagKey] }))
    },
  }
})

behavesLikeAResource('The key value store', async (bench) => {
  const cloudfront = bench.aws.client(CloudFrontClient, region)
  const resource = keyValueStore(bench.aws)
  const Name = bench.names.functionName
  return {
    resource,
    want: ours(bench),
    adopting: adopting(ours(bench)),
    async tamper() {
      const { ETag: IfMatch } = await cloudfront.send(new DescribeKeyValueStoreCommand({ Name }))
      return cloudfront.send(new UpdateKeyValueStoreCommand({ Name, IfMatch, Comment: 'for something else' }))
    },
    disown: async () => {
      const live = await resource.describe(ours(bench))
      const TagKeys = { Items: [tagKey] }
      await cloudfront.send(new UntagDistributionCommand({ Resource: live?.arn, TagKeys }))
    },
  }
})

async function storeFor(bench: AwsUnderTest): Promise<string> {
  const { arn } = await made(bench, keyValueStore(bench.aws), ours(bench))
  await untilStoreReady(bench.aws, bench.names, bench.talk)
  return arn
}

const oneSecret = 'c2VjcmV0LW9uZS1zZWNyZXQtb25l'

behavesLikeAResource(
  'What a key value store holds',
  async (bench) => {
    const storeArn = await storeFor(bench)
    return {
      resource: storedSecrets(bench.aws),
      want: { ...ours(bench), storeArn, secrets: [oneSecret] },
      async tamper() {
        const client = bench.aws.client(KeyValueStoreClient, region)
        const { etag = '' } = (await lookIntoStore(bench.aws, storeArn)) ?? {}
        const puts = [{ Key: 'secrets', Value: 'nothing that the function can read' }]
        return client.send({ operation: 'UpdateKeys', arn: storeArn, etag, puts })
      },
    }
  },
  { mark: true },
)

async function functionInDevelopment(bench: AwsUnderTest) {
  const storeArn = await storeFor(bench)
  const bundle = 'async function handler(event) { return event.request }\n'
  return { ...ours(bench), storeArn, bundle }
}

/** Takes the store away and writes other code, as the console makes it easy to. */
async function spoilFunction(bench: AwsUnderTest): Promise<string | undefined> {
  const cloudfront = bench.aws.client(CloudFrontClient, region)
  const Name = bench.names.functionName
  const { ETag: IfMatch } = await cloudfront.send(new DescribeFunctionCommand({ Name, Stage: 'DEVELOPMENT' }))
  const FunctionConfig = { Comment: 'mine', Runtime: 'cloudfront-js-1.0' as const }
  const FunctionCode = Buffer.from('function handler(event) { return event.request }')
  const { ETag } = await cloudfront.send(new UpdateFunctionCommand({ Name, IfMatch, FunctionConfig, FunctionCode }))
  return ETag
}

behavesLikeAResource('The CloudFront function', async (bench) => {
  const cloudfront = bench.aws.client(CloudFrontClient, region)
  const resource = cloudFrontFunction(bench.aws)
  const want = await functionInDevelopment(bench)
  return {
    resource,
    want,
    adopting: adopting(want),
    tamper: () => spoilFunction(bench),
    disown: async () => {
      const live = await resource.describe(want)
      const TagKeys = { Items: [tagKey] }
      await cloudfront.send(new UntagDistributionCommand({ Resource: live?.arn, TagKeys }))
    },
  }
})

behavesLikeAResource(
  'The published CloudFront function',
  async (bench) => {
    const cloudfront = bench.aws.client(CloudFrontClient, region)
    const want = await functionInDevelopment(bench)
    const inDevelopment = await made(bench, cloudFrontFunction(bench.aws), want)
    const Name = bench.names.functionName
    return {
      resource: publishedFunction(bench.aws),
      want: { ...ours(bench), function: inDevelopment },
      async tamper() {
        const spoilt = await spoilFunction(bench)
        await cloudfront.send(new PublishFunctionCommand({ Name, IfMatch: spoilt }))
        // As the step before this one would.
        const live = await cloudFrontFunction(bench.aws).describe(want)
        const { development } = await cloudFrontFunction(bench.aws).apply(want, live, bench.talk)
        Object.assign(inDevelopment, { development })
      },
    }
  },
  { mark: true },
)

async function functionWant(bench: AwsUnderTest) {
  const { arn: roleArn } = await made(bench, role(bench.aws), ours(bench))
  const { arn: keyArn } = await made(bench, key(bench.aws), ours(bench))
  await made(bench, rolePolicy(bench.aws), { ...ours(bench), roleArn, keyArn })
  const code = new TextEncoder().encode('export const handler = async () => ({ status: "403" })\n')
  return { ...ours(bench), roleArn, keyArn, code, secrets: [oneSecret], runtime: 'nodejs22.x' }
}

behavesLikeAResource('The edge function', async (bench) => {
  const lambda = bench.aws.client(LambdaClient, region)
  const resource = edgeFunction(bench.aws)
  const want = await functionWant(bench)
  return {
    resource,
    want,
    adopting: adopting(want),
    async tamper() {
      const { functionName: FunctionName } = bench.names
      // What was just made can't be changed until Lambda is done with it.
      await waitUntilFunctionActiveV2({ client: lambda, minDelay: 0.1, maxWaitTime: 20 }, { FunctionName })
      return lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 3 }))
    },
    disown: async () => {
      const live = await resource.describe(want)
      await lambda.send(new UntagFunctionCommand({ Resource: live?.arn, TagKeys: [tagKey] }))
    },
  }
})

behavesLikeAResource(
  'The numbered version',
  async (bench) => {
    const want = await functionWant(bench)
    const made1 = await made(bench, edgeFunction(bench.aws), want)
    return { resource: edgeVersion(bench.aws), want: { ...ours(bench), function: made1 } }
  },
  { settings: true, mark: true },
)

behavesLikeAResource(
  'The origin access identity',
  async (bench) => ({
    resource: originAccessIdentity(bench.aws),
    want: ours(bench),
  }),
  { settings: true, mark: true },
)

behavesLikeAResource('The origin access control', async (bench) => {
  const client = bench.aws.client(CloudFrontClient, region)
  const resource = originAccessControl(bench.aws)
  const want = ours(bench)
  const set = async (changed: object) => {
    const Id = (await resource.describe(want))?.id
    const { ETag, OriginAccessControlConfig: config } = await client.send(
      new GetOriginAccessControlConfigCommand({ Id }),
    )
    if (config === undefined) throw new Error('no config')
    const next = { ...config, ...changed }
    await client.send(new UpdateOriginAccessControlCommand({ Id, IfMatch: ETag, OriginAccessControlConfig: next }))
  }
  return {
    resource,
    want,
    tamper: () => set({ SigningBehavior: 'never' }),
    disown: () => set({ Description: 'somebody else’s' }),
  }
})

behavesLikeAResource('The cache policy', async (bench) => {
  const client = bench.aws.client(CloudFrontClient, region)
  const resource = cachePolicy(bench.aws)
  const want = ours(bench)
  const set = async (changed: object) => {
    const Id = (await resource.describe(want))?.id
    const { ETag, CachePolicy: policy } = await client.send(new GetCachePolicyCommand({ Id }))
    if (policy?.CachePolicyConfig === undefined) throw new Error('no config')
    const CachePolicyConfig = { ...policy.CachePolicyConfig, ...changed }
    await client.send(new UpdateCachePolicyCommand({ Id, IfMatch: ETag, CachePolicyConfig }))
  }
  return {
    resource,
    want,
    tamper: () => set({ MinTTL: 60, DefaultTTL: 60 }),
    disown: () => set({ Comment: 'somebody else’s' }),
  }
})

async function bucketOf(bench: AwsUnderTest) {
  await bench.aws.client(S3Client, region).send(new CreateBucketCommand({ Bucket: 'packages-test' }))
  return lookUpBucket(bench.aws, 'packages-test')
}

behavesLikeAResource(
  'The bucket policy',
  async (bench) => {
    const identity = await made(bench, originAccessIdentity(bench.aws), ours(bench))
    const bucket = await bucketOf(bench)
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'Mine',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:DeleteBucket',
          Resource: 'arn:aws:s3:::packages-test',
        },
      ],
    })
    return {
      resource: bucketPolicy(bench.aws),
      want: {
        ...ours(bench),
        bucket,
        reader: { kind: 'oai' as const, ...identity },
        backups: `${process.cwd()}/node_modules/.cache/backups`,
      },
      tamper: () =>
        bench.aws.client(S3Client, region).send(new PutBucketPolicyCommand({ Bucket: bucket.name, Policy })),
    }
  },
  { mark: true },
)

behavesLikeAResource(
  'The policy of the bucket’s key',
  async (bench) => {
    const kms = bench.aws.client(KMSClient, region)
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
    const bucket = { ...(await bucketOf(bench)), encryption: 'aws:kms', kmsKey: KeyMetadata?.Arn }
    const want = {
      ...ours(bench),
      bucket,
      distributionArn: `arn:aws:cloudfront::${bench.sandbox.accountId}:distribution/E1EXAMPLE`,
      write: true,
      isNew: false,
      backups: `${process.cwd()}/node_modules/.cache/backups`,
    }
    const everything = { Effect: 'Allow', Principal: { AWS: bench.sandbox.accountId }, Action: 'kms:*', Resource: '*' }
    return {
      resource: bucketKeyPolicy(bench.aws),
      want,
      missing: { ...want, bucket: { ...bucket, kmsKey: '1a2b3c4d-5e6f-4a7b-8c9d-000000000009' } },
      tamper: () =>
        kms.send(
          new PutKeyPolicyCommand({
            KeyId: KeyMetadata?.Arn,
            PolicyName: 'default',
            Policy: JSON.stringify({ Version: '2012-10-17', Statement: everything }),
          }),
        ),
    }
  },
  { mark: true, missing: 'refuse' },
)

/** Changes a distribution as somebody else would. */
async function change({ aws }: AwsUnderTest, Id: string | undefined, changed: Partial<DistributionConfig>) {
  const client = aws.client(CloudFrontClient, region)
  const { ETag, DistributionConfig: live } = await client.send(new GetDistributionConfigCommand({ Id }))
  if (live === undefined) throw new Error('no distribution')
  await client.send(new UpdateDistributionCommand({ Id, IfMatch: ETag, DistributionConfig: { ...live, ...changed } }))
}

behavesLikeAResource('The distribution', async (bench) => {
  const client = bench.aws.client(CloudFrontClient, region)
  const functionLive = await made(bench, edgeFunction(bench.aws), await functionWant(bench))
  const version = await made(bench, edgeVersion(bench.aws), { ...ours(bench), function: functionLive })
  await untilVersionActive(bench.aws, bench.names, version, bench.talk)
  const identity = await made(bench, originAccessIdentity(bench.aws), ours(bench))
  const policy = await made(bench, cachePolicy(bench.aws), ours(bench))
  const bucket = await bucketOf(bench)
  const want = {
    ...ours(bench),
    bucket,
    id: undefined,
    functionArn: version.arn,
    policies: { CachePolicyId: policy.id },
    access: { kind: 'oai' as const, id: identity.id },
    aliases: [],
    certificate: undefined,
    priceClass: undefined,
  }
  return {
    resource: distribution(bench.aws),
    want,
    adopting: adopting(want),
    tamper: async () => {
      const found = await findDistribution(bench.aws, want)
      if (found?.config.DefaultCacheBehavior === undefined) throw new Error('no config')
      await change(bench, found.id, {
        Enabled: false,
        DefaultCacheBehavior: { ...found.config.DefaultCacheBehavior, LambdaFunctionAssociations: { Quantity: 0 } },
      })
    },
    disown: async () => {
      const Resource = (await findDistribution(bench.aws, want))?.arn
      await client.send(new UntagDistributionCommand({ Resource, TagKeys: { Items: [tagKey] } }))
    },
  }
})

behavesLikeAResource('The distribution of cfcreate', async (bench) => {
  const client = bench.aws.client(CloudFrontClient, region)
  const bucket = await bucketOf(bench)
  const want: BucketDistributionWant = {
    accountId: bench.sandbox.accountId,
    bucket,
    origin: { kind: 'public' },
    cachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6',
    edit: { addAliases: [], removeAliases: [], comment: 'as wanted', defaultRootObject: 'index.html' },
    tags: { team: 'web' },
  }
  const find = () => findServing(bench.aws, bucket.name)
  const tamper = async () => change(bench, (await find())?.id, { Comment: 'changed' })
  return {
    resource: bucketDistribution(bench.aws),
    want,
    tamper,
    async disown() {
      // As long as it is as wanted, somebody else's will do.
      await tamper()
      const TagKeys = { Items: [cfcreateNames.tag.Key] }
      await client.send(new UntagDistributionCommand({ Resource: (await find())?.arn, TagKeys }))
    },
  }
})

/** A distribution that somebody has made, with much of what a distribution may have. */
async function someDistribution({ aws }: AwsUnderTest): Promise<{ id: string; arn: string }> {
  const client = aws.client(CloudFrontClient, region)
  const DistributionConfig = config('somebody’s', {
    CacheBehaviors: { Quantity: 1, Items: [{ ...behavior(), PathPattern: '/static/*' }] },
    CustomErrorResponses: {
      Quantity: 1,
      Items: [{ ErrorCode: 404, ResponsePagePath: '/404.html', ResponseCode: '404', ErrorCachingMinTTL: 5 }],
    },
    Logging: { Enabled: true, IncludeCookies: false, Bucket: 'logs.s3.amazonaws.com', Prefix: 'p/' },
    Restrictions: { GeoRestriction: { RestrictionType: 'whitelist', Quantity: 2, Items: ['AT', 'DE'] } },
  })
  const { Distribution } = await client.send(new CreateDistributionCommand({ DistributionConfig }))
  return { id: Distribution?.Id ?? '', arn: Distribution?.ARN ?? '' }
}

behavesLikeAResource(
  'The distribution that cfmodify changes',
  async (bench) => {
    const { id } = await someDistribution(bench)
    const want = {
      accountId: bench.sandbox.accountId,
      id,
      edit: { addAliases: [], removeAliases: [], comment: 'as wanted' },
      tags: { team: 'web' },
      traffic: [],
    }
    return {
      resource: existingDistribution(bench.aws),
      want,
      missing: { ...want, id: 'E1GONE' },
      tamper: () => change(bench, id, { Comment: 'changed' }),
    }
  },
  { mark: true, missing: 'refuse' },
)

behavesLikeAResource(
  'The distribution that cfremove disables',
  async (bench) => {
    const { id } = await someDistribution(bench)
    const { installation } = bench.names
    const want = { accountId: bench.sandbox.accountId, installation, id, guards: [], ask: 'Remove it?' }
    return {
      resource: disabledDistribution(bench.aws),
      want,
      missing: { ...want, id: 'E1GONE' },
      tamper: () => change(bench, id, { Enabled: true }),
    }
  },
  { mark: true, missing: 'keep' },
)

behavesLikeAResource(
  'The invalidation',
  async (bench) => {
    const { id: distributionId, arn } = await someDistribution(bench)
    return {
      resource: invalidation(bench.aws),
      want: { distributionId, arn, paths: ['/index.html', '/dists/*'], reference: 'this run' },
    }
  },
  { settings: true, mark: true, anew: true },
)

behavesLikeAResource(
  'The uploaded object',
  async (bench) => {
    const { name, region } = await bucketOf(bench)
    const bytes = new TextEncoder().encode('a package')
    const source = {
      name: 'hello.deb',
      size: bytes.length,
      async *pieces() {
        yield { number: 1, bytes }
      },
    }
    return {
      resource: objectUpload(bench.aws),
      want: { bucket: name, region, key: 'hello.deb', source, headers: { CacheControl: 'no-store' }, isPublic: false },
    }
  },
  { settings: true, mark: true, anew: true },
)
