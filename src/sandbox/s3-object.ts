import { randomBytes } from 'node:crypto'

import {
  checkCustomerKey,
  encryptionHeaders,
  objectHeaders,
  requestedChecksum,
  storageClassOf,
} from './s3-attributes.ts'
import type { WrittenBody } from './s3-bodies.ts'
import { type Handler, noContent, type S3Call, wholeSeconds, xml } from './s3-call.ts'
import { type Checksum, type ChecksumAlgorithm, checksumHeader, createHasher } from './s3-checksum.ts'
import { type ByteRange, checkWriteConditions, meetsReadConditions, noSuchKey, rangeOf } from './s3-conditions.ts'
import type { Attributes, Encryption, StoredObject } from './s3-index.ts'
import { arnOf } from './s3-route.ts'
import { newAttributes } from './s3-writing.ts'
import { childrenOf, element, field, malformedXml, parseDocument, requiredText, textOf } from './s3-xml.ts'
import { AwsError, type AwsRequest, type AwsResponse } from './service.ts'

const keyLimit = 1024
const putLimit = 5 * 1024 ** 3

/** Stores the body of a request and verifies what the client said about it. Nothing is kept if it was wrong. */
export async function receiveBody(
  call: S3Call,
  algorithm: ChecksumAlgorithm,
): Promise<WrittenBody & { checksum: string }> {
  const { request, state } = call
  const { headers } = request
  const declared = Number(headers['x-amz-decoded-content-length'] ?? headers['content-length'] ?? 0)
  if (declared > putLimit) {
    throw new AwsError(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
      fields: { ProposedSize: String(declared), MaxSizeAllowed: String(putLimit) },
    })
  }
  // The client's checksum may be of another algorithm than the one that is kept.
  const sent = requestedChecksum(headers)?.algorithm ?? algorithm
  const hasher = createHasher(algorithm)
  const sentHasher = sent === algorithm ? hasher : createHasher(sent)
  const written = await state.bodies.write(request.body, sent === algorithm ? [hasher] : [hasher, sentHasher])
  try {
    const checksum = hasher.digest().toString('base64')
    const sentChecksum = sent === algorithm ? checksum : sentHasher.digest().toString('base64')
    verifyBody(request, sent, sentChecksum, written.md5)
    return { ...written, checksum }
  } catch (error) {
    state.bodies.remove(written.body)
    throw error
  }
}

function verifyBody(request: AwsRequest, algorithm: ChecksumAlgorithm, checksum: string, md5: Buffer): void {
  const { headers, trailers } = request
  const sentMd5 = headers['content-md5']
  if (sentMd5 !== undefined) {
    if (Buffer.from(sentMd5, 'base64').length !== 16) {
      throw new AwsError(400, 'InvalidDigest', 'The Content-MD5 you specified was invalid.')
    }
    if (sentMd5 !== md5.toString('base64')) {
      throw new AwsError(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.', {
        fields: { ExpectedDigest: sentMd5, CalculatedDigest: md5.toString('base64') },
      })
    }
  }
  const name = checksumHeader(algorithm)
  const sent = headers[name] ?? trailers[name]
  if (sent !== undefined && sent !== checksum) {
    throw new AwsError(400, 'BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`)
  }
}

/** Encrypted with S3's own keys: its ETag is the MD5 of its content. */
export const isPlain = ({ algorithm, customerKey }: Encryption): boolean =>
  algorithm === 'AES256' && customerKey === undefined

/** ETag of an object received in one piece: its MD5, except where KMS or a customer's key encrypts it. */
export const etagOf = (attributes: Attributes, md5: Buffer): string =>
  (isPlain(attributes.encryption) ? md5 : randomBytes(16)).toString('hex')

/**
 * Makes an object the current one of its key. Where versioning is enabled the former one stays as a version; else it
 * is replaced. Call without an `await` since the conditions were checked, so that nothing comes between.
 */
export function commit(call: S3Call, object: Omit<StoredObject, 'bucket' | 'key' | 'versionId'>): StoredObject {
  const { state, bucket, key } = call
  const enabled = bucket.versioning === 'Enabled'
  const stored = { ...object, bucket: bucket.name, key, versionId: enabled ? newVersionId() : 'null' }
  const former = state.index.get(bucket.name, key)
  const removed: (string | undefined)[] = []
  state.index.transaction(() => {
    if (former !== undefined && bucket.versioning !== undefined && (enabled || former.versionId !== 'null')) {
      state.index.putVersion(former, false)
    } else removed.push(former?.body)
    if (!enabled && bucket.versioning !== undefined) removed.push(...dropNullVersion(call))
    state.index.put(stored)
  })
  for (const body of removed) state.bodies.remove(body)
  return stored
}

