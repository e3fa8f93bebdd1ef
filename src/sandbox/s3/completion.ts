import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'

import { wholeSeconds, xml } from './answers.ts'
import type { Handler, S3Call } from './call.ts'
import { type Checksum, checksumElement, createHasher, requestedChecksum } from './checksum.ts'
import { checkWriteConditions } from './conditions.ts'
import { encryptionHeaders } from './encryption.ts'
import { uploadOf } from './multipart.ts'
import { namedParts, type NamedPart, namedPartsIn } from './parts.ts'
import type { CompletedUpload, Part, Upload } from './uploads.ts'
import { commit, versionHeaders } from './version.ts'
import { field } from './xml.ts'
import { AwsError, type AwsRequest, type AwsResponse } from '../contracts/service.ts'

const invalidRequest = (message: string): AwsError => new AwsError(400, 'InvalidRequest', message)

export const completeUpload: Handler = async (call) => {
  const { state, request, bucket, key } = call
  const named = namedPartsIn(await request.buffer())
  const done = state.uploads.completed(request.query.get('uploadId') ?? '')
  // A client that has not heard the answer asks again, and is told the same.
  if (done !== undefined && isSame(done, call, named)) return completed(call, done)
  const upload = uploadOf(call)
  checkCompletion(request, upload)
  const parts = namedParts(state.uploads.parts(upload.id), upload, named)
  checkWriteConditions(request, state.index.get(bucket.name, key), key)
  const { algorithm, type } = upload.checksum
  const hasher = createHasher(algorithm)
  const written = await state.bodies.write(joined(call, parts), [hasher])
  const value = type === 'FULL_OBJECT' ? hasher.digest().toString('base64') : compositeOf(upload, parts)
  try {
    checkWhole(request, written.size, { algorithm, value, type })
    uploadOf(call)
    checkWriteConditions(request, state.index.get(bucket.name, key), key)
  } catch (error) {
    state.bodies.remove(written.body)
    throw error
  }
  const bodies = state.uploads.parts(upload.id).map(({ body }) => body)
  const md5 = createHash('md5')
  for (const { etag } of parts) md5.update(Buffer.from(etag, 'hex'))
  const stored = commit(call, {
    size: written.size,
    etag: `${md5.digest('hex')}-${parts.length}`,
    modified: wholeSeconds(state.context.now()),
    storageClass: upload.storageClass,
    body: written.body,
    attributes: { ...upload.attributes, checksum: { algorithm, value, type }, parts: parts.map(({ size }) => size) },
  })
  const { encryption } = upload.attributes
  const result: CompletedUpload = {
    bucket: bucket.name,
    key,
    at: state.context.now(),
    parts: parts.map(({ number, etag: part }) => ({ number, etag: part })),
    etag: stored.etag,
    checksum: { algorithm, value, type },
    headers: { ...encryptionHeaders(encryption), ...versionHeaders(call, stored) },
  }
  state.uploads.completeUpload(upload.id, result)
  for (const body of bodies) state.bodies.remove(body)
  return completed(call, result)
}

const isSame = (done: CompletedUpload, { bucket, key }: S3Call, named: readonly NamedPart[]): boolean =>
  done.bucket === bucket.name &&
  done.key === key &&
  done.parts.length === named.length &&
  done.parts.every(({ number, etag }, at) => named[at]?.number === number && named[at].etag === etag)

function completed({ state }: S3Call, { bucket, key, etag, checksum, headers }: CompletedUpload): AwsResponse {
  return xml(
    'CompleteMultipartUploadResult',
    field('Location', `${state.context.endpoint}/${bucket}/${encodeURIComponent(key)}`) +
      field('Bucket', bucket) +
      field('Key', key) +
      field('ETag', `"${etag}"`) +
      field(checksumElement(checksum.algorithm), checksum.value) +
      field('ChecksumType', checksum.type),
    headers,
  )
}

/** Throws InvalidRequest for a completion in another checksum mode than the upload's. */
function checkCompletion({ headers }: AwsRequest, { checksum: { type, asked } }: Upload): void {
  const mode = headers['x-amz-checksum-type']
  if (mode === undefined || (asked && mode === type)) return
  throw invalidRequest(
    `The upload was created using the ${asked ? type : 'null'} checksum mode. The complete request must use the same checksum mode.`,
  )
}

/** What a completion says about the whole object. Throws InvalidRequest, BadDigest. */
function checkWhole({ headers }: AwsRequest, size: number, { algorithm, value }: Checksum): void {
  const declared = headers['x-amz-mp-object-size']
  if (declared !== undefined && declared !== String(size)) {
    throw invalidRequest(
      /^\d+$/.test(declared)
        ? `The provided 'x-amz-mp-object-size' header value ${declared} does not match what was computed: ${size}`
        : `Value for x-amz-mp-object-size header is invalid: '${declared}'`,
    )
  }
  const sent = requestedChecksum(headers)
  if (sent?.value === undefined) return
  if (sent.algorithm === algorithm && (sent.value === value || sent.value === value.split('-')[0])) return
  const message = `The ${sent.algorithm.toLowerCase()} you specified did not match the calculated checksum.`
  throw new AwsError(400, 'BadDigest', message)
}

function joined({ state }: S3Call, parts: readonly Part[]): Readable {
  return Readable.from(
    (async function* () {
      for (const part of parts) yield* state.bodies.stream(part.body, 0, part.size - 1)
    })(),
    { objectMode: false },
  )
}

/** The checksum of the parts' checksums, and their number. */
function compositeOf(upload: Upload, parts: readonly Part[]): Checksum['value'] {
  const hasher = createHasher(upload.checksum.algorithm)
  for (const part of parts) hasher.update(Buffer.from(part.checksum, 'base64'))
  return `${hasher.digest().toString('base64')}-${parts.length}`
}
