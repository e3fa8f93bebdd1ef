import { DeleteRolePolicyCommand, PutRolePolicyCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  CreateKeyCommand,
  DeleteAliasCommand,
  DisableKeyCommand,
  ScheduleKeyDeletionCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms'
import { DeleteBucketPolicyCommand, GetBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { bucket, newSecretLines } from '../support/installation.ts'
import { makeFunction } from './somebody.ts'
import {
  name,
  alias,
  type Drift,
  distributed,
  behaving,
  checkedBy,
  cached,
  bucketPolicy,
  configured,
  keyOf,
  untagKey,
  untagRole,
  untagFunction,
  untagDistribution,
  wide,
  trust,
  onlyByVpc,
  withOrigin,
  theirCode,
} from './drift.ts'

/** Each list is made and put right at a time: these have nothing to do with one another. */
export const rounds: readonly (readonly Drift[])[] = [
  [
    { what: 'a function with more time', shows: 'Timeout: 30', make: configured({ Timeout: 30 }) },
    { what: 'a role without its tag', shows: /^IAM role \S+: not ours$/m, make: untagRole },
    {
      what: 'a behaviour that compresses',
      shows: 'DefaultCacheBehavior.Compress',
      make: behaving(() => ({ Compress: true })),
    },
    {
      what: 'a behaviour that takes plain HTTP',
      shows: 'DefaultCacheBehavior.ViewerProtocolPolicy',
      make: behaving(() => ({ ViewerProtocolPolicy: 'allow-all' })),
    },
    {
      what: 'a behaviour that takes uploads',
      shows: 'DefaultCacheBehavior.AllowedMethods',
      make: behaving(() => ({
        AllowedMethods: {
          Quantity: 7,
          Items: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'POST', 'PATCH', 'DELETE'],
          CachedMethods: { Quantity: 2, Items: ['GET', 'HEAD'] },
        },
      })),
    },
    {
      what: 'a distribution that keeps 404s',
      shows: 'CustomErrorResponses.404.ErrorCachingMinTTL',
      make: distributed(() => ({ CustomErrorResponses: { Quantity: 0 } })),
    },
  ],
  [
    {
      what: 'a function with another handler',
      shows: 'Handler: "other.handler"',
      make: configured({ Handler: 'other.handler' }),
    },
    { what: 'a key without its tag', shows: /^KMS key \S+: not ours$/m, make: untagKey },
    {
      what: 'a bucket without a policy',
      shows: /^S3 bucket policy \S+: missing$/m,
      make: ({ s3 }) => s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket })),
    },
    { what: 'a cache policy with a MinTTL', shows: 'MinTTL: 60', make: cached({ MinTTL: 60, DefaultTTL: 60 }) },
  ],
  [
    { what: 'a function without its tag', shows: /^Lambda function \S+: not ours$/m, make: untagFunction },
    {
      what: 'a behaviour beside the check',
      shows: "the behaviour for /open/* lets requests reach the bucket without packagecloud_cloudfront_auth's check",
      make: distributed(({ DefaultCacheBehavior: of, CacheBehaviors: others }) => {
        if (of === undefined) throw new Error('no behaviour')
        const open = { ...of, PathPattern: '/open/*', LambdaFunctionAssociations: { Quantity: 0 } }
        return { CacheBehaviors: { Quantity: (others?.Quantity ?? 0) + 1, Items: [...(others?.Items ?? []), open] } }
      }),
      async byHand(clients, shown) {
        const version = /with this function version:\n +(arn:\S+:\d+)$/m.exec(shown)?.[1] ?? ''
        await distributed(({ CacheBehaviors: { Items = [] } = { Quantity: 0 } }) => ({
          CacheBehaviors: { Quantity: Items.length, Items: Items.map((one) => ({ ...one, ...checkedBy(version) })) },
        }))(clients)
      },
    },
    {
      what: 'a bucket policy without ListBucket',
      shows: 'OaiListBucket',
      make: bucketPolicy((all) => all.filter(({ Action }) => Action !== 's3:ListBucket')),
    },
    {
      what: 'a behaviour with another cache policy',
      shows: 'DefaultCacheBehavior.CachePolicyId',
      make: behaving(() => ({ CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6' })),
    },
  ],
  [
    {
      what: 'a distribution without its tag',
      shows: /^CloudFront distribution \S+: not ours$/m,
      make: untagDistribution,
    },
    { what: 'a function with more memory', shows: 'MemorySize: 256', make: configured({ MemorySize: 256 }) },
  ],
  [
    {
      what: 'tags lost by everything',
      shows: /(?:^\S.*: not ours$[^]*){4}/m,
      async make(clients, place) {
        for (const untag of [untagRole, untagKey, untagFunction, untagDistribution]) await untag(clients, place)
      },
    },
  ],
  [
    { what: 'a distribution that is disabled', shows: 'Enabled: false', make: distributed(() => ({ Enabled: false })) },
    {
      what: 'a role that edges can not assume',
      shows: /^IAM role \S+: drift$/m,
      make: ({ iam }) =>
        iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: name, PolicyDocument: trust('lambda.amazonaws.com') })),
    },
    {
      what: 'a role without its policy',
      shows: /^IAM role policy \S+: missing$/m,
      make: ({ iam }) => iam.send(new DeleteRolePolicyCommand({ RoleName: name, PolicyName: name })),
    },
    { what: 'a cache policy with a DefaultTTL', shows: 'DefaultTTL: 3600', make: cached({ DefaultTTL: 3600 }) },
  ],
  [
    {
      what: 'a role policy of another content',
      shows: /^IAM role policy \S+: drift$/m,
      make: ({ iam }) => iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: name, PolicyDocument: wide })),
    },
    {
      what: 'a key without its alias',
      shows: /^KMS key \S+: drift$/m,
      make: ({ kms }) => kms.send(new DeleteAliasCommand({ AliasName: alias })),
    },
    {
      what: 'an origin of another host',
      shows: 'Origin.DomainName',
      make: withOrigin(() => ({ DomainName: `${bucket}.s3.amazonaws.com` })),
    },
  ],
  [
    {
      what: 'a key that is disabled',
      shows: 'aws kms enable-key',
      make: async (clients) => clients.kms.send(new DisableKeyCommand({ KeyId: await keyOf(clients) })),
    },
    {
      what: 'an origin without its identity',
      shows: 'Origin.OriginAccessIdentity',
      make: withOrigin(() => ({ S3OriginConfig: { OriginAccessIdentity: '' } })),
    },
  ],
  [
    {
      what: 'a key that waits for its deletion',
      shows: 'aws kms cancel-key-deletion',
      make: async (clients) => clients.kms.send(new ScheduleKeyDeletionCommand({ KeyId: await keyOf(clients) })),
    },
    {
      what: 'a cache policy with the query string in its key',
      shows: 'QueryStringBehavior',
      make: cached({
        ParametersInCacheKeyAndForwardedToOrigin: {
          EnableAcceptEncodingGzip: false,
          EnableAcceptEncodingBrotli: false,
          HeadersConfig: { HeaderBehavior: 'none' },
          CookiesConfig: { CookieBehavior: 'none' },
          QueryStringsConfig: { QueryStringBehavior: 'all' },
        },
      }),
    },
    {
      what: 'a bucket policy that denies CloudFront',
      shows: 'the statement Vpc only in the policy of bucket packages-example-org denies CloudFront',
      make: bucketPolicy((all) => [...all, onlyByVpc]),
      async byHand({ s3 }, shown) {
        const excepted = JSON.parse(/^ *(\{"Sid":"Vpc only".*\})$/m.exec(shown)?.[1] ?? '') as Record<string, unknown>
        const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket: bucket }))
        const { Version, Statement } = JSON.parse(Policy) as { Version: string; Statement: Record<string, unknown>[] }
        const others = Statement.filter(({ Sid }) => Sid !== excepted['Sid'])
        const put = JSON.stringify({ Version, Statement: [...others, excepted] })
        await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: put }))
      },
    },
  ],
  [
    {
      what: 'an alias that points at a foreign key',
      shows: 'aws kms update-alias',
      async make({ kms }) {
        const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
        await kms.send(new UpdateAliasCommand({ AliasName: alias, TargetKeyId: KeyMetadata?.KeyId }))
      },
    },
    {
      what: 'a bucket policy that lets in to less',
      shows: 'OaiGetObject',
      make: bucketPolicy((all) =>
        all.map((one) => (one['Action'] === 's3:GetObject' ? { ...one, Resource: `arn:aws:s3:::${bucket}/7/*` } : one)),
      ),
    },
  ],
  [
    {
      what: 'a function with a runtime that does not run it',
      shows: 'Runtime: "python3.12"',
      make: configured({ Runtime: 'python3.12' }),
    },
    {
      what: 'a behaviour without the check',
      shows: 'LambdaFunctionAssociations.viewer-request',
      make: behaving(() => ({ LambdaFunctionAssociations: { Quantity: 0 } })),
    },
  ],
  [
    {
      what: 'a function with somebody else’s code',
      shows: /^Lambda function \S+: drift$/m,
      make: theirCode,
      versions: 1,
    },
  ],
  [
    {
      what: 'a function with somebody else’s code and no tag',
      shows: /^Lambda function \S+: not ours$/m,
      async make(clients, place) {
        await theirCode(clients, place)
        await untagFunction(clients, place)
      },
      versions: 1,
    },
  ],
  [
    {
      what: 'a behaviour with a foreign function in place of the check',
      shows: 'already runs arn:aws:lambda:us-east-1:111122223333:function:theirs:1',
      async make(clients, place) {
        const arn = await makeFunction(clients, 'theirs')
        await behaving(() => checkedBy(arn))(clients, place)
      },
    },
    {
      what: 'an origin with a path',
      shows: 'asks the bucket for repositories/KEY in place of KEY',
      make: withOrigin(() => ({ OriginPath: '/repositories' })),
    },
  ],
  [
    {
      what: 'a new secret in packagecloud.rb',
      shows: 'the previous one only',
      make: (_clients, place) => place.paste(newSecretLines),
      versions: 1,
    },
  ],
]
