/** What stands before the content of an `.xz` (xz-file-format 1.2.0). */
import { crc32 } from 'node:zlib'

const magic = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])
const streamHeader = 12
const lzma2 = 0x21
/** 64 MiB, as `xz -9` has it: whatever asks for more is no control archive. */
const largestDictionary = 28

/** The content is none, or is none that can be decoded here. */
export class NotDecoded extends Error {
  override readonly name = 'NotDecoded'
}

/**
 * Where the content of the first block begins, if LZMA2 is all that was done to it.
 *
 * @throws {@link NotDecoded} where it is none, or something else was
 */
export function blockStart(bytes: Uint8Array): number {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = ((view[streamHeader] ?? 0) + 1) * 4
  const end = streamHeader + length
  if (view.length < end || !view.subarray(0, 6).equals(magic) || length === 4) throw new NotDecoded('it is no .xz')
  const flags = view[streamHeader + 1] ?? 0
  const isSound =
    crc32(view.subarray(6, 8)) === view.readUInt32LE(8) &&
    crc32(view.subarray(streamHeader, end - 4)) === view.readUInt32LE(end - 4)
  // One filter, and perhaps sizes before it, which the decoder needs not know.
  let at = streamHeader + 2
  for (const bit of [0x40, 0x80]) if ((flags & bit) !== 0) while ((view[at++] ?? 0) >= 0x80);
  const isPlain = (flags & 0x3f) === 0 && view[at] === lzma2 && view[at + 1] === 1
  if (!isSound || !isPlain || (view[at + 2] ?? 0xff) > largestDictionary) throw new NotDecoded('it is no plain LZMA2')
  return end
}
