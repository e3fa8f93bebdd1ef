import { copiedAnnotations } from './annotations.ts'
import { storageClassOf } from './attributes.ts'
import { isoTime, notModelled, wholeSeconds, xml } from './answers.ts'
import { bytesOf, type Handler, type S3Call, type S3State } from './call.ts'
import { checksumElement, type ChecksumAlgorithm, createHasher, requestedChecksum } from './checksum.ts'
import { checkCopyConditions, checkWriteConditions } from './conditions.ts'
import { encryptionHeaders } from './encryption.ts'
import type { Attributes, StoredObject } from './index.ts'
import { checkKeyLength, checkReadable } from './object.ts'
import { etagOf, isPlain } from './receiving.ts'
import { arnOf, decodeKey } from './route.ts'
import { commit, findObject, versionHeaders } from './version.ts'
import { newAttributes } from './writing.ts'
import { field } from './xml.ts'
import { AwsError } from '../contracts/service.ts'

const copyLimit = 5 * 1024 ** 3

/**
 * The object that `x-amz-copy-source` names, as the caller may read it. Throws InvalidArgument, AccessDenied,
 * NoSuchBucket, NoSuchKey, PreconditionFailed.
 */
export function copySource(call: S3Call): StoredObject {
  const { request, state } = call
  const header = request.headers['x-amz-copy-source'] ?? ''
  if (header.startsWith('arn:')) throw notModelled('a copy source that is an access point')
  const match = /^\/?([^/]+)\/([^?]+)(?:\?versionId=(.+))?$/.exec(header)
  if (match === null) {
    throw new AwsError(
      400,
      'InvalidArgument',
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
      {
        fields: { ArgumentName: 'x-amz-copy-source', ArgumentValue: header },
      },
    )
  }
  const [, bucketName = '', rawKey = '', versionId] = match
  const bucket = state.buckets.get(decodeKey(bucketName))
  const key = decodeKey(rawKey)
  state.access.check(
    request,
    bucket,
    versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion',
    arnOf({ bucket: bucket.name, key }),
  )
  const query = new URLSearchParams(versionId === undefined ? {} : { versionId })
  const sourceCall = { ...call, bucket, key, request: { ...request, query, method: 'GET' } }
  const source = findObject(sourceCall)
  checkReadable(sourceCall, source)
  checkCopyConditions(request.headers, source)
  return source
}

const directive = (value: string | undefined, name: string): 'COPY' | 'REPLACE' => {
  if (value === undefined || value === 'COPY') return 'COPY'
  if (value === 'REPLACE') return value
  throw new AwsError(400, 'InvalidArgument', `Unknown ${name} directive.`, {
    fields: { ArgumentName: `x-amz-${name}-directive`, ArgumentValue: value },
  })
}

const copyObject: Handler = async (call) => {
  const { request, state, bucket, key } = call
  const { headers } = request
  checkKeyLength(key)
  const metadataDirective = directive(headers['x-amz-metadata-directive'], 'metadata')
  const taggingDirective = directive(headers['x-amz-tagging-directive'], 'tagging')
  const source = copySource(call)
  checkCopySize(source.size)
  const itself =
    source.bucket === bucket.name && source.key === key && !headers['x-amz-copy-source']?.includes('?versionId=')
  if (itself && metadataDirective === 'COPY' && !changesItself(headers)) throw illegalSelfCopy()

  const requested = newAttributes(call)
  if (taggingDirective === 'COPY' && source.attributes.tags.length > 0) {
    const from = state.buckets.get(source.bucket)
    state.access.check(request, from, 's3:GetObjectTagging', arnOf({ bucket: source.bucket, key: source.key }))
    state.access.check(request, bucket, 's3:PutObjectTagging', arnOf({ bucket: bucket.name, key }))
  }
  const attributes: Attributes = {
    ...requested,
    ...(metadataDirective === 'REPLACE' ? {} : copiedMetadata(source, requested)),
    tags: taggingDirective === 'REPLACE' ? requested.tags : source.attributes.tags,
    ...copiedAnnotations(call, source),
  }
  const storageClass = storageClassOf(headers)
  // A copy keeps the source's algorithm; what had been uploaded in parts gets a checksum of the whole.
  const algorithm = requestedChecksum(headers)?.algorithm ?? source.attributes.checksum?.algorithm ?? 'CRC64NVME'
  const copied = await copyBody(state, source, algorithm)
  try {
    checkWriteConditions(request, state.index.get(bucket.name, key), key)
  } catch (error) {
    state.bodies.remove(copied.body)
    throw error
  }
  const stored = commit(call, {
    size: source.size,
    etag: etagOf(attributes, copied.md5),
    modified: wholeSeconds(state.context.now()),
    storageClass,
    body: copied.body,
    attributes: { ...attributes, checksum: { algorithm, value: copied.checksum, type: 'FULL_OBJECT' } },
  })
  return xml(
    'CopyObjectResult',
    field('LastModified', isoTime(stored.modified)) +
      field('ETag', `"${stored.etag}"`) +
      field(checksumElement(algorithm), copied.checksum) +
      field('ChecksumType', 'FULL_OBJECT'),
    {
      ...encryptionHeaders(attributes.encryption),
      ...versionHeaders(call, stored),
      ...(source.versionId === 'null' ? {} : { 'x-amz-copy-source-version-id': source.versionId }),
    },
  )
}

/** At most 5 GiB in one request. Throws InvalidRequest. */
export function checkCopySize(size: number): void {
  if (size <= copyLimit) return
  const message = `The specified copy source is larger than the maximum allowable size for a copy source: ${copyLimit}`
  throw new AwsError(400, 'InvalidRequest', message)
}

/** With COPY all metadata is the source's, but for the website redirect: that one is never copied. */
function copiedMetadata(source: StoredObject, requested: Attributes): Pick<Attributes, 'headers' | 'metadata'> {
  const redirect = 'x-amz-website-redirect-location'
  const headers = Object.fromEntries(Object.entries(source.attributes.headers).filter(([name]) => name !== redirect))
  const asked = requested.headers[redirect]
  return {
    headers: asked === undefined ? headers : { ...headers, [redirect]: asked },
    metadata: source.attributes.metadata,
  }
}

/** Does a copy of an object onto itself change anything, so that S3 carries it out although metadata is copied? */
const changesItself = (headers: Readonly<Record<string, string>>): boolean =>
  [
    'x-amz-storage-class',
    'x-amz-website-redirect-location',
    'x-amz-server-side-encryption',
    'x-amz-checksum-algorithm',
  ].some((name) => headers[name] !== undefined)

const illegalSelfCopy = (): AwsError =>
  new AwsError(
    400,
    'InvalidRequest',
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  )

/** The bytes under a new name. They are only read where their digests are not known yet. */
async function copyBody(
  state: S3State,
  source: StoredObject,
  algorithm: ChecksumAlgorithm,
): Promise<{ body: string | undefined; md5: Buffer; checksum: string }> {
  const { checksum, encryption } = source.attributes
  const isMd5 = isPlain(encryption) && !source.etag.includes('-')
  if (isMd5 && checksum?.algorithm === algorithm && checksum.type === 'FULL_OBJECT') {
    return { body: state.bodies.link(source.body), md5: Buffer.from(source.etag, 'hex'), checksum: checksum.value }
  }
  const hasher = createHasher(algorithm)
  const { body, md5 } = await state.bodies.write(bytesOf(state, source), [hasher])
  return { body, md5, checksum: hasher.digest().toString('base64') }
}

export const copyOperations: Readonly<Record<string, Handler>> = { CopyObject: copyObject }
