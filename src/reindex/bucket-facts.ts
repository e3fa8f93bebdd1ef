import { statusOf } from '../aws/denial.ts'
import type { LeanS3 } from '../aws/s3-lean.ts'
import type { Bucket } from '../resources/bucket.ts'

/** What of a bucket decides how its objects are written again. */
export interface BucketFacts {
  /** Every copy becomes one more version, and the old one is kept and paid for. */
  readonly versioned: boolean
  /** Canonical id of the owner, where objects have access control lists. */
  readonly aclOwner: string | undefined
}

/** @throws what S3 answers; whether the bucket is versioned is worth no more than a warning */
export async function lookAtBucket(s3: LeanS3, bucket: Bucket): Promise<BucketFacts> {
  const [versioned, aclOwner] = await Promise.all([
    isVersioned(s3),
    bucket.ownership === 'BucketOwnerEnforced' ? undefined : ownerOf(s3),
  ])
  return { versioned, aclOwner }
}

async function isVersioned(s3: LeanS3): Promise<boolean> {
  try {
    const { body } = await s3.send({ method: 'GET', action: 's3:GetBucketVersioning', query: { versioning: '' } })
    return body.includes('<Status>Enabled</Status>')
  } catch (error) {
    if (statusOf(error) === 403) return false
    throw error
  }
}

/** An object of another owner would become ours by being copied. */
async function ownerOf(s3: LeanS3): Promise<string> {
  const { body } = await s3.send({ method: 'GET', action: 's3:GetBucketAcl', query: { acl: '' } })
  return /<Owner>[^]*?<ID>([^<]*)<\/ID>/.exec(body.toString('utf8'))?.[1] ?? ''
}
