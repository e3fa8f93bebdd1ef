import { CtlError } from '../../errors.ts'
import { verbatim } from '../../text.ts'
import { commandLine } from '../../shell.ts'
import { parseTarget } from '../cf/targets.ts'

/** What one word of `invalidate` names. */
export type Named =
  /** A path as in a URL, with its escapes; ending in `*` or `/`: all that begins so. */
  | { readonly kind: 'path'; readonly word: string; readonly path: string }
  /** The same, of a whole URL. */
  | { readonly kind: 'url'; readonly word: string; readonly host: string; readonly path: string }
  /** A key as S3 has it. */
  | { readonly kind: 'key'; readonly word: string; readonly key: string }

/**
 * Reads `/PATH`, `PATH`, `https://DOMAIN/PATH?TOKEN` and `s3://BUCKET/KEY`.
 *
 * @param bucket - the installation's
 * @throws CtlError of kind `usage` for an empty word, another bucket or a distribution
 */
export const readNamed = (words: readonly string[], bucket: string): Named[] => words.map((word) => read(word, bucket))

function read(word: string, bucket: string): Named {
  if (word.trim() === '') {
    throw new CtlError('usage', 'An empty path names nothing.', { hint: "Everything is '/*'." })
  }
  // What is signed is not what edges keep: the function takes the query off.
  const [, host, rest] = /^https?:\/\/([^/?#]+)([^?#]*)/i.exec(word) ?? []
  if (host !== undefined) return { kind: 'url', word, host, path: below(rest === '' ? '/' : (rest ?? '/')) }
  if (/^s3:/i.test(word)) {
    const target = parseTarget(word)
    if (target.kind === 'bucket' && target.bucket === bucket) return { kind: 'key', word, key: target.key }
    throw new CtlError('usage', `${word} is not in the bucket of this installation, ${bucket}.`, {
      hint: ['For any distribution of the account there is:', verbatim(commandLine(['pc-ctl', 'cfinval', word]))],
    })
  }
  if (/^(?:cf:\/\/|arn:)/i.test(word)) {
    throw new CtlError('usage', `${word} names a distribution: this command finds that of the installation itself.`, {
      hint: ['For any distribution there is:', verbatim(commandLine(['pc-ctl', 'cfinval', word, '/PATH']))],
    })
  }
  return { kind: 'path', word, path: below(word) }
}

/** Nothing is served under a path that ends in a slash: all below is meant. */
const below = (path: string): string => (path.endsWith('/') ? `${path}*` : path)
