import { expect } from 'chai'
import fc from 'fast-check'

import { printable } from '../../src/ui/printable.ts'

describe('what is shown on a terminal', () => {
  it('does nothing to it', () => {
    expect(printable('a\u001b[31m\r\n\u009b\u202eb\u061c')).to.equal('a\\u001b[31m\\u000d\\u000a\\u009b\\u202eb\\u061c')
    expect(printable('\ud800x')).to.equal('\\ud800x')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.to.match(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/)
      }),
    )
  })

  it('stays what it is where that does nothing', () => {
    for (const text of ['päckage/漢字 ~+.deb', 'e\u0301', '👩‍👩‍👧‍👦', '🇦🇹', 'a\u00a0b'])
      expect(printable(text)).to.equal(text)
  })
})
