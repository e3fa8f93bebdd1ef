/** Decompression in memory with an upper bound, of all that dpkg-deb writes. */
import { gunzipSync, zstdDecompressSync } from 'node:zlib'

import xz from 'xz-decompress'

import { messageOf } from '../../ui/errors.ts'
import { Malformed } from './malformed.ts'

/**
 * Decompresses by the file's name: `.gz`, `.xz`, `.zst`, or none.
 *
 * @param most - bytes; more is taken for a bomb
 * @throws {@link Malformed} for broken, truncated or too much data, and for other compressions
 */
export async function decompress(bytes: Uint8Array, name: string, most: number): Promise<Uint8Array> {
  const extension = /\.(?!tar$)([a-z0-9]+)$/.exec(name)?.[1]
  if (extension === undefined || !compressed.has(extension)) {
    if (extension !== undefined && unreadable.has(extension))
      throw new Malformed(`${name}: pc-ctl cannot read this compression`)
    return bytes
  }
  try {
    if (extension === 'gz') return gunzipSync(bytes, { maxOutputLength: most })
    if (extension === 'zst') return zstdDecompressSync(bytes, { maxOutputLength: most })
    return await unxz(bytes, most)
  } catch (error) {
    if (error instanceof Malformed) throw error
    if (error instanceof RangeError) throw tooMuch(name, most)
    throw new Malformed(`${name} cannot be decompressed: ${messageOf(error)}`)
  }
}

const compressed: ReadonlySet<string> = new Set(['gz', 'xz', 'zst'])
const unreadable: ReadonlySet<string> = new Set(['bz2', 'lzma', 'lz4', 'Z'])

const tooMuch = (name: string, most: number): Malformed =>
  new Malformed(`${name} holds more than ${String(most / 1024 / 1024)} MiB`)

/** The decoder's dictionary is limited to 64 MiB by itself, which is what `xz -9` asks for. */
async function unxz(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes)
      controller.close()
    },
  })
  for await (const chunk of new xz.XzReadableStream(source)) {
    length += chunk.length
    // Leaving the loop cancels the stream, which frees the decoder.
    if (length > most) throw tooMuch('control.tar.xz', most)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}
