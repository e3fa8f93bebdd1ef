import {
  GetBucketPolicyCommand,
  GetBucketWebsiteCommand,
  GetObjectAclCommand,
  GetPublicAccessBlockCommand,
  ListObjectsV2Command,
  type PublicAccessBlockConfiguration,
  S3Client,
} from '@aws-sdk/client-s3'

import { arnOfBucket, arnOfObject } from '../../aws/arns.ts'
import { absentAs } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { isEverybody, textsOf } from '../../aws/policy-match.ts'
import { parseDocument, type PolicyDocument, type PolicyStatement } from '../../aws/policy.ts'
import { matchesWildcards } from '../../aws/wildcards.ts'
import type { Bucket } from './bucket.ts'
import type { Need } from '../resource.ts'

/** What decides whether anybody may read a bucket's objects. */
export interface PublicAccess {
  readonly bucket: Bucket
  readonly block: PublicAccessBlockConfiguration
  readonly policy: PolicyDocument | undefined
  /** Whether everybody may read each of a few objects by its ACL. */
  readonly objects: readonly boolean[]
}

export const readabilityNeeds = (bucket: string): readonly Need[] => [
  {
    access: 'read',
    actions: ['s3:GetBucketPublicAccessBlock', 's3:GetBucketPolicy', 's3:GetBucketWebsite', 's3:ListBucket'],
    resources: [arnOfBucket(bucket)],
  },
  { access: 'read', actions: ['s3:GetObjectAcl'], resources: [arnOfObject(bucket)] },
]

/** How many objects' ACLs are read. */
const sampleSize = 3

/** Looks at what decides about public reading. A block on the whole account is not seen: it is another service's. */
export async function lookUpPublicAccess(aws: Aws, bucket: Bucket): Promise<PublicAccess> {
  const s3 = aws.client(S3Client, bucket.region)
  const Bucket = bucket.name
  const [block, policy, list] = await Promise.all([
    absentAs('NoSuchPublicAccessBlockConfiguration', () => s3.send(new GetPublicAccessBlockCommand({ Bucket }))),
    absentAs('NoSuchBucketPolicy', () => s3.send(new GetBucketPolicyCommand({ Bucket }))),
    s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: sampleSize })),
  ])
  const keys = (list.Contents ?? []).flatMap(({ Key }) => Key ?? [])
  const readable = await Promise.all(
    keys.map(async (Key) => {
      const acl = await absentAs('NoSuchKey', () => s3.send(new GetObjectAclCommand({ Bucket, Key })))
      return acl?.Grants?.some(({ Grantee, Permission }) => Grantee?.URI === everybody && reads.has(Permission ?? ''))
    }),
  )
  return {
    bucket,
    block: block?.PublicAccessBlockConfiguration ?? {},
    policy: policy?.Policy === undefined ? undefined : parseDocument(policy.Policy),
    objects: readable.map((one) => one === true),
  }
}

const everybody = 'http://acs.amazonaws.com/groups/global/AllUsers'
const reads = new Set(['READ', 'FULL_CONTROL'])

/** Whether the bucket is set up as a web site, so that it has a website endpoint. */
export async function hasWebsite(aws: Aws, bucket: Bucket): Promise<boolean> {
  const s3 = aws.client(S3Client, bucket.region)
  const found = await absentAs('NoSuchWebsiteConfiguration', () =>
    s3.send(new GetBucketWebsiteCommand({ Bucket: bucket.name })),
  )
  return found !== undefined
}

/**
 * Why a distribution that asks S3 as anybody will answer 403 for the bucket's objects; empty if it may not. Where only
 * ACLs could open them, a bucket without objects gets the benefit of the doubt.
 */
export function whyUnreadable({ bucket, block, policy, objects }: PublicAccess): string[] {
  if (bucket.encryption.startsWith('aws:kms')) {
    return ['its objects are encrypted with KMS, which only signed requests can read']
  }
  const opened = policy?.Statement.some((statement) => opens(statement, bucket.name)) === true
  const restricted = block.RestrictPublicBuckets === true
  if (opened && !restricted) return []
  const byPolicy = opened
    ? 'Block Public Access (RestrictPublicBuckets) keeps its public policy from having an effect'
    : 'its policy does not let everybody read objects'
  const aclsOff = bucket.ownership === 'BucketOwnerEnforced'
  const ignored = block.IgnorePublicAcls === true
  if (!aclsOff && !ignored && (objects.length === 0 || objects.includes(true))) return []
  const byAcl = aclsOff
    ? 'its ACLs are off (object ownership BucketOwnerEnforced)'
    : ignored
      ? 'Block Public Access (IgnorePublicAcls) keeps public ACLs from having an effect'
      : `none of the ${objects.length === 1 ? 'object' : `${objects.length} objects`} looked at has a public-read ACL`
  return [byPolicy, byAcl]
}

/** Whether a statement lets everybody read objects of the bucket; what its conditions ask for is taken to be met. */
function opens({ Effect, Principal, Action, Resource }: PolicyStatement, bucket: string): boolean {
  const arn = arnOfObject(bucket, '')
  return (
    Effect === 'Allow' &&
    isEverybody(Principal) &&
    textsOf(Action).some((action) => matchesWildcards(action.toLowerCase(), 's3:getobject')) &&
    textsOf(Resource).some((resource) => resource.startsWith(arn) || matchesWildcards(resource, arn))
  )
}
