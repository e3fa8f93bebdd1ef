import {
  type DistributionConfig,
  GetCachePolicyCommand,
  GetDistributionConfigCommand,
  ListCachePoliciesCommand,
  ListDistributionsCommand,
  type Origin,
  UntagResourceCommand as UntagDistributionCommand,
  UpdateCachePolicyCommand,
  UpdateDistributionCommand,
} from '@aws-sdk/client-cloudfront'
import {
  DeleteRolePolicyCommand,
  PutRolePolicyCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import {
  CancelKeyDeletionCommand,
  CreateKeyCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  ScheduleKeyDeletionCommand,
  UntagResourceCommand as UntagKeyCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms'
import {
  ListVersionsByFunctionCommand,
  UntagResourceCommand as UntagFunctionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { DeleteBucketPolicyCommand, GetBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { functionZip } from '../sandbox/function-zip.ts'
import { statementsOf } from './end-state.ts'
import { bucket, type Clients, install, type Installation, shellWords } from './installation.ts'
import { makeFunction } from './somebody.ts'

const name = 'packagecloud_cloudfront_auth'
const RoleName = name
const FunctionName = name
const alias = `alias/${name}`
const tag = 'packagecloud:enterprise'
const functionArn = `arn:aws:lambda:us-east-1:111122223333:function:${name}`

/** Something that somebody does to an installation behind our back. */
interface Drift {
  readonly what: string
  readonly make: (clients: Clients, place: Installation) => Promise<unknown>
  /** What status says of it. */
  readonly shows: string | RegExp
  /** Does what status tells to do where no command of ours may. */
  readonly byHand?: (clients: Clients, shown: string) => Promise<unknown>
  /** How many versions its repair publishes. */
  readonly versions?: number
}

async function distributionOf({ cloudfront }: Clients): Promise<{ id: string; arn: string }> {
  const { DistributionList: list } = await cloudfront.send(new ListDistributionsCommand({}))
  const [{ Id: id = '', ARN: arn = '' } = {}] = list?.Items ?? []
  return { id, arn }
}

type Behavior = NonNullable<DistributionConfig['DefaultCacheBehavior']>

const distributed =
  (edit: (config: DistributionConfig) => Partial<DistributionConfig>) =>
  async (clients: Clients): Promise<void> => {
    const { id: Id } = await distributionOf(clients)
    const { ETag, DistributionConfig: config } = await clients.cloudfront.send(new GetDistributionConfigCommand({ Id }))
    if (config === undefined) throw new Error('no configuration')
    const update = { Id, IfMatch: ETag, DistributionConfig: { ...config, ...edit(config) } }
    await clients.cloudfront.send(new UpdateDistributionCommand(update))
  }

const behaving = (edit: (behavior: Behavior) => Partial<Behavior>): Drift['make'] =>
  distributed(({ DefaultCacheBehavior: of }) => {
    if (of === undefined) throw new Error('no behaviour')
    return { DefaultCacheBehavior: { ...of, ...edit(of) } }
  })

const checkedBy = (LambdaFunctionARN: string): Partial<Behavior> => ({
  LambdaFunctionAssociations: {
    Quantity: 1,
    Items: [{ EventType: 'viewer-request', LambdaFunctionARN, IncludeBody: false }],
  },
})

const cached =
  (edit: Readonly<Record<string, unknown>>): Drift['make'] =>
  async ({ cloudfront }) => {
    const { CachePolicyList } = await cloudfront.send(new ListCachePoliciesCommand({ Type: 'custom' }))
    const Id = CachePolicyList?.Items?.[0]?.CachePolicy?.Id
    const { ETag, CachePolicy } = await cloudfront.send(new GetCachePolicyCommand({ Id }))
    const config = CachePolicy?.CachePolicyConfig
    if (config === undefined) throw new Error('no policy')
    const CachePolicyConfig = { ...config, ...edit }
    await cloudfront.send(new UpdateCachePolicyCommand({ Id, IfMatch: ETag, CachePolicyConfig }))
  }

const bucketPolicy =
  (edit: (statements: readonly Record<string, unknown>[]) => unknown[]): Drift['make'] =>
  async (clients) => {
    const Statement = edit((await statementsOf(clients)) as Record<string, unknown>[])
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
    await clients.s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }))
  }

const configured =
  (settings: Partial<ConstructorParameters<typeof UpdateFunctionConfigurationCommand>[0]>): Drift['make'] =>
  ({ lambda }) =>
    lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, ...settings }))

const keyOf = async ({ kms }: Clients): Promise<string> =>
  (await kms.send(new DescribeKeyCommand({ KeyId: alias }))).KeyMetadata?.Arn ?? ''

const untagKey: Drift['make'] = async (clients) =>
  clients.kms.send(new UntagKeyCommand({ KeyId: await keyOf(clients), TagKeys: [tag] }))
const untagRole: Drift['make'] = ({ iam }) => iam.send(new UntagRoleCommand({ RoleName, TagKeys: [tag] }))
const untagFunction: Drift['make'] = ({ lambda }) =>
  lambda.send(new UntagFunctionCommand({ Resource: functionArn, TagKeys: [tag] }))
const untagDistribution: Drift['make'] = async (clients) => {
  const { arn: Resource } = await distributionOf(clients)
  await clients.cloudfront.send(new UntagDistributionCommand({ Resource, TagKeys: { Items: [tag] } }))
}

const wide = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }],
})
const trust = (...services: string[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: services }, Action: 'sts:AssumeRole' }],
  })

