import {
  CloudFrontClient,
  type DistributionConfig,
  DistributionConfig$,
  type DistributionSummary,
  TagResourceCommand,
} from '@aws-sdk/client-cloudfront'

import { rails } from '../../options.ts'
import { arnOfBucket, arnOfDistribution } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion, type Names, ownerOf, tagKey } from '../../aws/names.ts'
import { patiently, propagation } from '../../aws/patience.ts'
import { CtlError } from '../../errors.ts'
import { type Bucket, hostsOf } from '../s3/bucket.ts'
import {
  blankConfig,
  changesFor,
  type DistributionWishes,
  lacksCertificate,
  bucketOrigin,
  withWishes,
} from './distribution-config.ts'
import { exportedDistribution } from './distribution-export.ts'
import { takedownOfDistribution } from './distribution-takedown.ts'
import { foreigner, obstacles } from './distribution-obstacles.ts'
import { engineBehind } from '../edge-engines.ts'
import { unlessLost } from '../kept-config.ts'
import {
  anyDistribution,
  getDistribution,
  getTagged,
  listDistributions,
  nearDistributions,
  type LiveDistribution,
  type TaggedDistribution,
  tagsOf,
  updateDistribution,
} from './live-distribution.ts'
import {
  createDistribution,
  isMadeUnder,
  type NewDistribution,
  notMadeYet,
  whyConfigNotYet,
} from './new-distribution.ts'
import { create, type Decision, type Need, refuse, type Resource, theOnly, updateIf } from '../resource.ts'
import { requestedWith, tagChanges, tagList, type Tags, tagsWanted, type TagsWant } from '../tags.ts'

export interface DistributionSearch {
  readonly names: Names
  readonly accountId: string
  readonly bucket: Bucket
  /** The id that packagecloud.rb or the operator names; without it the distribution is searched for. */
  readonly id: string | undefined
}

export interface DistributionWant extends DistributionSearch, DistributionWishes, TagsWant {
  readonly adopt: boolean
}

export interface Distribution extends TaggedDistribution {
  readonly owner: string | undefined
}

/**
 * The distribution. Its caller reference follows from installation and bucket, so making it twice can't happen, and it
 * is tagged in the call that makes it, so it is never there without our mark.
 */
export function distribution(aws: Aws): Resource<DistributionWant, Distribution> {
  const client = () => aws.client(CloudFrontClient, edgeRegion)
  return {
    kind: 'CloudFront distribution',
    name: ({ id, bucket }) => id ?? `for ${bucket.name}`,
    id: ({ id }) => id,
    needs: distributionNeeds,
    pattern: (want) => ({
      ...anyDistribution(want.accountId),
      config: withWishes(blankConfig(want), want),
      tags: tagsWanted(want),
      owner: want.names.installation,
    }),
    ties: ({ functionArn, policies, access, bucket }) => [
      { to: functionArn, as: 'viewer-request' },
      ...Object.values(policies).map((to) => ({ to, as: 'refers to' })),
      { to: access.id, as: 'fetches as' },
      { to: arnOfBucket(bucket.name), as: 'fetches from' },
    ],
    exported: (_want, live) => exportedDistribution(live),
    takedown: (_want, live, cli) => takedownOfDistribution(live, cli),
    describe: (want) => findDistribution(aws, want),
    decide: decideDistribution,

    async apply(want, live, talk) {
      // Aliases come in a second step: if one is taken, the distribution itself is there all the same.
      const found: TaggedDistribution = live ?? (await createDistribution(aws, creation(want), talk))
      if (tagChanges(found.tags, tagsWanted(want)).length > 0) {
        const Items = tagList(tagsWanted(want))
        await client().send(new TagResourceCommand({ Resource: found.arn, Tags: { Items } }))
      }
      const tags = { ...found.tags, ...tagsWanted(want) }
      const config = withWishes(found.config, want)
      if (changesFor(found.config, config, want).length === 0) return owned(found, tags)
      const attempt = () => updateDistribution(aws, found, config)
      return owned(await patiently(attempt, whyConfigNotYet, propagation, talk), tags)
    },
  }
}

