import { setTimeout as sleep } from 'node:timers/promises'

import { formatDuration } from '../ui/duration.ts'
import { CtlError } from '../errors.ts'
import type { Talk } from '../ui/step-talk.ts'

export type { Talk } from '../ui/step-talk.ts'

/**
 * When is looked for what takes its time, in milliseconds: `first` after the first look, doubling up to `most`, giving up
 * after `total`; but always so that the wait ends soon enough, see {@link looking}.
 */
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

/** A wait ends at most so much of the event's own time after it, or so many milliseconds, whichever is longer. */
const overrun = { part: 0.1, least: 1_000 }
/** However long looks take, AWS is not asked without a break. */
const shortest = 100

/** What tells the time and lets it pass, in milliseconds. */
export interface Clock {
  now(): number
  /** @throws CtlError of kind `interrupted` */
  pause(milliseconds: number, signal: AbortSignal): Promise<void>
}

const ofTheWorld: Clock = { now: Date.now, pause }

/**
 * Begins to look for something that takes its time. All waits for AWS go by this.
 *
 * What happens right after a look was answered is seen by the next one, so a pause, with the time that looks take before
 * and after it, is as long as the wait may last beyond the event.
 *
 * @returns pauses until the next look is due, and tells meanwhile why; answers whether there is to be one
 */
export function looking(
  { first, most, total }: Pace,
  talk: Talk,
  clock = ofTheWorld,
): (why: string) => Promise<boolean> {
  const started = clock.now()
  let begun = started
  let wished = first
  return async (why) => {
    const ended = clock.now()
    const left = total - (ended - started)
    if (left <= 0) return false
    const allowed = Math.max(overrun.least, overrun.part * (begun - started)) - 2 * (ended - begun)
    await pauseTelling(why, started, Math.min(wished, left, Math.max(allowed, shortest)), talk, clock)
    wished = Math.min(wished * 2, most)
    begun = clock.now()
    return true
  }
}

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
  const again = looking(pace, talk)
  do {
    const found = await probe()
    if (found !== undefined) return found
  } while (await again(`waiting for ${waitingFor}`))
  throw new CtlError(
    'failed',
    `Still waiting for ${waitingFor} after ${formatDuration((Date.now() - started) / 1000)}.`,
    {
      hint: 'Run the same command again to go on waiting.',
    },
  )
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
  const again = looking(pace, talk)
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      const why = passing(error)
      if (why === undefined || !(await again(why))) throw error
    }
  }
}

/**
 * A pause that keeps the elapsed time on the screen moving.
 *
 * @param started - since when the elapsed time counts, in milliseconds of the clock
 */
export async function pauseTelling(
  why: string,
  started: number,
  delay: number,
  talk: Talk,
  clock = ofTheWorld,
): Promise<void> {
  const end = clock.now() + delay
  for (let left = delay; left > 0; left = end - clock.now()) {
    talk.tell(`${why} (${formatDuration((clock.now() - started) / 1000)})`)
    await clock.pause(Math.min(left, 1_000), talk.signal)
  }
}
