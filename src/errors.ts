import type { Line } from './text.ts'

/** What pc-ctl's exit code says. Scripts rely on these numbers; they never change meaning. */
export const exitCodes = {
  done: 0,
  /** AWS or I/O failed. */
  failed: 1,
  /** The command line was wrong. */
  usage: 2,
  /** packagecloud.rb or the environment lacks something or holds something unusable. */
  configuration: 3,
  /** Refused in order to protect something: not managed by us, would destroy, changed underneath. */
  refused: 4,
  /** AWS denied a permission. */
  denied: 5,
  /** `--exit-code` was given and there are changes. */
  changes: 6,
  interrupted: 130,
} as const

/** The kinds of expected failure, named after their exit codes. */
export type Failure = Exclude<keyof typeof exitCodes, 'done' | 'changes'>

/** What to type or look at next; several lines are several suggestions. */
type Hint = Line | readonly Line[]

/**
 * An expected failure: what failed, on which resource and why (the message), and what to do next (the hint).
 * It is printed without a stack trace and ends the process with the exit code of its kind. Neither message nor hint
 * may hold a secret.
 */
export class CtlError extends Error {
  override readonly name = 'CtlError'
  readonly failure: Failure
  readonly hint: readonly Line[]
  /** Machine-readable name for `--json`: AWS's error name where there is one, else the kind of failure. */
  readonly code: string

  constructor(failure: Failure, message: string, options: { hint?: Hint; code?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.failure = failure
    this.hint = [options.hint ?? []].flat()
    this.code = options.code ?? failure
  }

  get exitCode(): number {
    return exitCodes[this.failure]
  }
}

/** The message of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
