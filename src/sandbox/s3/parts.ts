import { invalidArgument } from './answers.ts'
import { checksumAlgorithms, checksumElement } from './checksum.ts'
import type { Part, Upload } from './uploads.ts'
import { childrenOf, malformedXml, onlyChildren, parseDocument, requiredText } from './xml.ts'
import { AwsError } from '../contracts/service.ts'

const mostParts = 10_000
const smallestPart = 5 * 1024 ** 2

/** A part as a CompleteMultipartUpload names it. */
export interface NamedPart {
  number: number
  /** Without quotes. */
  etag: string
  /** By element, such as `ChecksumCRC32`. */
  checksums: ReadonlyMap<string, string>
}

const checksumElements = [
  ...checksumAlgorithms.map(checksumElement),
  ...['ChecksumXXHASH64', 'ChecksumXXHASH3', 'ChecksumXXHASH128'],
]

/** Reads the body of a CompleteMultipartUpload. Throws InvalidRequest, MalformedXML, InvalidArgument, InvalidPartOrder. */
export function namedPartsIn(body: Buffer): NamedPart[] {
  if (body.length === 0) throw new AwsError(400, 'InvalidRequest', 'You must specify at least one part')
  const root = parseDocument(body, 'CompleteMultipartUpload')
  const named = childrenOf(root, 'Part')
  if (named.length === 0 || named.length > mostParts || named.length < root.children.length) throw malformedXml()
  const parts = named.map((part): NamedPart => {
    onlyChildren(part, ['PartNumber', 'ETag', ...checksumElements])
    const text = requiredText(part, 'PartNumber').trim()
    const number = Number(text)
    if (!Number.isInteger(number) || number < 1) throw invalidArgument('PartNumber must be >= 1', 'PartNumber', text)
    const checksums = part.children.filter(({ name }) => name.startsWith('Checksum'))
    return {
      number,
      etag: requiredText(part, 'ETag').trim().replaceAll('"', ''),
      checksums: new Map(checksums.map(({ name, text: value }) => [name, value.trim()])),
    }
  })
  if (parts.some(({ number }, at) => number <= (parts[at - 1]?.number ?? 0))) {
    const message = 'The list of parts was not in ascending order. Parts must be ordered by part number.'
    throw new AwsError(400, 'InvalidPartOrder', message)
  }
  return parts
}

/** The stored parts that are named, checked. Throws InvalidPart, InvalidRequest, EntityTooSmall. */
export function namedParts(stored: readonly Part[], upload: Upload, named: readonly NamedPart[]): Part[] {
  const byNumber = new Map(stored.map((part) => [part.number, part]))
  return named.map((one, position) => {
    const part = byNumber.get(one.number)
    if (part?.etag !== one.etag) throw invalidPart(upload, one)
    checkPartChecksum(upload, one, part)
    if (part.size < smallestPart && position < named.length - 1) {
      throw new AwsError(400, 'EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
        fields: {
          ProposedSize: String(part.size),
          MinSizeAllowed: String(smallestPart),
          PartNumber: String(one.number),
          ETag: one.etag,
        },
      })
    }
    return part
  })
}

/** Parts of an upload that was asked for a checksum have it, a composite one needs it, and others have none. */
function checkPartChecksum(upload: Upload, { number, etag, checksums }: NamedPart, part: Part): void {
  const { algorithm, type, asked } = upload.checksum
  const own = checksums.get(checksumElement(algorithm))
  if (asked && type === 'COMPOSITE' && checksums.size === 0) {
    const created = `The upload was created using a ${algorithm.toLowerCase()} checksum.`
    const missing = `The complete request must include the checksum for each part. It was missing for part ${number} in the request.`
    throw new AwsError(400, 'InvalidRequest', `${created} ${missing}`)
  }
  const [foreign] = [...checksums.keys()].filter((name) => name !== checksumElement(algorithm))
  if (asked && foreign !== undefined) {
    const named = foreign.slice('Checksum'.length).toLowerCase()
    throw new AwsError(
      400,
      'BadDigest',
      `The ${named} you specified for part ${number} did not match what we received.`,
    )
  }
  const fits = asked ? own === undefined || own === part.checksum : checksums.size === 0
  if (!fits) throw invalidPart(upload, { number, etag })
}

const invalidPart = ({ id }: Upload, { number, etag }: Pick<NamedPart, 'number' | 'etag'>): AwsError =>
  new AwsError(
    400,
    'InvalidPart',
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    { fields: { UploadId: id, PartNumber: String(number), ETag: etag } },
  )
