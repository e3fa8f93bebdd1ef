/** Hashes an object in one pass, and keeps its first bytes for those who parse them. */
import { createHash } from 'node:crypto'

import type { Digests, PackageSource } from '../format.ts'

/** SHA-256 is all that clients need, and four times as fast alone as with the others, which old .dsc files list. */
export type Algorithm = 'md5' | 'sha1' | 'sha256'

/** What one pass over an object gives. */
export interface HashedObject {
  readonly digests: Digests
  /** As many bytes from the start as `needed` asked for, maybe more, or fewer where the object ends. */
  readonly head: Uint8Array
}

/**
 * Reads all of an object. Only the head is kept in memory.
 *
 * @param needed - how many of the first bytes to keep, as far as those at hand tell; asked again when they are there
 * @throws Error where fewer or more bytes come than the listing said: the object was replaced meanwhile
 */
export async function digestsAndHead(
  source: Pick<PackageSource, 'size' | 'stream'>,
  needed: (head: Uint8Array) => number,
  algorithms: readonly Algorithm[],
): Promise<HashedObject> {
  const hashes = algorithms.map((algorithm) => ({ algorithm, hash: createHash(algorithm) }))
  let head: Uint8Array = new Uint8Array()
  let pending: Uint8Array[] = []
  let held = 0
  let wanted = needed(head)
  let length = 0
  for await (const chunk of source.stream()) {
    for (const { hash } of hashes) hash.update(chunk)
    length += chunk.length
    if (held >= wanted) continue
    pending.push(Buffer.from(chunk))
    held += chunk.length
    if (held < wanted) continue
    head = Buffer.concat([head, ...pending])
    pending = []
    wanted = needed(head)
  }
  if (pending.length > 0) head = Buffer.concat([head, ...pending])
  if (length !== source.size) throw new Error(`${length} bytes came, not ${source.size}`)
  const digests = Object.fromEntries(hashes.map(({ algorithm, hash }) => [algorithm, hash.digest('hex')]))
  return { head, digests }
}
