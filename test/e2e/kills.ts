/** Runs that are killed with -9 at a moment. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from 'chai'

import type { Call } from '../../src/sandbox/host/call-log.ts'
import {
  type Installation,
  type InstallOptions,
  type Kept,
  nameOfCall,
  withInstallation,
} from '../support/installation.ts'

/** Numbers from 0 to below 1 (mulberry32). */
function randomFrom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface Point {
  /** Which call of the run, counted from 1, and whether it has its effect. */
  readonly at: number
  readonly phase: 'before' | 'after'
  /** Whether calls that were under way beside it have theirs. */
  readonly late: boolean
}

/** Runs and kills. Returns what was being called, or undefined if the run came to its end before. */
async function runUntil(
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
  const { code, stderr, stdout } = await run
  stop()
  expect(code, `${stderr}${stdout}`).to.equal(called === undefined ? 0 : 137)
  return called
}

/** Runs that are killed at random moments, a few in each history. */
export interface Histories {
  /** What each history begins with. */
  readonly kept: Kept
  /** How it is installed. */
  readonly options?: InstallOptions
  /** Told with every failure: the same seed gives the same moments. */
  readonly seed: number
  /** Kills, in all histories together. */
  readonly moments: number
  /** Of one history, before it may end undisturbed. */
  readonly mostKills: number
  /** Of a whole run. */
  readonly calls: number
  /** What is run, in an installation. */
  readonly words: (place: Installation) => readonly string[]
  /** @param where - what has happened, for failures */
  readonly afterKill: (place: Installation, where: string) => Promise<void>
  /** Runs to the end, and looks at what is there then. */
  readonly atEnd: (place: Installation, where: string) => Promise<void>
}

/** Goes through one history after the other, until there were enough kills. */
export async function killAtRandom(histories: Histories): Promise<void> {
  const { kept, options = {}, seed, moments, mostKills, calls, words, afterKill, atEnd } = histories
  const random = randomFrom(seed)
  let kills = 0
  for (let history = 1; kills < moments; history++) {
    await withInstallation({ ...options, from: kept }, async (place) => {
      const story: string[] = []
      const where = (): string => `seed ${seed}, history ${history}, killed ${story.join('; ')}`
      for (let kill = 1; kill <= mostKills && kills < moments; kill++) {
        // The second half of a whole run is about indexes, so every other history begins there. What is done need not
        // be done again: each run of a history is shorter than the one before.
        const share = kill === 1 && history % 2 === 0 ? 0.5 + random() / 2 : random() / kill
        const at = 1 + Math.floor(share * calls)
        const point = { at, phase: random() < 0.5 ? ('before' as const) : ('after' as const), late: random() < 0.5 }
        const killedAt = await runUntil(place, words(place), point)
        if (killedAt === undefined) break
        kills++
        story.push(`${point.phase} call ${at}, ${killedAt}`)
        await afterKill(place, where())
      }
      await atEnd(place, where())
    })
  }
}

/** Where a run dies: before or after a changing call. */
export type NamedPoint = readonly [name: string, nth: number, phase: 'before' | 'after']

/**
 * Where a run may die: at both sides of each of its changes, but once only where it leaves the same behind. Of a process
 * that is gone nothing is left but what it had AWS do and the files that it wrote, so before a change is the same as after
 * the last one, unless a file was written, or something was still under way, between them.
 *
 * @param stage - what else tells one moment from another
 */
export async function pointsOf(
  { sandbox, folder }: Installation,
  run: () => Promise<unknown>,
  stage: () => string = () => '',
): Promise<NamedPoint[]> {
  const points = new Map<string, NamedPoint>()
  const seen = new Map<string, number>()
  const [begun, done] = [new Set<number>(), new Set<number>()]
  const stop = sandbox.onCall(async (call, phase) => {
    if (!call.changing) return undefined
    const name = nameOfCall(call)
    const nth = (seen.get(`${phase} ${name}`) ?? 0) + 1
    seen.set(`${phase} ${name}`, nth)
    const moment = phase === 'after' ? done.add(call.number) : done
    const left = [stage(), [...moment].sort(), [...begun].filter((one) => !moment.has(one)).sort()]
    begun.add(call.number)
    const key = JSON.stringify([...left, await filesIn(folder)])
    if (!points.has(key)) points.set(key, [name, nth, phase])
    return undefined
  })
  try {
    await run()
  } finally {
    stop()
  }
  return [...points.values()]
}

/** What a command has written, and the operator. */
async function filesIn(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(join(folder, 'aws/')))
    .sort()
  const contents = files.map(async (file) => `${file}\n${await readFile(file, 'utf8').catch(() => 'gone')}`)
  return createHash('sha256')
    .update((await Promise.all(contents)).join('\n'))
    .digest('hex')
}

/**
 * Kills at a point: the call is answered to nobody.
 *
 * @param ended - the run that is killed
 * @returns what it was called at, once it was; and what lets later calls pass without a look
 */
export function killAt(
  { sandbox }: Installation,
  [name, nth, phase]: NamedPoint,
  killer: AbortController,
  ended: () => Promise<unknown> | undefined,
): { readonly reached: () => Call | undefined; readonly stop: () => void } {
  let seen = 0
  let reached: Call | undefined
  const stop = sandbox.onCall(async (call, now) => {
    if (now !== phase || nameOfCall(call) !== name || ++seen !== nth) return undefined
    reached = call
    killer.abort()
    await ended()
    // The server hears of the broken connection a moment later.
    await sleep(20)
    return undefined
  })
  return { reached: () => reached, stop }
}

/** Runs the command, a process, and kills it at a point; what had begun by then is carried out or not, as the point's phase says. */
export async function killedAt(place: Installation, words: readonly string[], point: NamedPoint): Promise<void> {
  const [name, , phase] = point
  const killer = new AbortController()
  const { reached, stop } = killAt(place, point, killer, () => run)
  const run = place.run(words, { signal: killer.signal })
  const { code, stdout } = await run
  expect([code, stdout]).to.deep.equal([137, ''])
  // Calls that were on their way beside it end before the next run, as they would.
  await sleep(50)
  stop()
  // Not carried out, or carried out but never answered.
  expect(reached()?.status === undefined ? 'before' : 'after', `${name}, killed`).to.equal(phase)
}
