import {
  CloudFrontClient,
  type Distribution as CloudFrontDistribution,
  type DistributionConfig,
  DistributionConfig$,
  type DistributionSummary,
  GetDistributionCommand,
  ListTagsForResourceCommand,
  paginateListDistributions,
  UpdateDistributionCommand,
} from '@aws-sdk/client-cloudfront'

import { arnOfDistribution } from '../../aws/arns.ts'
import { absentAs, nameOf } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion } from '../../aws/names.ts'
import { didYouMean } from '../../ui/near.ts'
import { deployment, patiently, spreading, type Talk, until } from '../../aws/patience.ts'
import { type Command, keepReceived } from '../../aws/received.ts'
import { type Kept, keepUnknown } from '../kept-config.ts'
import type { Need } from '../resource.ts'
import { type Tags, tagsIn } from '../tags.ts'

/** Any distribution of the account, whoever made it. */
export interface LiveDistribution extends Kept<DistributionConfig> {
  readonly arn: string
  /** Such as `d111111abcdef8.cloudfront.net`. */
  readonly domain: string
  /** `InProgress` or `Deployed`. */
  readonly status: string
  readonly etag: string
}

/** Any one of an account's, where nobody has looked at it: patterns for what only AWS knows. */
export const anyDistribution = (accountId: string, id = '*'): LiveDistribution => ({
  id,
  arn: arnOfDistribution(accountId, id),
  domain: '*',
  status: '',
  etag: '',
  config: {
    CallerReference: undefined,
    Origins: undefined,
    DefaultCacheBehavior: undefined,
    Comment: undefined,
    Enabled: undefined,
  },
})

/** A distribution with its tags. */
export interface TaggedDistribution extends LiveDistribution {
  readonly tags: Tags
}

/** What is read of distributions in order to find and show them. */
export const targetNeeds = (accountId: string): readonly Need[] => [
  { access: 'read', actions: ['cloudfront:ListDistributions'], resources: ['*'] },
  {
    access: 'read',
    actions: ['cloudfront:GetDistribution'],
    resources: [arnOfDistribution(accountId)],
  },
]

/** @returns `undefined` if the account has no distribution of this id */
export async function getDistribution(aws: Aws, id: string): Promise<LiveDistribution | undefined> {
  const client = aws.client(CloudFrontClient, edgeRegion)
  const command = new GetDistributionCommand({ Id: id })
  return absentAs('NoSuchDistribution', () => answered(command, () => client.send(command)))
}

/**
 * Writes a changed configuration into a distribution, against the version that was read; what in that version is not
 * known to us stays.
 *
 * @throws CtlError of kind `refused` if something of that can't stay
 */
export async function updateDistribution(
  aws: Aws,
  live: LiveDistribution,
  config: DistributionConfig,
): Promise<LiveDistribution> {
  const command = new UpdateDistributionCommand({ Id: live.id, IfMatch: live.etag, DistributionConfig: config })
  keepUnknown(command, DistributionConfig$, live, config)
  return answered(command, () => aws.client(CloudFrontClient, edgeRegion).send(command))
}

/** Sends a command that is answered with a distribution. */
export async function answered(
  command: Command<'deserialize'>,
  send: () => Promise<{ Distribution?: CloudFrontDistribution | undefined; ETag?: string | undefined }>,
): Promise<LiveDistribution> {
  const received = keepReceived(command)
  const { Distribution: found, ETag } = await send()
  if (found?.DistributionConfig === undefined) throw new Error('CloudFront answered without a distribution.')
  return {
    id: found.Id ?? '',
    arn: found.ARN ?? '',
    domain: found.DomainName ?? '',
    status: found.Status ?? '',
    etag: ETag ?? '',
    config: found.DistributionConfig,
    received: received(),
  }
}

/** All distributions of the account, page after page; what a summary leaves out only {@link getDistribution} tells. */
export async function listDistributions(aws: Aws): Promise<DistributionSummary[]> {
  const client = aws.client(CloudFrontClient, edgeRegion)
  const all: DistributionSummary[] = []
  for await (const page of paginateListDistributions({ client }, {})) all.push(...(page.DistributionList?.Items ?? []))
  return all
}

