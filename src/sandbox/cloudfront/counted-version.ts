import { createHash } from 'node:crypto'

import type { Versioned } from './documents.ts'

/*
 * Functions and key value stores count their versions, and an ETag is the count in disguise: that of whatever was just
 * made is the same everywhere, also for what was deleted and made again.
 */

/** As AWS's documents and examples show them. */
const first = [
  ...['TVPDKIKX0DER', '3UN6WX5RRO2AG', '1F83G8C2ARO7P', '1PA6795UKMFR9'],
  ...['13V1IB3VIYZZH', '1VC38T7YXB528', '2EUQ1WTGCTBG2', '3AEGXETSR30VB'],
]

/** @param kind - `E`, or `KV` for what is in a store */
export const etagOf = (version: number, kind: 'E' | 'KV' = 'E'): string => {
  const digest = createHash('sha256').update(String(version)).digest()
  const made = Array.from(digest.subarray(0, 13), (byte) => letters.charAt(byte % letters.length)).join('')
  return kind + (first[version - 1] ?? made)
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** For `requireMatch`. */
export const versioned = (version: number): Versioned => ({
  etag: etagOf(version),
  // A count of another resource is a version too, only not this one's.
  pastEtags: Array.from({ length: version + 20 }, (_, index) => etagOf(index + 1)),
})