function dropNullVersion({ state, bucket, key }: S3Call): (string | undefined)[] {
  const former = state.index.versions(bucket.name, key).filter(({ versionId }) => versionId === 'null')
  state.index.deleteVersion(bucket.name, key, 'null')
  return former.map(({ body }) => body)
}

const newVersionId = (): string => randomBytes(24).toString('base64url')

export const versionHeaders = ({ bucket }: S3Call, object: StoredObject): Record<string, string> =>
  bucket.versioning === undefined ? {} : { 'x-amz-version-id': object.versionId }

const putObject: Handler = async (call) => {
  const { request, state, bucket, key } = call
  if (Buffer.byteLength(key) > keyLimit) {
    throw new AwsError(400, 'KeyTooLongError', 'Your key is too long', {
      fields: { Size: String(Buffer.byteLength(key)), MaxSizeAllowed: String(keyLimit) },
    })
  }
  const attributes = newAttributes(call)
  if (attributes.lock !== undefined && !('content-md5' in request.headers || requestedChecksum(request.headers))) {
    throw new AwsError(
      400,
      'InvalidRequest',
      'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
    )
  }
  const storageClass = storageClassOf(request.headers)
  checkWriteConditions(request, state.index.get(bucket.name, key), key)
  const algorithm = requestedChecksum(request.headers)?.algorithm ?? 'CRC64NVME'
  const { body, size, md5, checksum } = await receiveBody(call, algorithm)
  try {
    checkWriteConditions(request, state.index.get(bucket.name, key), key)
  } catch (error) {
    state.bodies.remove(body)
    throw error
  }
  const stored = commit(call, {
    size,
    etag: etagOf(attributes, md5),
    modified: wholeSeconds(state.context.now()),
    storageClass,
    body,
    attributes: { ...attributes, checksum: { algorithm, value: checksum, type: 'FULL_OBJECT' } },
  })
  return {
    status: 200,
    headers: {
      etag: `"${stored.etag}"`,
      ...checksumHeaders(stored.attributes.checksum),
      ...encryptionHeaders(attributes.encryption),
      ...versionHeaders(call, stored),
    },
  }
}

export const checksumHeaders = (checksum: Checksum | undefined): Record<string, string> =>
  checksum === undefined
    ? {}
    : { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type }

/** The object (or the version) that a request is about. Throws NoSuchKey, NoSuchVersion, or AccessDenied instead. */
export function findObject(call: S3Call): StoredObject {
  const { state, request, bucket, key } = call
  const versionId = request.query.get('versionId')
  const current = state.index.get(bucket.name, key)
  if (versionId !== null) {
    const found =
      current?.versionId === versionId
        ? current
        : state.index.versions(bucket.name, key).find((version) => version.versionId === versionId)
    if (found === undefined) {
      throw new AwsError(404, 'NoSuchVersion', 'The specified version does not exist.', {
        fields: { Key: key, VersionId: versionId },
      })
    }
    if ('marker' in found && found.marker) {
      throw new AwsError(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.', {
        headers: { 'x-amz-delete-marker': 'true', 'last-modified': new Date(found.modified).toUTCString() },
      })
    }
    return found
  }
  if (current !== undefined) return current
  // Whether a key exists is nothing that a caller who may not list the bucket is told.
  if (!state.access.mayList(request, bucket)) throw new AwsError(403, 'AccessDenied', 'Access Denied')
  const latest = state.index.versions(bucket.name, key)[0]
  const error = noSuchKey(key)
  throw latest?.marker === true
    ? new AwsError(404, error.code, error.message, {
        fields: error.fields,
        headers: { 'x-amz-delete-marker': 'true', 'x-amz-version-id': latest.versionId },
      })
    : error
}

/** Response headers that a signed request may override, by query parameter. */
const overrides: Readonly<Record<string, string>> = {
  'response-content-type': 'content-type',
  'response-content-language': 'content-language',
  'response-expires': 'expires',
  'response-cache-control': 'cache-control',
  'response-content-disposition': 'content-disposition',
  'response-content-encoding': 'content-encoding',
}

function overriddenHeaders({ query, caller }: AwsRequest): Record<string, string> {
  const changed: Record<string, string> = {}
  for (const [parameter, header] of Object.entries(overrides)) {
    const value = query.get(parameter)
    if (value === null) continue
    if (caller.kind === 'anonymous') {
      throw new AwsError(
        400,
        'InvalidRequest',
        'Request specific response headers cannot be used for anonymous GET requests.',
      )
    }
    changed[header] = value
  }
  return changed
}