const onlyByVpc = {
  Sid: 'Vpc only',
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
  Condition: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1a2b3c4d' }, ArnNotLike: { 'aws:PrincipalArn': '*:root' } },
}

const withOrigin = (edit: (origin: Origin) => Partial<Origin>): Drift['make'] =>
  distributed(({ Origins }) => ({
    Origins: { Quantity: 1, Items: (Origins?.Items ?? []).map((one) => ({ ...one, ...edit(one) })) },
  }))

const theirCode: Drift['make'] = ({ lambda }) =>
  lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: functionZip('export const handler = 1') }))

/** Each list is made and put right at a time: these have nothing to do with one another. */
const rounds: readonly (readonly Drift[])[] = [
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
        iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: trust('lambda.amazonaws.com') })),
    },
    {
      what: 'a role without its policy',
      shows: /^IAM role policy \S+: missing$/m,
      make: ({ iam }) => iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: name })),
    },
    { what: 'a cache policy with a DefaultTTL', shows: 'DefaultTTL: 3600', make: cached({ DefaultTTL: 3600 }) },
  ],
  [
    {
      what: 'a role policy of another content',
      shows: /^IAM role policy \S+: drift$/m,
      make: ({ iam }) => iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: name, PolicyDocument: wide })),
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
      shows: 'NOT the one in packagecloud.rb',
      make: (_clients, place) =>
        place.paste(`packagecloud_rails['cloudfront_secret'] = 'YW5vdGhlciBvbmUsIGZvciB0aGUgcm90YXRpb24gb2Yga2V5cw'\n`),
      versions: 1,
    },
  ],
]

describe('the repairs that status prints', function () {
  this.timeout(120_000)
  const places: Installation[] = []
  const done = new Map<readonly Drift[], Promise<void>>()
  before(async () => {
    // Most of it is waiting, so that two go on at a time.
    places.push(...(await Promise.all([install(), install()])))
    for (const [lane, place] of places.entries()) {
      let ready: Promise<unknown> = place.connect()
      for (const round of rounds.filter((_round, index) => index % places.length === lane)) {
        const work = ready.then(() => putRight(place, round))
        done.set(round, work)
        // One that fails is told by its own test; the next goes on with what it has left.
        ready = work.catch(() => undefined)
      }
    }
  })
  after(async () => {
    await Promise.allSettled(done.values())
    for (const place of places) await place.close()
  })

  it('are of at least 33 kinds of drift', () => {
    expect(new Set(rounds.flat().map(({ what }) => what)).size).to.be.at.least(33)
  })

  for (const round of rounds) it(`of ${round.map(({ what }) => what).join('; ')}`, () => done.get(round))
})

const versions = async ({ clients: { lambda } }: Installation): Promise<number> =>
  (await lambda.send(new ListVersionsByFunctionCommand({ FunctionName }))).Versions?.length ?? 0

/** Makes drifts, sees them told, runs what is printed as it is printed, and sees that all is well. */
async function putRight(place: Installation, round: readonly Drift[]): Promise<void> {
  for (const { make } of round) await make(place.clients, place)
  const before = await versions(place)
  const { stdout, code } = await place.run(['status', '--exit-code'])
  expect(code, stdout).to.equal(6)
  for (const { what, shows } of round) {
    expect(typeof shows === 'string' ? stdout.includes(shows) : shows.test(stdout), `${what}\n${stdout}`).to.equal(true)
  }
  const lines = [...new Set([...stdout.matchAll(/^ *repair: (.*)$/gm)].map(([, line = '']) => line))]
  expect(lines, stdout).not.to.deep.equal([])
  const [, more] = /Then run the command that it prints(?:, with (--\S+))?\./.exec(stdout) ?? []
  let printed = ''
  for (const line of lines) printed = await repair(place, line)
  if (stdout.includes('Then run the command that it prints')) {
    await repair(place, [printed.trim(), ...(more === undefined ? [] : [more])].join(' '))
  }
  for (const { byHand } of round) await byHand?.(place.clients, stdout)
  const after = await place.run(['status', '--exit-code'])
  expect(after.code, `${lines.join('\n')}\n${after.stdout}`).to.equal(0)
  const published = round.reduce((sum, { versions: some = 0 }) => sum + some, 0)
  expect((await versions(place)) - before, 'versions published').to.equal(published)
}

/** Runs a line as it is printed, and returns its stdout; who types it answers yes to what it asks. */
async function repair(place: Installation, line: string): Promise<string> {
  const [program, ...words] = shellWords(line)
  if (program === 'aws') return repairByAws(place.clients, words)
  expect(program).to.equal('pc-ctl')
  return place.succeed([...words, ...(words.includes('--adopt') ? ['--yes'] : [])])
}

async function repairByAws({ kms }: Clients, words: readonly string[]): Promise<string> {
  const [service, verb, ...rest] = words
  const option = (named: string): string => rest[rest.indexOf(named) + 1] ?? ''
  expect([service, option('--region')]).to.deep.equal(['kms', 'us-east-1'])
  const KeyId = option('--key-id')
  if (verb === 'enable-key') await kms.send(new EnableKeyCommand({ KeyId }))
  else if (verb === 'cancel-key-deletion') await kms.send(new CancelKeyDeletionCommand({ KeyId }))
  else if (verb === 'update-alias') {
    const target = { AliasName: option('--alias-name'), TargetKeyId: option('--target-key-id') }
    await kms.send(new UpdateAliasCommand(target))
  } else throw new Error(`no such command: aws ${words.join(' ')}`)
  return ''
}
