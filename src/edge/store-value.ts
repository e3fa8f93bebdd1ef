/**
 * What is in the CloudFront Function's KeyValueStore: both secrets under one key, so that one read gets them and one write
 * changes both at once. Nothing else is kept there: whoever may read the store reads all of it.
 */
import { isObject } from '../json-object.ts'
import { decodeSecret } from './secret-text.ts'

/** The store's only key. */
export const storeKey = 'secrets'

/** CloudFront's limit for a value, in bytes. */
export const longestValue = 1024

/** The secrets as they stand in packagecloud.rb, the current one first, then the previous one if there is one. */
export type StoredSecrets = readonly [current: string, previous?: string]

/**
 * The value that holds the secrets. The same secrets make the same text.
 *
 * @throws RangeError for what the edge could not use or a store can not hold; the message holds no secret
 */
export function storeValue(secrets: StoredSecrets): string {
  const value = JSON.stringify({ c: secrets[0], p: secrets[1] })
  if (parseStoreValue(value) === undefined) {
    throw new RangeError('The secrets are not base64 of 16 bytes or more, or longer than a KeyValueStore can hold.')
  }
  return value
}

/** Reads a value, strictly: undefined for what is not just what {@link storeValue} writes. */
export function parseStoreValue(text: string): StoredSecrets | undefined {
  if (Buffer.byteLength(text) > longestValue) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (!isObject(value)) return undefined
    const current = value['c']
    const previous = value['p']
    if (!isSecret(current) || !Object.keys(value).every((key) => key === 'c' || key === 'p')) return undefined
    if (previous === undefined) return [current]
    return isSecret(previous) ? [current, previous] : undefined
  } catch {
    // What JSON.parse says of it would quote it.
    return undefined
  }
}

function isSecret(value: unknown): value is string {
  if (typeof value !== 'string') return false
  try {
    decodeSecret(value)
    return true
  } catch {
    return false
  }
}
