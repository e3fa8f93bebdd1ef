import {
  CloudFrontClient,
  type DistributionConfig,
  DistributionConfig$,
  TagResourceCommand,
} from '@aws-sdk/client-cloudfront'

import { arnOfBucket, arnOfDistribution, checksOf, engineOf, withoutVersion } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion, ownerOf, tagKey } from '../../aws/names.ts'
import { patiently, propagation } from '../../aws/patience.ts'
import { CtlError } from '../../errors.ts'
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
import { type Distribution, type DistributionSearch, findDistribution, nameOne, owned } from './find-distribution.ts'
import { checkOf } from './viewer-check.ts'
import { toMoveFrom } from '../edge-engine.ts'
import { engineBehind } from '../edge-engines.ts'
import { unlessLost } from '../kept-config.ts'
import { anyDistribution, type TaggedDistribution, updateDistribution } from './live-distribution.ts'
import { createDistribution, type NewDistribution, notMadeYet, whyConfigNotYet } from './new-distribution.ts'
import { create, type Decision, type Need, refuse, type Resource, updateIf } from '../resource.ts'
import { requestedWith, tagChanges, tagList, tagsWanted, type TagsWant } from '../tags.ts'

export interface DistributionWant extends DistributionSearch, DistributionWishes, TagsWant {
  readonly adopt: boolean
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
    describe: async (want) => {
      const found = await findDistribution(aws, want)
      return found === undefined ? undefined : { ...found, alsoOurs: await ownChecks(aws, want, found.config) }
    },
    decide: decideDistribution,

    async apply(want, live, talk) {
      // Aliases come in a second step: if one is taken, the distribution itself is there all the same.
      const found: TaggedDistribution = live ?? (await createDistribution(aws, creation(want), talk))
      if (tagChanges(found.tags, tagsWanted(want)).length > 0) {
        const Items = tagList(tagsWanted(want))
        await client().send(new TagResourceCommand({ Resource: found.arn, Tags: { Items } }))
      }
      const tags = { ...found.tags, ...tagsWanted(want) }
      const config = withWishes(found.config, { ...want, alsoOurs: live?.alsoOurs })
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
    ...otherChecks(want).flatMap((arn) => {
      const engine = engineBehind(arn)
      return toMoveFrom(engineOf(arn), [...engine.ownerNeeds(arn), ...engine.leaveNeeds(arn)])
    }),
  ]
}

/** The functions of this installation by other engines than the wanted one, were there any. */
const otherChecks = ({ names, accountId, functionArn }: DistributionWant): string[] =>
  Object.values(checksOf(names, accountId)).filter((arn) => engineOf(arn) !== engineOf(functionArn))

/** Those of them that the distribution runs, and that are ours not only by their name. */
async function ownChecks(aws: Aws, want: DistributionWant, config: DistributionConfig): Promise<string[]> {
  const behaviors = [config.DefaultCacheBehavior, ...(config.CacheBehaviors?.Items ?? [])]
  const running = behaviors.map((behavior) => withoutVersion(checkOf(behavior) ?? ''))
  const found: string[] = []
  for (const arn of otherChecks(want).filter((one) => running.includes(one))) {
    if ((await engineBehind(arn).ownerOf(aws, arn)) === want.names.installation) found.push(arn)
  }
  return found
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
  const wishes = { ...want, alsoOurs: live.alsoOurs }
  const inTheWay = obstacles(live.config, wishes)
  if (foreign && !adopt) return foreigner(live, what, inTheWay)
  if (bucketOrigin(live.config, bucket) === undefined) {
    return refuse(live, `${what} does not serve the bucket ${bucket.name}`, nameOne)
  }
  if (inTheWay.length > 0 && !adopt) {
    return blocked(live, `${what} ${inTheWay.map(({ why }) => why).join('; and it ')}`)
  }
  const config = withWishes(live.config, wishes)
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
