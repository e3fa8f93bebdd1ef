import { judge, type Verdict } from './authorization.ts'
import { parsePolicy, type PolicyDocument } from './iam-policy-document.ts'
import { isPublicAcl } from './s3-attributes.ts'
import type { Bucket } from './s3-buckets.ts'
import type { Encryption, ObjectIndex } from './s3-index.ts'
import type { S3Peers } from './s3-peers.ts'
import type { BucketPolicy } from './s3-policy-parts.ts'
import { isPublicPolicy } from './s3-public-policy.ts'
import { arnOf } from './s3-route.ts'
import { AwsError, type AwsRequest, type Caller, type Context } from './service.ts'

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

interface ParsedPolicy {
  document: PolicyDocument
  isPublic: boolean
}

/** Decides who may do what: IAM policies, bucket policy, ACLs and Block Public Access together. */
export class S3Access {
  readonly #context: Context
  readonly #peers: S3Peers
  readonly #index: ObjectIndex
  readonly #parsed = new Map<string, ParsedPolicy>()

  constructor(context: Context, peers: S3Peers, index: ObjectIndex) {
    this.#context = context
    this.#peers = peers
    this.#index = index
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
      context: this.#conditions(request),
      identityPolicies: this.#peers.identityPolicies(caller),
      resourcePolicies: policy === undefined || (isOwn(caller) && policyActions.has(action)) ? [] : [policy],
    })
    if (verdict !== 'denied by default') return verdict
    return bucket !== undefined && this.#aclAllows(bucket, caller, action, resource) ? 'allowed' : verdict
  }

  /** Throws AccessDenied unless the caller may use the key that an object is encrypted with, where it is one of KMS. */
  checkKey(
    { caller }: AwsRequest,
    { name, region }: Bucket,
    action: 'kms:Decrypt' | 'kms:GenerateDataKey',
    { algorithm, keyId, bucketKey }: Encryption,
    key: string,
  ): void {
    if (algorithm === 'AES256' || caller.kind === 'root') return
    const context = {
      'kms:ViaService': `s3.${region}.amazonaws.com`,
      'kms:EncryptionContext:aws:s3:arn': arnOf({ bucket: name, key: bucketKey === true ? '' : key }),
    }
    if (this.#peers.mayUseKey(caller, action, keyId, region, context)) return
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
    if (bucket.ownership === 'BucketOwnerEnforced' || bucket.publicAccessBlock?.IgnorePublicAcls === true) return false
    const grants = (acl: string): boolean => (acl === 'authenticated-read' ? isOwn(caller) : isPublicAcl(acl))
    if (action === 's3:ListBucket') return grants(bucket.acl)
    if (action === 's3:PutObject' || action === 's3:DeleteObject') return bucket.acl === 'public-read-write'
    if (action !== 's3:GetObject') return false
    const key = resource.slice(arnOf({ bucket: bucket.name, key: '' }).length + 1)
    const object = this.#index.get(bucket.name, key)
    return object !== undefined && grants(object.attributes.acl)
  }

  /** Condition keys of a request. CloudFront's own principals fetch over TLS as the function is not there yet. */
  #conditions(request: AwsRequest): Record<string, string> {
    const { query } = request
    const conditions: Record<string, string> = {
      'aws:CurrentTime': new Date(this.#context.now()).toISOString(),
      'aws:EpochTime': String(Math.floor(this.#context.now() / 1000)),
      'aws:SecureTransport': 'true',
      'aws:SourceIp': '127.0.0.1',
    }
    for (const name of ['prefix', 'delimiter', 'max-keys'] as const) {
      const value = query.get(name)
      if (value !== null) conditions[`s3:${name}`] = value
    }
    const acl = request.headers['x-amz-acl']
    if (acl !== undefined) conditions['s3:x-amz-acl'] = acl
    const userAgent = request.headers['user-agent']
    if (userAgent !== undefined) conditions['aws:UserAgent'] = userAgent
    return conditions
  }
}

const isOwn = (caller: Caller): boolean => caller.kind === 'root' || caller.kind === 'user' || caller.kind === 'role'
