/**
 * How CloudFront wants the paths of an invalidation spelled.
 *
 * Source: Amazon CloudFront Developer Guide, "What you need to know when invalidating files": characters that are not
 * ASCII or that RFC 1738 §2.2 calls unsafe are percent-encoded, and no others; `*` stands for anything, at the end only;
 * a path with a tilde, encoded or not, can't be invalidated; 4,000 characters at most; where a function rewrites the
 * path, both spellings must be named.
 */
import { encodePath } from '../../edge/path.ts'
import { CtlError } from '../../errors.ts'

/** What one word of the operator comes to. */
export interface InvalidationPaths {
  /** All spellings under which edges may keep it, as CloudFront takes them. */
  readonly paths: readonly string[]
  /** What the operator should know: that more is invalidated than was named. */
  readonly note?: string
}

const longestPath = 4000

/**
 * Paths of an S3 key, or of all keys with a prefix.
 *
 * @param key - taken literally, without a leading slash. Empty or ending in `/`: all below; ending in `*`: all that
 *   begin so
 * @throws CtlError of kind `usage` for a key that no path names
 */
export function pathsOfKey(key: string): InvalidationPaths {
  const all = key === '' || key.endsWith('/')
  const wildcard = all || key.endsWith('*')
  const stem = `/${wildcard && !all ? key.slice(0, -1) : key}`
  assertSpellable(stem, key)
  return spell([encodePath(stem)], literally(stem), wildcard, key)
}

/**
 * Paths of a URL's path, spelled as in the URL: escapes are kept, what must be escaped is. Ending in `*`: all that begin
 * so. A query string is part of it.
 *
 * @throws CtlError of kind `usage` for what can't be a path
 */
export function pathsOfUrl(given: string): InvalidationPaths {
  const wildcard = given.endsWith('*')
  const [, path = '', query = ''] = /^([^?]*)(\?.*)?$/s.exec(wildcard ? given.slice(0, -1) : given) ?? []
  const stem = path.startsWith('/') ? path : `/${path}`
  assertSpellable(stem + query, given)
  if (/%(?![0-9a-f]{2})/i.test(stem + query)) {
    throw new CtlError('usage', `${JSON.stringify(given)} holds a % that begins no escape.`, {
      hint: 'Write %25 for a percent sign, or name the object by its key: s3://BUCKET/KEY.',
    })
  }
  const decoded = decode(stem)
  const canonical = decoded === undefined ? [] : [encodePath(decoded) + escapeUnsafe(query)]
  const plain = decoded === undefined ? [] : [literally(decoded) + escapeUnsafe(query)]
  return spell([...plain, ...canonical], escapeUnsafe(stem + query), wildcard, given)
}

/** @param others - spellings beside the first; what is the same counts once */
function spell(others: readonly string[], first: string, wildcard: boolean, given: string): InvalidationPaths {
  const end = wildcard ? '*' : ''
  const spelled = [first, ...others].map((path) => beforeTilde(path) ?? path + end)
  const paths = [...new Set(spelled)]
  const tooLong = paths.find((path) => path.length > longestPath)
  if (tooLong !== undefined) {
    throw new CtlError('usage', `A path can't be longer than ${longestPath} characters: ${tooLong.slice(0, 60)}...`)
  }
  if (beforeTilde(first) === undefined) return { paths }
  return { paths, note: `CloudFront can't invalidate a path with ~: ${given} becomes ${paths.join(' and ')}` }
}

/** The shortest wildcard that names a path with a tilde in it, if there is one. */
function beforeTilde(path: string): string | undefined {
  const at = path.search(/~|%7e/i)
  return at === -1 ? undefined : `${path.slice(0, at)}*`
}

function assertSpellable(stem: string, given: string): void {
  const wrong = (why: string, hint: string): CtlError =>
    new CtlError('usage', `${JSON.stringify(given)} ${why}.`, { hint })
  if (stem.includes('*')) {
    throw wrong('holds a * that is not at its end', 'After cf://ID, %2A in a path names an asterisk itself.')
  }
  // Neither stands in a URL that CloudFront takes, so nothing is kept under it.
  if (/[\u0000-\u001f\u007f]/.test(stem)) throw wrong('holds a control character', 'No URL can name it.')
  if (!stem.isWellFormed()) throw wrong('is not valid Unicode', 'No URL can name it.')
}

/** Escapes of bytes that are not UTF-8 name nothing that we could spell otherwise. */
function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

/** The spelling with the fewest escapes: what would mean something else in a URL, and what RFC 1738 calls unsafe. */
const literally = (path: string): string =>
  escapeUnsafe(path.replace(/%/g, '%25').replace(/\?/g, '%3F').replace(/\*/g, '%2A'))

/** Leaves `%` as it is, and `~`, which no spelling helps. */
const escapeUnsafe = (text: string): string =>
  text.replace(/[^\u0021-\u007e]|["<>#{}|\\^[\]`]/gu, (unsafe) => encodeURIComponent(unsafe))
