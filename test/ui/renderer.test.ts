import { expect } from 'chai'

import { lay } from '../../src/ui/layout.ts'
import { chooseShow, stepLines } from '../../src/ui/renderer.ts'
import { noTerminal } from '../../src/ui/screen.ts'

describe('chooseShow', () => {
  const terminal = { isTTY: true, columns: 80 }

  it('draws live on a terminal that can be drawn on', () => {
    expect(chooseShow({}, terminal, { TERM: 'xterm' })).to.equal('live')
    expect(chooseShow({}, terminal, {})).to.equal('live')
    expect(chooseShow({ json: true }, terminal, {})).to.equal('live')
  })

  it('writes lines when piped, on a dumb terminal, on one without a size, and under --verbose', () => {
    expect(chooseShow({}, {}, {})).to.equal('lines')
    expect(chooseShow({}, { isTTY: false }, { TERM: 'xterm' })).to.equal('lines')
    expect(chooseShow({}, terminal, { TERM: 'dumb' })).to.equal('lines')
    expect(chooseShow({}, { isTTY: true, columns: 0 }, {})).to.equal('lines')
    expect(chooseShow({ verbose: true }, terminal, {})).to.equal('lines')
  })

  it('is silent for a program that reads --json', () => {
    expect(chooseShow({ json: true }, {}, {})).to.equal('nothing')
  })
})

describe('stepLines', () => {
  const bench = () => {
    const written: string[] = []
    const clock = { now: 1_000_000 }
    return {
      written,
      clock,
      lines: stepLines(
        'Wait',
        (...blocks) => written.push(lay(blocks, noTerminal)),
        () => clock.now,
      ),
    }
  }

  it('says how a step ended, with its outcome if it has one', () => {
    const { written, lines } = bench()
    lines.done('created')
    lines.done(undefined)
    lines.failed()
    lines.skipped('not needed')
    expect(written).to.deep.equal(['✔ Wait: created', '✔ Wait', '✖ Wait', '– Wait: not needed'])
  })

  it('does not repeat itself while only the elapsed time moves, but once in half a minute', () => {
    const { written, lines, clock } = bench()
    for (let second = 0; second <= 61; second++) {
      lines.tell(`waiting for it (${second} s)`)
      clock.now += 1_000
    }
    expect(written).to.deep.equal([
      '… Wait: waiting for it (0 s)',
      '… Wait: waiting for it (30 s)',
      '… Wait: waiting for it (60 s)',
    ])
  })

  it('says at once what is new', () => {
    const { written, lines } = bench()
    lines.tell('waiting for one (1 s)')
    lines.tell('waiting for two (1 s)')
    expect(written).to.have.length(2)
  })
})
