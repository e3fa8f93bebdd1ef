/** Decompression in memory with an upper bound, of all that dpkg-deb writes, and of all forms of a list. */
import { gunzipSync, zstdDecompressSync } from 'node:zlib'

import { messageOf } from '../../errors.ts'
import { type Compression, decodeInThread } from '../compression/decode-in-thread.ts'
import { unxz } from '../compression/xz.ts'
import { Malformed } from './malformed.ts'

/**
 * Decompresses a control archive by its name: `.gz`, `.xz`, `.zst`, or none.
 *
 * @param most - bytes; more is taken for a bomb
 * @throws {@link Malformed} for broken, truncated or too much data, and for other compressions
 */
export async function decompress(bytes: Uint8Array, name: string, most: number): Promise<Uint8Array> {
  const extension = extensionOf(name)
  if (unreadable.has(extension) || inThreads.has(extension))
    throw new Malformed(`${name}: pc-ctl cannot read this compression`)
  return decompressList(bytes, name, most)
}

/**
 * Decompresses a list by its name: `.bz2` and `.lzma` too, in a thread of their own.
 *
 * @param most - bytes; more is taken for a bomb
 * @throws {@link Malformed} for broken, truncated or too much data
 */
export async function decompressList(bytes: Uint8Array, name: string, most: number): Promise<Uint8Array> {
  const extension = extensionOf(name)
  try {
    if (extension === 'gz') return gunzipSync(bytes, { maxOutputLength: most })
    if (extension === 'zst') return zstdDecompressSync(bytes, { maxOutputLength: most })
    if (extension === 'xz') return await gathered(unxz(bytes), name, most)
    const kind = inThreads.get(extension)
    return kind === undefined ? bytes : await gathered(decodeInThread(kind, bytes), name, most)
  } catch (error) {
    if (error instanceof Malformed) throw error
    if (error instanceof RangeError) throw tooMuch(name, most)
    throw new Malformed(`${name} cannot be decompressed: ${messageOf(error)}`)
  }
}

const extensionOf = (name: string): string => /\.(?!tar$)([a-z0-9]+)$/i.exec(name)?.[1] ?? ''

const inThreads: ReadonlyMap<string, Compression> = new Map([
  ['bz2', 'bzip2'],
  ['lzma', 'lzma'],
])
const unreadable: ReadonlySet<string> = new Set(['lz4', 'Z'])

const tooMuch = (name: string, most: number): Malformed =>
  new Malformed(`${name} holds more than ${String(most / 1024 / 1024)} MiB`)

/** Leaving the loop ends the decoder. */
async function gathered(pieces: AsyncIterable<Uint8Array>, name: string, most: number): Promise<Uint8Array> {
  const held: Uint8Array[] = []
  let length = 0
  for await (const piece of pieces) {
    length += piece.length
    if (length > most) throw tooMuch(name, most)
    held.push(piece)
  }
  return Buffer.concat(held, length)
}
