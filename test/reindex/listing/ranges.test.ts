import { expect } from 'chai'
import fc from 'fast-check'

import { rootOf } from '../../../src/reindex/report.ts'
import { segmentsOf } from '../../../src/reindex/repository-reports.ts'
import { between, compareKeys } from '../../../src/reindex/ranges.ts'

const key = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.string({ unit: fc.constantFrom('a', 'b', '/', '~', '\u0001', 'é', '\uffff', '😀'), maxLength: 8 }),
)
const bytes = (a: string, b: string): number => Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)))

describe('ranges of keys', () => {
  it('are ordered by the bytes of UTF-8', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).to.equal(bytes(a, b))
      }),
    )
  })

  it('are cut between their ends', () => {
    fc.assert(
      fc.property(key, fc.option(key, { nil: undefined }), (a, b) => {
        const [low, high] = b !== undefined && bytes(a, b) > 0 ? [b, a] : [a, b]
        const middle = between(low, high)
        if (middle === undefined) return
        expect(bytes(low, middle)).to.equal(-1)
        if (high !== undefined) expect(bytes(middle, high)).to.equal(-1)
      }),
    )
    for (const [low, high] of [
      ['1/2/ubuntu/x', undefined],
      ['a', 'b'],
      ['a/1', 'a/2'],
      ['', undefined],
    ] as const) {
      expect(between(low, high), `${low} to ${String(high)}`).to.be.a('string')
    }
  })

  it('belong to the innermost repository', () => {
    const root = fc
      .array(fc.constantFrom('a', 'b', 'a-', 'a0', 'c.d'), { maxLength: 4 })
      .map((parts) => parts.map((part) => `${part}/`).join(''))
    fc.assert(
      fc.property(fc.uniqueArray(root, { maxLength: 6 }), fc.tuple(root, key), (roots, [folder, name]) => {
        const path = folder + name
        const found = [...segmentsOf(roots)].filter(
          ({ from, to }) => compareKeys(from, path) <= 0 && (to === undefined || compareKeys(path, to) < 0),
        )
        expect(found.map((segment) => segment.root)).to.deep.equal([
          rootOf(path, new Map(roots.map((each) => [each, 1]))),
        ])
      }),
    )
  })
})