const getObject: Handler = (call) => readObject(call)
const headObject: Handler = (call) => readObject(call)

function readObject(call: S3Call): AwsResponse {
  const { state, request } = call
  const object = findObject(call)
  checkReadable(call, object)
  const headers = { ...visibleHeaders(call, object), ...overriddenHeaders(request) }
  if (!meetsReadConditions(request.headers, object)) {
    const { etag = '', 'last-modified': modified = '', 'cache-control': cacheControl, expires } = headers
    return {
      status: 304,
      headers: {
        etag,
        'last-modified': modified,
        ...(cacheControl === undefined ? {} : { 'cache-control': cacheControl }),
        ...(expires === undefined ? {} : { expires }),
      },
    }
  }
  const range = partRange(request, object) ?? rangeOf(request.headers['range'], object.size)
  if (range === undefined && request.headers['x-amz-checksum-mode'] === 'ENABLED') {
    Object.assign(headers, checksumHeaders(object.attributes.checksum))
  }
  if (request.query.has('partNumber') && object.attributes.parts !== undefined) {
    headers['x-amz-mp-parts-count'] = String(object.attributes.parts.length)
  }
  const { start, end } = range ?? { start: 0, end: object.size - 1 }
  headers['content-length'] = String(end - start + 1)
  if (range !== undefined) headers['content-range'] = `bytes ${start}-${end}/${object.size}`
  const status = range === undefined ? 200 : 206
  if (request.method === 'HEAD') return { status, headers }
  return { status, headers, body: state.bodies.read(object.body, start, end) }
}

/** Tags and locks are told to those only who may read them. */
const guarded: readonly (readonly [header: string, action: string])[] = [
  ['x-amz-tagging-count', 's3:GetObjectTagging'],
  ['x-amz-object-lock-mode', 's3:GetObjectRetention'],
  ['x-amz-object-lock-retain-until-date', 's3:GetObjectRetention'],
  ['x-amz-object-lock-legal-hold', 's3:GetObjectLegalHold'],
]

function visibleHeaders({ state, request, bucket, key }: S3Call, object: StoredObject): Record<string, string> {
  const headers = objectHeaders(object, bucket)
  const hidden = guarded
    .filter(([name]) => headers[name] !== undefined)
    .filter(([, action]) => !state.access.allows(request, bucket, action, arnOf({ bucket: bucket.name, key })))
    .map(([name]) => name)
  if (hidden.length === 0) return headers
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hidden.includes(name)))
}

/** The bytes of one part of a multipart upload (`partNumber`). */
function partRange(request: AwsRequest, object: StoredObject): ByteRange | undefined {
  const asked = request.query.get('partNumber')
  if (asked === null) return undefined
  const number = Number(asked)
  const parts = object.attributes.parts ?? [object.size]
  const size = parts[number - 1]
  if (size === undefined) {
    throw new AwsError(416, 'InvalidPartNumber', 'The requested partnumber is not satisfiable', {
      fields: { ActualPartCount: String(parts.length), PartNumberRequested: asked },
    })
  }
  const start = parts.slice(0, number - 1).reduce((sum, part) => sum + part, 0)
  return { start, end: start + size - 1 }
}

/** Throws if the bytes are not to be had: archived, or encrypted with a key that the caller may not use. */
export function checkReadable({ state, request, bucket }: S3Call, object: StoredObject): void {
  checkCustomerKey(request.headers, object.attributes.encryption)
  if (request.method !== 'HEAD' && (object.storageClass === 'GLACIER' || object.storageClass === 'DEEP_ARCHIVE')) {
    throw new AwsError(403, 'InvalidObjectState', "The operation is not valid for the object's storage class", {
      fields: { StorageClass: object.storageClass },
    })
  }
  const { archive } = object.attributes
  if (request.method !== 'HEAD' && archive !== undefined) {
    throw new AwsError(403, 'InvalidObjectState', "The operation is not valid for the object's access tier", {
      fields: { StorageClass: object.storageClass, AccessTier: archive },
    })
  }
  const { encryption } = object.attributes
  if (encryption.algorithm === 'AES256') return
  if (request.caller.kind === 'anonymous' || request.caller.kind === 'origin-access-identity') {
    throw new AwsError(
      400,
      'InvalidArgument',
      'Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.',
      { fields: { ArgumentName: 'Authorization', ArgumentValue: 'null' } },
    )
  }
  // HEAD decrypts nothing unless it asks for the checksum.
  if (request.method === 'HEAD' && request.headers['x-amz-checksum-mode'] !== 'ENABLED') return
  state.access.checkKey(request, bucket, 'kms:Decrypt', encryption, object.key)
}

