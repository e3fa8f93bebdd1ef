import { createHash } from 'node:crypto'

import type { Bucket } from './s3-buckets.ts'
import { type ChecksumAlgorithm, checksumAlgorithms, checksumHeader, isChecksumAlgorithm } from './s3-checksum.ts'
import type { Attributes, Encryption, Grant, StoredObject } from './s3-index.ts'
import { AwsError, type AwsRequest } from './service.ts'

/** System metadata that a client sets and gets back, by header. */
const systemHeaders = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
  'x-amz-website-redirect-location',
]
const metadataPrefix = 'x-amz-meta-'
const metadataLimit = 2048

const storageClasses = new Set([
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'GLACIER_IR',
])
export const cannedAcls = new Set([
  'private',
  'public-read',
  'public-read-write',
  'authenticated-read',
  'aws-exec-read',
  'bucket-owner-read',
  'bucket-owner-full-control',
])
export const isPublicAcl = (acl: string): boolean =>
  acl === 'public-read' || acl === 'public-read-write' || acl === 'authenticated-read'

type Headers = Readonly<Record<string, string>>

/** What a PutObject, CopyObject (REPLACE) or CreateMultipartUpload says about the new object. */
export function attributesOf(request: AwsRequest, bucket: Bucket): Attributes {
  const { headers } = request
  return {
    ...metadataOf(headers),
    tags: parseTagging(headers['x-amz-tagging']),
    encryption: encryptionOf(headers, bucket),
    acl: aclOf(headers, bucket),
    ...grantsOf(headers, bucket),
    ...lockOf(headers, bucket),
  }
}

/** System and user metadata from headers. */
export function metadataOf(headers: Headers): Pick<Attributes, 'headers' | 'metadata'> {
  const system: Record<string, string> = {}
  for (const name of systemHeaders) {
    const value = name === 'content-encoding' ? withoutChunking(headers[name]) : headers[name]
    if (value !== undefined && value !== '') system[name] = value
  }
  system['content-type'] ??= 'binary/octet-stream'
  const redirect = system['x-amz-website-redirect-location']
  if (redirect !== undefined && !/^(?:https?:\/)?\//.test(redirect)) {
    throw new AwsError(
      400,
      'InvalidRedirectLocation',
      "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
    )
  }
  return { headers: system, metadata: userMetadataOf(headers) }
}

/** `aws-chunked` describes the transfer, not the object. */
const withoutChunking = (encoding: string | undefined): string | undefined =>
  encoding
    ?.split(',')
    .map((part) => part.trim())
    .filter((part) => part !== 'aws-chunked')
    .join(',')

function userMetadataOf(headers: Headers): Record<string, string> {
  const metadata: Record<string, string> = {}
  let size = 0
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(metadataPrefix)) continue
    // Node hands header bytes over as Latin-1; S3 takes them as UTF-8.
    const text = Buffer.from(value, 'latin1').toString('utf8')
    metadata[name.slice(metadataPrefix.length)] = text
    size += name.length - metadataPrefix.length + Buffer.byteLength(text)
  }
  if (size > metadataLimit) {
    throw new AwsError(400, 'MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', {
      fields: { Size: String(size), MaxSizeAllowed: String(metadataLimit) },
    })
  }
  return metadata
}

/** Tags of the `x-amz-tagging` header: a query string. Throws InvalidArgument, InvalidTag, BadRequest. */
export function parseTagging(header: string | undefined): [string, string][] {
  if (header === undefined || header === '') return []
  return checkTags([...new URLSearchParams(header)])
}

/** Throws InvalidTag or BadRequest if S3 would not take these tags on an object. */
export function checkTags(tags: [string, string][], limit = 10): [string, string][] {
  if (tags.length > limit) throw new AwsError(400, 'BadRequest', `Object tags cannot be greater than ${limit}`)
  if (new Set(tags.map(([key]) => key)).size !== tags.length) {
    throw new AwsError(400, 'InvalidTag', 'Cannot provide multiple Tags with the same key')
  }
  for (const [key, value] of tags) {
    if (key === '' || key.length > 128 || !isTagText(key)) {
      throw new AwsError(400, 'InvalidTag', 'The TagKey you have provided is invalid', { fields: { TagKey: key } })
    }
    if (value.length > 256 || !isTagText(value)) {
      throw new AwsError(400, 'InvalidTag', 'The TagValue you have provided is invalid', { fields: { TagKey: key } })
    }
  }
  return tags
}

const isTagText = (text: string): boolean => /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(text)

