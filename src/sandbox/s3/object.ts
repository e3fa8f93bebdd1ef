import { checkCustomerKey, encryptionHeaders } from './encryption.ts'
import { objectHeaders, storageClassOf } from './attributes.ts'
import { wholeSeconds } from './answers.ts'
import type { Handler, S3Call } from './call.ts'
import { type Checksum, checksumHeader, requestedChecksum } from './checksum.ts'
import { type ByteRange, checkWriteConditions, meetsReadConditions, rangeOf } from './conditions.ts'
import type { StoredObject } from './index.ts'
import { etagOf, receiveBody } from './receiving.ts'
import { arnOf } from './route.ts'
import { commit, findObject, versionHeaders } from './version.ts'
import { newAttributes } from './writing.ts'
import { AwsError, type AwsRequest, type AwsResponse } from '../contracts/service.ts'

const keyLimit = 1024

/** Keys are at most 1024 bytes of UTF-8 ("Naming Amazon S3 objects"). Throws KeyTooLongError. */
export function checkKeyLength(key: string): void {
  const size = Buffer.byteLength(key)
  if (size <= keyLimit) return
  throw new AwsError(400, 'KeyTooLongError', 'Your key is too long', {
    fields: { Size: String(size), MaxSizeAllowed: String(keyLimit) },
  })
}

const putObject: Handler = async (call) => {
  const { request, state, bucket, key } = call
  checkKeyLength(key)
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

const checksumHeaders = (checksum: Checksum | undefined): Record<string, string> =>
  checksum === undefined
    ? {}
    : { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type }

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
  if (request.headers['range'] !== undefined && request.query.has('partNumber')) {
    throw new AwsError(400, 'InvalidRequest', 'Cannot specify both Range header and partNumber query parameter')
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
  ['x-amz-object-lock-event-hold', 's3:GetObjectRetention'],
  ['x-amz-object-lock-event-hold-duration-days', 's3:GetObjectRetention'],
  ['x-amz-object-lock-event-hold-duration-years', 's3:GetObjectRetention'],
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

export const objectOperations: Readonly<Record<string, Handler>> = {
  PutObject: putObject,
  GetObject: getObject,
  HeadObject: headObject,
}
