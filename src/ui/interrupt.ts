import { exitCodes } from './errors.ts'

/**
 * Turns SIGINT, SIGTERM and SIGHUP into one abort: waits end, the call in hand is finished, nothing new is begun. A
 * second signal ends the process at once.
 */
export function interruptSignal(say: (line: string) => void): AbortSignal {
  const controller = new AbortController()
  const interrupt = (): void => {
    if (controller.signal.aborted) {
      // The live renderer hides the cursor while it runs.
      if (process.stderr.isTTY) process.stderr.write('\u001B[?25h')
      process.exit(exitCodes.interrupted)
    }
    controller.abort()
    say('Stopping after the call in hand; once more to stop at once.')
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
  return controller.signal
}
