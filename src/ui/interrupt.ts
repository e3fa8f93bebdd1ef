import { isatty } from 'node:tty'

import { exitCodes } from '../errors.ts'
import type { Say } from '../text.ts'

/** What an interruption does not stop. */
interface Perseverance {
  /** Whether the work is to be done to its end where its terminal has hung up, so that nobody can see it any more. */
  readonly unseen?: boolean
}

/**
 * Turns SIGINT, SIGTERM and SIGHUP into one abort: waits end, the call in hand is finished, nothing new is begun. A
 * second signal ends the process at once.
 *
 * Of SIGHUP two are told apart: one that is sent, and one because the terminal has gone, with the connection or the
 * window. What changes AWS goes on after the latter: nobody asked it to stop halfway, and nobody is there to resume it.
 */
export function interruptSignal(say: Say, { unseen = false }: Perseverance = {}): AbortSignal {
  const controller = new AbortController()
  const terminals = [0, 1, 2].filter((stream) => isatty(stream))
  const interrupt = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted)
    if (unseen && signal === 'SIGHUP' && terminals.some((stream) => !isatty(stream))) return
    controller.abort()
    say('Stopping after the call in hand; once more to stop at once.')
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
  return controller.signal
}
