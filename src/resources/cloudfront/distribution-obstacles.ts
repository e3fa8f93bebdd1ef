import type { CacheBehavior, DistributionConfig, Origin } from '@aws-sdk/client-cloudfront'

import { engineOf } from '../../aws/arns.ts'
import { engineNames } from '../../edge/engine.ts'
import type { Bucket } from '../s3/bucket.ts'
import { type DistributionWishes, bucketOrigin } from './distribution-config.ts'
import { isHostOf, isPathStyleHost } from './live-distribution.ts'
import { type Decision, notOurs } from '../resource.ts'
import { type Associating, type Check, checkOf, inPlaceOf, isChecked, runningIn } from './viewer-check.ts'

/** What in the operator's part of a configuration makes a distribution useless, and may go if they agree. */
export interface Obstacle {
  /** Completes "the distribution …". */
  readonly why: string
  readonly question: string
}

/** A refusal to touch a distribution without our mark, with all that --adopt would have to do. */
export function foreigner<Live extends { readonly owner: string | undefined }>(
  live: Live,
  what: string,
  inTheWay: readonly Obstacle[],
): Decision<Live> {
  const decision = notOurs(live, what, live.owner)
  if (live.owner !== undefined) return decision
  return { ...decision, because: [...decision.because, ...inTheWay.map(({ why }) => `it ${why}`)] }
}

/** What makes it impossible to check signatures, or to find what they are for. */
export const obstacles = (config: DistributionConfig, wishes: DistributionWishes): Obstacle[] => [
  ...checkObstacle('its default behaviour', config.DefaultCacheBehavior, wishes),
  // Where the check is on others, it goes along.
  ...furtherOf(config)
    .filter((behavior) => isChecked(behavior, wishes))
    .flatMap((behavior) => checkObstacle(`its behaviour for ${behavior.PathPattern ?? ''}`, behavior, wishes)),
  ...pathObstacle(config, wishes.bucket),
]

function checkObstacle(whose: string, behavior: Associating | undefined, check: Check): Obstacle[] {
  const [first] = inPlaceOf(behavior, check)
  if (first === undefined) return []
  const { engine, event, arn } = first
  const wanted = engineOf(check.functionArn)
  const inTheWay =
    engine === wanted
      ? `${whose} already runs ${arn} at viewer-request, and only one function can run there`
      : `${whose} runs the ${oneOf[engine]} ${arn} at ${event}, which can't be combined with ${engineNames[wanted]} on ` +
        'viewer events'
  return [{ why: `can't check signatures: ${inTheWay}`, question: `Put the check in its place, for ${inTheWay}?` }]
}

const oneOf = { lambda: 'Lambda@Edge function', function: 'CloudFront function' } as const

/** The path of a signed URL is the key of the object; CloudFront would put the origin's path before it. */
function pathObstacle(config: DistributionConfig, bucket: Bucket): Obstacle[] {
  const { Id = '', OriginPath: path = '' } = bucketOrigin(config, bucket) ?? {}
  if (path === '') return []
  const others = furtherOf(config).filter((behavior) => origins(config, behavior).some((origin) => origin.Id === Id))
  const users = others.map(({ PathPattern }) => PathPattern).join(', ')
  return [
    {
      why:
        `can't find the packages: its origin ${Id} has the path ${path} (OriginPath), so that it asks the bucket for ` +
        `${path.slice(1)}/KEY in place of KEY`,
      question:
        `Empty the path ${path} of its origin ${Id}?` +
        (users === '' ? '' : ` The behaviours for ${users} then read the bucket without it, too.`),
    },
  ]
}

const furtherOf = (config: DistributionConfig): CacheBehavior[] => config.CacheBehaviors?.Items ?? []

/** The origins that a behaviour uses: one, or those of a group. */
function origins({ Origins, OriginGroups }: DistributionConfig, { TargetOriginId: target }: CacheBehavior): Origin[] {
  const group = OriginGroups?.Items?.find(({ Id }) => Id === target)
  const ids = group === undefined ? [target] : (group.Members?.Items ?? []).map(({ OriginId }) => OriginId)
  return (Origins?.Items ?? []).filter(({ Id }) => ids.includes(Id))
}

/** A further behaviour that reaches the bucket without the check. */
export interface Unchecked {
  /** Its path pattern. */
  readonly path: string
  /** What it runs at viewer-request, a function of `Lambda@Edge` or of CloudFront. */
  readonly runs: string | undefined
}

/**
 * Further behaviours that reach the bucket without the check, by whichever of its hosts. One that wants CloudFront's own
 * signed URLs or cookies is none.
 *
 * @param check - ours
 */
export const uncheckedBehaviors = (config: DistributionConfig, bucket: Bucket, check: Check): Unchecked[] =>
  furtherOf(config).flatMap((behavior) => {
    const { PathPattern: path = '', TrustedKeyGroups, TrustedSigners } = behavior
    const ours = isChecked(behavior, check)
    const closed = TrustedKeyGroups?.Enabled === true || TrustedSigners?.Enabled === true
    if (ours || closed || !origins(config, behavior).some((origin) => reaches(origin, path, bucket.name))) return []
    return [{ path, runs: checkOf(behavior) ?? runningIn(behavior).at(0)?.arn }]
  })

/** By a host of its own, or by S3's with the bucket in the path: that of the origin, or that of clients. */
function reaches({ DomainName: host = '', OriginPath = '' }: Origin, pattern: string, bucket: string): boolean {
  if (isHostOf(bucket, host)) return true
  if (!isPathStyleHost(host)) return false
  const [literal = ''] = `/${pattern.replace(/^\//, '')}`.split(/[*?]/)
  const path = `${OriginPath}${literal}`
  return path.startsWith(`/${bucket}/`) || `/${bucket}/`.startsWith(path)
}

/** Behaviours of which their origin's host does not tell whether they reach the bucket: S3's access points. */
export const undecidedBehaviors = (
  config: DistributionConfig,
  check: Check,
): { readonly path: string; readonly host: string }[] =>
  furtherOf(config).flatMap((behavior) => {
    if (isChecked(behavior, check)) return []
    const point = origins(config, behavior).find(({ DomainName }) => accessPoint.test(DomainName ?? ''))
    return point === undefined ? [] : [{ path: behavior.PathPattern ?? '', host: point.DomainName ?? '' }]
  })

/** Source: Amazon S3 User Guide, "Accessing access points" and "Using an access point alias". */
const accessPoint =
  /(?:-s3alias\.s3|\.s3-accesspoint|\.accesspoint\.s3-global|\.s3-object-lambda)[.-].*amazonaws\.com$/i
