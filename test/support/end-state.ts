import {
  DescribeFunctionCommand,
  DescribeKeyValueStoreCommand,
  GetCachePolicyCommand,
  GetDistributionCommand,
  GetFunctionCommand,
  ListCachePoliciesCommand,
  ListCloudFrontOriginAccessIdentitiesCommand,
  ListDistributionsCommand,
  ListFunctionsCommand as ListCloudFrontFunctionsCommand,
  ListKeyValueStoresCommand,
  ListOriginAccessControlsCommand,
  ListTagsForResourceCommand,
} from '@aws-sdk/client-cloudfront'
import { GetRoleCommand, GetRolePolicyCommand, ListRolePoliciesCommand, ListRolesCommand } from '@aws-sdk/client-iam'
import {
  DescribeKeyCommand,
  GetKeyRotationStatusCommand,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
} from '@aws-sdk/client-kms'
import { ListFunctionsCommand, ListTagsCommand, ListVersionsByFunctionCommand } from '@aws-sdk/client-lambda'
import { GetBucketPolicyCommand } from '@aws-sdk/client-s3'

import { bucket, type Clients } from './installation.ts'

/** All that two accounts must have in common if nothing was lost and nothing made twice. */
export interface EndState {
  /** How many there are of each kind of resource. */
  readonly counts: Readonly<Record<string, number>>
  /** Every resource, without what differs from run to run by nature; ids are replaced by what they are ids of. */
  readonly resources: string
  /** Replaces the account's ids in a text in the same way. */
  normalised(text: string): string
}

/** Reads everything that pc-ctl makes, through AWS's API. */
export async function endState(clients: Clients): Promise<EndState> {
  const ids = new Map<string, string>()
  const name = (kind: string, items: readonly (string | undefined)[]): void => {
    for (const [index, id] of items.entries()) if (id !== undefined && id !== '') ids.set(id, `<${kind} ${index + 1}>`)
  }
  const parts = {
    ...(await rolesOf(clients)),
    ...(await keysOf(clients, name)),
    ...(await functionsOf(clients)),
    ...(await cloudFrontOf(clients, name)),
    ...(await cloudFrontFunctionsOf(clients, name)),
    statements: await statementsOf(clients),
  }
  const normalised = (text: string): string =>
    [...ids].sort(([a], [b]) => b.length - a.length).reduce((all, [id, what]) => all.replaceAll(id, what), text)
  return {
    counts: Object.fromEntries(Object.entries(parts).map(([kind, items]) => [kind, items.length])),
    resources: normalised(JSON.stringify(parts, undefined, 1)),
    normalised,
  }
}

type Name = (kind: string, items: readonly (string | undefined)[]) => void

const each = <T, R>(items: readonly T[] | undefined, read: (item: T) => Promise<R>): Promise<R[]> =>
  Promise.all((items ?? []).map(read))

async function rolesOf({ iam }: Clients) {
  const { Roles } = await iam.send(new ListRolesCommand({}))
  const roles = await each(Roles, async ({ RoleName }) => {
    const { Role } = await iam.send(new GetRoleCommand({ RoleName }))
    const { PolicyNames } = await iam.send(new ListRolePoliciesCommand({ RoleName }))
    const policies = await each(PolicyNames, async (PolicyName) => {
      const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))
      return { PolicyName, document: decodeURIComponent(PolicyDocument) }
    })
    const { Arn, Path, Description, Tags, AssumeRolePolicyDocument = '' } = Role ?? {}
    return { Arn, Path, Description, Tags, trust: decodeURIComponent(AssumeRolePolicyDocument), policies }
  })
  return { roles }
}

async function keysOf({ kms }: Clients, name: Name) {
  const { Keys } = await kms.send(new ListKeysCommand({}))
  const { Aliases } = await kms.send(new ListAliasesCommand({}))
  name(
    'key',
    (Keys ?? []).map(({ KeyId }) => KeyId),
  )
  const keys = await each(Keys, async ({ KeyId }) => {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }))
    const { Tags } = await kms.send(new ListResourceTagsCommand({ KeyId }))
    const { KeyRotationEnabled: rotates } = await kms.send(new GetKeyRotationStatusCommand({ KeyId }))
    return { KeyId, Description: KeyMetadata?.Description, state: KeyMetadata?.KeyState, rotates, Tags }
  })
  // Without those of AWS itself.
  const aliases = (Aliases ?? []).flatMap(({ AliasName, TargetKeyId }) =>
    AliasName?.startsWith('alias/aws/') === true ? [] : [{ AliasName, TargetKeyId }],
  )
  return { keys, aliases }
}

