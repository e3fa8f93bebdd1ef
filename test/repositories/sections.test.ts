import { expect } from 'chai'
import fc from 'fast-check'

import { CtlError } from '../../src/errors.ts'
import { packSections, Sections } from '../../src/repositories/sections.ts'

describe('sections', () => {
  it('come back as the texts that were packed', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 9 }), (texts) => {
        const sections = new Sections(packSections(texts), texts.length)
        expect(texts.map((_text, at) => sections.text(at))).to.deep.equal(texts)
        expect(Buffer.concat(texts.map((_text, at) => sections.bytes(at))).toString()).to.equal(texts.join(''))
      }),
    )
  })

  it('hold long texts too', () => {
    const texts = ['é'.repeat(300_000), '', 'end']
    const sections = new Sections(packSections(texts), 3)
    expect([0, 1, 2].map((at) => sections.text(at))).to.deep.equal(texts)
  })

  it('are refused where they are not those that are looked for', () => {
    const packed = packSections(['a', 'b'])
    for (const [bytes, count] of [
      [packed, 3],
      [packed, 1],
      [packed.subarray(0, -1), 2],
      [new Uint8Array(), 2],
    ] as const) {
      expect(() => new Sections(bytes, count)).to.throw(CtlError, 'was not written by this version')
    }
  })
})