/** The question whether another distribution was meant; none where they may not be listed. */
export const nearDistributions = async (aws: Aws, id: string): Promise<string[]> =>
  didYouMean(
    id,
    (await listDistributions(aws).catch(() => [])).flatMap(({ Id }) => Id ?? []),
  )

/** The tags of a distribution, by key. */
export async function tagsOf(aws: Aws, arn: string): Promise<Tags> {
  const client = aws.client(CloudFrontClient, edgeRegion)
  const { Tags } = await client.send(new ListTagsForResourceCommand({ Resource: arn }))
  return tagsIn(Tags?.Items)
}

/** As {@link getDistribution}, with its tags. */
export async function getTagged(aws: Aws, id: string): Promise<TaggedDistribution | undefined> {
  const found = await getDistribution(aws, id)
  return found === undefined ? undefined : { ...found, tags: await tagsOf(aws, found.arn) }
}

/**
 * Waits until the distribution is Deployed. AWS's own waiter takes a denied permission or a missing distribution for
 * "not yet" and polls on for 35 minutes; here they end the wait, the latter once a new one must be known everywhere.
 */
export async function untilDeployed(aws: Aws, id: string, talk: Talk): Promise<void> {
  const client = aws.client(CloudFrontClient, edgeRegion)
  await until(
    `CloudFront to deploy ${id} to all edges, usually 3 to 6 minutes`,
    async () => {
      const look = () => client.send(new GetDistributionCommand({ Id: id }))
      const { Distribution: found } = await patiently(look, whyUnknownYet, spreading, talk)
      return found?.Status === 'Deployed' ? true : undefined
    },
    deployment,
    talk,
  )
}

const whyUnknownYet = (error: unknown): string | undefined =>
  nameOf(error) === 'NoSuchDistribution' ? 'waiting until CloudFront knows the distribution everywhere' : undefined

/**
 * What follows a bucket's name in the hosts that reach it: global, regional (with a dot or, of old, a dash), dual-stack,
 * FIPS, website and transfer acceleration; `s3-external-1` is an old one of us-east-1.
 *
 * Sources: AWS General Reference, "Amazon S3 endpoints and quotas"; Amazon S3 User Guide, "Website endpoints" and
 * "Configuring fast, secure file transfers using Amazon S3 Transfer Acceleration".
 */
const behindBucket =
  /^s3(?:-accelerate(?:\.dualstack)?|(?:-fips)?(?:\.dualstack)?[.-][a-z]{2}(?:-[a-z]+)+-\d|-external-1|-website[.-][a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com$/

/** Whether an origin's host is the bucket, by any of the hosts that S3 has for it. */
export const isHostOf = (bucket: string, host: string): boolean =>
  host.toLowerCase().startsWith(`${bucket}.`) && behindBucket.test(host.toLowerCase().slice(bucket.length + 1))

/** Whether a host is one of S3's own, that have the bucket in the path. */
export const isPathStyleHost = (host: string): boolean =>
  behindBucket.test(host.toLowerCase()) && !/^s3-(?:website|accelerate)/i.test(host)

/** The bucket that an origin's host belongs to, if it is one of S3's hosts. */
export function bucketOf(host: string): string | undefined {
  const lower = host.toLowerCase()
  // The last `.s3` that ends well: bucket names may hold `.s3` too.
  for (let dot = lower.lastIndexOf('.s3'); dot > 0; dot = lower.lastIndexOf('.s3', dot - 1)) {
    if (behindBucket.test(lower.slice(dot + 1))) return lower.slice(0, dot)
  }
  return undefined
}

/** The distributions that have the bucket among their origins. */
export const serving = (all: readonly DistributionSummary[], bucket: string): DistributionSummary[] =>
  all.filter((one) => isServing(one, bucket))

/** Is a bucket among the origins of a distribution, or of its configuration? */
export const isServing = ({ Origins }: Pick<DistributionConfig, 'Origins'>, bucket: string): boolean =>
  Origins?.Items?.some(({ DomainName }) => isHostOf(bucket, DomainName ?? '')) === true

/** Does a distribution answer to a host name, CloudFront's own of it or an alias? */
export function answersTo(name: string, domain: string | undefined, aliases: DistributionConfig['Aliases']): boolean {
  const wanted = name.toLowerCase()
  return [domain, ...(aliases?.Items ?? [])].some((one) => one?.toLowerCase() === wanted)
}
