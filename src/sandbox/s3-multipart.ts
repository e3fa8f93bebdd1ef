import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'

import { encryptionHeaders, requestedChecksum, storageClassOf } from './s3-attributes.ts'
import { type Handler, isoTime, noContent, type S3Call, wholeSeconds, xml } from './s3-call.ts'
import { type Checksum, checksumElement, checksumHeader, createHasher } from './s3-checksum.ts'
import { checkWriteConditions, listsEtag, rangeOf } from './s3-conditions.ts'
import { copySource } from './s3-copy.ts'
import type { Part, Upload } from './s3-index.ts'
import { compareUtf8, encodingOf, limitOf } from './s3-list.ts'
import { commit, etagOf, receiveBody, versionHeaders } from './s3-object.ts'
import { newAttributes } from './s3-writing.ts'
import { childrenOf, element, field, malformedXml, parseDocument, requiredText, textOf } from './s3-xml.ts'
import { AwsError, type AwsResponse } from './service.ts'

const partLimit = 10_000
const smallestPart = 5 * 1024 ** 2

const invalidArgument = (message: string, name: string, value: string): AwsError =>
  new AwsError(400, 'InvalidArgument', message, { fields: { ArgumentName: name, ArgumentValue: value } })

function uploadOf({ state, request, bucket, key }: S3Call): Upload {
  const id = request.query.get('uploadId') ?? ''
  const upload = state.index.upload(id)
  if (upload?.bucket !== bucket.name || upload.key !== key) {
    throw new AwsError(
      404,
      'NoSuchUpload',
      'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
      { fields: { UploadId: id } },
    )
  }
  return upload
}

function partNumberOf({ request }: S3Call): number {
  const text = request.query.get('partNumber') ?? ''
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > partLimit) {
    throw invalidArgument(`Part number must be an integer between 1 and ${partLimit}, inclusive`, 'partNumber', text)
  }
  return number
}

