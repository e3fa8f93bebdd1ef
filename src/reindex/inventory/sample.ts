import { ownText } from '../../repositories/own-text.ts'
import { compareKeys } from '../ranges.ts'

/** So many that a part of a 256th has sixteen of them. */
const usualSize = 4096

/**
 * A few of very many keys, such that each has the same chance to be among them: those with the smallest hashes. The same
 * keys give the same sample, in whatever order and however often they come.
 */
export class KeySample {
  readonly #most: number
  #taken: { readonly hash: number; readonly key: string }[] = []
  #limit = Infinity

  constructor(most = usualSize) {
    this.#most = most
  }

  /** @param key - percent-encoded */
  offer(key: string): void {
    const hash = hashOf(key)
    if (hash >= this.#limit) return
    this.#taken.push({ hash, key: ownText(key) })
    if (this.#taken.length >= 4 * this.#most) this.#drop()
  }

  /** As they are written, in no order. */
  keys(): string[] {
    this.#drop()
    return this.#taken.map(({ key }) => key)
  }

  #drop(): void {
    const distinct = new Map(this.#taken.map((one) => [one.key, one]))
    this.#taken = [...distinct.values()].sort((a, b) => a.hash - b.hash || (a.key < b.key ? -1 : 1))
    this.#taken.length = Math.min(this.#taken.length, this.#most)
    // Of one hash there may be several keys, of which the smallest are kept.
    if (this.#taken.length === this.#most) this.#limit = (this.#taken.at(-1)?.hash ?? Infinity) + 1
  }
}

/** FNV-1a with 32 bits, and what MurmurHash3 ends with: keys that differ in their last character alone lie far apart. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/**
 * Cuts the order of keys into parts of about one size.
 *
 * @param keys - in no order
 * @returns the last key of each part but the last; fewer where there are fewer keys
 */
export function cutsAmong(keys: readonly string[], parts: number): string[] {
  const sorted = [...new Set(keys)].sort(compareKeys)
  const count = Math.min(parts, sorted.length)
  return Array.from({ length: Math.max(0, count - 1) }, (_, index) => {
    const at = Math.round(((index + 1) * sorted.length) / count) - 1
    return sorted[at] ?? ''
  })
}
