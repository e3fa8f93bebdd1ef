import { createInterface } from 'node:readline/promises'

import { CtlError } from './errors.ts'

/**
 * Asks a yes/no question on the terminal. No is the default.
 *
 * @throws CtlError of kind `usage` without a terminal, where nobody can answer
 */
export async function ask(questions: readonly string[], signal: AbortSignal): Promise<boolean> {
  if (process.stdin.isTTY !== true) {
    throw new CtlError('usage', `This needs an answer, and there is no terminal: ${questions.join(' ')}`, {
      hint: 'Run it with --yes if the answer is yes.',
    })
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    for (const question of questions) {
      const answer = await terminal.question(`${question} [y/N] `, { signal })
      if (!/^y(es)?$/i.test(answer.trim())) return false
    }
    return true
  } finally {
    terminal.close()
  }
}
