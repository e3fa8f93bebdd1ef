import { judge, type Verdict } from '../policy/authorization.ts'
import type { PolicyDocument } from '../contracts/policy-document.ts'
import { parsePolicy } from '../policy/policy-document.ts'
import { aclAllows } from './acl.ts'
import type { Bucket } from './buckets.ts'
import type { Encryption, ObjectIndex, StoredObject } from './index.ts'
import type { S3Peers } from '../contracts/s3-peers.ts'
import type { BucketPolicy } from './bucket-policy-parts.ts'
import { isPublicPolicy } from './public-policy.ts'
import { requestKeys } from './request-keys.ts'
import { arnOf } from './route.ts'
import { AwsError, type AwsRequest, type Caller, type Context } from '../contracts/service.ts'

/** The account's own callers still may repair a policy that locks them out. */
const policyActions = new Set(['s3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy'])

export const accessDenied = (why = 'Access Denied'): AwsError => new AwsError(403, 'AccessDenied', why)

/** Callers of the account itself are told what was denied, and why ("Troubleshoot access denied (403 Forbidden) errors in Amazon S3"). */
function denied(caller: Caller, action: string, resource: string, verdict: Verdict): AwsError {
  if (caller.kind !== 'user' && caller.kind !== 'role') return accessDenied()
  const why =
    verdict === 'denied explicitly'
      ? 'with an explicit deny'
      : `because no identity-based policy allows the ${action} action`
  return accessDenied(`User: ${caller.arn} is not authorized to perform: ${action} on resource: "${resource}" ${why}`)
}

/** What an ACL's permissions are for ("Mapping of ACL permissions and access policy permissions", S3 User Guide). */
const bucketPermissions: Readonly<Record<string, string>> = {
  's3:ListBucket': 'READ',
  's3:ListBucketVersions': 'READ',
  's3:ListBucketMultipartUploads': 'READ',
  's3:PutObject': 'WRITE',
  's3:DeleteObject': 'WRITE',
  's3:GetBucketAcl': 'READ_ACP',
  's3:PutBucketAcl': 'WRITE_ACP',
}
const objectPermissions: Readonly<Record<string, string>> = {
  's3:GetObject': 'READ',
  's3:GetObjectVersion': 'READ',
  's3:GetObjectAcl': 'READ_ACP',
  's3:GetObjectVersionAcl': 'READ_ACP',
  's3:PutObjectAcl': 'WRITE_ACP',
  's3:PutObjectVersionAcl': 'WRITE_ACP',
}

interface ParsedPolicy {
  document: PolicyDocument
  isPublic: boolean
}

/** Decides who may do what: IAM policies, bucket policy, ACLs and Block Public Access together. */
export class S3Access {
  readonly #context: Context
  readonly #peers: S3Peers
  readonly #index: ObjectIndex
  /** Canonical user id of the account. */
  readonly #owner: string
  readonly #parsed = new Map<string, ParsedPolicy>()

  constructor(context: Context, peers: S3Peers, index: ObjectIndex, owner: string) {
    this.#context = context
    this.#peers = peers
    this.#index = index
    this.#owner = owner
  }

  /** Throws AccessDenied unless the caller may do this. `resource` is the ARN of the bucket or object. */
  check(request: AwsRequest, bucket: Bucket | undefined, action: string, resource: string): void {
    const verdict = this.#judge(request, bucket, action, resource)
    if (verdict !== 'allowed') throw denied(request.caller, action, resource, verdict)
  }

  mayList(request: AwsRequest, bucket: Bucket): boolean {
    return this.allows(request, bucket, 's3:ListBucket', arnOf({ bucket: bucket.name, key: '' }))
  }

  allows(request: AwsRequest, bucket: Bucket | undefined, action: string, resource: string): boolean {
    return this.#judge(request, bucket, action, resource) === 'allowed'
  }

