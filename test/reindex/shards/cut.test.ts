import { expect } from 'chai'
import fc from 'fast-check'

import { compareKeys } from '../../../src/reindex/ranges.ts'
import { commonTo, cutKeys, isWithin, stretchOf } from '../../../src/reindex/shards/cut.ts'

const key = fc
  .array(fc.constantFrom('a', 'b', 'pool', 'x.deb', 'x.de', 'ü', '\u{1f600}', '', ' '), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join('/'))
  .filter((text) => text !== '')
const keys = fc.uniqueArray(key, { maxLength: 60 }).map((all) => all.sort(compareKeys))

const partsOf = (all: readonly string[], of: number): string[][] => {
  const cuts = cutKeys(() => all, of)
  return Array.from({ length: of }, (_, index) => {
    const stretch = stretchOf(cuts, { number: index + 1, of })
    return all.filter((one) => isWithin(one, stretch))
  })
}

describe('how a bucket is cut for several hosts', () => {
  it('gives each key to one host, in the order of keys', () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 70 }), (all, of) => {
        expect(partsOf(all, of).flat()).to.deep.equal(all)
      }),
    )
  })

  it('makes parts of about one size', () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 8 }), (all, of) => {
        const even = all.length / of
        for (const part of partsOf(all, of)) expect(Math.abs(part.length - even)).to.be.at.most(even * 0.2 + 1)
      }),
    )
  })

  it('begins a part with a repository where one begins near', () => {
    const numbers = Array.from({ length: 100 }, (_, index) => String(index).padStart(3, '0'))
    const all = ['a/pool/', 'b/pool/'].flatMap((folder) => numbers.map((number) => `${folder}${number}.deb`))
    const more = [...numbers.slice(0, 8).map((number) => `a/aaa/${number}.deb`), ...all]
    expect(cutKeys(() => more, 2)).to.deep.equal(['b/'])
    // One large folder is cut all the same.
    expect(cutKeys(() => numbers.map((number) => `pool/${number}`), 4)).to.deep.equal([
      'pool/025',
      'pool/050',
      'pool/075',
    ])
  })

  it('knows what stretches have in common', () => {
    const stretch = fc.tuple(key, fc.option(key, { nil: undefined })).map(([from, to]) => ({ from, to }))
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 4 }), stretch, key, (some, other, one) => {
        const within = commonTo(some, other).some((common) => isWithin(one, common))
        expect(within).to.equal(isWithin(one, other) && some.some((each) => isWithin(one, each)))
      }),
    )
  })
})
