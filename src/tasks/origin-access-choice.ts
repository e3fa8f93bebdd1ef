import { type OriginAccess, bucketOrigin } from '../resources/cloudfront/distribution-config.ts'
import type { Distribution } from '../resources/cloudfront/distribution.ts'
import { assertReadableByControl, type Bucket, whyNoIdentity } from '../resources/s3/bucket.ts'
import { CtlError } from '../errors.ts'

/** What the ways to read a bucket are called. */
export const accessNames = { oai: 'origin access identity', oac: 'origin access control' } as const

/** Why a step is left out that is only for one way of reading the bucket. */
export const whyNotNeeded = (wanted: OriginAccess['kind'], access: OriginAccess['kind']): string | undefined =>
  access === wanted ? undefined : `not needed, for CloudFront reads the bucket by an ${accessNames[access]}`

/**
 * How CloudFront is to read the bucket: as was asked for, else as it does, else as it can.
 *
 * @throws CtlError of kind `refused` where the way that was asked for, or the default, can't read this bucket
 */
export function chooseAccess(
  {
    originAccess: asked,
    orControl = false,
  }: { readonly originAccess: OriginAccess['kind'] | undefined; readonly orControl?: boolean },
  existing: Distribution | undefined,
  bucket: Bucket,
): OriginAccess['kind'] {
  const origin = existing === undefined ? undefined : bucketOrigin(existing.config, bucket)
  const present = (origin?.OriginAccessControlId ?? '') === '' ? 'oai' : 'oac'
  const chosen = asked ?? present
  const access = chosen === 'oai' && orControl && whyNoIdentity(bucket) !== undefined ? 'oac' : chosen
  const noIdentity = access === 'oai' ? whyNoIdentity(bucket) : undefined
  if (noIdentity !== undefined) {
    throw new CtlError('refused', `Refused: ${noIdentity}.`, {
      hint: 'Run the same command with --origin-access oac.',
    })
  }
  if (access === 'oac') assertReadableByControl(bucket, 'use --origin-access oai')
  return access
}
