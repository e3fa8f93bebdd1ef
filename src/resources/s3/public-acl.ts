import { GetBucketOwnershipControlsCommand, GetPublicAccessBlockCommand, S3Client } from '@aws-sdk/client-s3'

import { arnOfBucket } from '../../aws/arns.ts'
import { absentAs } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { CtlError } from '../../errors.ts'
import { type Line, verbatim } from '../../text.ts'
import type { Need } from '../resource.ts'

export const publicAclNeeds = (bucket: string): Need => ({
  access: 'read',
  actions: ['s3:GetBucketOwnershipControls', 's3:GetBucketPublicAccessBlock'],
  resources: [arnOfBucket(bucket)],
})

/** What of a bucket decides whether an object's ACL can make it public; `undefined` where we may not look. */
export interface AclSettings {
  /** Whether ACLs count at all. */
  readonly enabled: boolean | undefined
  /** Public ACLs are refused. */
  readonly blocked: boolean | undefined
  /** Public ACLs are kept, and don't count. */
  readonly ignored: boolean | undefined
}

/** @param region - of the bucket */
export async function aclSettings(aws: Aws, bucket: string, region: string): Promise<AclSettings> {
  const s3 = aws.client(S3Client, region)
  // Uploading doesn't take these permissions: without them the upload itself tells.
  const look = async <T>(none: string, read: () => Promise<T>): Promise<T | 'none' | undefined> => {
    const found = await absentAs('AccessDenied', async () => (await absentAs(none, read)) ?? ('none' as const))
    return found
  }
  const [controls, blocks] = await Promise.all([
    look('OwnershipControlsNotFoundError', () => s3.send(new GetBucketOwnershipControlsCommand({ Bucket: bucket }))),
    look('NoSuchPublicAccessBlockConfiguration', () => s3.send(new GetPublicAccessBlockCommand({ Bucket: bucket }))),
  ])
  const ownership = controls === 'none' ? undefined : controls?.OwnershipControls?.Rules?.[0]?.ObjectOwnership
  const block = blocks === 'none' ? {} : blocks?.PublicAccessBlockConfiguration
  return {
    enabled: controls === undefined ? undefined : ownership !== 'BucketOwnerEnforced',
    blocked: block === undefined ? undefined : block.BlockPublicAcls === true,
    ignored: block === undefined ? undefined : block.IgnorePublicAcls === true,
  }
}

/**
 * @throws CtlError of kind `failed` if S3 would refuse an object with a public ACL, or take it and not show it to
 *   anybody; it names all that stands in the way
 */
export function assertPublicAclCounts(bucket: string, settings: AclSettings): void {
  const obstacles = [
    ...(settings.enabled === false ? [aclsTurnedOff(bucket)] : []),
    ...(settings.blocked === true || settings.ignored === true ? [aclsBlocked(bucket, settings)] : []),
  ]
  if (obstacles.length > 0) throw noPublicAcls(bucket, obstacles)
}

/** What keeps an ACL from making an object public, and what takes it away. */
interface Obstacle {
  readonly what: string
  readonly code: string
  readonly instead: readonly Line[]
}

/** New buckets have been so since April 2023. */
const aclsTurnedOff = (bucket: string): Obstacle => ({
  what: 'has ACLs turned off (BucketOwnerEnforced)',
  code: 'AccessControlListNotSupported',
  instead: [
    'To turn ACLs on:',
    verbatim(
      `aws s3api put-bucket-ownership-controls --bucket ${bucket} --ownership-controls ` +
        "'Rules=[{ObjectOwnership=BucketOwnerPreferred}]'",
    ),
  ],
})

const aclsBlocked = (bucket: string, { blocked, ignored }: AclSettings): Obstacle => {
  const by = [...(blocked === true ? ['BlockPublicAcls'] : []), ...(ignored === true ? ['IgnorePublicAcls'] : [])]
  return {
    what: `blocks public access by ACLs (${by.join(', ')})`,
    code: 'PublicAccessBlocked',
    instead: [
      'To allow public ACLs there:',
      verbatim(
        `aws s3api put-public-access-block --bucket ${bucket} --public-access-block-configuration ` +
          'BlockPublicAcls=false,IgnorePublicAcls=false,BlockPublicPolicy=true,RestrictPublicBuckets=true',
      ),
    ],
  }
}

const noPublicAcls = (bucket: string, obstacles: readonly Obstacle[], cause?: unknown): CtlError =>
  new CtlError(
    'failed',
    `The bucket ${bucket} ${obstacles.map(({ what }) => what).join(' and ')}, so --acl-public can't be used.`,
    {
      hint: [
        'Upload without --acl-public and have CloudFront read the bucket on its own:',
        verbatim(`pc-ctl cfcreate --private s3://${bucket}`),
        ...obstacles.flatMap(({ instead }) => instead),
      ],
      ...(obstacles[0] === undefined ? {} : { code: obstacles[0].code }),
      cause,
    },
  )

/** S3's own answer to a public ACL where ACLs are off. */
export const aclsOff = (bucket: string, cause: unknown): CtlError =>
  noPublicAcls(bucket, [aclsTurnedOff(bucket)], cause)

/** Denied without a word although the bucket itself is open, or we may not see whether it is. */
export const publicAclDenied = (bucket: string, key: string, cause: unknown): CtlError =>
  new CtlError('denied', `AWS denied to write s3://${bucket}/${key} with a public ACL.`, {
    hint:
      "Either the credentials lack s3:PutObject or s3:PutObjectAcl, or the account's Block Public Access forbids it; " +
      'without --acl-public it shows which.',
    code: 'AccessDenied',
    cause,
  })