async function functionsOf({ lambda }: Clients) {
  const { Functions } = await lambda.send(new ListFunctionsCommand({}))
  const functions = await each(Functions, async ({ FunctionArn, Runtime, Handler, Role, MemorySize, Timeout }) => {
    const { Tags } = await lambda.send(new ListTagsCommand({ Resource: FunctionArn }))
    return { FunctionArn, Runtime, Handler, Role, MemorySize, Timeout, Tags }
  })
  const versions = await each(Functions, async ({ FunctionName }) => {
    const { Versions } = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName }))
    return (Versions ?? []).map(({ FunctionArn, Runtime, State }) => ({ FunctionArn, Runtime, State }))
  })
  return { functions, versions: versions.flat() }
}

async function cloudFrontOf({ cloudfront }: Clients, name: Name) {
  const [oai, oac, policies, list] = await Promise.all([
    cloudfront.send(new ListCloudFrontOriginAccessIdentitiesCommand({})),
    cloudfront.send(new ListOriginAccessControlsCommand({})),
    cloudfront.send(new ListCachePoliciesCommand({ Type: 'custom' })),
    cloudfront.send(new ListDistributionsCommand({})),
  ])
  const identities = (oai.CloudFrontOriginAccessIdentityList?.Items ?? []).map(
    ({ Id, Comment, S3CanonicalUserId }) => ({
      Id,
      Comment,
      S3CanonicalUserId,
    }),
  )
  const controls = oac.OriginAccessControlList?.Items ?? []
  const cachePolicies = await each(policies.CachePolicyList?.Items, async ({ CachePolicy }) => {
    const found = await cloudfront.send(new GetCachePolicyCommand({ Id: CachePolicy?.Id }))
    return { id: CachePolicy?.Id, config: found.CachePolicy?.CachePolicyConfig }
  })
  const distributions = await each(list.DistributionList?.Items, async ({ Id, ARN, DomainName }) => {
    const { Distribution } = await cloudfront.send(new GetDistributionCommand({ Id }))
    const { Tags } = await cloudfront.send(new ListTagsForResourceCommand({ Resource: ARN }))
    return { Id, ARN, DomainName, Tags, config: Distribution?.DistributionConfig }
  })
  name(
    'identity',
    identities.map(({ Id }) => Id),
  )
  name(
    'canonical user',
    identities.map(({ S3CanonicalUserId }) => S3CanonicalUserId),
  )
  name(
    'control',
    controls.map(({ Id }) => Id),
  )
  name(
    'cache policy',
    cachePolicies.map(({ id }) => id),
  )
  name(
    'distribution',
    distributions.map(({ Id }) => Id),
  )
  name(
    'domain',
    distributions.map(({ DomainName }) => DomainName),
  )
  return { identities, controls, cachePolicies, distributions }
}

/** CloudFront Functions in both stages, and their stores. What is in those, the test has to ask the functions. */
async function cloudFrontFunctionsOf({ cloudfront }: Clients, name: Name) {
  const { KeyValueStoreList: list } = await cloudfront.send(new ListKeyValueStoresCommand({}))
  const stores = await each(list?.Items, async ({ Name: Store }) => {
    const { KeyValueStore: found } = await cloudfront.send(new DescribeKeyValueStoreCommand({ Name: Store }))
    const { Tags } = await cloudfront.send(new ListTagsForResourceCommand({ Resource: found?.ARN }))
    return { id: found?.Id, Name: Store, Comment: found?.Comment, Status: found?.Status, Tags }
  })
  name(
    'store',
    stores.map(({ id }) => id),
  )
  const listed = await cloudfront.send(new ListCloudFrontFunctionsCommand({}))
  const cloudFrontFunctions = await each(listed.FunctionList?.Items, async ({ Name, FunctionMetadata: metadata }) => {
    const stage = { Name, Stage: metadata?.Stage }
    const { FunctionSummary: found } = await cloudfront.send(new DescribeFunctionCommand(stage))
    const { FunctionCode = [] } = await cloudfront.send(new GetFunctionCommand(stage))
    const { Tags } = await cloudfront.send(new ListTagsForResourceCommand({ Resource: metadata?.FunctionARN }))
    return { ...stage, config: found?.FunctionConfig, code: Buffer.from(FunctionCode).toString(), Tags }
  })
  return { stores, cloudFrontFunctions }
}

/** The statements of the bucket's policy, in order. */
export async function statementsOf({ s3 }: Clients): Promise<unknown[]> {
  const found = await s3.send(new GetBucketPolicyCommand({ Bucket: bucket })).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'NoSuchBucketPolicy') return undefined
    throw error
  })
  const { Statement = [] } = JSON.parse(found?.Policy ?? '{}') as { Statement?: unknown[] }
  return Statement
}
