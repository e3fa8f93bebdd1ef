import { causesOf } from './causes.ts'
import { CtlError, exitCodes, messageOf } from '../errors.ts'
import { failureEnvelopeOf } from './envelope.ts'
import { result, Unwritten } from './result.ts'
import { say } from './talk.ts'
import { advice, labelled, nested, verbatim } from '../text.ts'

/** How the operator wants to be told. */
export interface Manner {
  /** As one JSON document on stdout, in place of text on stderr. */
  readonly json: boolean
  /** With what lies behind it, for whoever looks for the cause. */
  readonly verbose: boolean
}

/** The text of the failure that was told as JSON: it is needed if stdout can't be written. */
let toldAsJson: CtlError | undefined

/** Tells why the command ends here, and sets the exit code. That stdout can't be written is left to {@link reportUnwritten}. */
export function report(error: unknown, { json, verbose }: Manner): void {
  const failure = toCtlError(error)
  process.exitCode = failure.exitCode
  if (error instanceof Unwritten) return
  if (json) {
    toldAsJson = failure
    result.print(`${JSON.stringify(failureEnvelopeOf(failure), undefined, 2)}\n`)
    return
  }
  sayFailure(failure)
  const causes = verbose && failure.failure !== 'usage' ? causesOf(error) : []
  if (causes.length > 0) say(nested([verbatim(...causes)], 2))
}

/** Tells that the result could not be written: always on stderr, for there is no other place left. */
export function reportUnwritten(error: unknown): void {
  if (toldAsJson !== undefined) sayFailure(toldAsJson)
  else if (!isFailure(process.exitCode)) process.exitCode = exitCodes.failed
  sayFailure(toCtlError(error))
}

/** Exit codes of results that are no failures but say something about what was found. */
const isFailure = (code: typeof process.exitCode): boolean =>
  code !== undefined && code !== exitCodes.done && code !== exitCodes.changes

/** Says a failure and what to do about it. */
export function sayFailure({ message, hint }: CtlError): void {
  say(labelled('Error', message), nested(advice(hint), 2))
}

/** What is not one of ours is a failure too, but not one that we know anything about. */
export function toCtlError(error: unknown): CtlError {
  if (error instanceof CtlError) return error
  return new CtlError('failed', messageOf(error), {
    code: error instanceof Error ? error.name : 'Error',
    hint: 'Run again with --verbose for details.',
    cause: error,
  })
}
