import { expect } from 'chai'
import fc from 'fast-check'

import { cutsAmong, KeySample } from '../../../src/reindex/inventory/sample.ts'
import { compareKeys } from '../../../src/reindex/ranges.ts'

const sampleOf = (keys: readonly string[], most: number): string[] => {
  const sample = new KeySample(most)
  for (const key of keys) sample.offer(key)
  return sample.keys().sort()
}

describe('a sample of keys', () => {
  it('is the same in whatever order and however often they come', () => {
    const keys = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '/', '1', '2'), maxLength: 5 }), {
      maxLength: 80,
    })
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 9 }), (all, most) => {
        const distinct = [...new Set(all)]
        const sample = sampleOf(all, most)
        expect(sample).to.deep.equal(sampleOf([...all, ...all].reverse(), most))
        expect(sample).to.deep.equal(sampleOf(distinct, most)).and.have.length(Math.min(most, distinct.length))
        expect(distinct).to.include.members(sample)
      }),
    )
  })

  it('cuts them into parts of about one size', () => {
    const keys = Array.from({ length: 100_000 }, (_key, index) => `7/${index % 3 === 0 ? 9 : 11}/files/${index}.deb`)
    const cuts = cutsAmong(sampleOf(keys, 4096), 50)
    expect(cuts).to.have.length(49)
    const sorted = keys.sort(compareKeys)
    const ends = cuts.map((cut) => sorted.indexOf(cut))
    const sizes = ends.map((end, index) => end - (ends[index - 1] ?? 0))
    expect(Math.max(...sizes)).to.be.lessThan(2 * (100_000 / 50))
  })

  it('has no more parts than keys, and none without an order', () => {
    expect(cutsAmong([], 5)).to.deep.equal([])
    expect(cutsAmong(['b', 'a'], 5)).to.deep.equal(['a'])
    expect(cutsAmong(['b', 'a', 'c', 'd'], 2)).to.deep.equal(['b'])
    expect(cutsAmong(['a', 'b'], 0)).to.deep.equal([])
  })
})