/** Deletes the current object, or the version that is named. Returns what DeleteObject answers in headers. */
function remove(call: S3Call, versionId: string | undefined): { versionId?: string; marker?: boolean } {
  const { state, bucket, key } = call
  const current = state.index.get(bucket.name, key)
  if (versionId !== undefined && bucket.versioning !== undefined) return removeVersion(call, versionId)
  if (bucket.versioning === undefined) {
    if (current !== undefined) state.index.delete(bucket.name, key)
    state.bodies.remove(current?.body)
    return {}
  }
  const marker: StoredObject = {
    bucket: bucket.name,
    key,
    versionId: bucket.versioning === 'Enabled' ? newVersionId() : 'null',
    size: 0,
    etag: '',
    modified: wholeSeconds(state.context.now()),
    storageClass: 'STANDARD',
    body: undefined,
    attributes: { headers: {}, metadata: {}, tags: [], encryption: { algorithm: 'AES256' }, acl: 'private' },
  }
  const removed: (string | undefined)[] = []
  state.index.transaction(() => {
    if (marker.versionId === 'null') removed.push(...dropNullVersion(call))
    if (current !== undefined) {
      if (current.versionId === marker.versionId) removed.push(current.body)
      else state.index.putVersion(current, false)
      state.index.delete(bucket.name, key)
    }
    state.index.putVersion(marker, true)
  })
  for (const body of removed) state.bodies.remove(body)
  return { versionId: marker.versionId, marker: true }
}

function removeVersion({ state, bucket, key }: S3Call, versionId: string): { versionId: string; marker?: boolean } {
  const current = state.index.get(bucket.name, key)
  const versions = state.index.versions(bucket.name, key)
  const found = current?.versionId === versionId ? current : versions.find((version) => version.versionId === versionId)
  if (found === undefined) return { versionId }
  const lock = found.attributes.lock
  if (lock?.legalHold === true || (lock?.until !== undefined && Date.parse(lock.until) > state.context.now())) {
    throw new AwsError(403, 'AccessDenied', 'Access Denied because object protected by object lock.')
  }
  state.index.transaction(() => {
    if (found === current) state.index.delete(bucket.name, key)
    else state.index.deleteVersion(bucket.name, key, versionId)
    // What was the newest version but one becomes the current object.
    const next = versions.find((version) => version.versionId !== versionId)
    if (state.index.get(bucket.name, key) === undefined && next !== undefined && !next.marker) {
      state.index.deleteVersion(bucket.name, key, next.versionId)
      state.index.put(next)
    }
  })
  state.bodies.remove(found.body)
  return { versionId, ...('marker' in found && found.marker ? { marker: true } : {}) }
}

const deleteObject: Handler = (call) => {
  const { request, state, bucket, key } = call
  if (request.headers['if-match'] !== undefined) checkWriteConditions(request, state.index.get(bucket.name, key), key)
  const { versionId, marker } = remove(call, request.query.get('versionId') ?? undefined)
  return noContent({
    ...(versionId === undefined ? {} : { 'x-amz-version-id': versionId }),
    ...(marker === true ? { 'x-amz-delete-marker': 'true' } : {}),
  })
}

const deleteObjects: Handler = async (call) => {
  const { request, state, bucket } = call
  const root = parseDocument(await request.buffer(), 'Delete')
  const objects = childrenOf(root, 'Object')
  if (objects.length === 0 || objects.length > 1000) throw malformedXml()
  const quiet = textOf(root, 'Quiet') === 'true'
  const results = objects.map((object) => {
    const key = requiredText(object, 'Key')
    const asked = textOf(object, 'VersionId')
    try {
      state.access.check(request, bucket, 's3:DeleteObject', arnOf({ bucket: bucket.name, key }))
      const { versionId, marker } = remove({ ...call, key }, asked)
      if (quiet) return ''
      const markup =
        asked === undefined
          ? field('DeleteMarker', marker) + field('DeleteMarkerVersionId', versionId)
          : field('VersionId', asked) + (marker === true ? field('DeleteMarker', true) : '')
      return element('Deleted', field('Key', key) + markup)
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      return element('Error', field('Key', key) + field('Code', error.code) + field('Message', error.message))
    }
  })
  return xml('DeleteResult', results.join(''))
}

export const objectOperations: Readonly<Record<string, Handler>> = {
  PutObject: putObject,
  GetObject: getObject,
  HeadObject: headObject,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
}
