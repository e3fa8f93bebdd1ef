import type { S3ClientConfig } from '@aws-sdk/client-s3'

import { talkNow } from '../ui/step-talk.ts'
import { nameOf } from './absent.ts'
import { callNow } from './operation.ts'
import { interruption, pause, pauseTelling } from './patience.ts'

type Strategy = Extract<NonNullable<S3ClientConfig['retryStrategy']>, { refreshRetryTokenForRetry: unknown }>
type ErrorInfo = Parameters<Strategy['refreshRetryTokenForRetry']>[1]

interface Token {
  getRetryCount(): number
  getRetryCost(): undefined
  /** Waited for already. */
  getRetryDelay(): 0
  readonly startedAt: number
}

const token = (startedAt: number, count: number): Token => ({
  getRetryCount: () => count,
  getRetryCost: () => undefined,
  getRetryDelay: () => 0,
  startedAt,
})

/** Milliseconds: the first delay, doubled each time, of which a random part is waited. As the SDK's own. */
const delays = { THROTTLING: 1_000, TRANSIENT: 50, most: 20_000 }
/** What passes within so many milliseconds is not worth a word. */
const unnoticed = 2_000
/** Quotas of an account. The SDK takes them for a request rate, and would wait for more than half a minute in vain. */
const quota = /^LimitExceeded(Exception)?$/

const cutShort = new WeakSet<object>()

/**
 * Repeats calls as the SDK does, with three differences: a quota that is used up is final, what takes longer than two
 * seconds is told to whoever watches the step, and an interruption ends the wait.
 *
 * @param attempts - how often a call is made at most
 */
export function toldRetries(attempts: number): Strategy {
  const next = async (before: Token, { error, errorType, retryAfterHint }: ErrorInfo): Promise<Token> => {
    const count = before.getRetryCount() + 1
    const passes = (errorType === 'THROTTLING' || errorType === 'TRANSIENT') && !quota.test(nameOf(error))
    if (!passes || count >= attempts) throw new Error('This is not tried again.')
    const backoff = Math.random() * Math.min(delays[errorType] * 2 ** (count - 1), delays.most)
    const asked = retryAfterHint === undefined ? 0 : retryAfterHint.getTime() - Date.now()
    const delay = Math.max(backoff, Math.min(asked, backoff + 5_000))
    const talk = talkNow()
    try {
      if (Date.now() - before.startedAt + delay < unnoticed) await pause(delay, talk.signal)
      else await pauseTelling(whyAgain(error, errorType), before.startedAt, delay, talk)
    } catch (cause) {
      if (error !== undefined) cutShort.add(error)
      throw cause
    }
    return token(before.startedAt, count)
  }
  return {
    acquireInitialRetryToken: async () => token(Date.now(), 0),
    refreshRetryTokenForRetry: (before, info) => next(before as unknown as Token, info),
    recordSuccess: () => undefined,
  }
}

function whyAgain(error: unknown, errorType: ErrorInfo['errorType']): string {
  const call = callNow()
  const on = call === undefined ? '' : ` (${call})`
  if (errorType === 'THROTTLING') return `AWS asks for fewer requests${on}; trying again`
  const code = error instanceof Error && 'code' in error ? String(error.code) : nameOf(error)
  return `no proper answer from AWS${on}: ${code}; trying again`
}

/** The interruption that made a call be given up, where that is what an error comes from. */
export const interruptionBehind = (error: unknown): Error | undefined =>
  typeof error === 'object' && error !== null && cutShort.has(error) ? interruption(error) : undefined
