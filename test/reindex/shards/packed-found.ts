import { Readable } from 'node:stream'

import { type Found, FoundLines, readFound } from '../../../src/reindex/shards/found-lines.ts'

/** What hosts and functions write of what they have found out. */
export function packed(...found: readonly Found[]): Promise<Buffer> {
  const lines = new FoundLines()
  for (const one of found) lines.add(one)
  return lines.pack()
}

/** All of what was packed, which comes in pieces, as from S3. */
export async function unpacked(bytes: Uint8Array, size = 16_384): Promise<Found[]> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  )
  return ((await Readable.from(readFound(Readable.from(pieces))).toArray()) as Found[][]).flat()
}
