/** One request that reached an operation, or was refused before. */
export interface Call {
  /** Counts from 1. */
  readonly number: number
  /** Such as `cloudfront`. */
  readonly service: string
  readonly operation: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** ARN of the caller, or `anonymous`. */
  readonly caller: string
  readonly requestId: string
  /** Not a read: the call can change what AWS holds. */
  readonly changing: boolean
  /** ARN, where the service tells it. */
  resource?: string
  /** HTTP status of the answer; undefined while it is being worked on, or if the connection was dropped. */
  status?: number
  /** AWS's name of the error, where it ended with one. */
  code?: string
}

/** The calls a sandbox has received, oldest first. Only the latest are kept. */
export class CallLog {
  readonly #kept: Call[] = []
  #received = 0

  record(call: Omit<Call, 'number'>): Call {
    const recorded = { number: ++this.#received, ...call }
    this.#kept.push(recorded)
    if (this.#kept.length > maximum) this.#kept.splice(0, this.#kept.length - maximum)
    return recorded
  }

  /** All calls, or those that a condition holds for. */
  list(condition: (call: Call) => boolean = () => true): readonly Call[] {
    return this.#kept.filter(condition)
  }

  /** The calls that could change something. */
  changing(): readonly Call[] {
    return this.list((call) => call.changing)
  }

  clear(): void {
    this.#kept.length = 0
  }
}

const maximum = 100_000
const reads =
  /^(Get|List|Describe|Head|Select|Simulate|Lookup|Search|Test|Verify|Estimate|Filter|Query|Scan|Batch(Get|Describe))/
/** Cryptography, sessions and calls of functions leave what AWS holds as it is. */
const harmless = new Set([
  'Encrypt',
  'Decrypt',
  'ReEncrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateRandom',
  'GenerateMac',
  'Sign',
  'AssumeRole',
  'AssumeRoleWithWebIdentity',
  'DecodeAuthorizationMessage',
  'Invoke',
])

/** Can an operation of this name change what AWS holds? */
export const isChanging = (operation: string): boolean => !reads.test(operation) && !harmless.has(operation)
