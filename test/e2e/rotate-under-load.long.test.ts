import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from 'chai'

import { engineNames, engines } from '../../src/edge/engine.ts'
import { Load } from '../support/load.ts'
import { inUse, marks, type Rotation } from '../support/rotation.ts'

const downloads = 10_000

for (const engine of engines) {
  describe(`rotate-cloudfront-secret with ${engineNames[engine]}, while clients download without a break`, function () {
    this.timeout(600_000)
    let here: Rotation
    before(async () => {
      // Edges on both versions for seconds, each time.
      here = await inUse({ engine, built: true, edgeByEdge: true, timing: { deploy: 4_000, spread: 3_000 } }, 3)
    })
    after(() => here.close())

    it(`has none of ${downloads} downloads refused`, async () => {
      const { current: old } = await here.secrets()
      const load = new Load(here)
      try {
        await load.until(300)
        const begun = load.done
        const first = await here.rotate('--write-config', '--yes')
        expect(first.code, first.stderr).to.equal(3)
        expect(load.done - begun, 'downloads while edges were on both versions').to.be.greaterThan(100)
        for (const index of here.fronts.keys()) {
          await here.restart(index)
          await load.until(load.done + 300)
          const run = await here.rotate('--no-wait', ...here.everyFront)
          expect(run.code, run.stderr).to.equal(index + 1 < here.fronts.length ? 1 : 0)
        }
        await here.ago(8)
        // Whoever was sent off by the old secret has arrived by now.
        await sleep(1_000)
        const last = await here.rotate('--finish', '--write-config', '--yes', ...here.everyFront)
        expect(last.code, last.stderr).to.equal(0)
        expect(marks(last.stderr)).to.equal('xxxxx--')
        await load.until(Math.max(downloads, load.done + 500))
      } finally {
        await load.end()
      }
      expect(load.refusals.slice(0, 5)).to.deep.equal([])
      expect(load.done).to.be.at.least(downloads)
      expect(await here.secrets())
        .to.have.property('current')
        .that.does.not.equal(old)
    })

    it('would see refusals where front servers are restarted too early', async () => {
      const load = new Load(here)
      try {
        // The file holds a new secret, and nothing is published.
        const lines = await here.rotate()
        await here.place.paste(lines.stdout)
        await here.restart(0)
        await load.until(load.done + 100)
      } finally {
        await load.end()
      }
      expect(load.refusals[0]).to.match(/^403 bad signature/)
    })
  })
}
