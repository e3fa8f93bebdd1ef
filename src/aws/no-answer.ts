/** Calls without a proper answer: what they have done is not known. */
import { isThrottlingError } from '@smithy/core/retry'

import { CtlError, messageOf } from '../errors.ts'
import { networkFailure, statusOf } from './aws-error.ts'

/**
 * Whether an error leaves open what its call has done: no answer came, or a part of one, or the service itself failed
 * while it was at work.
 */
export function leavesOpen(error: unknown): boolean {
  if (error instanceof CtlError) return false
  const status = statusOf(error)
  if (status !== undefined) return status < 400 || status >= 500
  return networkFailure(error) !== undefined
}

/** Whether the same call may be answered later, by nothing more than time: one that only reads. */
export const mayPass = (error: unknown): boolean =>
  leavesOpen(error) || (error instanceof Error && isThrottlingError(error as Parameters<typeof isThrottlingError>[0]))

/** How an answer broke off before it was complete, if it did: on its way, or with a success that can't be read. */
export function howItBrokeOff(error: unknown): string | undefined {
  const status = statusOf(error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (status !== undefined && status >= 400) return undefined
  if (code === 'ECONNRESET' || code === 'EPIPE') return networkFailure(error)
  // The SDK adds lines for programmers.
  return status === undefined ? undefined : `it can't be read (${messageOf(error).split('\n')[0] ?? ''})`
}
