import { createInterface } from 'node:readline/promises'

import { CtlError } from '../errors.ts'
import { isTalkSeen, stderr } from './talk.ts'

/** Where questions are asked and answered. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly output: NodeJS.WritableStream
  /** Whether a person sees what is written there. */
  readonly isSeen?: boolean
}

/** Whether somebody is there to read, and to answer or to paste a line. */
export const isAttended = (): boolean => process.stdin.isTTY && isTalkSeen()

/**
 * Better than to stop halfway: to be called before anything is done that a question comes after.
 *
 * @param asks - what is asked before, as `begins a job`
 * @throws CtlError of kind `usage` where nobody is there to answer
 */
export function assertAnswerable(asks: readonly string[]): void {
  if (asks.length === 0 || isAttended()) return
  const message = `This asks before it ${asks.join(' and ')}, and there is no terminal. Nothing was changed.`
  throw new CtlError('usage', message, { hint: 'Run it with --yes if the answer is yes.' })
}

/**
 * Asks yes/no questions on the terminal, until one is not answered with yes. No is the default, and what the end of the
 * input (Ctrl-D) means.
 *
 * @throws CtlError of kind `usage` without a terminal to ask and to answer on; of kind `interrupted` when the signal
 *   is aborted
 */
export async function ask(
  questions: readonly string[],
  signal: AbortSignal,
  { input, output, isSeen = true }: Terminal = { input: process.stdin, output: stderr, isSeen: isTalkSeen() },
): Promise<boolean> {
  if (input.isTTY !== true) {
    throw new CtlError('usage', `This needs an answer, and there is no terminal: ${questions.join(' ')}`, {
      hint: 'Run it with --yes if the answer is yes.',
    })
  }
  if (!isSeen) {
    throw new CtlError('usage', `This needs an answer, and stderr is no terminal to ask on: ${questions.join(' ')}`, {
      hint: 'Run it with --yes if the answer is yes, or leave stderr on the terminal.',
    })
  }
  const conversation = converse({ input, output })
  try {
    for (const question of questions) {
      const answer = await conversation.answerTo(`${question} [y/N] `, signal)
      if (!/^y(es)?$/i.test(answer.trim())) return false
    }
    return true
  } catch (cause) {
    if (!signal.aborted) throw cause
    throw new CtlError('interrupted', 'Interrupted before an answer; nothing was changed.', { cause })
  } finally {
    conversation.end()
  }
}

interface Conversation {
  /** The line that is typed; the end of the input (Ctrl-D) is an empty one. */
  answerTo(question: string, signal?: AbortSignal): Promise<string>
  end(): void
}

/** Talks with somebody on a terminal, until it is ended. */
export function converse({ input, output }: Pick<Terminal, 'input' | 'output'>): Conversation {
  const terminal = createInterface({ input, output })
  // While a line is read, the terminal hands Ctrl-C to us instead of sending the signal.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')))
  return {
    answerTo: (question, signal) => Promise.race([terminal.question(question, { ...(signal && { signal }) }), ended]),
    end: () => terminal.close(),
  }
}
