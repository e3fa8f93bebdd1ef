import type { Journal } from './journal.ts'
import type { Row } from './row.ts'

/** May edges or clients hold what has a Cache-Control (null: nobody knows which) without asking whether it still holds? */
const mayBeHeld = (cacheControl: string | null): boolean =>
  cacheControl === null || !/\bno-(?:store|cache)\b|\bmax-age=0\b/i.test(cacheControl)

const yearOfSeconds = 366 * 86_400

const now = (): number => Math.floor(Date.now() / 1000)

/**
 * Notes that a package is another version than the one that the journal knows. Of another size, it is another content; of
 * the same size, it may have been copied: an ETag need not be a digest.
 */
export function noteVersion(journal: Journal, before: Row, { size }: { readonly size: number }): void {
  if (before.class === 'metadata' || !mayBeHeld(before.cacheControl)) return
  journal.republished.note(before.key, { sure: before.size !== size, since: now() })
}

/** Notes that an object is gone; a package under its key is another one then, but edges may hold the old one. */
export function noteGone(journal: Journal, row: Row): void {
  const { key, size, etag } = row
  const held = row.class !== 'metadata' && mayBeHeld(row.cacheControl)
  const sha256 = held ? journal.lastDigest(key) : undefined
  journal.republished.forget(key)
  if (held) journal.republished.depart(key, { size, etag, sha256 }, now())
  journal.remove(key)
}

/** Notes that there is an object where the journal knows none: perhaps there was one, some runs ago. */
export function noteArrival(journal: Journal, { key, size, etag }: Pick<Row, 'key' | 'size' | 'etag'>): void {
  const before = journal.republished.departed(key)
  if (before === undefined) return
  if (before.size === size && before.etag === etag) journal.republished.forget(key)
  else journal.republished.note(key, { sure: before.size !== size, since: now() })
}

/**
 * Notes that an object has another ETag now, with the same content. What had an ETag of before, after an upload in parts
 * that made another one, has it again once it is copied: then it is what was read before.
 */
export function noteCopied(
  journal: Journal,
  key: string,
  from: string,
  { size, etag }: { readonly size: number; readonly etag: string },
): void {
  const isAsBefore = from !== etag && journal.republished.isSuspected(key) && journal.wasRead(key, size, etag)
  journal.sameContent(key, from, etag)
  if (isAsBefore) journal.republished.forget(key)
}

/**
 * Notes what reading a package has shown of its content.
 *
 * @param before - digests of what was there before, as far as the journal or the present indexes tell: of each index, of
 *   which one may be older than another
 * @returns whether it is now known to be another content, and was not before
 */
export function noteContent(
  journal: Journal,
  key: string,
  before: readonly (readonly string[])[],
  digest: string,
): boolean {
  const { republished } = journal
  const told = before.filter(({ length }) => length > 0)
  if (told.length === 0 || republished.isSure(key)) return false
  if (told.every((digests) => digests.includes(digest))) {
    if (republished.isSuspected(key)) republished.forget(key)
    return false
  }
  republished.note(key, { sure: true, since: now() })
  return true
}

/** What was published again so long ago that nothing holds what was there before. */
export const forgetOld = (journal: Journal): void => journal.republished.forgetBefore(now() - yearOfSeconds)
