import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from 'chai'

import { Load } from '../support/load.ts'
import { inUse, type Rotation } from '../support/rotation.ts'

const downloads = 10_000

describe('an installation that moves to the other engine, while clients download without a break', function () {
  this.timeout(900_000)
  let here: Rotation
  before(async () => {
    // Edges with both engines for seconds, each time.
    here = await inUse({ built: true, edgeByEdge: true, timing: { deploy: 4_000, spread: 500 } })
  })
  after(() => here.close())

  /** Which engines answer a URL without a token, until the move is over. */
  const enginesSeen = async (move: Promise<unknown>): Promise<string[]> => {
    const seen = new Set<string>()
    const looking = { isOver: false }
    const ended = move.finally(() => (looking.isOver = true))
    const domain = /cloudfront_packages_domain'\] = '([^']+)'/.exec(await here.text())?.[1] ?? ''
    const url = `http://${domain}/without-a-token`
    while (!looking.isOver) {
      const answer = await fetch(url)
      expect(answer.status).to.equal(403)
      seen.add((answer.headers.get('x-cache') ?? '').replace('GeneratedResponse from cloudfront', ''))
      await sleep(20)
    }
    await ended
    return [...seen].sort()
  }

  const move = async (engine: string): Promise<void> => {
    await here.place.succeed(await here.place.bootstrap('--engine', engine))
  }

  it(`has none of ${downloads} downloads refused, in either direction`, async () => {
    const load = new Load(here)
    try {
      await load.until(300)
      for (const engine of ['function', 'lambda']) {
        const begun = load.done
        expect(await enginesSeen(move(engine)), engine).to.deep.equal(['Function', 'Lambda'])
        expect(load.done - begun, 'downloads while edges had both').to.be.greaterThan(100)
        await load.until(load.done + 300)
      }
      await load.until(Math.max(downloads, load.done + 500))
    } finally {
      await load.end()
    }
    expect(load.refusals.slice(0, 5)).to.deep.equal([])
    expect(load.done).to.be.at.least(downloads)
  })
})
