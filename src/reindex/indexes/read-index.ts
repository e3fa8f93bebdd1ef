import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib'

import { statusOf } from '../../aws/denial.ts'
import { bodyOf, type LeanS3 } from '../../aws/s3-lean.ts'
import { RefusedRepository } from '../../repositories/format.ts'

/** Bytes that an index may unpack to, of those that are looked into. */
const largest = 512 * 1024 * 1024

type Unpack = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Uint8Array>

const begins = (bytes: Uint8Array, hex: string): boolean =>
  Buffer.from(bytes.subarray(0, hex.length / 2)).toString('hex') === hex

const codings: Readonly<Record<string, { readonly unpack: Unpack; readonly isSo?: (bytes: Uint8Array) => boolean }>> = {
  gzip: { unpack: promisify(gunzip), isSo: (bytes) => begins(bytes, '1f8b') },
  deflate: { unpack: promisify(inflate) },
  br: { unpack: promisify(brotliDecompress) },
  zstd: { unpack: promisify(zstdDecompress), isSo: (bytes) => begins(bytes, '28b52ffd') },
}

/** Says nothing of the content: how it was uploaded, or that it is as it is. */
const nothing = new Set(['', 'identity', 'aws-chunked'])

/**
 * An object of an index as clients see it, who unpack what is stored with a Content-Encoding; undefined if it is not there.
 * What is packed by its name (`Packages.gz`) stays as it is.
 *
 * @throws RefusedRepository where it can't be unpacked: what only it knows would be lost
 */
export async function readIndex(s3: LeanS3, key: string): Promise<Uint8Array | undefined> {
  try {
    const message = await s3.open({ method: 'GET', action: 's3:GetObject', key })
    return await unpacked(key, await bodyOf(message), message.headers['content-encoding'] ?? '')
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}

async function unpacked(key: string, stored: Uint8Array, header: string): Promise<Uint8Array> {
  const names = header.split(',').map((name) => name.trim().toLowerCase())
  let bytes = stored
  for (const name of names.reverse()) {
    const { unpack, isSo } = codings[name.replace(/^x-/, '')] ?? {}
    // Some say so of files that are packed by their own name, others of what is not packed at all.
    const isPlain = nothing.has(name) || (name.endsWith('gzip') && /\.t?gz$/.test(key)) || isSo?.(bytes) === false
    if (isPlain || bytes.length === 0) continue
    try {
      if (unpack === undefined) throw new TypeError('nobody knows how')
      bytes = await unpack(bytes, { maxOutputLength: largest })
    } catch {
      throw new RefusedRepository(
        `${key} is stored with Content-Encoding ${JSON.stringify(name)}, and can't be unpacked`,
        'Upload it again without.',
      )
    }
  }
  return bytes
}
