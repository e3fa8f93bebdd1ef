import { isBadIdentity, statusOf } from '../../aws/denial.ts'
import type { LeanS3 } from '../../aws/s3-lean.ts'
import type { Bucket } from '../../resources/s3/bucket.ts'
import { lockKey } from '../lock.ts'

/** What of a bucket decides how its objects are written again. */
export interface BucketFacts {
  /** Every copy becomes one more version, and the old one is kept and paid for. */
  readonly versioned: boolean
  /** Canonical id of the owner, where objects have access control lists. */
  readonly aclOwner: string | undefined
}

/** @throws what S3 answers */
export async function lookAtBucket(s3: LeanS3, bucket: Bucket): Promise<BucketFacts> {
  const [versioned, aclOwner] = await Promise.all([
    isVersioned(s3),
    bucket.ownership === 'BucketOwnerEnforced' ? undefined : ownerOf(s3),
  ])
  return { versioned, aclOwner }
}

async function isVersioned(s3: LeanS3): Promise<boolean> {
  const { body } = await s3.send({ method: 'GET', action: 's3:GetBucketVersioning', query: { versioning: '' } })
  return body.includes('<Status>Enabled</Status>')
}

/** An object of another owner would become ours by being copied. */
async function ownerOf(s3: LeanS3): Promise<string> {
  const { body } = await s3.send({ method: 'GET', action: 's3:GetBucketAcl', query: { acl: '' } })
  return /<Owner>[^]*?<ID>([^<]*)<\/ID>/.exec(body.toString('utf8'))?.[1] ?? ''
}

/**
 * Makes sure that S3 tells which objects are held by Object Lock: it leaves that out for whoever may not read it, and
 * then they would look free, and their copies would be.
 *
 * @throws what S3 answers where that is denied
 */
export async function assertLocksAreTold(s3: LeanS3): Promise<void> {
  const query = { 'object-lock': '' }
  if (!(await isThere(s3.send({ method: 'GET', action: 's3:GetBucketObjectLockConfiguration', query })))) return
  // Permissions are judged first: whether the object is there or held does not matter. Event holds come with the retention.
  await isThere(s3.send({ method: 'GET', action: 's3:GetObjectRetention', key: lockKey, query: { retention: '' } }))
  await isThere(s3.send({ method: 'GET', action: 's3:GetObjectLegalHold', key: lockKey, query: { 'legal-hold': '' } }))
}

/** Answers other than success are "there is none", also from stores that know no such thing; but not denials. */
export const saysThereIsNone = (error: unknown): boolean =>
  [400, 404, 405, 501].includes(statusOf(error) ?? 0) && !isBadIdentity(error)

async function isThere(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer
    return true
  } catch (error) {
    if (saysThereIsNone(error)) return false
    throw error
  }
}
