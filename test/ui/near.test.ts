import { expect } from 'chai'

import { didYouMean, nearest } from '../../src/ui/near.ts'

describe('what somebody may have meant', () => {
  const commands = [
    'status',
    'restart',
    'reconfigure',
    'reconfigure-cloudfront-distribution',
    'bootstrap-cloudfront',
    'put',
  ]

  for (const [typed, meant] of [
    ['statsu', ['status']],
    ['Status', ['status']],
    ['restrat', ['restart']],
    ['bootstrap', ['bootstrap-cloudfront']],
    ['reconfigure-distribution', ['reconfigure-cloudfront-distribution']],
    ['putt', ['put']],
    // Two in the wrong order are one slip.
    ['ptu', ['put']],
    ['xyz', []],
    ['p', []],
    ['', []],
  ] as const) {
    it(`${JSON.stringify(typed)}: ${meant.join(', ') || 'nothing near'}`, () => {
      expect(nearest(typed, commands)).to.deep.equal(meant)
    })
  }

  it('is asked in a sentence', () => {
    expect(didYouMean('cfinval', ['cfinva', 'cfinvals'])).to.deep.equal(['Did you mean `cfinva` or `cfinvals`?'])
    expect(didYouMean('zzz', commands)).to.deep.equal([])
  })
})
