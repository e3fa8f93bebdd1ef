import {
  type DistributionConfig,
  GetCachePolicyCommand,
  GetDistributionConfigCommand,
  ListCachePoliciesCommand,
  ListDistributionsCommand,
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
import { DeleteBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { functionZip } from '../sandbox/function-zip.ts'
import { statementsOf } from './end-state.ts'
import { bucket, type Clients, install, type Installation } from './installation.ts'
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
  (edit: (config: DistributionConfig) => Partial<DistributionConfig>): Drift['make'] =>
  async (clients) => {
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

const drifts: readonly Drift[] = [
  { what: 'a role without its tag', make: untagRole },
  {
    what: 'a role that edges can not assume',
    make: ({ iam }) =>
      iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: trust('lambda.amazonaws.com') })),
  },
  {
    what: 'a role without its policy',
    make: ({ iam }) => iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: name })),
  },
  {
    what: 'a role policy of another content',
    make: ({ iam }) => iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: name, PolicyDocument: wide })),
  },
  { what: 'a key without its tag', make: untagKey },
  { what: 'a key without its alias', make: ({ kms }) => kms.send(new DeleteAliasCommand({ AliasName: alias })) },
  {
    what: 'a key that is disabled',
    make: async (clients) => clients.kms.send(new DisableKeyCommand({ KeyId: await keyOf(clients) })),
  },
  {
    what: 'a key that waits for its deletion',
    make: async (clients) => clients.kms.send(new ScheduleKeyDeletionCommand({ KeyId: await keyOf(clients) })),
  },
  {
    what: 'an alias that points at a foreign key',
    async make({ kms }) {
      const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
      await kms.send(new UpdateAliasCommand({ AliasName: alias, TargetKeyId: KeyMetadata?.KeyId }))
    },
  },
  { what: 'a function without its tag', make: untagFunction },
  { what: 'a function with more memory', make: configured({ MemorySize: 256 }) },
  { what: 'a function with more time', make: configured({ Timeout: 30 }) },
  { what: 'a function with another handler', make: configured({ Handler: 'other.handler' }) },
  { what: 'a function with a runtime that does not run it', make: configured({ Runtime: 'python3.12' }) },
  {
    what: 'a function with somebody else’s code',
    make: ({ lambda }) =>
      lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: functionZip('export const handler = 1') })),
    versions: 1,
  },
  {
    what: 'a function with somebody else’s code and no tag',
    async make(clients, place) {
      await clients.lambda.send(
        new UpdateFunctionCodeCommand({ FunctionName, ZipFile: functionZip('export const handler = 1') }),
      )
      await untagFunction(clients, place)
    },
    versions: 1,
  },
  {
    what: 'tags lost by everything',
    async make(clients, place) {
      for (const untag of [untagRole, untagKey, untagFunction, untagDistribution]) await untag(clients, place)
    },
  },
  { what: 'a distribution without its tag', make: untagDistribution },
  { what: 'a distribution that is disabled', make: distributed(() => ({ Enabled: false })) },
  {
    what: 'a distribution that keeps 404s',
    make: distributed(() => ({ CustomErrorResponses: { Quantity: 0 } })),
  },
  {
    what: 'an origin of another host',
    make: distributed(({ Origins }) => ({
      Origins: {
        Quantity: 1,
        Items: (Origins?.Items ?? []).map((one) => ({ ...one, DomainName: `${bucket}.s3.amazonaws.com` })),
      },
    })),
  },
  {
    what: 'an origin without its identity',
    make: distributed(({ Origins }) => ({
      Origins: {
        Quantity: 1,
        Items: (Origins?.Items ?? []).map((one) => ({ ...one, S3OriginConfig: { OriginAccessIdentity: '' } })),
      },
    })),
  },
  { what: 'a behaviour that compresses', make: behaving(() => ({ Compress: true })) },
  { what: 'a behaviour that takes plain HTTP', make: behaving(() => ({ ViewerProtocolPolicy: 'allow-all' })) },
  {
    what: 'a behaviour with another cache policy',
    make: behaving(() => ({ CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6' })),
  },
  {
    what: 'a behaviour that takes uploads',
    make: behaving(() => ({
      AllowedMethods: {
        Quantity: 7,
        Items: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'POST', 'PATCH', 'DELETE'],
        CachedMethods: { Quantity: 2, Items: ['GET', 'HEAD'] },
      },
    })),
  },
  {
    what: 'a behaviour without the check',
    make: behaving(() => ({ LambdaFunctionAssociations: { Quantity: 0 } })),
  },
  {
    what: 'a behaviour with a foreign function in place of the check',
    async make(clients, place) {
      const arn = await makeFunction(clients, 'theirs')
      await behaving(() => checkedBy(arn))(clients, place)
    },
  },
  { what: 'a cache policy with a MinTTL', make: cached({ MinTTL: 60, DefaultTTL: 60 }) },
  { what: 'a cache policy with a DefaultTTL', make: cached({ DefaultTTL: 3600 }) },
  {
    what: 'a cache policy with the query string in its key',
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
    what: 'a bucket without a policy',
    make: ({ s3 }) => s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket })),
  },
  {
    what: 'a bucket policy without ListBucket',
    make: bucketPolicy((all) => all.filter(({ Action }) => Action !== 's3:ListBucket')),
  },
  {
    what: 'a bucket policy that lets in to less',
    make: bucketPolicy((all) =>
      all.map((one) => (one['Action'] === 's3:GetObject' ? { ...one, Resource: `arn:aws:s3:::${bucket}/7/*` } : one)),
    ),
  },
  {
    what: 'a new secret in packagecloud.rb',
    make: (_clients, place) =>
      place.paste(`packagecloud_rails['cloudfront_secret'] = 'YW5vdGhlciBvbmUsIGZvciB0aGUgcm90YXRpb24gb2Yga2V5cw'\n`),
    versions: 1,
  },
]

