/** Compression that gives the same bytes on every machine. */
import { type AsyncGzipOptions, gzip as deflate } from 'fflate'

const options: AsyncGzipOptions = { level: 6, mtime: 0 }

/** What was packed for one format, for the others. */
const members = new WeakMap<Uint8Array, Promise<Uint8Array>>()

/**
 * Packs bytes with gzip. Not with Node's zlib, whose output differs between processors, nor with xz, which packs a third
 * better but is another program, whose version would be in the bytes.
 *
 * @param part - what is most of these bytes and of others that will be packed, as Node is of every format: it becomes a
 *   member of its own, which is made once. A file is one or more members (RFC 1952, 2.2)
 */
export async function gzip(bytes: Uint8Array, part?: Uint8Array): Promise<Uint8Array> {
  const place = part === undefined ? -1 : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(part)
  if (part === undefined || place < 0) return member(bytes)
  const common = members.get(part) ?? member(part)
  members.set(part, common)
  const [before, after] = [bytes.slice(0, place), bytes.slice(place + part.length)]
  return Buffer.concat(await Promise.all([member(before), common, member(after)]))
}

function member(bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    deflate(bytes, options, (error, packed) => (error === null ? resolve(packed) : reject(error)))
  })
}