/** Storage class of a new object. Throws InvalidStorageClass. */
export function storageClassOf(headers: Headers): string {
  const storageClass = headers['x-amz-storage-class'] ?? 'STANDARD'
  if (!storageClasses.has(storageClass)) {
    throw new AwsError(400, 'InvalidStorageClass', 'The storage class you specified is not valid')
  }
  return storageClass
}

const customer = 'server-side-encryption-customer-'

/** MD5 of the key that came with a request (SSE-C). Throws InvalidArgument for one that can't be. */
function customerKeyOf(headers: Headers, prefix: string): string | undefined {
  const name = `${prefix}${customer}algorithm`
  const algorithm = headers[name]
  if (algorithm === undefined) return undefined
  const key = Buffer.from(headers[`${prefix}${customer}key`] ?? '', 'base64')
  const md5 = createHash('md5').update(key).digest('base64')
  if (algorithm === 'AES256' && key.length === 32 && headers[`${prefix}${customer}key-md5`] === md5) return md5
  throw new AwsError(
    400,
    'InvalidArgument',
    'The calculated MD5 hash of the key did not match the hash that was provided.',
    {
      fields: { ArgumentName: name },
    },
  )
}

/**
 * Throws unless a request brings the key that an object is encrypted with.
 *
 * Source: Amazon S3 User Guide, "Using server-side encryption with customer-provided keys (SSE-C)".
 */
export function checkCustomerKey(headers: Headers, { customerKey }: Encryption): void {
  const prefix = headers['x-amz-copy-source'] === undefined ? 'x-amz-' : 'x-amz-copy-source-'
  const sent = customerKeyOf(headers, prefix)
  if (sent === customerKey) return
  if (sent !== undefined && customerKey !== undefined) throw new AwsError(403, 'AccessDenied', 'Access Denied')
  throw new AwsError(
    400,
    'InvalidRequest',
    customerKey === undefined
      ? 'The encryption parameters are not applicable to this object.'
      : 'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
  )
}

/** Encryption from headers, else the bucket's default. */
export function encryptionOf(headers: Headers, bucket: Bucket): Encryption {
  const customerKey = customerKeyOf(headers, 'x-amz-')
  if (customerKey !== undefined) return { algorithm: 'AES256', customerKey }
  const algorithm = headers['x-amz-server-side-encryption']
  const keyId = headers['x-amz-server-side-encryption-aws-kms-key-id']
  if (algorithm === undefined) {
    if (keyId !== undefined) throw invalidEncryption('The encryption method specified is not supported')
    return bucket.encryption
  }
  if (algorithm === 'AES256') {
    if (keyId !== undefined) {
      throw invalidEncryption(
        'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
      )
    }
    return { algorithm }
  }
  if (algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse') {
    throw invalidEncryption('The encryption method specified is not supported')
  }
  const bucketKey = headers['x-amz-server-side-encryption-bucket-key-enabled']
  return {
    algorithm,
    ...(keyId === undefined ? {} : { keyId }),
    bucketKey: bucketKey === undefined ? bucket.encryption.bucketKey === true : bucketKey.toLowerCase() === 'true',
  }
}

const invalidEncryption = (message: string): AwsError =>
  new AwsError(400, 'InvalidArgument', message, { fields: { ArgumentName: 'x-amz-server-side-encryption' } })

/** Canned ACL of a new object. Throws AccessControlListNotSupported where the bucket has ACLs off. */
export function aclOf(headers: Headers, bucket: Bucket): string {
  const acl = headers['x-amz-acl']
  const grants = Object.keys(headers).some((name) => name.startsWith('x-amz-grant-'))
  if (acl === undefined && !grants) return 'private'
  if (acl !== undefined && !cannedAcls.has(acl)) {
    throw new AwsError(400, 'InvalidArgument', '', { fields: { ArgumentName: 'x-amz-acl', ArgumentValue: acl } })
  }
  if (bucket.ownership === 'BucketOwnerEnforced' && acl !== 'bucket-owner-full-control') {
    throw new AwsError(400, 'AccessControlListNotSupported', 'The bucket does not allow ACLs')
  }
  if (acl === undefined) return 'private'
  if (isPublicAcl(acl) && bucket.publicAccessBlock?.BlockPublicAcls === true) {
    throw new AwsError(403, 'AccessDenied', 'Access Denied')
  }
  return acl
}

/** Grants of the `x-amz-grant-…` headers: these and no others. Throws AccessDenied for public ones where they are blocked. */
function grantsOf(headers: Headers, bucket: Bucket): Pick<Attributes, 'grants'> {
  const grants: Grant[] = []
  for (const [name, value] of Object.entries(headers)) {
    const [, what] = /^x-amz-grant-(.+)$/.exec(name) ?? []
    if (what === undefined) continue
    for (const [who] of value.matchAll(/(id|uri)="[^"]*"/g)) {
      grants.push({ who, what: what.toUpperCase().replaceAll('-', '_') })
    }
  }
  if (grants.length === 0) return {}
  if (bucket.publicAccessBlock?.BlockPublicAcls === true && grants.some(({ who }) => who.includes('/groups/global/'))) {
    throw new AwsError(403, 'AccessDenied', 'Access Denied')
  }
  return { grants }
}

