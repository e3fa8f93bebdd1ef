import { expect } from 'chai'
import fc from 'fast-check'

import { markText, sinceIn } from '../../../src/resources/cloudfront/rotation-mark.ts'

const hex = fc.string({ unit: fc.constantFrom('0', '7', '9', 'a', 'c', 'f'), minLength: 64, maxLength: 64 })

describe('what a distribution remembers of a rotation', () => {
  it('is read as it was written, to the second', () => {
    fc.assert(
      fc.property(hex, hex, fc.integer({ min: 0, max: 4_000_000_000 }), (current, previous, since) => {
        const text = markText({ current, previous }, since + 0.25)
        expect(sinceIn(text, { current, previous })).to.equal(since)
        // Characters that CloudFront takes in the value of a tag, and no more of them than it takes.
        expect(text).to.match(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,256}$/u)
      }),
    )
  })

  const replacement = { current: 'a'.repeat(64), previous: 'b'.repeat(64) }
  it('counts for its two secrets alone', () => {
    const text = markText(replacement, 1_795_000_000)
    expect(sinceIn(text, { ...replacement, current: 'c'.repeat(64) })).to.equal(undefined)
    expect(sinceIn(text, { ...replacement, previous: 'c'.repeat(64) })).to.equal(undefined)
  })

  it('counts for nothing where it was taken back, or is not as we write it', () => {
    for (const text of [
      undefined,
      '',
      markText(replacement, undefined),
      `${markText(replacement, 1)} `,
      markText(replacement, 1_795_000_000).replace('2026-11', '2026-99'),
      markText(replacement, 1_795_000_000).replace('Z', ''),
    ]) {
      expect(sinceIn(text, replacement), text ?? 'none').to.equal(undefined)
    }
  })
})
