/** Runs that are killed with -9 at a moment. */
import { expect } from 'chai'

import type { Installation } from '../support/installation.ts'

/** Numbers from 0 to below 1 (mulberry32). */
export function randomFrom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export interface Point {
  /** Which call of the run, counted from 1, and whether it has its effect. */
  readonly at: number
  readonly phase: 'before' | 'after'
  /** Whether calls that were under way beside it have theirs. */
  readonly late: boolean
}

/** Runs and kills. Returns what was being called, or undefined if the run came to its end before. */
export async function runUntil(
  place: Installation,
  words: readonly string[],
  { at, phase, late }: Point,
): Promise<string | undefined> {
  const killer = new AbortController()
  let seen = 0
  let called: string | undefined
  const stop = place.sandbox.onCall(async (call, now) => {
    if (called === undefined && now === phase && ++seen === at) {
      called = `${call.operation} ${call.resource ?? ''}`
      killer.abort()
      await run
      return 'drop'
    }
    return called === undefined || late || now === 'after' ? undefined : 'drop'
  })
  const run = place.run([...words], { signal: killer.signal })
  const { code, stderr } = await run
  stop()
  expect(code, stderr).to.equal(called === undefined ? 0 : 137)
  return called
}
