import { expect } from 'chai'
import fc from 'fast-check'

import { fit, printable } from '../../src/ui/live-line.ts'

describe('what is shown on a terminal', () => {
  it('does nothing to it', () => {
    expect(printable('a\u001b[31m\r\n\u009b\u202eb')).to.equal('a\\u001b[31m\\u000d\\u000a\\u009b\\u202eb')
    expect(printable('päckage/漢字 ~+.deb')).to.equal('päckage/漢字 ~+.deb')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.to.match(/[\u0000-\u001f\u007f-\u009f]/)
      }),
    )
  })

  it('fits into its width, and no more is cut off than must be', () => {
    expect([fit('hello', 5), fit('hello', 4), fit('漢字', 3), fit('a😀b', 3)]).to.deep.equal([
      'hello',
      'hell',
      '漢',
      'a😀',
    ])
    const width = (text: string): number =>
      Array.from(text).reduce((sum, one) => sum + ((one.codePointAt(0) ?? 0) < 0x1100 ? 1 : 2), 0)
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(40), (text, columns) => {
        const cut = fit(text, columns)
        expect(text.startsWith(cut)).to.equal(true)
        expect(width(cut)).to.be.at.most(columns)
        const next = Array.from(text.slice(cut.length))[0]
        if (next !== undefined) expect(width(cut + next)).to.be.greaterThan(columns)
      }),
    )
  })
})
