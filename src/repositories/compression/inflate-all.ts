import { inflateRawSync, inflateSync, type ZlibOptions } from 'node:zlib'

/**
 * Unpacks what is packed, and nothing but that.
 *
 * @throws where it is cut off, damaged, larger than it may be, or something stands behind it
 */
export function inflateAll(packed: Uint8Array, how: 'zlib' | 'raw', most: number): Uint8Array {
  const inflate = how === 'zlib' ? inflateSync : inflateRawSync
  const options: ZlibOptions = { maxOutputLength: most, info: true }
  // With `info` it also tells how far it has read, of which the types know nothing.
  const { buffer, engine } = inflate(packed, options) as unknown as { buffer: Buffer; engine: { bytesWritten: number } }
  if (engine.bytesWritten !== packed.length) throw new Error('something stands behind what is packed')
  return buffer
}
