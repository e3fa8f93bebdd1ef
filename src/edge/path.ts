/**
 * The one way a request path is read and written. S3 reads a literal `+` in a path as a space and clients disagree on
 * what they escape (`~` or `%7e`, `+` or `%2B`), so the edge decodes what it received exactly once, checks the
 * signature over that, and forwards this file's encoding of it: what was signed is what is fetched, and all spellings
 * of a key share one cache entry. Both engines run this, see `cloudfront-function.ts` for the language that it must keep to.
 */

/** S3's limit for a key, in bytes of UTF-8. */
const longestKey = 1024

/** Where pc-ctl keeps what is its own in the bucket; nobody else is to see that, whatever has been signed. */
export const reservedPath = '/.pc-ctl/'

/**
 * What is escaped in a path. In the runtime of CloudFront Functions `$` also stands before a line feed at the end, so
 * texts are not held against a pattern of all they may be.
 */
const escaped = /[^A-Za-z0-9\-._~/]/

/** C0 controls and DEL stand in no sane key and break logs, headers and S3's XML listings. */
const controlCharacter = /[\x00-\x1f\x7f]/

/**
 * `.` and `..` cannot be escaped in a URL (`%2E` means `.`): clients resolve such segments before they send, CloudFront
 * resolves them to choose a behaviour but forwards them raw, and S3 takes them literally or refuses them. Nobody could
 * say which object such a path means, so it is neither signed nor let through.
 */
const dotSegment = /\/\.{1,2}(?:\/|$)/

/** What `encodeURIComponent` leaves but RFC 3986 reserves. */
const reserved = /[!'()*]/g
const escape = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`

/**
 * Why a decoded path, which begins with a slash, can be neither signed nor forwarded, or undefined if it can. Empty
 * segments (`//`) are fine.
 */
function flawOf(path: string): string | undefined {
  // Regular expressions are dear in a CloudFront Function.
  if (path.includes('/.') && dotSegment.test(path)) {
    return 'a "." or ".." segment means different objects to different clients'
  }
  if (!escaped.test(path)) return undefined
  if (controlCharacter.test(path)) return 'it holds a control character'
  return isUnicode(path) ? undefined : 'it is not valid Unicode'
}

/** `isWellFormed` is not known to all runtimes. */
function isUnicode(text: string): boolean {
  try {
    encodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/**
 * Decodes a path as it came over the wire, exactly once. A literal `+` is a plus.
 *
 * @param received - the path without query string, percent-encoded
 * @returns the path that was meant, or undefined where the path must be refused: no leading slash, a broken escape
 *   (`%`, `%zz`), bytes that are not UTF-8, control characters, dot segments
 */
export function decodePath(received: string): string | undefined {
  if (!received.startsWith('/')) return undefined
  let path = received
  if (received.includes('%')) {
    try {
      path = decodeURIComponent(received)
    } catch {
      return undefined
    }
  }
  return flawOf(path) === undefined ? path : undefined
}

/**
 * The canonical encoding: everything but `/` and the unreserved characters of RFC 3986 §2.3 (`A-Za-z0-9-._~`) as
 * upper-case escapes of its UTF-8 bytes.
 *
 * @param path - a decoded path from {@link decodePath} or {@link pathOfKey}
 */
export function encodePath(path: string): string {
  if (!escaped.test(path)) return path
  // Replacing is six times as dear in a CloudFront Function.
  const encoded = encodeURIComponent(path).split('%2F').join('/')
  return encoded.search(reserved) < 0 ? encoded : encoded.replace(reserved, escape)
}

/**
 * The path under which a key is signed and fetched.
 *
 * @param key - an S3 key, taken literally; one leading slash is allowed and is not part of the key
 * @returns the path, decoded, with its leading slash
 * @throws RangeError for a key that is empty, longer than S3 allows, pc-ctl's own, or can't be fetched by its path
 */
export function pathOfKey(key: string): string {
  const path = key.startsWith('/') ? key : `/${key}`
  if (path === '/') throw new RangeError('The key is empty.')
  const flaw = flawOf(path)
  if (flaw !== undefined) throw new RangeError(`The key ${JSON.stringify(key)} cannot be signed: ${flaw}.`)
  if (path.startsWith(reservedPath)) {
    throw new RangeError(`The key ${JSON.stringify(key)} cannot be signed: nothing is served below ${reservedPath}.`)
  }
  if (Buffer.byteLength(path) - 1 > longestKey) {
    throw new RangeError(`The key is longer than the ${longestKey} bytes that S3 allows: ${key.slice(0, 60)}...`)
  }
  return path
}
