import { createHash } from 'node:crypto'

import type { IndexObject } from './format.ts'

/** What is to be said of an object beside its content. */
interface About extends Pick<IndexObject, 'top'> {
  readonly contentType: string
  /** Where it is known already. */
  readonly md5?: string
  /**
   * Makes the same bytes again when they are written: then no more than their digest is kept. Without it the bytes are,
   * which is right for few objects, or small ones.
   */
  readonly again?: () => Uint8Array | Promise<Uint8Array>
}

/** An object of a plan, by its content. */
export function indexObject(
  key: string,
  bytes: Uint8Array,
  { contentType, top, again, md5 = md5Of(bytes) }: About,
): IndexObject {
  return {
    ...{ key, size: bytes.length, md5, contentType },
    ...(top === undefined ? {} : { top }),
    body: again === undefined ? () => bytes : async () => asBefore(key, await again(), md5),
  }
}

/** What a document is made of may have changed since the plan; what was not planned is not written. */
function asBefore(key: string, bytes: Uint8Array, md5: string): Uint8Array {
  if (md5Of(bytes) !== md5) throw new Error(`what ${key} is made of has changed meanwhile`)
  return bytes
}

const md5Of = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')