const createUpload: Handler = (call) => {
  const { state, request, bucket, key } = call
  const asked = requestedChecksum(request.headers)?.algorithm
  const algorithm = asked ?? 'CRC64NVME'
  const type = request.headers['x-amz-checksum-type'] ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE')
  const full = type === 'FULL_OBJECT'
  if ((full && algorithm.startsWith('SHA')) || (!full && (type !== 'COMPOSITE' || algorithm === 'CRC64NVME'))) {
    throw new AwsError(
      400,
      'InvalidRequest',
      `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    )
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
  state.index.putUpload(upload)
  return xml(
    'InitiateMultipartUploadResult',
    field('Bucket', bucket.name) + field('Key', key) + field('UploadId', upload.id),
    {
      'x-amz-checksum-algorithm': algorithm,
      'x-amz-checksum-type': upload.checksum.type,
      ...encryptionHeaders(upload.attributes.encryption),
    },
  )
}

function storePart({ state }: S3Call, upload: Upload, part: Part): void {
  const former = state.index.parts(upload.id).find(({ number }) => number === part.number)
  // The upload may have been completed or aborted while the part was on its way.
  if (state.index.upload(upload.id) === undefined) {
    state.bodies.remove(part.body)
    throw new AwsError(404, 'NoSuchUpload', 'The specified upload does not exist.', { fields: { UploadId: upload.id } })
  }
  state.index.putPart(upload.id, part)
  state.bodies.remove(former?.body)
}

const uploadPart: Handler = async (call) => {
  const upload = uploadOf(call)
  const number = partNumberOf(call)
  const { algorithm } = upload.checksum
  const asked = requestedChecksum(call.request.headers)?.algorithm
  if (upload.checksum.asked && asked !== undefined && asked !== algorithm) {
    throw new AwsError(
      400,
      'InvalidRequest',
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
      [checksumHeader(algorithm)]: checksum,
      ...encryptionHeaders(upload.attributes.encryption),
    },
  }
}

const uploadPartCopy: Handler = async (call) => {
  const { state, request } = call
  const upload = uploadOf(call)
  const number = partNumberOf(call)
  const source = copySource(call)
  const asked = request.headers['x-amz-copy-source-range']
  const range = asked === undefined ? { start: 0, end: source.size - 1 } : rangeOf(asked, source.size)
  if (range === undefined || (asked !== undefined && !/^bytes=\d+-\d+$/.test(asked))) {
    throw invalidArgument(
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
      'x-amz-copy-source-range',
      asked ?? '',
    )
  }
  const hasher = createHasher(upload.checksum.algorithm)
  const written = await state.bodies.write(state.bodies.stream(source.body, range.start, range.end), [hasher])
  const modified = wholeSeconds(state.context.now())
  const etag = etagOf(upload.attributes, written.md5)
  const checksum = hasher.digest().toString('base64')
  storePart(call, upload, { number, size: written.size, etag, modified, body: written.body, checksum })
  return xml(
    'CopyPartResult',
    field('LastModified', isoTime(modified)) +
      field('ETag', `"${etag}"`) +
      field(checksumElement(upload.checksum.algorithm), checksum),
    encryptionHeaders(upload.attributes.encryption),
  )
}

/** The parts that a CompleteMultipartUpload names, checked. */
async function namedParts({ state, request }: S3Call, upload: Upload): Promise<Part[]> {
  const root = parseDocument(await request.buffer(), 'CompleteMultipartUpload')
  const named = childrenOf(root, 'Part')
  if (named.length === 0 || named.length > partLimit) throw malformedXml()
  const stored = new Map(state.index.parts(upload.id).map((part) => [part.number, part]))
  const numbers = named.map((item) => Number(requiredText(item, 'PartNumber')))
  if (numbers.some((number, position) => number <= (numbers[position - 1] ?? 0))) {
    throw new AwsError(
      400,
      'InvalidPartOrder',
      'The list of parts was not in ascending order. Parts must be ordered by part number.',
    )
  }
  return named.map((item, position) => {
    const number = numbers[position] ?? 0
    const part = stored.get(number)
    const checksum = textOf(item, checksumElement(upload.checksum.algorithm))
    if (
      part === undefined ||
      !listsEtag(requiredText(item, 'ETag'), part.etag) ||
      (checksum ?? part.checksum) !== part.checksum
    ) {
      throw new AwsError(
        400,
        'InvalidPart',
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        { fields: { UploadId: upload.id, PartNumber: String(number) } },
      )
    }
    if (part.size < smallestPart && position < named.length - 1) {
      throw new AwsError(400, 'EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
        fields: { ProposedSize: String(part.size), MinSizeAllowed: String(smallestPart), PartNumber: String(number) },
      })
    }
    return part
  })
}

const completeUpload: Handler = async (call) => {
  const { state, request, bucket, key } = call
  const upload = uploadOf(call)
  const parts = await namedParts(call, upload)
  checkWriteConditions(request, state.index.get(bucket.name, key), key)
  const { algorithm, type } = upload.checksum
  const hasher = createHasher(algorithm)
  const written = await state.bodies.write(joined(call, parts), [hasher])
  const value = type === 'FULL_OBJECT' ? hasher.digest().toString('base64') : compositeOf(upload, parts)
  try {
    const sent = requestedChecksum(request.headers)
    if (sent?.value !== undefined && sent.value !== value && sent.value !== value.split('-')[0]) {
      throw new AwsError(
        400,
        'BadDigest',
        `The ${algorithm.toLowerCase()} you specified did not match the calculated checksum.`,
      )
    }
    uploadOf(call)
    checkWriteConditions(request, state.index.get(bucket.name, key), key)
  } catch (error) {
    state.bodies.remove(written.body)
    throw error
  }
  const bodies = state.index.parts(upload.id).map(({ body }) => body)
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
  state.index.deleteUpload(upload.id)
  for (const body of bodies) state.bodies.remove(body)
  return xml(
    'CompleteMultipartUploadResult',
    field('Location', `${state.context.endpoint}/${bucket.name}/${encodeURIComponent(key)}`) +
      field('Bucket', bucket.name) +
      field('Key', key) +
      field('ETag', `"${stored.etag}"`) +
      field(checksumElement(algorithm), value) +
      field('ChecksumType', type),
    { ...encryptionHeaders(upload.attributes.encryption), ...versionHeaders(call, stored) },
  )
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

const abortUpload: Handler = (call) => {
  const upload = uploadOf(call)
  const bodies = call.state.index.parts(upload.id).map(({ body }) => body)
  call.state.index.deleteUpload(upload.id)
  for (const body of bodies) call.state.bodies.remove(body)
  return noContent()
}

const listParts: Handler = (call) => {
  const { state, request, bucket, key } = call
  const upload = uploadOf(call)
  const limit = limitOf(call, 'max-parts')
  const marker = Number(request.query.get('part-number-marker') ?? 0)
  const later = state.index.parts(upload.id).filter(({ number }) => number > marker)
  const shown = later.slice(0, limit)
  const truncated = later.length > shown.length
  const { algorithm, type } = upload.checksum
  return xml(
    'ListPartsResult',
    field('Bucket', bucket.name) +
      field('Key', key) +
      field('UploadId', upload.id) +
      field('PartNumberMarker', marker) +
      (truncated ? field('NextPartNumberMarker', shown.at(-1)?.number) : '') +
      field('MaxParts', limit) +
      field('IsTruncated', truncated) +
      field('StorageClass', upload.storageClass) +
      field('ChecksumAlgorithm', algorithm) +
      field('ChecksumType', type) +
      shown
        .map((part) =>
          element(
            'Part',
            field('PartNumber', part.number) +
              field('LastModified', isoTime(part.modified)) +
              field('ETag', `"${part.etag}"`) +
              field('Size', part.size) +
              field(checksumElement(algorithm), part.checksum),
          ),
        )
        .join(''),
  )
}

const listUploads: Handler = (call): AwsResponse => {
  const { state, request, bucket } = call
  const encoding = encodingOf(call)
  const limit = limitOf(call, 'max-uploads')
  const prefix = request.query.get('prefix') ?? ''
  const keyMarker = request.query.get('key-marker') ?? ''
  const idMarker = request.query.get('upload-id-marker') ?? ''
  const all = state.index.uploads(bucket.name).filter(({ key }) => key.startsWith(prefix))
  const marked = all.findIndex(({ key, id }) => key === keyMarker && id === idMarker)
  const behind = (key: string): boolean => keyMarker === '' || compareUtf8(key, keyMarker) > 0
  const later = marked === -1 ? all.filter(({ key }) => behind(key)) : all.slice(marked + 1)
  const shown = later.slice(0, limit)
  const truncated = later.length > shown.length
  const last = truncated ? shown.at(-1) : undefined
  return xml(
    'ListMultipartUploadsResult',
    field('Bucket', bucket.name) +
      `<KeyMarker>${encoding.encode(keyMarker)}</KeyMarker>` +
      field('UploadIdMarker', idMarker) +
      (last === undefined
        ? ''
        : `<NextKeyMarker>${encoding.encode(last.key)}</NextKeyMarker>${field('NextUploadIdMarker', last.id)}`) +
      `<Prefix>${encoding.encode(prefix)}</Prefix>` +
      field('MaxUploads', limit) +
      field('EncodingType', encoding.type) +
      field('IsTruncated', truncated) +
      shown
        .map((upload) =>
          element(
            'Upload',
            `<Key>${encoding.encode(upload.key)}</Key>` +
              field('UploadId', upload.id) +
              field('StorageClass', upload.storageClass) +
              field('Initiated', isoTime(upload.started)),
          ),
        )
        .join(''),
  )
}

export const multipartOperations: Readonly<Record<string, Handler>> = {
  CreateMultipartUpload: createUpload,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
  CompleteMultipartUpload: completeUpload,
  AbortMultipartUpload: abortUpload,
  ListParts: listParts,
  ListMultipartUploads: listUploads,
}
