import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

export const checksumAlgorithms = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const
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

export const isChecksumAlgorithm = (name: string): name is ChecksumAlgorithm =>
  (checksumAlgorithms as readonly string[]).includes(name)

export function createHasher(algorithm: ChecksumAlgorithm): Hasher {
  switch (algorithm) {
    case 'SHA1':
      return createHash('sha1')
    case 'SHA256':
      return createHash('sha256')
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
