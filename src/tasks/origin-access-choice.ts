import { type OriginAccess, bucketOrigin } from '../resources/cloudfront/distribution-config.ts'
import type { Distribution } from '../resources/cloudfront/find-distribution.ts'
import { assertReadableByControl, type Bucket, whyNoIdentity } from '../resources/s3/bucket.ts'
import { CtlError } from '../errors.ts'

/** What the ways to read a bucket are called. */
export const accessNames = { oai: 'origin access identity', oac: 'origin access control' } as const

/** Why a step is left out that is only for one way of reading the bucket. */
export const whyNotNeeded = (wanted: OriginAccess['kind'], access: OriginAccess['kind']): string | undefined =>
  access === wanted ? undefined : `not needed, for CloudFront reads the bucket by an ${accessNames[access]}`

/** What is known before it is chosen how CloudFront reads a bucket. */
interface Choice {
  /** As a flag says. */
  readonly asked: OriginAccess['kind'] | undefined
  /** The distribution as it is before anything is written. */
  readonly existing: Distribution | undefined
  readonly bucket: Bucket
}

/**
 * How CloudFront is to read the bucket: as was asked for, else as it does, but by a control wherever an identity can't.
 *
 * @throws CtlError of kind `refused` where the way that was asked for, or the only one there is, can't read this bucket
 */
export function chooseAccess(choice: Choice): OriginAccess['kind'] {
  const { asked, bucket } = choice
  if (asked === 'oai') {
    assertReadableByIdentity(bucket)
    return 'oai'
  }
  const why = whyControl(choice)
  if (asked === undefined && why === undefined && !hasControl(choice)) return 'oai'
  assertReadableByControl(bucket, whyNoIdentity(bucket) === undefined ? 'use --origin-access oai' : undefined)
  return 'oac'
}

/** Why it is a control though neither a flag nor the distribution says so, if it is. */
export const whyControl = (choice: Choice): string | undefined =>
  choice.asked !== undefined || hasControl(choice) ? undefined : (whyNoIdentity(choice.bucket) ?? whyMaybePlan(choice))

type Present = Pick<Choice, 'existing' | 'bucket'>

const originOf = ({ existing, bucket }: Present) =>
  existing === undefined ? undefined : bucketOrigin(existing.config, bucket)

/** Whether the distribution reads the bucket by a control as it is. */
export const hasControl = (choice: Present): boolean => (originOf(choice)?.OriginAccessControlId ?? '') !== ''

/**
 * CloudFront does not tell that a distribution is on a flat-rate plan. But one that is has a web ACL and no identity, and a
 * control does on any.
 */
function whyMaybePlan(choice: Choice): string | undefined {
  const { existing, bucket } = choice
  if (existing === undefined || (existing.config.WebACLId ?? '') === '' || bucket.ownership === 'ObjectWriter')
    return undefined
  if ((originOf(choice)?.S3OriginConfig?.OriginAccessIdentity ?? '') !== '') return undefined
  return `the distribution ${existing.id} has a web ACL and no identity yet, as on flat-rate plans, which take none`
}

function assertReadableByIdentity(bucket: Bucket): void {
  const why = whyNoIdentity(bucket)
  if (why === undefined) return
  throw new CtlError('refused', `Refused: ${why}.`, {
    hint: 'Run the same command without --origin-access oai: an origin access control is chosen by itself.',
  })
}
