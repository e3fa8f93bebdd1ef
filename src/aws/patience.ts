import { setTimeout as sleep } from 'node:timers/promises'

import { CtlError } from '../errors.ts'
import type { Talk } from '../ui/step-talk.ts'

export type { Talk } from '../ui/step-talk.ts'

/** Delays between attempts, in milliseconds: `first`, doubling up to `most`, giving up after `total`. */
export interface Pace {
  readonly first: number
  readonly most: number
  readonly total: number
}

/** IAM changes reach other services within seconds, rarely up to half a minute. */
export const propagation: Pace = { first: 250, most: 2_000, total: 120_000 }

/** What was just made is known everywhere within seconds. Later, what is not found is gone. */
export const spreading: Pace = { first: 250, most: 2_000, total: 30_000 }

/** A function's state changes within a second or, for a first creation, several. */
export const settling: Pace = { first: 250, most: 2_000, total: 300_000 }

/** Typical deployments take three to six minutes; slow ones have taken over half an hour. */
export const deployment: Pace = { first: 500, most: 10_000, total: 3_600_000 }

/**
 * Waits `milliseconds`, or ends the wait at once when the operator interrupts.
 *
 * @throws CtlError of kind `interrupted`
 */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal })
  } catch (cause) {
    throw interruption(cause)
  }
}

/** The failure that an operator's interruption ends in. */
export const interruption = (cause?: unknown): CtlError =>
  new CtlError('interrupted', 'Interrupted.', { hint: 'Nothing is lost: run the same command again to go on.', cause })

/**
 * Looks until `probe` answers something.
 *
 * @param probe - one look; `undefined` means "not yet"; an error ends the wait at once
 * @throws CtlError of kind `failed` when the pace's total time is over
 */
export async function until<T>(
  waitingFor: string,
  probe: () => Promise<T | undefined>,
  pace: Pace,
  talk: Talk,
): Promise<T> {
  const started = Date.now()
  for (let delay = pace.first; ; delay = Math.min(delay * 2, pace.most)) {
    const found = await probe()
    if (found !== undefined) return found
    const waited = Date.now() - started
    if (waited > pace.total) {
      throw new CtlError('failed', `Still waiting for ${waitingFor} after ${elapsed(waited)}.`, {
        hint: 'Run the same command again to go on waiting.',
      })
    }
    await pauseTelling(`waiting for ${waitingFor}`, started, delay, talk)
  }
}

/**
 * Repeats an attempt for as long as its error is one that passes by itself.
 *
 * @param passing - for an error that passes, why it happens; `undefined` for one that is final
 */
export async function patiently<T>(
  attempt: () => Promise<T>,
  passing: (error: unknown) => string | undefined,
  pace: Pace,
  talk: Talk,
): Promise<T> {
  const started = Date.now()
  for (let delay = pace.first; ; delay = Math.min(delay * 2, pace.most)) {
    try {
      return await attempt()
    } catch (error) {
      const why = passing(error)
      if (why === undefined || Date.now() - started > pace.total) throw error
      await pauseTelling(why, started, delay, talk)
    }
  }
}

/**
 * A pause that keeps the elapsed time on the screen moving.
 *
 * @param started - since when the elapsed time counts, in milliseconds since the epoch
 */
export async function pauseTelling(why: string, started: number, delay: number, talk: Talk): Promise<void> {
  const end = Date.now() + delay
  for (let left = delay; left > 0; left = end - Date.now()) {
    talk.tell(`${why} (${elapsed(Date.now() - started)})`)
    await pause(Math.min(left, 1_000), talk.signal)
  }
}

/** Whole seconds as a person says them: `42 s`, `3 min 05 s`. */
export function elapsed(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`
}
