import type { PolicyDocument } from './policy-document.ts'
import type { Caller } from './service.ts'

/** What S3 asks of the other services when it judges a request or a bucket policy. */
export interface S3Peers {
  /** The origin access identities that exist, to check and rewrite principals of bucket policies. */
  originAccessIdentities(): Iterable<OriginAccessIdentityPrincipal>
  /** Does an IAM user or role with this ARN exist? Root accounts, services and `*` are not asked for. */
  principalExists(arn: string): boolean
  /** The policies that IAM attaches to a user or role session. */
  identityPolicies(caller: Caller): readonly PolicyDocument[]
  /**
   * May the caller use a KMS key for this action (`kms:Decrypt`, `kms:GenerateDataKey`)? `keyId` is what the object
   * was encrypted with: a key id, key ARN or alias ARN in `region`; undefined for the AWS managed key `aws/s3`.
   * `context` are condition keys of the request.
   */
  mayUseKey(
    caller: Caller,
    action: string,
    keyId: string | undefined,
    region: string,
    context: Readonly<Record<string, string>>,
  ): boolean
  /** The ARN of a key. Throws KMS's error, as S3 passes it on, unless there is such a key in the region and it can be used. */
  requireKey(keyId: string, region: string): string
}

/** An origin access identity as a principal. */
export interface OriginAccessIdentityPrincipal {
  id: string
  s3CanonicalUserId: string
  /** Milliseconds since the epoch. */
  createdAt: number
}