  #judge(request: AwsRequest, bucket: Bucket | undefined, action: string, resource: string): Verdict {
    const { caller } = request
    if (caller.kind === 'root') return 'allowed'
    const policy = bucket === undefined ? undefined : this.#policyFor(bucket, caller)
    const verdict = judge({
      caller,
      action,
      resource,
      context: requestKeys(request, {
        now: this.#context.now(),
        accountId: this.#context.accountId,
        object: bucket === undefined ? undefined : this.#objectOf(bucket, resource),
      }),
      identityPolicies: this.#peers.identityPolicies(caller),
      resourcePolicies: policy === undefined || (isOwn(caller) && policyActions.has(action)) ? [] : [policy],
    })
    if (verdict !== 'denied by default') return verdict
    return bucket !== undefined && this.#aclAllows(bucket, caller, action, resource) ? 'allowed' : verdict
  }

  /**
   * Throws AccessDenied unless the caller may use the key that an object is encrypted with, where it is one of KMS, and
   * KMS's own error where the key is not there or not usable.
   *
   * @returns the ARN of the key that a caller of the account names, by which S3 remembers it
   */
  checkKey(
    { caller }: AwsRequest,
    { name, region }: Bucket,
    action: 'kms:Decrypt' | 'kms:GenerateDataKey',
    { algorithm, keyId, bucketKey }: Encryption,
    key: string,
  ): string | undefined {
    if (algorithm === 'AES256') return undefined
    const keyArn = keyId !== undefined && isOwn(caller) ? this.#peers.requireKey(keyId, region) : undefined
    if (caller.kind === 'root') return keyArn
    const context = {
      'kms:ViaService': `s3.${region}.amazonaws.com`,
      'kms:EncryptionContext:aws:s3:arn': arnOf({ bucket: name, key: bucketKey === true ? '' : key }),
    }
    if (this.#peers.mayUseKey(caller, action, keyId, region, context)) return keyArn
    throw denied(caller, action, keyId ?? 'aws/s3', 'denied by default')
  }

  /** The bucket's policy as far as it counts: a public one does not, for others, under RestrictPublicBuckets. */
  #policyFor(bucket: Bucket, caller: Caller): PolicyDocument | undefined {
    if (bucket.policy === undefined) return undefined
    const { document, isPublic } = this.#parse(bucket.policy)
    const restricted = bucket.publicAccessBlock?.RestrictPublicBuckets === true && isPublic
    return restricted && !isOwn(caller) && caller.kind !== 'service' ? undefined : document
  }

  #parse(text: string): ParsedPolicy {
    const known = this.#parsed.get(text)
    if (known !== undefined) return known
    const parsed = { document: parsePolicy(text), isPublic: isPublicPolicy(JSON.parse(text) as BucketPolicy) }
    // A policy is parsed once and asked thousands of times; there are only as many as buckets.
    if (this.#parsed.size > 100) this.#parsed.clear()
    this.#parsed.set(text, parsed)
    return parsed
  }

  #aclAllows(bucket: Bucket, caller: Caller, action: string, resource: string): boolean {
    if (bucket.ownership === 'BucketOwnerEnforced') return false
    const acl = action in bucketPermissions ? bucket : this.#objectOf(bucket, resource)?.attributes
    const permission = bucketPermissions[action] ?? objectPermissions[action]
    if (acl === undefined || permission === undefined) return false
    const ignoresPublic = bucket.publicAccessBlock?.IgnorePublicAcls === true
    return aclAllows(acl, this.#owner, caller, permission, ignoresPublic)
  }

  #objectOf(bucket: Bucket, resource: string): StoredObject | undefined {
    const key = resource.slice(arnOf({ bucket: bucket.name, key: '' }).length + 1)
    return key === '' ? undefined : this.#index.get(bucket.name, key)
  }
}

const isOwn = (caller: Caller): boolean => caller.kind === 'root' || caller.kind === 'user' || caller.kind === 'role'
