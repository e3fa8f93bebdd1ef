import { invalidArgument, isoTime, xml } from './answers.ts'
import type { Handler, S3Call } from './call.ts'
import { checksumElement } from './checksum.ts'
import { groupedPage } from './grouped-page.ts'
import { commonPrefixes, compareUtf8, encodingOf, limitOf, ownerMarkup, pageLimit } from './list.ts'
import { uploadOf } from './multipart.ts'
import type { Upload } from './uploads.ts'
import { element, field } from './xml.ts'

const initiatorMarkup = ({ state }: S3Call): string => element('Initiator', field('ID', state.buckets.owner))

/** Told only of uploads that were asked for a checksum. */
const checksumMarkup = ({ checksum: { algorithm, type, asked } }: Upload): string =>
  asked ? field('ChecksumAlgorithm', algorithm) + field('ChecksumType', type) : ''

export const listParts: Handler = (call) => {
  const { state, bucket, key } = call
  const upload = uploadOf(call)
  const limit = Math.min(limitOf(call, 'max-parts'), pageLimit)
  const marker = limitOf(call, 'part-number-marker', 0)
  const later = state.uploads.parts(upload.id).filter(({ number }) => number > marker)
  const shown = later.slice(0, limit)
  const { algorithm, asked } = upload.checksum
  return xml(
    'ListPartsResult',
    field('Bucket', bucket.name) +
      field('Key', key) +
      field('UploadId', upload.id) +
      field('PartNumberMarker', marker) +
      field('NextPartNumberMarker', shown.at(-1)?.number ?? 0) +
      field('MaxParts', limit) +
      field('IsTruncated', later.length > shown.length) +
      initiatorMarkup(call) +
      ownerMarkup(call) +
      field('StorageClass', upload.storageClass) +
      checksumMarkup(upload) +
      shown
        .map((part) =>
          element(
            'Part',
            field('PartNumber', part.number) +
              field('LastModified', isoTime(part.modified)) +
              field('ETag', `"${part.etag}"`) +
              field('Size', part.size) +
              (asked ? field(checksumElement(algorithm), part.checksum) : ''),
          ),
        )
        .join(''),
  )
}

export const listUploads: Handler = (call) => {
  const { state, request, bucket } = call
  const { query } = request
  const encoding = encodingOf(call)
  const limit = Math.min(limitOf(call, 'max-uploads'), pageLimit)
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const keyMarker = query.get('key-marker') ?? ''
  // "If key-marker is not specified, the upload-id-marker parameter is ignored."
  const idMarker = keyMarker === '' ? '' : (query.get('upload-id-marker') ?? '')
  const all = state.uploads.uploads(bucket.name).filter(({ key }) => key.startsWith(prefix))
  const found = uploadsAfter(all, keyMarker, idMarker)
  const page = groupedPage(found, { prefix, delimiter, keyMarker, limit })
  const { last } = page
  const lastKey = typeof last === 'string' ? last : last?.key
  return xml(
    'ListMultipartUploadsResult',
    field('Bucket', bucket.name) +
      `<KeyMarker>${encoding.encode(keyMarker)}</KeyMarker>` +
      field('UploadIdMarker', idMarker) +
      (lastKey === undefined ? '' : `<NextKeyMarker>${encoding.encode(lastKey)}</NextKeyMarker>`) +
      field('NextUploadIdMarker', typeof last === 'object' ? last.id : undefined) +
      `<Prefix>${encoding.encode(prefix)}</Prefix>` +
      (delimiter === '' ? '' : `<Delimiter>${encoding.encode(delimiter)}</Delimiter>`) +
      field('MaxUploads', limit) +
      field('EncodingType', encoding.type) +
      field('IsTruncated', page.truncated) +
      page.items
        .map((upload) =>
          element(
            'Upload',
            `<Key>${encoding.encode(upload.key)}</Key>` +
              field('UploadId', upload.id) +
              initiatorMarkup(call) +
              ownerMarkup(call) +
              field('StorageClass', upload.storageClass) +
              field('Initiated', isoTime(upload.started)) +
              checksumMarkup(upload),
          ),
        )
        .join('') +
      commonPrefixes(page.prefixes, encoding),
  )
}

/** Throws InvalidArgument for an id that is no upload of the marked key. */
function uploadsAfter(all: readonly Upload[], keyMarker: string, idMarker: string): Upload[] {
  if (keyMarker === '') return [...all]
  if (idMarker === '') return all.filter(({ key }) => compareUtf8(key, keyMarker) > 0)
  const marked = all.findIndex(({ key, id }) => key === keyMarker && id === idMarker)
  if (marked === -1) throw invalidArgument('Invalid uploadId marker', 'upload-id-marker', idMarker)
  return all.slice(marked + 1)
}