function distributionNeeds(want: DistributionWant): readonly Need[] {
  const { names, accountId, functionArn } = want
  const resources = [arnOfDistribution(accountId)]
  return [
    { access: 'read', actions: ['cloudfront:ListDistributions'], resources: ['*'] },
    { access: 'read', actions: ['cloudfront:GetDistribution', 'cloudfront:ListTagsForResource'], resources },
    {
      access: 'write',
      actions: ['cloudfront:CreateDistribution', 'cloudfront:TagResource'],
      resources,
      condition: requestedWith(want),
    },
    {
      access: 'write',
      actions: ['cloudfront:UpdateDistribution'],
      resources,
      condition: { StringEquals: { [`aws:ResourceTag/${tagKey}`]: names.installation } },
    },
    ...engineBehind(functionArn).runNeeds(functionArn, accountId),
  ]
}

/** Pure. The distribution is ours by its tag; only the fields of {@link withWishes} are ours in it. */
export function decideDistribution(want: DistributionWant, live: Distribution | undefined): Decision<Distribution> {
  const { names, bucket, adopt } = want
  if (live === undefined) {
    const config = withWishes(blankConfig(want), want)
    const after: Distribution = {
      ...notMadeYet,
      config,
      tags: tagsWanted(want),
      owner: names.installation,
    }
    return lacksCertificate(config) ? uncertified(after, config) : create(after)
  }
  const what = `CloudFront distribution ${live.id}`
  const foreign = live.owner !== names.installation
  const inTheWay = obstacles(live.config, want)
  if (foreign && !adopt) return foreigner(live, what, inTheWay)
  if (bucketOrigin(live.config, bucket) === undefined) {
    return refuse(live, `${what} does not serve the bucket ${bucket.name}`, nameOne)
  }
  if (inTheWay.length > 0 && !adopt) {
    return blocked(live, `${what} ${inTheWay.map(({ why }) => why).join('; and it ')}`)
  }
  const config = withWishes(live.config, want)
  if (lacksCertificate(config)) return uncertified(live, config)
  const changes = [...tagChanges(live.tags, tagsWanted(want)), ...changesFor(live.config, config, want)]
  const after = owned({ ...live, config }, { ...live.tags, ...tagsWanted(want) })
  const questions = [
    ...(foreign ? [`Take over ${what} (${live.domain})?`] : []),
    ...inTheWay.map(({ question }) => question),
  ]
  const decision = updateIf(after, changes, questions.length === 0 ? undefined : questions.join(' '))
  return unlessLost(DistributionConfig$, what, live, config, decision)
}

const blocked = (live: Distribution, because: string): Decision<Distribution> => ({
  ...refuse(live, because, 'Put that right first, or have pc-ctl do so with --adopt.'),
  remedy: { flags: ['--adopt'] },
})

const uncertified = (live: Distribution, { Aliases }: DistributionConfig): Decision<Distribution> =>
  refuse(
    live,
    `CloudFront takes the names ${(Aliases?.Items ?? []).join(', ')} only with a certificate for them`,
    'Run the same command with --certificate and the ARN of an ACM certificate in us-east-1 as well.',
  )

const inFile = rails('cloudfront_distribution_id')
const nameOne = `Name the one that is meant with --distribution or ${inFile}.`

/**
 * The distribution of an installation and bucket: the one that is named, else the one that carries our tag among those
 * that serve the bucket.
 *
 * @throws CtlError of kind `configuration` if the one named does not exist, of kind `refused` if none is named and
 *   several are ours: any choice could change the one that is meant to stay as it is
 */
