import { expect } from 'chai'
import * as fc from 'fast-check'

import type { Accepted } from '../../src/resources/edge-engine.ts'
import { whyNarrower } from '../../src/tasks/check-move.ts'

const accepted: fc.Arbitrary<Accepted> = fc.record({
  fingerprints: fc.subarray(['aaaaaaaa1', 'bbbbbbbb2', 'cccccccc3']),
  rules: fc.option(
    fc.record({ longestLife: fc.constantFrom(60, 300, 604_800), sha1: fc.boolean() }, { requiredKeys: [] }),
    { nil: undefined },
  ),
})

/** Whether a URL would be served. */
const serves = ({ fingerprints, rules }: Accepted, url: { by: string; sha1: boolean; life: number }): boolean =>
  fingerprints.includes(url.by) &&
  (!url.sha1 || rules?.sha1 !== false) &&
  url.life <= (rules?.longestLife ?? Number.POSITIVE_INFINITY)

describe('a move from one engine to the other', () => {
  const url = fc.record({
    by: fc.constantFrom('aaaaaaaa1', 'bbbbbbbb2', 'cccccccc3'),
    sha1: fc.boolean(),
    life: fc.constantFrom(30, 100, 1_000, 1_000_000),
  })

  it('is let through only where no URL that is served now would be refused', () => {
    fc.assert(
      fc.property(accepted, accepted, url, (now, then, one) => {
        fc.pre(whyNarrower(now, then) === undefined && serves(now, one))
        expect(serves(then, one)).to.equal(true)
      }),
    )
  })

  it('is let through where both go by the same, or the new one by more', () => {
    fc.assert(
      fc.property(accepted, (now) => {
        expect(whyNarrower(now, now)).to.equal(undefined)
        const wider = { fingerprints: [...now.fingerprints, 'dddddddd4'], rules: {} }
        expect(whyNarrower(now, wider)).to.equal(undefined)
      }),
    )
  })

  it('is refused with what it would refuse', () => {
    const now = { fingerprints: ['aaaaaaaa1'], rules: { longestLife: 300 } }
    expect(whyNarrower(now, { ...now, fingerprints: ['bbbbbbbb2'] })).to.match(/a secret .* fingerprint is aaaaaaaa\)/)
    expect(whyNarrower(now, { ...now, rules: { longestLife: 60 } })).to.include('more than 60 s')
    expect(whyNarrower(now, { ...now, rules: { ...now.rules, sha1: false } })).to.include('HMAC-SHA1')
  })
})
