import { checksumAlgorithms, checksumHeader } from './checksum.ts'
import { invalidArgument, notModelled } from './answers.ts'
import type { AwsRequest } from '../contracts/service.ts'

/** How a request is signed and sent, and what never makes a difference here: no bucket lets its requesters pay. */
const everywhere = [
  ...['x-amz-content-sha256', 'x-amz-date', 'x-amz-security-token', 'x-amz-user-agent', 'x-amz-decoded-content-length'],
  ...['x-amz-trailer', 'x-amz-expected-bucket-owner', 'x-amz-request-payer', 'x-amz-cf-id'],
]
const checksums = [...checksumAlgorithms.map(checksumHeader), 'x-amz-sdk-checksum-algorithm']
const customerKey = ['algorithm', 'key', 'key-md5'].map((end) => `x-amz-server-side-encryption-customer-${end}`)
const grants = ['full-control', 'read', 'read-acp', 'write', 'write-acp'].map((what) => `x-amz-grant-${what}`)
const newObject = [
  ...[
    'x-amz-acl',
    ...grants,
    'x-amz-storage-class',
    'x-amz-tagging',
    'x-amz-website-redirect-location',
    ...customerKey,
  ],
  ...['x-amz-server-side-encryption', 'x-amz-server-side-encryption-aws-kms-key-id'],
  'x-amz-server-side-encryption-bucket-key-enabled',
  ...['mode', 'retain-until-date', 'legal-hold', 'event-hold'].map((what) => `x-amz-object-lock-${what}`),
  ...['days', 'years'].map((unit) => `x-amz-object-lock-event-hold-duration-${unit}`),
]
const copied = [
  ...['x-amz-copy-source', 'x-amz-source-expected-bucket-owner'],
  ...['match', 'none-match', 'modified-since', 'unmodified-since'].map((end) => `x-amz-copy-source-if-${end}`),
  ...['algorithm', 'key', 'key-md5'].map((end) => `x-amz-copy-source-server-side-encryption-customer-${end}`),
]
const read = [...customerKey, 'x-amz-checksum-mode']
const deleted = ['x-amz-bypass-governance-retention']

/** Headers of S3's own that an operation acts upon. Source: API reference, the operations' "URI Request Parameters". */
const headers: Readonly<Record<string, readonly string[]>> = {
  CreateBucket: ['x-amz-acl', ...grants, 'x-amz-bucket-object-lock-enabled', 'x-amz-object-ownership'],
  PutBucketAcl: ['x-amz-acl', ...grants, ...checksums],
  // The caller may lock themselves out anyhow: nothing here stops them, as nothing stops the root user.
  PutBucketPolicy: ['x-amz-confirm-remove-self-bucket-access', ...checksums],
  PutObject: [...newObject, ...checksums],
  CopyObject: [
    ...[...newObject, ...copied, 'x-amz-checksum-algorithm', 'x-amz-metadata-directive', 'x-amz-tagging-directive'],
    'x-amz-object-annotation-directive',
  ],
  CreateMultipartUpload: [...newObject, 'x-amz-checksum-algorithm', 'x-amz-checksum-type'],
  UploadPart: [...customerKey, ...checksums],
  UploadPartCopy: [...customerKey, ...copied, 'x-amz-copy-source-range'],
  CompleteMultipartUpload: [...customerKey, ...checksums, 'x-amz-checksum-type', 'x-amz-mp-object-size'],
  ListParts: customerKey,
  GetObject: read,
  HeadObject: read,
  GetObjectAttributes: [...customerKey, 'x-amz-object-attributes'],
  PutObjectAcl: ['x-amz-acl', ...grants, ...checksums],
  PutObjectRetention: [...deleted, ...checksums],
  PutObjectAnnotation: ['x-amz-object-if-match', ...checksums],
  // Their checksums are verified as they come, and not kept: none is told.
  GetObjectAnnotation: ['x-amz-checksum-mode'],
  DeleteObjectAnnotation: ['x-amz-object-if-match'],
  DeleteObject: deleted,
  DeleteObjects: [...deleted, ...checksums],
  // Nothing is ever restored from an archive here, so there is no RestoreStatus to list.
  ListObjects: ['x-amz-optional-object-attributes'],
  ListObjectsV2: ['x-amz-optional-object-attributes'],
  ListObjectVersions: ['x-amz-optional-object-attributes'],
}
const withMetadata = new Set(['PutObject', 'CopyObject', 'CreateMultipartUpload'])

/** Operations on one version of an object. */
const versioned = new Set([
  ...['GetObject', 'HeadObject', 'DeleteObject', 'GetObjectAcl', 'PutObjectAcl', 'GetObjectAttributes'],
  ...['GetObjectTagging', 'PutObjectTagging', 'DeleteObjectTagging'],
  ...['GetObjectRetention', 'PutObjectRetention', 'GetObjectLegalHold', 'PutObjectLegalHold'],
  ...['GetObjectAnnotation', 'PutObjectAnnotation', 'DeleteObjectAnnotation', 'ListObjectAnnotations'],
])

/**
 * Refuses a header that S3 acts upon, or may one day, and the sandbox does not: it would be passed over in silence.
 * Throws NotImplemented; InvalidArgument for parameters that belong to other operations.
 */
export function refuseUnmodelled(request: AwsRequest, operation: string): void {
  const { method, query } = request
  const modelled = headers[operation] ?? (method === 'PUT' || method === 'POST' ? checksums : [])
  for (const name of Object.keys(request.headers)) {
    if (!name.startsWith('x-amz-') || everywhere.includes(name) || modelled.includes(name)) continue
    if (name.startsWith('x-amz-meta-') && withMetadata.has(operation)) continue
    throw notModelled(`the header ${name} of ${operation}`, { Header: name })
  }
  const attributes = request.headers['x-amz-optional-object-attributes']
  if (attributes !== undefined && attributes !== 'RestoreStatus') {
    throw invalidArgument('Invalid attribute name specified.', 'x-amz-optional-object-attributes', attributes)
  }
  if (query.has('versionId') && !versioned.has(operation)) {
    throw invalidArgument('This operation does not accept a version-id.', 'versionId', query.get('versionId') ?? '')
  }
  if (operation === 'PutObject' && query.has('partNumber')) {
    const message = 'This operation does not accept partNumber without uploadId'
    throw invalidArgument(message, 'partNumber', query.get('partNumber') ?? '')
  }
}

/** Documents without which, as S3 says, a request needs a checksum of one kind or another. */
const needChecksum = new Set([
  ...['DeleteObjects', 'PutBucketCors', 'PutBucketTagging', 'PutBucketLifecycleConfiguration'],
  ...['PutObjectLockConfiguration', 'PutObjectRetention', 'PutObjectLegalHold'],
])
/** Their checksums are of the object, and verified as it is read. */
const streamed = new Set(['PutObject', 'UploadPart', 'CompleteMultipartUpload', 'CopyObject', 'CreateMultipartUpload'])

/** Does the body of an operation hold a document, and does it need a checksum? */
export const documentOf = (operation: string): { needsChecksum: boolean } | undefined =>
  streamed.has(operation) ? undefined : { needsChecksum: needChecksum.has(operation) }
