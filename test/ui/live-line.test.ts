import { expect } from 'chai'
import fc from 'fast-check'
import stringWidth from 'string-width'

import { clearLine, drawLine } from '../../src/ui/live-line.ts'

/** What is written to draw a line on a terminal. */
function drawn(text: string, columns: number): string {
  const written: string[] = []
  const terminal = { columns, write: (part: string) => written.push(part) }
  drawLine(text, terminal)
  clearLine(terminal)
  const [line = '', clearing] = written
  expect(clearing).to.equal('\r\u001b[K')
  return /^\r([^]*)\u001b\[K$/.exec(line)?.[1] ?? `not a line: ${line}`
}

describe('the line that changes on a terminal', () => {
  it('is the text, where that fits; the last column stays free', () => {
    expect(drawn('hello', 6)).to.equal('hello')
    expect(drawn('漢字', 5)).to.equal('漢字')
    expect(drawn('e\u0301👩‍👩‍👧‍👦', 4)).to.equal('e\u0301👩‍👩‍👧‍👦')
  })

  it('is cut where it does not fit, with a sign of that', () => {
    expect(drawn('hello', 5)).to.match(/^(hel…|h\.\.\.)$/)
    expect(drawn('a漢字 is too wide', 8)).to.match(/^a(漢字 …|漢…|漢\.\.\.)$/)
  })

  it('never wraps and does nothing to the terminal, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 5, max: 40 }), (text, columns) => {
        const line = drawn(text, columns)
        expect(stringWidth(line)).to.be.lessThan(columns)
        expect(line).not.to.match(/[\u0000-\u001f\u007f-\u009f]/)
      }),
    )
  })
})
