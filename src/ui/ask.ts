import { createInterface } from 'node:readline/promises'

import { CtlError } from './errors.ts'

/** Where questions are asked and answered. */
interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly output: NodeJS.WritableStream
}

/**
 * Asks yes/no questions on the terminal, until one is not answered with yes. No is the default, and what the end of the
 * input (Ctrl-D) means.
 *
 * @throws CtlError of kind `usage` without a terminal, where nobody can answer; of kind `interrupted` when the signal
 *   is aborted
 */
export async function ask(
  questions: readonly string[],
  signal: AbortSignal,
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  if (input.isTTY !== true) {
    throw new CtlError('usage', `This needs an answer, and there is no terminal: ${questions.join(' ')}`, {
      hint: 'Run it with --yes if the answer is yes.',
    })
  }
  const terminal = createInterface({ input, output })
  // While a line is read, the terminal hands Ctrl-C to us instead of sending the signal.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')))
  try {
    for (const question of questions) {
      const answer = await Promise.race([terminal.question(`${question} [y/N] `, { signal }), ended])
      if (!/^y(es)?$/i.test(answer.trim())) return false
    }
    return true
  } catch (cause) {
    if (!signal.aborted) throw cause
    throw new CtlError('interrupted', 'Interrupted before an answer; nothing was changed.', { cause })
  } finally {
    terminal.close()
  }
}
