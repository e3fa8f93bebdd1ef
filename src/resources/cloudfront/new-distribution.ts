import {
  CloudFrontClient,
  CreateDistributionWithTagsCommand,
  type DistributionConfig,
} from '@aws-sdk/client-cloudfront'

import { nameOf } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion } from '../../aws/names.ts'
import { looking, type Pace, patiently, propagation, type Talk } from '../../aws/patience.ts'
import { type CtlError, messageOf } from '../../errors.ts'
import { whyPolicyNotYet } from './behavior-policies.ts'
import { answered, getTagged, type TaggedDistribution } from './live-distribution.ts'
import { pending } from '../resource.ts'
import { tagList, type Tags } from '../tags.ts'

/** A distribution that is to be made. */
export interface NewDistribution {
  /** Of one caller reference CloudFront makes one distribution, whoever asks for it and how often. */
  readonly config: DistributionConfig & { readonly CallerReference: string }
  readonly tags: Tags
  /** Whether one that is there under the reference is ours, by its tags. */
  readonly isOurs: (tags: Tags) => boolean
  /** What to say of one that is not, so that another can't be made. */
  readonly refusal: (found: TaggedDistribution, cause: unknown) => CtlError
}

/** What all that are made begin with. */
export const plainConfig = {
  Enabled: true,
  HttpVersion: 'http2',
  IsIPV6Enabled: true,
  PriceClass: 'PriceClass_All',
  DefaultRootObject: '',
  Aliases: { Quantity: 0 },
  ViewerCertificate: { CloudFrontDefaultCertificate: true },
} as const satisfies Partial<DistributionConfig>

/** What CloudFront chooses for one that a plan only announces. */
export const notMadeYet = {
  id: pending('distribution id'),
  arn: pending('distribution ARN'),
  domain: pending('domain'),
  status: 'InProgress',
  etag: '',
}

/**
 * Makes a distribution, tagged in the same call. One that is there under its caller reference is taken for it: an answer
 * was lost, a list does not show it yet, or somebody was faster. A reference whose distribution is gone may stay taken;
 * the next one follows from it.
 *
 * @throws CtlError as `refusal` has it
 */
export async function createDistribution(
  aws: Aws,
  { config, tags, isOurs, refusal }: NewDistribution,
  talk: Talk,
): Promise<TaggedDistribution> {
  const client = aws.client(CloudFrontClient, edgeRegion)
  const Items = tagList(tags)
  let { CallerReference } = config
  for (const gone = new Set<string>(); ;) {
    const DistributionConfig = { ...config, CallerReference }
    const command = new CreateDistributionWithTagsCommand({
      DistributionConfigWithTags: { DistributionConfig, Tags: { Items } },
    })
    try {
      const attempt = () => answered(command, () => client.send(command))
      return { ...(await patiently(attempt, whyConfigNotYet, propagation, talk)), tags }
    } catch (error) {
      const existing = /Already exists: (\w+)/.exec(messageOf(error))?.[1]
      if (nameOf(error) !== 'DistributionAlreadyExists' || existing === undefined || gone.has(existing)) throw error
      const found = await untilTagged(aws, existing, isOurs, talk)
      if (found !== undefined && isOurs(found.tags)) return found
      if (found !== undefined) throw refusal(found, error)
      gone.add(existing)
      CallerReference = `${config.CallerReference}${successor}${existing}`
    }
  }
}

const successor = ':after:'

/** Whether a configuration is of a distribution that was made under a reference, or one that follows from it. */
export const isMadeUnder = (reference: string, { CallerReference = '' }: DistributionConfig): boolean =>
  CallerReference === reference || CallerReference.startsWith(`${reference}${successor}`)

/** What was just made with a tag may show without it for a moment, or not at all. */
async function untilTagged(
  aws: Aws,
  id: string,
  isOurs: NewDistribution['isOurs'],
  talk: Talk,
): Promise<TaggedDistribution | undefined> {
  const again = looking(showing, talk)
  for (;;) {
    const found = await getTagged(aws, id)
    if (found !== undefined && isOurs(found.tags)) return found
    if (!(await again(`waiting until CloudFront shows the tag of ${id}`))) return found
  }
}

/** Later, a tag that does not show is not there. */
const showing: Pace = { first: 250, most: 1_000, total: 1_500 }

/** Errors that CloudFront answers only until it has seen what a configuration refers to, and what was just made. */
export function whyConfigNotYet(error: unknown): string | undefined {
  const message = messageOf(error)
  switch (nameOf(error)) {
    case 'InvalidLambdaFunctionAssociation':
      if (/must be in an Active state/i.test(message)) return 'waiting until the function version is Active'
      if (/must be assumable/i.test(message)) return "waiting until CloudFront sees the role's new trust policy"
      return undefined
    case 'InvalidFunctionAssociation':
      // That it is published was seen before.
      return /not exist|not (?:been )?published/i.test(message)
        ? 'waiting until CloudFront knows everywhere that the function is published'
        : undefined
    case 'InvalidOriginAccessIdentity':
      return 'waiting until CloudFront knows the new origin access identity everywhere'
    case 'InvalidOriginAccessControl':
    case 'NoSuchOriginAccessControl':
      return 'waiting until CloudFront knows the new origin access control everywhere'
    case 'InvalidViewerCertificate':
      return "waiting until CloudFront can use the certificate (it may be new; if this doesn't pass, it is not valid)"
    default:
      return whyPolicyNotYet(nameOf(error))
  }
}
