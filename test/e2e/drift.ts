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
import { UntagRoleCommand } from '@aws-sdk/client-iam'
import { DescribeKeyCommand, UntagResourceCommand as UntagKeyCommand } from '@aws-sdk/client-kms'
import {
  UntagResourceCommand as UntagFunctionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { functionZip } from '../support/function-zip.ts'
import { statementsOf } from '../support/end-state.ts'
import { bucket, type Clients, type Installation } from '../support/installation.ts'

export const name = 'packagecloud_cloudfront_auth'
export const alias = `alias/${name}`
const tag = 'packagecloud:enterprise'
const functionArn = `arn:aws:lambda:us-east-1:111122223333:function:${name}`

/** Something that somebody does to an installation behind our back. */
export interface Drift {
  readonly what: string
  readonly make: (clients: Clients, place: Installation) => Promise<unknown>
  /** What status says of it. */
  readonly shows: string | RegExp
  /** Does what status tells to do where no command of ours may. */
  readonly byHand?: (clients: Clients, shown: string) => Promise<unknown>
  /** How many versions its repair publishes. */
  readonly versions?: number
}

type CloudFront = Pick<Clients, 'cloudfront'>

async function distributionOf({ cloudfront }: CloudFront): Promise<{ id: string; arn: string }> {
  const { DistributionList: list } = await cloudfront.send(new ListDistributionsCommand({}))
  const [{ Id: id = '', ARN: arn = '' } = {}] = list?.Items ?? []
  return { id, arn }
}

type Behavior = NonNullable<DistributionConfig['DefaultCacheBehavior']>

export const distributed =
  (edit: (config: DistributionConfig) => Partial<DistributionConfig>) =>
  async (clients: CloudFront): Promise<void> => {
    const { id: Id } = await distributionOf(clients)
    const { ETag, DistributionConfig: config } = await clients.cloudfront.send(new GetDistributionConfigCommand({ Id }))
    if (config === undefined) throw new Error('no configuration')
    const update = { Id, IfMatch: ETag, DistributionConfig: { ...config, ...edit(config) } }
    await clients.cloudfront.send(new UpdateDistributionCommand(update))
  }

/** A change of a configuration that changes its default behaviour. */
export const ofBehavior =
  (edit: (behavior: Behavior) => Partial<Behavior>) =>
  ({ DefaultCacheBehavior: of }: DistributionConfig): Partial<DistributionConfig> => {
    if (of === undefined) throw new Error('no behaviour')
    return { DefaultCacheBehavior: { ...of, ...edit(of) } }
  }

export const behaving = (edit: (behavior: Behavior) => Partial<Behavior>): Drift['make'] =>
  distributed(ofBehavior(edit))

export const checkedBy = (LambdaFunctionARN: string): Partial<Behavior> => ({
  LambdaFunctionAssociations: {
    Quantity: 1,
    Items: [{ EventType: 'viewer-request', LambdaFunctionARN, IncludeBody: false }],
  },
})

export const cached =
  (edit: Readonly<Record<string, unknown>>) =>
  async ({ cloudfront }: CloudFront): Promise<void> => {
    const { CachePolicyList } = await cloudfront.send(new ListCachePoliciesCommand({ Type: 'custom' }))
    const Id = CachePolicyList?.Items?.[0]?.CachePolicy?.Id
    const { ETag, CachePolicy } = await cloudfront.send(new GetCachePolicyCommand({ Id }))
    const config = CachePolicy?.CachePolicyConfig
    if (config === undefined) throw new Error('no policy')
    const CachePolicyConfig = { ...config, ...edit }
    await cloudfront.send(new UpdateCachePolicyCommand({ Id, IfMatch: ETag, CachePolicyConfig }))
  }

export const bucketPolicy =
  (edit: (statements: readonly Record<string, unknown>[]) => unknown[]): Drift['make'] =>
  async (clients) => {
    const Statement = edit((await statementsOf(clients)) as Record<string, unknown>[])
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
    await clients.s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }))
  }

export const configured =
  (settings: Partial<ConstructorParameters<typeof UpdateFunctionConfigurationCommand>[0]>): Drift['make'] =>
  ({ lambda }) =>
    lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, ...settings }))

export const keyOf = async ({ kms }: Clients): Promise<string> =>
  (await kms.send(new DescribeKeyCommand({ KeyId: alias }))).KeyMetadata?.Arn ?? ''

export const untagKey: Drift['make'] = async (clients) =>
  clients.kms.send(new UntagKeyCommand({ KeyId: await keyOf(clients), TagKeys: [tag] }))
export const untagRole: Drift['make'] = ({ iam }) => iam.send(new UntagRoleCommand({ RoleName: name, TagKeys: [tag] }))
export const untagFunction: Drift['make'] = ({ lambda }) =>
  lambda.send(new UntagFunctionCommand({ Resource: functionArn, TagKeys: [tag] }))
export const untagDistribution: Drift['make'] = async (clients) => {
  const { arn: Resource } = await distributionOf(clients)
  await clients.cloudfront.send(new UntagDistributionCommand({ Resource, TagKeys: { Items: [tag] } }))
}

export const wide = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }],
})
export const trust = (...services: string[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: services }, Action: 'sts:AssumeRole' }],
  })

export const onlyByVpc = {
  Sid: 'Vpc only',
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
  Condition: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1a2b3c4d' }, ArnNotLike: { 'aws:PrincipalArn': '*:root' } },
}

export const withOrigin = (edit: (origin: Origin) => Partial<Origin>): Drift['make'] =>
  distributed(({ Origins }) => ({
    Origins: { Quantity: 1, Items: (Origins?.Items ?? []).map((one) => ({ ...one, ...edit(one) })) },
  }))

export const theirCode: Drift['make'] = ({ lambda }) =>
  lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: functionZip('export const handler = 1') }))
