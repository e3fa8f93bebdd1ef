import { BadPackageError } from '../format.ts'
import { headerLength, introLength, readIntro, RpmTags } from './rpm-tags.ts'

/**
 * Reads a range of an object.
 *
 * @param start - the first byte, counted from 0
 * @param length - how many; the range never reaches beyond the object
 */
export type ReadRange = (start: number, length: number) => Promise<Uint8Array>

/** The two headers of an rpm, and where the main one lies in the file (what the index calls header-range). */
export interface RpmHeaders {
  readonly signature: RpmTags
  readonly main: RpmTags
  readonly start: number
  readonly end: number
  /** The bytes of the main header. */
  readonly mainBytes: Uint8Array
}

/** What is read first. Four packages of five have their headers in it whole. */
export const firstRead = 32 * 1024

/** No package's headers come near this; what claims more is not read. */
export const headersAtMost = 32 * 1024 * 1024

const leadLength = 96

/**
 * Reads the headers of an rpm: the first 32 KiB, then, if they do not hold the headers whole, exactly the rest.
 *
 * @param size - the object's size in bytes
 * @throws BadPackageError if it is no rpm, is cut off, or claims headers that do not fit into it
 */
export async function readRpmHeaders(read: ReadRange, size: number): Promise<RpmHeaders> {
  const limit = Math.min(size, headersAtMost)
  let bytes = asBuffer(await read(0, Math.min(limit, firstRead)))
  for (;;) {
    const found = headersIn(bytes, limit)
    if (typeof found !== 'number') return found
    const more = await read(bytes.length, found - bytes.length)
    if (more.length === 0) throw new BadPackageError(`the file ends at byte ${bytes.length}, inside the rpm's headers`)
    bytes = Buffer.concat([bytes, more])
  }
}

/**
 * Looks for the headers in the first bytes of a file: lead, signature header padded to eight bytes, main header (RPM
 * Package File Format).
 *
 * @param bytes - as many as there are by now
 * @param limit - how far the headers may reach: the file's size, or less
 * @returns the headers, or how many bytes from the start of the file are needed to say more
 * @throws BadPackageError if this is no rpm
 */
export function headersIn(bytes: Buffer, limit: number): RpmHeaders | number {
  const signatureEnd = leadLength + introLength
  if (limit < signatureEnd) throw new BadPackageError(`${limit} bytes are too few for an rpm`)
  if (bytes.length < signatureEnd) return signatureEnd
  if (bytes.readUInt32BE(0) !== 0xedabeedb) throw new BadPackageError('not an rpm: it does not start with edabeedb')
  const signatureLength = headerLength(readIntro(bytes, leadLength, limit - leadLength))
  const start = leadLength + signatureLength + ((8 - (signatureLength % 8)) % 8)
  if (start + introLength > limit) throw new BadPackageError(`the file ends before the main header, at byte ${limit}`)
  if (bytes.length < start + introLength) return start + introLength
  const end = start + headerLength(readIntro(bytes, start, limit - start))
  if (bytes.length < end) return end
  return {
    signature: new RpmTags(bytes.subarray(0, start), leadLength),
    main: new RpmTags(bytes.subarray(0, end), start),
    mainBytes: bytes.subarray(start, end),
    start,
    end,
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
