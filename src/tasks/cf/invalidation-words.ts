import { CtlError } from '../../errors.ts'
import { type Line, readLines } from '../../ui/lines.ts'
import { verbatim } from '../../text.ts'
import { domainName } from '../names/domain-name.ts'
import { parseTarget } from './targets.ts'

/** What one word, or line of standard input, of `cfinval` asks for. */
export type Asked =
  | { readonly kind: 'key'; readonly target: string; readonly bucket: string; readonly key: string }
  | { readonly kind: 'path'; readonly target: string; readonly path: string }

/**
 * Reads `s3://BUCKET[/KEY]…` and `cf://ID PATH…`, in any order; `-` stands for the lines of standard input. What follows
 * a distribution are its paths, up to the next `cf://` or `s3://`; the first word may also be a bare id.
 *
 * @throws CtlError of kind `usage` for words that don't make sense in this order
 */
export async function readWords(words: readonly string[], input: AsyncIterable<unknown>): Promise<Asked[]> {
  const asked: Asked[] = []
  let target: string | undefined
  let paths = 0
  const take = ({ text, number }: Partial<Line> & { text: string }): void => {
    const first = asked.length === 0 && target === undefined && isBareTarget(text)
    if (/^(cf|s3):\/\/|^arn:/i.test(text) || first) {
      assertPaths(target, paths)
      const named = distributionOrKey(text)
      target = typeof named === 'string' ? named : undefined
      paths = 0
      if (typeof named !== 'string') asked.push(named)
    } else if (text.trim() === '') {
      throw new CtlError('usage', `${placeOf(number)}an empty path names nothing.`, {
        hint: ["The page at the root is '/', everything '/*'."],
      })
    } else if (target !== undefined) {
      asked.push({ kind: 'path', target, path: text })
      paths++
    } else {
      throw new CtlError(
        'usage',
        `${placeOf(number)}${JSON.stringify(text)} does not say which distribution it is a path of.`,
        {
          hint: 'Name its distribution before it, as in: cf://ID /path, or name an object of a bucket: s3://BUCKET/KEY.',
        },
      )
    }
  }
  for (const text of words) {
    if (text !== '-') take({ text })
    else for await (const lines of readLines(input)) for (const line of withoutCarriageReturns(lines)) take(line)
  }
  assertPaths(target, paths)
  if (asked.length > 0) return asked
  throw new CtlError('usage', 'Nothing is named to invalidate.', { hint: verbatim('pc-ctl cfinval s3://BUCKET/KEY') })
}

const placeOf = (number: number | undefined): string =>
  number === undefined ? '' : `Line ${number} of standard input: `

/** An id or a domain name; only the first word can be one without being a path. */
const isBareTarget = (text: string): boolean =>
  /^[A-Z0-9]+$/.test(text) || /^[^/]+\.[^/]+\.[^/]+$/.test(domainName(text) ?? '')

/** Files that were made on Windows; no key or path that is invalidated ends in one. */
const withoutCarriageReturns = (lines: readonly Line[]): Line[] =>
  lines.map(({ text, number }) => ({ text: text.replace(/\r$/, ''), number })).filter(({ text }) => text !== '')

/** Everything could be meant, but then it should be said. */
function assertPaths(target: string | undefined, paths: number): void {
  if (target === undefined || paths > 0) return
  throw new CtlError('usage', `No paths are given for ${target}.`, {
    hint: ['Everything there is:', verbatim(`pc-ctl cfinval ${target} '/*'`)],
  })
}

function distributionOrKey(word: string): string | Asked {
  const parsed = parseTarget(word)
  if (parsed.kind === 'bucket') {
    return { kind: 'key', target: `s3://${parsed.bucket}`, bucket: parsed.bucket, key: parsed.key }
  }
  const named = parsed.kind === 'name' ? parsed.name : parsed.id
  if (parsed.invalidation === undefined) return `cf://${named}`
  throw new CtlError('usage', `${word} names an invalidation that is there already.`, {
    hint: [
      'How far it is:',
      verbatim(`pc-ctl cfinvalinfo ${word}`),
      'A new one:',
      verbatim(`pc-ctl cfinval cf://${named} PATH...`),
    ],
  })
}
