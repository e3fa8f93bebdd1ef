import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from 'chai'

import { engineNames } from '../../src/edge/engine.ts'
import { endState, type EndState } from '../support/end-state.ts'
import { alone, sideBySide } from '../support/installation.ts'
import { inUse, type Rotation } from '../support/rotation.ts'
import { killAt, type NamedPoint as Point, pointsOf } from './kills.ts'
import { share } from '../support/share.ts'

/** Nothing needs to be waited for, so that each run makes just the same calls. */
const options = {
  timing: { roleAssumable: 0, principal: 0, functionActive: 0, deploy: 0, invalidation: 0, storeReady: 0, spread: 0 },
} as const

interface Ending {
  readonly state: EndState
  readonly previous: string | undefined
}

/** The three runs of a rotation, with what happens between them. */
async function rotation(here: Rotation, run: (flags: readonly string[]) => Promise<void>): Promise<Ending> {
  await run(['--write-config', '--yes'])
  const { current } = await here.secrets()
  await here.restart(0)
  await run(here.everyFront)
  await here.ago(8)
  await run(['--finish', '--write-config', '--yes', ...here.everyFront])
  expect((await here.secrets()).current, 'one new secret is made').to.equal(current)
  return { state: await endState(here.place.clients), previous: (await here.secrets()).previous }
}

/** As far as a run can come: front servers are to be restarted, or the rotation waits for its time, or is over. */
async function arrive(here: Rotation, flags: readonly string[]): Promise<void> {
  const { code, stderr } = await alone(() => here.rotate(...flags))
  const arrived = code === 0 || /was not looked at/.test(stderr) || /A rotation is not finished/.test(stderr)
  expect(arrived, stderr).to.equal(true)
}

for (const [engine, atLeast] of [
  ['lambda', 8],
  ['function', 4],
] as const) {
  describe(`rotate-cloudfront-secret with ${engineNames[engine]}, killed with -9 at each change, then run again`, function () {
    this.timeout(600_000)

    it('ends in the same state, and front servers are served at every moment', async () => {
      const whole = await inUse({ ...options, engine })
      let points: Point[]
      let ending: Ending | undefined
      try {
        let runs = 0
        const change = async (): Promise<void> => {
          ending = await rotation(whole, async (flags) => {
            runs++
            await arrive(whole, flags)
          })
        }
        points = await pointsOf(whole.place, change, () => String(runs))
      } finally {
        await whole.close()
      }
      // What the test itself writes is no change of a run.
      points = points.filter(([name, nth]) => !(name === 'cloudfront:TagResource' && nth === 2))
      expect(points.length, 'points to die at').to.be.at.least(atLeast)
      expect(ending?.previous).to.equal(undefined)
      await sideBySide(share(points), async (point) => {
        const where = `killed ${point[2]} ${point[0]} ${point[1]}`
        const here = await alone(() => inUse({ ...options, engine }))
        try {
          const state = await killedOnce(here, point)
          expect(state.state.counts, where).to.deep.equal(ending?.state.counts)
          expect(masked(state.state.resources), where).to.equal(masked(ending?.state.resources ?? ''))
          expect(state.previous, where).to.equal(undefined)
        } finally {
          await here.close()
        }
      })
    })
  })
}

/** Secrets and the time are others each time. */
const masked = (resources: string): string => resources.replace(/new=\w+ old=\w+ since=\S+Z/g, 'MARK')

async function killedOnce(here: Rotation, point: Point): Promise<Ending> {
  const [name, nth] = point
  const killer = new AbortController()
  let ended: Promise<unknown> | undefined
  const { stop } = killAt(here.place, point, killer, () => ended)
  try {
    return await rotation(here, async (flags) => {
      if (!killer.signal.aborted) {
        const run = here.place.run(['rotate-cloudfront-secret', ...flags], { env: here.env, signal: killer.signal })
        ended = run
        if ((await run).code !== 137) return
        await sleep(50)
        await alone(() => here.served())
      }
      await arrive(here, flags)
      // A command that runs in this process keeps the edge waiting.
      await alone(() => here.served())
    })
  } finally {
    stop()
    expect(killer.signal.aborted, `${name} ${nth} was called`).to.equal(true)
  }
}
