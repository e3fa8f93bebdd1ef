import { expect } from 'chai'
import * as fc from 'fast-check'

import { matchesWildcards } from '../../src/aws/wildcards.ts'

describe('wildcards of a policy', () => {
  it('fit as a regular expression made of them does', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.', '\n', '$'), maxLength: 8 })
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '\n', '$'), maxLength: 10 })
    fc.assert(
      fc.property(pattern, text, (wild, plain) => {
        const source = wild
          .replace(/[.$\n]/g, '\\$&')
          .replaceAll('*', '.*')
          .replaceAll('?', '.')
        expect(matchesWildcards(wild, plain)).to.equal(new RegExp(`^${source}$`, 's').test(plain))
      }),
      { numRuns: 2000 },
    )
  })

  it('have escapes', () => {
    expect(matchesWildcards('a${*}b${?}c${$}', 'a*b?c$')).to.equal(true)
    expect(matchesWildcards('a${*}', 'axx')).to.equal(false)
    expect(matchesWildcards('${?}*', 'a?')).to.equal(false)
  })

  it('take no time to speak of, however many there are', () => {
    expect(matchesWildcards('*a'.repeat(500), 'a'.repeat(20_000).concat('b'))).to.equal(false)
  })
})
