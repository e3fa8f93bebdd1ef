import type { CtlError } from '../errors.ts'

/** Of the documents that `--json` prints; goes up when one loses a member or means something else by it. */
const schemaVersion = 1

/** What `--json` prints: one document for every command, success or failure. docs/json.md tells of it. */
interface About {
  /** Goes up when a document loses a member or means something else by it. */
  readonly schemaVersion: typeof schemaVersion
  /** Such as `status`; null where there is no such command. */
  readonly command: string | null
  /** Whether anything was written: in AWS, to packagecloud.rb, or by `packagecloud-ctl`. */
  readonly changed: boolean
  /** All that was said after the word Warning. */
  readonly warnings: readonly string[]
}

/** The document of a command that came to its end. */
export interface Envelope<T> extends About {
  readonly result: T
}

/** The document of a command that failed. */
export interface FailureEnvelope extends About {
  readonly error: {
    /** AWS's name of the error where there is one, else the kind of failure. */
    readonly code: string
    readonly message: string
    /** What to type or look at next. */
    readonly hint: readonly string[]
  }
}

let command: string | undefined
let changed = false
let warnings: string[] = []

/** Begins to note for a command. */
export function beginCommand(name: string | undefined): void {
  command = name
  changed = false
  warnings = []
}

/** Notes that something was written. */
export const noteChange = (): void => void (changed = true)

/** Notes a warning that was said; one that is said again counts once. */
export const noteWarning = (text: string): void => {
  if (!warnings.includes(text)) warnings.push(text)
}

export const envelopeOf = <T>(result: T): Envelope<T> => ({
  schemaVersion,
  command: command ?? null,
  changed,
  result,
  warnings,
})

export const failureEnvelopeOf = ({ code, message, hint }: CtlError): FailureEnvelope => ({
  schemaVersion,
  command: command ?? null,
  changed,
  error: { code, message, hint: hint.map(String) },
  warnings,
})
