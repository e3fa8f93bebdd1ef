import { expect } from 'chai'

import { shrinking } from '../../../src/reindex/indexes/shrink-brake.ts'
import type { Part } from '../../../src/repositories/format.ts'

describe('the brake', () => {
  const list = (before: number, after: number): Part => ({ name: 'list', before, after })
  const many = (...sizes: readonly (readonly [number, number])[]): Part[] =>
    sizes.map(([before, after], index) => ({ name: `p${index}`, before, after, ofMany: true }))

  it('holds a list that would lose 5 %, 20 or all of its packages', () => {
    for (const [before, after] of [
      [0, 0],
      [0, 5],
      [1000, 980],
      [100, 95],
    ] as const) {
      expect(shrinking([list(before, after)]), `${before} → ${after}`).to.equal(undefined)
    }
    for (const [before, after] of [
      [1, 0],
      [1000, 979],
      [100, 94],
    ] as const) {
      expect(shrinking([list(before, after)])).to.equal(`list would have ${after} packages instead of ${before}`)
    }
  })

  it('lets one of many documents become empty, and judges what all of them lose', () => {
    const whole = Array.from({ length: 300 }, () => [2, 2] as const)
    expect(shrinking(many([1, 0], ...whole))).to.equal(undefined)
    expect(shrinking(many([9, 0], [9, 2], ...whole))).to.equal(undefined)
    expect(shrinking(many([9, 0], [15, 2], ...whole))).to.equal(
      '22 of 624 packages would be lost: p1 (13 of 15), p0 (9 of 9)',
    )
    // What others gain does not make up for it.
    expect(shrinking(many([30, 0], [0, 500], ...whole))).to.equal('30 of 630 packages would be lost: p0 (30 of 30)')
    expect(shrinking(many(...Array.from({ length: 7 }, () => [4, 3] as const)))).to.match(/p4 \(1 of 4\) and 2 others$/)
    expect(shrinking(many([1, 0]))).to.equal('1 of 1 packages would be lost: p0 (1 of 1)')
  })
})