function lockOf(headers: Headers, bucket: Bucket): Pick<Attributes, 'lock'> {
  const mode = headers['x-amz-object-lock-mode']
  const until = headers['x-amz-object-lock-retain-until-date']
  const legalHold = headers['x-amz-object-lock-legal-hold']
  if (mode === undefined && until === undefined && legalHold === undefined) return defaultRetention(bucket)
  if (!bucket.objectLock) {
    throw new AwsError(400, 'InvalidRequest', 'Bucket is missing Object Lock Configuration')
  }
  return {
    lock: {
      ...(mode === undefined ? {} : { mode }),
      ...(until === undefined ? {} : { until }),
      ...(legalHold === undefined ? {} : { legalHold: legalHold === 'ON' }),
    },
  }
}

function defaultRetention({ documents }: Bucket): Pick<Attributes, 'lock'> {
  const [, mode, days] = /<Mode>(\w+)<\/Mode>\s*<Days>(\d+)<\/Days>/.exec(documents['ObjectLock'] ?? '') ?? []
  if (mode === undefined) return {}
  return { lock: { mode, until: new Date(Date.now() + Number(days) * 86_400_000).toISOString() } }
}

/** The checksum algorithm that a request names in one of the four places there are for it. */
export function requestedChecksum(headers: Headers): { algorithm: ChecksumAlgorithm; value?: string } | undefined {
  for (const algorithm of checksumAlgorithms) {
    const value = headers[checksumHeader(algorithm)]
    if (value !== undefined) return { algorithm, value }
  }
  const trailer = headers['x-amz-trailer']?.toLowerCase().replace(/^x-amz-checksum-/, '')
  const named = (
    trailer ??
    headers['x-amz-sdk-checksum-algorithm'] ??
    headers['x-amz-checksum-algorithm']
  )?.toUpperCase()
  if (named === undefined) return undefined
  if (!isChecksumAlgorithm(named)) {
    throw new AwsError(
      400,
      'InvalidRequest',
      'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
    )
  }
  return { algorithm: named }
}

/** Headers of GetObject and HeadObject, without those of the body's length and range. */
export function objectHeaders(object: StoredObject, bucket: Bucket): Record<string, string> {
  const { attributes } = object
  const headers: Record<string, string> = {
    ...attributes.headers,
    etag: `"${object.etag}"`,
    'last-modified': new Date(object.modified).toUTCString(),
    'accept-ranges': 'bytes',
    ...encryptionHeaders(attributes.encryption),
  }
  for (const [name, value] of Object.entries(attributes.metadata)) headers[metadataPrefix + name] = encodedWord(value)
  if (object.storageClass !== 'STANDARD') headers['x-amz-storage-class'] = object.storageClass
  if (bucket.versioning !== undefined) headers['x-amz-version-id'] = object.versionId
  if (attributes.tags.length > 0) headers['x-amz-tagging-count'] = String(attributes.tags.length)
  if (attributes.archive !== undefined) headers['x-amz-archive-status'] = attributes.archive
  if (attributes.missing !== undefined) headers['x-amz-missing-meta'] = String(attributes.missing)
  if (attributes.lock?.mode !== undefined) headers['x-amz-object-lock-mode'] = attributes.lock.mode
  if (attributes.lock?.until !== undefined) headers['x-amz-object-lock-retain-until-date'] = attributes.lock.until
  if (attributes.lock?.legalHold === true) headers['x-amz-object-lock-legal-hold'] = 'ON'
  return headers
}

export function encryptionHeaders(encryption: Encryption): Record<string, string> {
  if (encryption.customerKey !== undefined) {
    return { [`x-amz-${customer}algorithm`]: 'AES256', [`x-amz-${customer}key-md5`]: encryption.customerKey }
  }
  return {
    'x-amz-server-side-encryption': encryption.algorithm,
    ...(encryption.keyId === undefined ? {} : { 'x-amz-server-side-encryption-aws-kms-key-id': encryption.keyId }),
    ...(encryption.bucketKey === true ? { 'x-amz-server-side-encryption-bucket-key-enabled': 'true' } : {}),
  }
}

/** User metadata that is not ASCII comes back as an encoded word (RFC 2047). */
const encodedWord = (value: string): string =>
  /^[\x20-\x7e\t]*$/.test(value) ? value : `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=`
