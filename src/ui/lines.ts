import { CtlError } from '../errors.ts'
import { result, type Result } from './result.ts'

/** A line of standard input, and where it stands, from 1. */
export interface Line {
  text: string
  number: number
}

/**
 * The lines of a stream of UTF-8, as many at a time as have come. They are ended by `\n` alone: other line breaks can
 * be part of what a line holds. Empty lines are left out.
 *
 * @throws CtlError (usage) if the stream is not UTF-8: guessing would name something else
 */
export async function* readLines(stream: AsyncIterable<unknown>): AsyncGenerator<Line[]> {
  let number = 0
  let rest = ''
  for await (const text of decode(stream)) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    yield lines.map((line) => ({ text: line, number: ++number })).filter(({ text }) => text !== '')
  }
  if (rest !== '') yield [{ text: rest, number: number + 1 }]
}

async function* decode(stream: AsyncIterable<unknown>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const text = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined })
    } catch (error) {
      throw new CtlError('usage', 'Standard input is not UTF-8.', { cause: error })
    }
  }
  for await (const chunk of stream) yield chunk instanceof Uint8Array ? text(chunk) : String(chunk)
  yield text()
}

/**
 * Writes lines of a result, no faster than the reader takes them.
 *
 * @throws CtlError of kind `failed` if they can't be written; `ReaderGone` if nobody reads on
 */
export async function writeLines(lines: readonly string[], to: Result = result): Promise<void> {
  if (lines.length === 0) return
  to.print(`${lines.join('\n')}\n`)
  await to.taken()
}
