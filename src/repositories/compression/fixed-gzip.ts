import { promisify } from 'node:util'
import { gzip, gzipSync } from 'node:zlib'

/**
 * The same bytes for the same content: Node writes no time and no name into the header (RFC 1952); the system it ran on
 * is made always the same.
 */
export async function fixedGzip(body: Uint8Array): Promise<Uint8Array> {
  const bytes = await promisify(gzip)(body)
  bytes[9] = unix
  return bytes
}

/** The same at once, for what is small. */
export function fixedGzipSync(body: Uint8Array): Uint8Array {
  const bytes = gzipSync(body)
  bytes[9] = unix
  return bytes
}

const unix = 3
