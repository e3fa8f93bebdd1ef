/** A tag of the distribution that remembers since when no front server signs with the secret that is being replaced. */
import { CloudFrontClient, ListTagsForResourceCommand, TagResourceCommand } from '@aws-sdk/client-cloudfront'

import { arnOfDistribution } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion, type Names } from '../../aws/names.ts'
import { keepDate } from '../../aws/received.ts'
import type { Need } from '../resource.ts'
import { requestedWith, tagList, tagsIn, tagsWanted } from '../tags.ts'

/** Stays when the rotation is over: it counts for its two secrets alone, and the next rotation overwrites it. */
const key = 'packagecloud:rotation'

/** Which secret takes the place of which: their fingerprints. */
export interface Replacement {
  readonly current: string
  readonly previous: string
}

export interface RotationMark {
  /**
   * When all front servers were first seen to sign with the new secret, in Unix seconds of AWS's clock; `undefined` where
   * that is not known of this replacement.
   */
  readonly since: number | undefined
  /** AWS's clock at the time of the answer, in Unix seconds. */
  readonly now: number
}

export const rotationMarkNeeds = (names: Names, accountId: string): Need[] => [
  { access: 'read', actions: ['cloudfront:ListTagsForResource'], resources: [arnOfDistribution(accountId)] },
  {
    access: 'write',
    actions: ['cloudfront:TagResource'],
    resources: [arnOfDistribution(accountId)],
    condition: requestedWith({ names }),
  },
]

/** Reads the mark. AWS's clock comes with it: that of this machine and those of other operators may differ. */
export async function readRotationMark(aws: Aws, arn: string, replacement: Replacement): Promise<RotationMark> {
  const command = new ListTagsForResourceCommand({ Resource: arn })
  const date = keepDate(command)
  const { Tags } = await aws.client(CloudFrontClient, edgeRegion).send(command)
  return { since: sinceIn(tagsIn(Tags?.Items)[key], replacement), now: date() ?? Date.now() / 1000 }
}

/**
 * Writes the mark.
 *
 * @param since - Unix seconds of AWS's clock; `undefined` takes back what is written
 */
export async function writeRotationMark(
  aws: Aws,
  { arn, names }: { readonly arn: string; readonly names: Names },
  replacement: Replacement,
  since: number | undefined,
): Promise<void> {
  const tags = { ...tagsWanted({ names }), [key]: markText(replacement, since) }
  await aws
    .client(CloudFrontClient, edgeRegion)
    .send(new TagResourceCommand({ Resource: arn, Tags: { Items: tagList(tags) } }))
}

/** Remembers that now, by AWS's clock, all front servers are seen to sign with the new secret. */
export async function markRotationNow(
  aws: Aws,
  distribution: { readonly arn: string; readonly names: Names },
  replacement: Replacement,
): Promise<void> {
  const { now } = await readRotationMark(aws, distribution.arn, replacement)
  await writeRotationMark(aws, distribution, replacement, now)
}

/** Such as `new=1a2b3c4d5e6f old=0f1e2d3c4b5a since=2026-11-29T19:00:00Z`: CloudFront takes these characters in tags. */
export function markText(replacement: Replacement, since: number | undefined): string {
  const time = since === undefined ? [] : [`since=${new Date(Math.floor(since) * 1000).toISOString().slice(0, 19)}Z`]
  return [namesOfSecrets(replacement), ...time].join(' ')
}

/** When it is since, where the text is about this replacement and says so. */
export function sinceIn(text: string | undefined, replacement: Replacement): number | undefined {
  const [, secrets, time = ''] = /^(new=\S+ old=\S+) since=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$/.exec(text ?? '') ?? []
  const since = Date.parse(time) / 1000
  return secrets === namesOfSecrets(replacement) && Number.isFinite(since) ? since : undefined
}

const namesOfSecrets = ({ current, previous }: Replacement): string =>
  `new=${current.slice(0, 12)} old=${previous.slice(0, 12)}`
