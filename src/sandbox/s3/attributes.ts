import { aclInHeaders, checkAcl } from './acl.ts'
import type { Bucket } from './buckets.ts'
import type { S3Call } from './call.ts'
import { encryptionHeaders, encryptionOf } from './encryption.ts'
import type { Attributes, StoredObject } from './index.ts'
import { eventHoldHeaders, lockOf } from './lock.ts'
import { tagsInHeader } from './tags.ts'
import { AwsError } from '../contracts/service.ts'

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

type Headers = Readonly<Record<string, string>>

/** What a PutObject, CopyObject (REPLACE) or CreateMultipartUpload says about the new object. */
export function attributesOf({ state, request, bucket }: S3Call): Attributes {
  const { headers } = request
  const acl = aclInHeaders(request, 'object')
  return {
    ...metadataOf(headers),
    tags: tagsInHeader(headers['x-amz-tagging']),
    encryption: encryptionOf(headers, bucket),
    ...(acl === undefined ? { acl: 'private' } : checkAcl(acl, bucket, state.buckets.owner)),
    ...lockOf(headers, bucket, state.context.now()),
  }
}

/** System and user metadata from headers. */
function metadataOf(headers: Headers): Pick<Attributes, 'headers' | 'metadata'> {
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

/** Storage class of a new object. Throws InvalidStorageClass. */
export function storageClassOf(headers: Headers): string {
  const storageClass = headers['x-amz-storage-class'] ?? 'STANDARD'
  if (!storageClasses.has(storageClass)) {
    throw new AwsError(400, 'InvalidStorageClass', 'The storage class you specified is not valid', {
      fields: { StorageClassRequested: storageClass },
    })
  }
  return storageClass
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
  return { ...headers, ...eventHoldHeaders(attributes.lock?.eventHold) }
}

/** User metadata that is not ASCII comes back as an encoded word (RFC 2047). */
const encodedWord = (value: string): string =>
  /^[\x20-\x7e\t]*$/.test(value) ? value : `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=`