export async function findDistribution(aws: Aws, search: DistributionSearch): Promise<Distribution | undefined> {
  if (search.id !== undefined) {
    const named = await getOwned(aws, search.id)
    if (named !== undefined) return named
    throw new CtlError('configuration', `The distribution ${search.id} does not exist in this account.`, {
      hint: [
        ...(await nearDistributions(aws, search.id)),
        `Correct --distribution or ${inFile}, or remove it to have one made.`,
      ],
      code: 'NoSuchDistribution',
    })
  }
  const all = await candidates(aws, search)
  const [sole, ...others] = all
  if (sole?.Id !== undefined && others.length === 0) return soleOne(aws, search, sole, sole.Id)
  const ours: DistributionSummary[] = []
  const untagged: DistributionSummary[] = []
  for (const candidate of all) {
    const owner = ownerOf(await tagsOf(aws, candidate.ARN ?? ''))
    if (owner === search.names.installation) ours.push(candidate)
    else if (owner === undefined) untagged.push(candidate)
  }
  const only = theOnly(ours, (all) => ({
    what: `distributions that carry the tag of the installation "${search.names.installation}" and serve ${search.bucket.name}`,
    each: all.map(
      ({ Id = '', DomainName = '', Enabled }) => `${Id} (${DomainName}${Enabled === false ? ', disabled' : ''})`,
    ),
    hint: [
      'Name the one that is meant: with --distribution ID where a command has that flag, or for all commands with',
      'one of these lines in packagecloud.rb:',
      ...all.map(({ Id = '', DomainName = '' }) => `${inFile} = '${Id}' # ${DomainName}`),
    ],
  }))
  return only?.Id === undefined ? whatLostItsTag(aws, search, untagged) : getOwned(aws, only.Id)
}

/** Where only one serves the bucket, it is read while its tags are. */
async function soleOne(
  aws: Aws,
  { names, bucket }: DistributionSearch,
  { ARN = '' }: DistributionSummary,
  id: string,
): Promise<Distribution | undefined> {
  const [found, tags] = await Promise.all([getDistribution(aws, id), tagsOf(aws, ARN)])
  if (found === undefined) return undefined
  const owner = ownerOf(tags)
  const lostItsTag = owner === undefined && isMadeUnder(names.callerReference(bucket.name), found.config)
  return owner === names.installation || lostItsTag ? owned(found, tags) : undefined
}

/** The one whose caller reference is ours was made by us: another can't be made, and this one is told of. */
async function whatLostItsTag(
  aws: Aws,
  { names, bucket }: DistributionSearch,
  untagged: readonly DistributionSummary[],
): Promise<Distribution | undefined> {
  for (const { Id = '' } of untagged) {
    const found = await getOwned(aws, Id)
    if (found !== undefined && isMadeUnder(names.callerReference(bucket.name), found.config)) return found
  }
  return undefined
}

/** Reading tags is one throttled call a distribution, so only those that serve the bucket are asked. */
async function candidates(aws: Aws, { bucket }: DistributionSearch): Promise<DistributionSummary[]> {
  const all = await listDistributions(aws)
  const hosts = hostsOf(bucket)
  return all.filter(({ Origins }) => Origins?.Items?.some(({ DomainName }) => hosts.includes(DomainName ?? '')))
}

async function getOwned(aws: Aws, id: string): Promise<Distribution | undefined> {
  const found = await getTagged(aws, id)
  return found === undefined ? undefined : owned(found, found.tags)
}

/** What {@link createDistribution} is to make: without aliases. */
const creation = (want: DistributionWant): NewDistribution => ({
  config: {
    ...withWishes(blankConfig(want), { ...want, aliases: [], certificate: undefined }),
    CallerReference: want.names.callerReference(want.bucket.name),
  },
  tags: tagsWanted(want),
  isOurs: (tags) => ownerOf(tags) === want.names.installation,
  refusal: ({ id }, cause) =>
    new CtlError(
      'refused',
      `The distribution ${id} was made for this installation and bucket but lost its tag ${tagKey}.`,
      {
        hint: `Run the command again with --distribution ${id} --adopt.`,
        cause,
      },
    ),
})

const owned = (live: LiveDistribution, tags: Tags): Distribution => ({ ...live, tags, owner: ownerOf(tags) })