describe('the repairs that status prints', function () {
  this.timeout(60_000)
  let place: Installation
  before(async () => {
    place = await install()
    await place.connect()
  })
  after(() => place.close())

  const versions = async (): Promise<number> => {
    const found = await place.clients.lambda.send(new ListVersionsByFunctionCommand({ FunctionName }))
    return found.Versions?.length ?? 0
  }

  it('are of at least 33 kinds of drift', () => {
    expect(new Set(drifts.map(({ what }) => what)).size).to.be.at.least(33)
  })

  for (const { what, make, versions: published = 0 } of drifts) {
    it(what, async () => {
      await make(place.clients, place)
      const before = await versions()
      const { stdout, code } = await place.run(['status', '--exit-code'])
      expect(code, stdout).to.equal(6)
      const lines = [...new Set([...stdout.matchAll(/^ *repair: (.*)$/gm)].map(([, line = '']) => line))]
      expect(lines, stdout).not.to.deep.equal([])
      const [, more] = /Then run the command that it prints(?:, with (--\S+))?\./.exec(stdout) ?? []
      let printed = ''
      for (const line of lines) printed = await repair(place, line)
      if (stdout.includes('Then run the command that it prints')) {
        await repair(place, [printed.trim(), ...(more === undefined ? [] : [more])].join(' '))
      }
      const after = await place.run(['status', '--exit-code'])
      expect(after.code, `${lines.join('\n')}\n${after.stdout}`).to.equal(0)
      expect((await versions()) - before, 'versions published').to.equal(published)
    })
  }
})

/** Runs a line as it is printed, and returns its stdout; who types it answers yes to what it asks. */
async function repair(place: Installation, line: string): Promise<string> {
  const [program, ...words] = shellWords(line)
  if (program === 'aws') return repairByAws(place.clients, words)
  expect(program).to.equal('pc-ctl')
  return place.succeed([...words, ...(words.includes('--adopt') ? ['--yes'] : [])])
}

const shellWords = (line: string): string[] => line.trim().split(/\s+/)

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
