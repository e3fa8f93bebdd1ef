import { expect } from 'chai'
import fc from 'fast-check'

import { stateAtEdge, withState } from '../../../src/sandbox/cloudfront/spread.ts'

const spread = 1000
const at = (now: number, edgeByEdge: boolean) => ({ timing: { spread }, now: () => now, edgeByEdge })

/** All that 300 questions are answered with. */
const answers = (now: number, edgeByEdge: boolean, states: readonly { at: number }[]): Set<number | undefined> =>
  new Set(Array.from({ length: 300 }, () => stateAtEdge(at(now, edgeByEdge), states)?.at))

describe('what edges have of a change', () => {
  it('is the former state until all have the new one, or edge by edge either', () => {
    const states = [{ at: 0 }, { at: 5000 }]
    expect([...answers(5999, false, states)]).to.deep.equal([0])
    expect([...answers(6000, false, states)]).to.deep.equal([5000])
    expect(answers(5500, true, states)).to.have.all.keys([0, 5000])
    expect([...answers(6000, true, states)]).to.deep.equal([5000])
    expect([...answers(5500, false, [{ at: 5000 }])], 'never was anything else').to.deep.equal([5000])
  })

  it('is never lost by what is forgotten', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 1500 }), { minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(gaps, fc.integer({ min: 0, max: 2000 }), (waits, later) => {
        let now = 0
        const all: { at: number }[] = []
        let kept: { at: number }[] = []
        for (const wait of waits) {
          now += wait
          all.push({ at: now })
          kept = withState(at(now, false), kept, { at: now })
        }
        expect(stateAtEdge(at(now + later, false), kept)).to.deep.equal(stateAtEdge(at(now + later, false), all))
      }),
    )
  })
})
