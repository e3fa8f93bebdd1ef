import { areDetailsShown, tellDetail } from '../ui/detail.ts'

/** A call of AWS's API that has ended, well or not. */
export interface EndedCall {
  /** Such as `s3:HeadBucket`: the operation, not the permission. */
  readonly action: string
  readonly region: string | undefined
  /** HTTP status; `undefined` where there was no answer. */
  readonly status: number | undefined
  /** AWS's name of the error, or the network's, where it failed. */
  readonly code?: string | undefined
  readonly attempts: number
  readonly milliseconds: number
  readonly requestId: string | undefined
}

/** Whether anybody wants to know of calls. */
export const isTraced = areDetailsShown

/** Tells a call in one line. Nothing of its content is in it: neither headers nor query nor body. */
export function traceCall(call: EndedCall): void {
  tellDetail(lineOf(call))
}

/** `aws s3:HeadBucket eu-central-1: 200, 1 attempt, 34 ms, request id 4442587FB7D0A2F9` */
export function lineOf({ action, region, status, code, attempts, milliseconds, requestId }: EndedCall): string {
  const outcome = [status ?? 'no answer', ...(code === undefined || code === '' ? [] : [code])].join(' ')
  const tried = attempts === 1 ? '1 attempt' : `${attempts} attempts`
  const id = requestId === undefined ? 'no request id' : `request id ${requestId}`
  return `aws ${action} ${region ?? 'no region'}: ${outcome}, ${tried}, ${Math.round(milliseconds)} ms, ${id}`
}

/** So many calls are told one by one. */
const oneByOne = 1000
/** Milliseconds between sums. */
const interval = 10_000

interface Sum {
  readonly call: EndedCall
  calls: number
  milliseconds: number
}

/**
 * Tells the calls of a client that makes millions: the first ones, and later whatever needed another attempt or failed, in
 * a line each; the rest is summed up every ten seconds.
 */
export class CallSums {
  #told = 0
  #begun = 0
  readonly #sums = new Map<string, Sum>()
  readonly #tell: (line: string) => void
  readonly #now: () => number

  constructor(tell: (line: string) => void = tellDetail, now: () => number = () => performance.now()) {
    this.#tell = tell
    this.#now = now
  }

  note(call: EndedCall): void {
    if (this.#told < oneByOne || call.code !== undefined || call.attempts > 1) {
      this.#told++
      this.#tell(lineOf(call))
      return
    }
    const id = `${call.action} ${call.status ?? 0}`
    const sum = this.#sums.get(id)
    if (this.#sums.size === 0) this.#begun = this.#now()
    if (sum === undefined) this.#sums.set(id, { call, calls: 1, milliseconds: call.milliseconds })
    else {
      sum.calls++
      sum.milliseconds += call.milliseconds
    }
    if (this.#now() - this.#begun >= interval) this.end()
  }

  /** Tells what is summed up so far. */
  end(): void {
    for (const { call, calls, milliseconds } of this.#sums.values()) {
      const { action, region, status, requestId } = call
      const mean = Math.round(milliseconds / calls)
      const first = requestId === undefined ? '' : `, the first with request id ${requestId}`
      this.#tell(
        `aws ${action} ${region ?? 'no region'}: ${status ?? 'no answer'}, ${calls} calls of ${mean} ms each${first}`,
      )
    }
    this.#sums.clear()
  }
}
