import type { ChildProcess } from 'node:child_process'

/** A child that has nothing to do ends after this long. */
const idleMilliseconds = 5 * 60_000

/** How long a process that runs functions is kept, and whether it keeps the sandbox from ending meanwhile. */
export class ChildLife {
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  #alive = true
  #idleTimer: NodeJS.Timeout | undefined

  /** @param gone - told once, when all that the child has said is read */
  constructor(child: ChildProcess, gone: (reason: string) => void) {
    this.#child = child
    this.#exited = new Promise((resolve) => {
      const end = (reason: string): void => {
        this.#alive = false
        gone(reason)
        resolve()
      }
      child.on('error', (error) => end(error.message))
      child.on('close', (code, signal) => end(signal === null ? `exit status ${code ?? 0}` : `signal: ${signal}`))
    })
  }

  get alive(): boolean {
    return this.#alive
  }

  get exited(): Promise<void> {
    return this.#exited
  }

  /** It is given work. */
  work(): void {
    clearTimeout(this.#idleTimer)
    this.#child.ref()
  }

  /** It has none any more. */
  rest(): void {
    this.#idleTimer = setTimeout(() => void this.end(), idleMilliseconds)
    this.#idleTimer.unref()
    this.#child.unref()
  }

  async end(): Promise<void> {
    clearTimeout(this.#idleTimer)
    this.#alive = false
    // An idle child does not keep the event loop alive; whoever waits for its end needs it to.
    this.#child.ref()
    this.#child.kill('SIGKILL')
    await this.#exited
  }
}
