import { randomBytes } from 'node:crypto'

import { storageClassOf } from './attributes.ts'
import { invalidArgument, isoTime, noContent, wholeSeconds, xml } from './answers.ts'
import type { Handler, S3Call } from './call.ts'
import { checksumElement, checksumHeader, createHasher, requestedChecksum } from './checksum.ts'
import { checkCopySize, copySource } from './copy.ts'
import { checkPartKey, encryptionHeaders } from './encryption.ts'
import { checkKeyLength } from './object.ts'
import { etagOf, receiveBody } from './receiving.ts'
import type { Part, Upload } from './uploads.ts'
import { newAttributes } from './writing.ts'
import { field } from './xml.ts'
import { AwsError, type AwsRequest } from '../contracts/service.ts'

const partLimit = 10_000

export function uploadOf({ state, request, bucket, key }: S3Call): Upload {
  const id = request.query.get('uploadId') ?? ''
  const upload = state.uploads.upload(id)
  if (upload?.bucket === bucket.name && upload.key === key) return upload
  throw noSuchUpload(id)
}

const noSuchUpload = (id: string): AwsError =>
  new AwsError(
    404,
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { fields: { UploadId: id } },
  )

const invalidRequest = (message: string): AwsError => new AwsError(400, 'InvalidRequest', message)

function partNumberOf({ request }: S3Call): number {
  const text = request.query.get('partNumber') ?? ''
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > partLimit) {
    const message = `Part number must be an integer between 1 and ${partLimit}, inclusive`
    throw invalidArgument(message, 'partNumber', text)
  }
  return number
}

const createUpload: Handler = (call) => {
  const { state, request, bucket, key } = call
  checkKeyLength(key)
  const asked = requestedChecksum(request.headers)?.algorithm
  if (asked === undefined && request.headers['x-amz-checksum-type'] !== undefined) {
    throw invalidRequest('The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.')
  }
  const algorithm = asked ?? 'CRC64NVME'
  const type = request.headers['x-amz-checksum-type'] ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE')
  const full = type === 'FULL_OBJECT'
  if ((full && !algorithm.startsWith('CRC')) || (!full && (type !== 'COMPOSITE' || algorithm === 'CRC64NVME'))) {
    const message = `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`
    throw invalidRequest(message)
  }
  const upload: Upload = {
    id: randomBytes(48).toString('base64url'),
    bucket: bucket.name,
    key,
    started: wholeSeconds(state.context.now()),
    storageClass: storageClassOf(request.headers),
    attributes: newAttributes(call),
    checksum: { algorithm, type: full ? 'FULL_OBJECT' : 'COMPOSITE', asked: asked !== undefined },
  }
  state.uploads.putUpload(upload)
  return xml(
    'InitiateMultipartUploadResult',
    field('Bucket', bucket.name) + field('Key', key) + field('UploadId', upload.id),
    {
      ...(asked === undefined
        ? {}
        : { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': upload.checksum.type }),
      ...encryptionHeaders(upload.attributes.encryption),
    },
  )
}

function storePart({ state }: S3Call, upload: Upload, part: Part): void {
  const former = state.uploads.parts(upload.id).find(({ number }) => number === part.number)
  // The upload may have been completed or aborted while the part was on its way.
  if (state.uploads.upload(upload.id) === undefined) {
    state.bodies.remove(part.body)
    throw noSuchUpload(upload.id)
  }
  state.uploads.putPart(upload.id, part)
  state.bodies.remove(former?.body)
}

const uploadPart: Handler = async (call) => {
  const { headers } = call.request
  const upload = uploadOf(call)
  const number = partNumberOf(call)
  checkPartKey(headers, upload.attributes.encryption)
  const { algorithm } = upload.checksum
  const asked = requestedChecksum(headers)?.algorithm
  if (upload.checksum.asked && asked !== undefined && asked !== algorithm) {
    throw invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: ${algorithm.toLowerCase()}, actual checksum Type: ${asked.toLowerCase()}`,
    )
  }
  const { body, size, md5, checksum } = await receiveBody(call, algorithm)
  const etag = etagOf(upload.attributes, md5)
  storePart(call, upload, { number, size, etag, modified: wholeSeconds(call.state.context.now()), body, checksum })
  return {
    status: 200,
    headers: {
      etag: `"${etag}"`,
      ...sentChecksum(call.request, upload, checksum),
      ...encryptionHeaders(upload.attributes.encryption),
    },
  }
}

/** A part has the upload's checksum, or where the upload was asked for none, whatever it came with. */
function sentChecksum(
  request: AwsRequest,
  { checksum: { algorithm, asked } }: Upload,
  own: string,
): Record<string, string> {
  if (asked) return { [checksumHeader(algorithm)]: own }
  const sent = requestedChecksum(request.headers)
  if (sent === undefined) return {}
  const name = checksumHeader(sent.algorithm)
  const value = sent.value ?? request.trailers[name]
  return value === undefined ? {} : { [name]: value }
}

/** The bytes of the source that a part is to have. Throws InvalidArgument, InvalidRequest. */
function copyRange({ request }: S3Call, size: number): { start: number; end: number } {
  const asked = request.headers['x-amz-copy-source-range']
  if (asked === undefined) return { start: 0, end: size - 1 }
  const name = 'x-amz-copy-source-range'
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(asked) ?? []
  const [start, end] = [Number(first), Number(last)]
  if (first === undefined || end < start) {
    throw invalidArgument(
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
      name,
      asked,
    )
  }
  if (start >= size) throw invalidRequest('The specified copy range is invalid for the source object size')
  if (end >= size) {
    throw invalidArgument(`Range specified is not valid for source object of size: ${size}`, name, asked)
  }
  return { start, end }
}

const uploadPartCopy: Handler = async (call) => {
  const { state, request } = call
  const upload = uploadOf(call)
  const number = partNumberOf(call)
  checkPartKey(request.headers, upload.attributes.encryption)
  const source = copySource(call)
  const { start, end } = copyRange(call, source.size)
  checkCopySize(end - start + 1)
  const { algorithm, asked } = upload.checksum
  const hasher = createHasher(algorithm)
  const written = await state.bodies.write(state.bodies.stream(source.body, start, end), [hasher])
  const modified = wholeSeconds(state.context.now())
  const etag = etagOf(upload.attributes, written.md5)
  const checksum = hasher.digest().toString('base64')
  storePart(call, upload, { number, size: written.size, etag, modified, body: written.body, checksum })
  return xml(
    'CopyPartResult',
    field('LastModified', isoTime(modified)) +
      field('ETag', `"${etag}"`) +
      (asked ? field(checksumElement(algorithm), checksum) : ''),
    {
      ...encryptionHeaders(upload.attributes.encryption),
      ...(source.versionId === 'null' ? {} : { 'x-amz-copy-source-version-id': source.versionId }),
    },
  )
}

const abortUpload: Handler = (call) => {
  const upload = uploadOf(call)
  const bodies = call.state.uploads.parts(upload.id).map(({ body }) => body)
  call.state.uploads.deleteUpload(upload.id)
  for (const body of bodies) call.state.bodies.remove(body)
  return noContent()
}

export const multipartOperations: Readonly<Record<string, Handler>> = {
  CreateMultipartUpload: createUpload,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
  AbortMultipartUpload: abortUpload,
}
