/** The key that a bucket's objects are encrypted with by default: the operator's, or one that AWS manages. */
import { DescribeKeyCommand, GetKeyPolicyCommand, KMSClient } from '@aws-sdk/client-kms'

import { absentAs } from '../../aws/absent.ts'
import { arnOfKey, parseArn } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { explainError } from '../../aws/denial.ts'
import { isDenial } from '../../aws/aws-error.ts'
import { parseDocument, type PolicyDocument } from '../../aws/policy.ts'
import { type Line, verbatim } from '../../text.ts'
import { type Bucket, lookUpBucket } from '../s3/bucket.ts'

/** A key as its policy counts: what CloudFront may do with it, and whether that can be changed. */
export interface BucketKey {
  /** What the bucket calls it, where no more is known. */
  readonly arn: string
  /** AWS's `KeyState`, such as `Enabled` or `PendingDeletion`. */
  readonly state: string
  /** Why its policy is not known, if it isn't. */
  readonly hidden?:
    { readonly as: 'managed by AWS' | 'of another account' } | { readonly as: 'not looked at'; readonly why: string }
  readonly document: PolicyDocument
  /** As KMS tells it. */
  readonly text: string
}

/** Whose objects are read by whom. */
export interface BucketKeyWant {
  readonly accountId: string
  readonly bucket: Bucket
}

const noPolicy = { document: { Statement: [] }, text: '' }

/** What buckets name that have no key of their own: S3's, which AWS makes and keeps. */
const managedAlias = 'alias/aws/s3'

/** The key that the bucket names. */
export const keyNameOf = ({ kmsKey }: Bucket): string => kmsKey ?? managedAlias

export const isEncryptedWithKms = ({ encryption }: Bucket): boolean => encryption.startsWith('aws:kms')

/** As an ARN in a policy names it; an alias can stand for any key. */
export function arnsOfBucketKey({ accountId, bucket }: BucketKeyWant): string[] {
  const name = keyNameOf(bucket)
  const { accountId: owner = accountId, region = bucket.region, resource = name } = parseArn(name) ?? {}
  return [arnOfKey(owner, resource.startsWith('alias/') ? '*' : resource.replace(/^key\//, ''), region)]
}

/**
 * The key that a bucket's objects are encrypted with by default.
 *
 * @returns `undefined` where the bucket names none
 * @throws errors as AWS answers them
 */
export async function arnOfDefaultKey(aws: Aws, bucketName: string): Promise<string | undefined> {
  const { kmsKey, region } = await lookUpBucket(aws, bucketName)
  if (kmsKey === undefined) return undefined
  const { KeyMetadata } = await aws.client(KMSClient, region).send(new DescribeKeyCommand({ KeyId: kmsKey }))
  return KeyMetadata?.Arn
}

/**
 * Looks at the key and its policy. A policy that belongs to somebody else is not asked for.
 *
 * @returns `undefined` where there is no such key
 * @throws errors as AWS answers them
 */
export async function lookAtBucketKey(aws: Aws, { accountId, bucket }: BucketKeyWant): Promise<BucketKey | undefined> {
  const name = keyNameOf(bucket)
  const { accountId: owner = accountId, resource = name } = parseArn(name) ?? {}
  if (owner !== accountId) return hidden(name, 'Enabled', 'of another account')
  if (resource.startsWith('alias/aws/')) return hidden(name, 'Enabled', 'managed by AWS')
  const kms = aws.client(KMSClient, bucket.region)
  const found = await absentAs('NotFoundException', () => kms.send(new DescribeKeyCommand({ KeyId: name })))
  const { Arn: arn, KeyState: state = 'unknown', KeyManager: manager } = found?.KeyMetadata ?? {}
  if (arn === undefined) return undefined
  // An alias of this account leads to no other's key, but it may to one of AWS's.
  if (manager === 'AWS') return hidden(arn, state, 'managed by AWS')
  const { Policy: text = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId: arn, PolicyName: 'default' }))
  return { arn, state, document: parseDocument(text === '' ? '{}' : text), text }
}

/** The same, where not being allowed to look is an answer too. */
export async function lookIfAllowed(aws: Aws, want: BucketKeyWant): Promise<BucketKey | undefined> {
  try {
    return await lookAtBucketKey(aws, want)
  } catch (error) {
    if (!isDenial(error)) throw error
    const why = explainError(error, 'Look at it').message.replace(/\.$/, '')
    return { arn: keyNameOf(want.bucket), state: 'Enabled', hidden: { as: 'not looked at', why }, ...noPolicy }
  }
}

const hidden = (arn: string, state: string, as: 'managed by AWS' | 'of another account'): BucketKey => ({
  arn,
  state,
  hidden: { as },
  ...noPolicy,
})

/** Why no statement in the policy of the key helps, and what does. */
export interface KeyObstacle {
  /** A clause. */
  readonly why: string
  readonly todo: readonly Line[]
}

/** Pure. What keeps CloudFront from using the key, whatever its policy says. */
export function keyObstacle(bucket: Bucket, key: BucketKey | undefined): KeyObstacle | undefined {
  const name = keyNameOf(bucket)
  if (key === undefined) {
    return {
      why: `the bucket ${bucket.name} is encrypted with the KMS key ${name}, and there is no such key in ${bucket.region}`,
      todo: ['Name a key of your own in the default encryption of the bucket:', ...otherKey(bucket)],
    }
  }
  if (key.hidden?.as === 'managed by AWS') {
    return {
      why:
        `the bucket ${bucket.name} is encrypted with ${name}, a key that AWS manages: CloudFront can not use it, and its ` +
        'policy can not be changed',
      todo: [
        'Make a KMS key of your own, and name it in the default encryption of the bucket:',
        verbatim(`aws kms create-key --region ${bucket.region} --query KeyMetadata.Arn --output text`),
        ...otherKey(bucket),
        "Objects that are there keep the old key until it is changed: S3's UpdateObjectEncryption does that without a copy, " +
          'for all of a bucket as a job of S3 Batch Operations.',
      ],
    }
  }
  if (key.hidden !== undefined || key.state === 'Enabled') return undefined
  return {
    why: `the KMS key ${key.arn} of the bucket ${bucket.name} is ${key.state}, so S3 can not decrypt objects`,
    todo: [
      'Find out who did that, and why. This takes it back:',
      verbatim(
        ...(key.state === 'PendingDeletion' ? ['cancel-key-deletion', 'enable-key'] : ['enable-key']).map(
          (verb) => `aws kms ${verb} --region ${bucket.region} --key-id ${key.arn}`,
        ),
      ),
    ],
  }
}

function otherKey({ name, encryption }: Bucket): Line[] {
  const rule = {
    ApplyServerSideEncryptionByDefault: { SSEAlgorithm: encryption, KMSMasterKeyID: 'KEY_ARN' },
    ...(encryption === 'aws:kms' ? { BucketKeyEnabled: true } : {}),
  }
  return [
    verbatim(
      `aws s3api put-bucket-encryption --bucket ${name} --server-side-encryption-configuration ` +
        `'${JSON.stringify({ Rules: [rule] })}'`,
    ),
  ]
}
