/** Compression that gives the same bytes on every machine. */
import { type AsyncGzipOptions, gzip as deflate } from 'fflate'

/**
 * Packs bytes with gzip. Not with Node's zlib, whose output differs between processors, nor with xz, which packs a third
 * better but is another program, whose version would be in the bytes.
 */
export function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const options: AsyncGzipOptions = { level: 6, mtime: 0 }
  return new Promise((resolve, reject) => {
    deflate(bytes, options, (error, packed) => (error === null ? resolve(packed) : reject(error)))
  })
}
