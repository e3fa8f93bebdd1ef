import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

import { AwsError } from '../contracts/service.ts'

export const checksumAlgorithms = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256', 'SHA512', 'MD5'] as const
/** What S3 knows beside them, and Node does not. */
const foreignAlgorithms = ['XXHASH64', 'XXHASH3', 'XXHASH128']
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number]

export interface Checksum {
  algorithm: ChecksumAlgorithm
  /** Base64 as in the API; a composite one ends in `-PARTS`. */
  value: string
  type: 'FULL_OBJECT' | 'COMPOSITE'
}

/** A checksum under way; digest is big-endian, as S3 writes it. */
export interface Hasher {
  update(chunk: Buffer): unknown
  digest(): Buffer
}

/** Name of the header and, in another spelling, of the XML element that carry a checksum. */
export const checksumHeader = (algorithm: ChecksumAlgorithm): string => `x-amz-checksum-${algorithm.toLowerCase()}`
export const checksumElement = (algorithm: ChecksumAlgorithm): string => `Checksum${algorithm}`

const isChecksumAlgorithm = (name: string): name is ChecksumAlgorithm =>
  (checksumAlgorithms as readonly string[]).includes(name)

export function createHasher(algorithm: ChecksumAlgorithm): Hasher {
  switch (algorithm) {
    case 'SHA1':
    case 'SHA256':
    case 'SHA512':
    case 'MD5':
      return createHash(algorithm)
    case 'CRC32':
      return wordHasher((chunk, crc) => crc32(chunk, crc))
    case 'CRC32C':
      return wordHasher(crc32c)
    case 'CRC64NVME':
      return crc64Hasher()
  }
}

function wordHasher(step: (chunk: Buffer, crc: number) => number): Hasher {
  let crc = 0
  return {
    update: (chunk) => (crc = step(chunk, crc)),
    digest() {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(crc >>> 0)
      return bytes
    },
  }
}

/** CRC-32C (Castagnoli), RFC 3720 appendix B.4; reflected polynomial 0x82F63B78. */
const table32c = Int32Array.from({ length: 256 }, (_, index) => {
  let crc = index
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  return crc
})

function crc32c(chunk: Buffer, start: number): number {
  let crc = ~start
  for (const byte of chunk) crc = (crc >>> 8) ^ (table32c[(crc ^ byte) & 0xff] ?? 0)
  return ~crc >>> 0
}

/** CRC-64/NVME, NVM Express base specification; reflected polynomial 0x9A6C9329AC4BC9B5, in two 32-bit halves. */
const table64 = (() => {
  const high = new Int32Array(256)
  const low = new Int32Array(256)
  for (let index = 0; index < 256; index++) {
    let crc = BigInt(index)
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ (crc & 1n ? 0x9a6c9329ac4bc9b5n : 0n)
    high[index] = Number(BigInt.asIntN(32, crc >> 32n))
    low[index] = Number(BigInt.asIntN(32, crc))
  }
  return { high, low }
})()

function crc64Hasher(): Hasher {
  let high = -1
  let low = -1
  return {
    update(chunk) {
      for (const byte of chunk) {
        const index = (low ^ byte) & 0xff
        low = ((low >>> 8) | (high << 24)) ^ (table64.low[index] ?? 0)
        high = (high >>> 8) ^ (table64.high[index] ?? 0)
      }
    },
    digest() {
      const bytes = Buffer.alloc(8)
      bytes.writeInt32BE(~high, 0)
      bytes.writeInt32BE(~low, 4)
      return bytes
    },
  }
}

/** Bytes of a checksum. */
const lengths: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
  SHA512: 64,
  MD5: 16,
}

const invalidRequest = (message: string): AwsError => new AwsError(400, 'InvalidRequest', message)

type Headers = Readonly<Record<string, string>>

/**
 * The checksum that a request comes with: in a header, in a trailer, or (without a value) the algorithm alone. A value
 * that was sent with `x-amz-sdk-checksum-algorithm` but is not there is an error. Throws InvalidRequest, NotImplemented.
 */
export function requestedChecksum(headers: Headers): { algorithm: ChecksumAlgorithm; value?: string } | undefined {
  const [sent, ...more] = checksumAlgorithms.flatMap((algorithm) => {
    const value = headers[checksumHeader(algorithm)]
    return value === undefined ? [] : [{ algorithm, value }]
  })
  if (more.length > 0) {
    throw invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.')
  }
  if (sent !== undefined) {
    checkValue(sent.algorithm, sent.value)
    return sent
  }
  const trailer = headers['x-amz-trailer']?.toLowerCase()
  if (trailer !== undefined && !trailer.startsWith('x-amz-checksum-')) {
    throw invalidRequest('The value specified in the x-amz-trailer header is not supported')
  }
  const named = trailer?.slice('x-amz-checksum-'.length) ?? headers['x-amz-checksum-algorithm']
  if (named !== undefined) return { algorithm: knownAlgorithm(named) }
  if (headers['x-amz-sdk-checksum-algorithm'] === undefined) return undefined
  throw invalidRequest(
    'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
  )
}

/** A composite checksum ends in `-PARTS`. */
function checkValue(algorithm: ChecksumAlgorithm, value: string): void {
  const [base = ''] = value.split('-')
  const bytes = Buffer.from(base, 'base64')
  if (bytes.length === lengths[algorithm] && bytes.toString('base64') === base) return
  throw invalidRequest(`Value for ${checksumHeader(algorithm)} header is invalid.`)
}

function knownAlgorithm(name: string): ChecksumAlgorithm {
  const algorithm = name.toUpperCase()
  if (isChecksumAlgorithm(algorithm)) return algorithm
  if (foreignAlgorithms.includes(algorithm)) {
    throw new AwsError(501, 'NotImplemented', `The sandbox does not model the checksum algorithm ${algorithm}.`)
  }
  const valid = [...checksumAlgorithms, ...foreignAlgorithms].sort().join(', ')
  const message = 'Checksum algorithm provided is unsupported. Please try again with any of the valid types'
  throw invalidRequest(`${message}: [${valid}]`)
}
