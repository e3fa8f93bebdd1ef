import type { ConditionContext } from '../policy/authorization.ts'
import { networkKeys } from '../policy/network-keys.ts'
import type { StoredObject } from './index.ts'
import type { AwsRequest } from '../contracts/service.ts'

/** Headers that are condition keys of the same name. */
const headerKeys = [
  ...['x-amz-acl', 'x-amz-content-sha256', 'x-amz-copy-source', 'x-amz-metadata-directive', 'x-amz-storage-class'],
  ...['full-control', 'read', 'read-acp', 'write', 'write-acp'].map((what) => `x-amz-grant-${what}`),
  ...['x-amz-server-side-encryption', 'x-amz-server-side-encryption-aws-kms-key-id'],
  ...['x-amz-server-side-encryption-customer-algorithm', 'x-amz-website-redirect-location', 'x-amz-object-ownership'],
  ...['if-match', 'if-none-match'],
]
const lockKeys = ['object-lock-mode', 'object-lock-retain-until-date', 'object-lock-legal-hold']

/**
 * Condition keys of a request to S3, of its signature and of the object that it is about. Source: Service Authorization
 * Reference, "Condition keys for Amazon S3". CloudFront's own principals fetch over TLS, as everybody counts as doing.
 */
export function requestKeys(
  request: AwsRequest,
  { now, accountId, object }: { now: number; accountId: string; object: StoredObject | undefined },
): ConditionContext {
  const { headers, query } = request
  const tags = [...new URLSearchParams(headers['x-amz-tagging'] ?? '')]
  const pairs: [string, string | string[] | null | undefined][] = [
    ['aws:CurrentTime', new Date(now).toISOString()],
    ['aws:EpochTime', String(Math.floor(now / 1000))],
    ['aws:SecureTransport', 'true'],
    ...Object.entries(networkKeys(request.caller)),
    ['aws:RequestedRegion', request.region],
    ['aws:ResourceAccount', accountId],
    ['aws:UserAgent', headers['user-agent']],
    ['aws:Referer', headers['referer']],
    ['s3:TlsVersion', '1.3'],
    ['s3:ResourceAccount', accountId],
    ['s3:versionid', query.get('versionId')],
    ...['prefix', 'delimiter', 'max-keys'].map((name) => [`s3:${name}`, query.get(name)] as [string, string | null]),
    ...headerKeys.map((name) => [`s3:${name}`, headers[name]] as [string, string | undefined]),
    ...lockKeys.map((name) => [`s3:${name}`, headers[`x-amz-${name}`]] as [string, string | undefined]),
    ...signatureKeys(request, now),
    ...tags.map(([key, value]) => [`s3:RequestObjectTag/${key}`, value] as [string, string]),
    ['s3:ObjectCreationOperation', creates(request)],
    ['s3:RequestObjectTagKeys', tags.length === 0 ? undefined : tags.map(([key]) => key)],
    ...(object?.attributes.tags ?? []).map(
      ([key, value]) => [`s3:ExistingObjectTag/${key}`, value] as [string, string],
    ),
  ]
  return Object.fromEntries(
    pairs.flatMap(([key, value]) => (value === undefined || value === null ? [] : [[key, value]])),
  )
}

/**
 * Whether what is written is an object: parts, and the beginning of an upload, are none ("Enforce conditional writes on
 * Amazon S3 buckets"). Undefined for what writes nothing.
 */
const creates = ({ method, query }: AwsRequest): string | undefined =>
  method === 'PUT' || method === 'POST' ? String(!query.has('uploads') && !query.has('partNumber')) : undefined

/** How a request was signed, if it was. */
function signatureKeys({ headers, query, caller }: AwsRequest, now: number): [string, string][] {
  if (caller.kind === 'anonymous') return []
  const presigned = query.has('X-Amz-Signature')
  const [, date, time] = /^(\d{8})T(\d{6})Z$/.exec(query.get('X-Amz-Date') ?? headers['x-amz-date'] ?? '') ?? []
  const signedAt =
    date === undefined || time === undefined
      ? now
      : Date.parse(`${date.replace(/(....)(..)(..)/, '$1-$2-$3')}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`)
  return [
    ['s3:authType', presigned ? 'REST-QUERY-STRING' : 'REST-HEADER'],
    ['s3:signatureversion', 'AWS4-HMAC-SHA256'],
    ['s3:signatureAge', String(Math.max(0, now - signedAt))],
  ]
}
