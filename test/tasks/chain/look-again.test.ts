import { expect } from 'chai'
import fc from 'fast-check'

import { Outdated } from '../../../src/resources/resource.ts'
import { beforeLooking, whyLookAgain } from '../../../src/tasks/chain/look-again.ts'

const stale = Object.assign(new Error('changed'), { name: 'PreconditionFailed' })

describe('looking again after a write that was refused', () => {
  it('waits longer each time, but never so long that what is over was over for more than a second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 5_000 }), (look, first) => {
        const delay = beforeLooking(look, first)
        expect(delay).to.be.at.most(1_000)
        expect(delay).to.be.at.least(Math.min(first * 2 ** (look - 1), 1_000) / 2)
      }),
    )
  })

  it('ends sooner where each try is dear', () => {
    const outdated = new Outdated('changed', { cause: stale, tries: 4 })
    expect([3, 4].map((look) => whyLookAgain(outdated, look) === undefined)).to.deep.equal([false, true])
    expect(whyLookAgain(new Outdated('changed'), 4)).to.not.equal(undefined)
  })

  it('goes on for some seconds, and ends', () => {
    let look = 1
    let least = 0
    for (; whyLookAgain(stale, look) !== undefined; look++) least += Math.min(500 * 2 ** (look - 1), 1_000) / 2
    expect(least).to.be.at.least(5_000)
    expect(look).to.be.lessThan(20)
  })
})
