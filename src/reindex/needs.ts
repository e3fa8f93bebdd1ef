import { arnOfBucket, arnOfKey, arnOfObject } from '../aws/arns.ts'
import { bucketNeeds } from '../resources/s3/bucket.ts'
import type { Need } from '../resources/resource.ts'
import { type InventoryPlace, objectsOf } from './inventory/place.ts'
import { jobKeys } from './own-keys.ts'

export interface ReindexScope {
  readonly accountId: string
  readonly bucket: string
}

/** What looking at all objects of a bucket needs, and reading its packages and indexes. */
export const auditNeeds = ({ accountId, bucket }: ReindexScope): Need[] => [
  bucketNeeds(bucket),
  { access: 'read', actions: ['s3:GetBucketObjectLockConfiguration'], resources: [arnOfBucket(bucket)] },
  {
    access: 'read',
    // Only to those who have the last two S3 tells that Object Lock holds an object.
    actions: ['s3:GetObject', 's3:GetObjectRetention', 's3:GetObjectLegalHold'],
    resources: [arnOfObject(bucket)],
  },
  keyNeeds('read', 'kms:Decrypt', accountId, bucket),
]

/** What reading an inventory needs, of the bucket that it is in. */
export const inventoryNeeds = (place: InventoryPlace): Need => ({
  access: 'read',
  actions: ['s3:GetObject'],
  resources: [arnOfObject(place.bucket, objectsOf(place))],
})

/** What it takes to write objects again with all that they carry, and indexes that are as readable as the old ones. */
export const reindexNeeds = ({ accountId, bucket }: ReindexScope): Need[] => [
  ...auditNeeds({ accountId, bucket }),
  {
    access: 'read',
    actions: ['s3:GetBucketVersioning', 's3:GetBucketAcl', 's3:GetBucketPublicAccessBlock'],
    resources: [arnOfBucket(bucket)],
  },
  {
    access: 'write',
    actions: [
      's3:GetObjectAcl',
      's3:GetObjectTagging',
      's3:PutObject',
      's3:PutObjectAcl',
      's3:PutObjectTagging',
      's3:AbortMultipartUpload',
    ],
    resources: [arnOfObject(bucket)],
  },
  {
    access: 'write',
    // CopyObject copies annotations by the last two. Above 5 GB nothing does, so they are looked for beforehand.
    actions: ['s3:ListObjectAnnotations', 's3:GetObjectAnnotation', 's3:PutObjectAnnotation'],
    resources: [arnOfObject(bucket)],
    optional: 'what has annotations, or more than 5 GB, can not be written again',
  },
  keyNeeds('write', 'kms:GenerateDataKey', accountId, bucket),
]

/** What the function needs that does the work of a host: on objects the same, of the bucket nothing but its list. */
export const workerNeeds = ({ accountId, bucket }: ReindexScope): Need[] => [
  // Without the list S3 does not tell what is gone from what is denied.
  { access: 'read', actions: ['s3:ListBucket'], resources: [arnOfBucket(bucket)] },
  ...reindexNeeds({ accountId, bucket }).flatMap((need) => {
    const isOfObjects = need.resources.includes(arnOfObject(bucket))
    if (!isOfObjects) return need.actions.every((action) => action.startsWith('kms:')) ? need : []
    return { ...need, resources: [arnOfObject(bucket)] }
  }),
]

/** What the role of a job needs, beside the right to invoke the function. */
export const jobNeeds = ({ bucket }: Pick<ReindexScope, 'bucket'>): Need[] => [
  {
    access: 'read',
    actions: ['s3:GetObject', 's3:GetObjectVersion'],
    resources: [arnOfObject(bucket, jobKeys.manifests)],
  },
  { access: 'write', actions: ['s3:PutObject'], resources: [arnOfObject(bucket, jobKeys.reports)] },
]

/** What the role of a job needs that computes checksums: it restores what is archived for as long as it reads it. */
export const checksumNeeds = ({ accountId, bucket }: ReindexScope): Need[] => [
  ...jobNeeds({ bucket }),
  { access: 'read', actions: ['s3:GetObject', 's3:GetObjectVersion'], resources: [arnOfObject(bucket)] },
  { access: 'write', actions: ['s3:RestoreObject'], resources: [arnOfObject(bucket)] },
  keyNeeds('read', 'kms:Decrypt', accountId, bucket),
]

/**
 * The use of any key of the account, but only through S3 and for objects of this bucket: each object may be encrypted
 * with another one.
 *
 * Source: Amazon S3 User Guide, "Using server-side encryption with AWS KMS keys", encryption context. With an S3 Bucket
 * Key the context is the bucket's ARN, else the object's.
 */
const keyNeeds = (access: Need['access'], action: string, accountId: string, bucket: string): Need => ({
  access,
  actions: [action],
  resources: [arnOfKey(accountId, '*', '*')],
  condition: {
    StringLike: {
      'kms:ViaService': 's3.*.amazonaws.com',
      'kms:EncryptionContext:aws:s3:arn': [arnOfBucket(bucket), arnOfObject(bucket)],
    },
  },
})
