import { expect } from 'chai'

import { type Screen, screenOf } from '../../src/ui/screen.ts'

const terminal = { isTTY: true, columns: 100 }
const xterm = { TERM: 'xterm' }

describe('what a stream can show', () => {
  const columns = (stream: Parameters<typeof screenOf>[0], environment = {}): number =>
    screenOf(stream, environment).columns

  it('is as wide as its terminal, unless COLUMNS says otherwise', () => {
    expect(columns(terminal)).to.equal(100)
    expect(columns(terminal, { COLUMNS: '40' })).to.equal(40)
    for (const COLUMNS of ['', '0', '-5', 'wide', '4.5']) expect(columns(terminal, { COLUMNS }), COLUMNS).to.equal(100)
  })

  it('is as wide as terminals are where the terminal does not tell', () => {
    expect(columns({ isTTY: true, columns: 0 })).to.equal(80)
    expect(columns({ isTTY: true })).to.equal(80)
  })

  it('is never so narrow that words stand alone', () => {
    expect(columns({ isTTY: true, columns: 3 })).to.equal(20)
    expect(columns(terminal, { COLUMNS: '1' })).to.equal(20)
  })

  it('has no width where there is no terminal, whatever COLUMNS says', () => {
    for (const stream of [{}, { isTTY: false, columns: 80 }]) {
      expect(columns(stream, { COLUMNS: '40' })).to.equal(Infinity)
    }
  })

  const colour = (stream: Parameters<typeof screenOf>[0], environment: Record<string, string>): boolean =>
    screenOf(stream, environment).colour

  it('has colours on a terminal that has them', () => {
    expect(colour(terminal, xterm)).to.equal(true)
    expect(colour(terminal, { TERM: 'screen' })).to.equal(true)
    expect(colour(terminal, { TERM: 'dumb' })).to.equal(false)
    expect(colour({ isTTY: false }, xterm)).to.equal(false)
    expect(colour({}, xterm)).to.equal(false)
  })

  it('has none under NO_COLOR, but for an empty one', () => {
    expect(colour(terminal, { ...xterm, NO_COLOR: '1' })).to.equal(false)
    expect(colour(terminal, { ...xterm, NO_COLOR: '0' })).to.equal(false)
    expect(colour(terminal, { ...xterm, NO_COLOR: '' })).to.equal(true)
  })

  it('has them anywhere under FORCE_COLOR, and nowhere under FORCE_COLOR=0', () => {
    for (const FORCE_COLOR of ['', '1', '2', '3', 'true']) {
      for (const stream of [terminal, {}]) {
        expect(colour(stream, { FORCE_COLOR }), FORCE_COLOR).to.equal(true)
        expect(colour(stream, { FORCE_COLOR, TERM: 'dumb', NO_COLOR: '1' }), FORCE_COLOR).to.equal(true)
      }
    }
    expect(colour(terminal, { ...xterm, FORCE_COLOR: '0' })).to.equal(false)
  })

  it('does not have Node warn of FORCE_COLOR and NO_COLOR', async () => {
    const warnings: Error[] = []
    const note = (warning: Error): void => void warnings.push(warning)
    process.on('warning', note)
    expect(colour(terminal, { ...xterm, FORCE_COLOR: '1', NO_COLOR: '1' })).to.equal(true)
    await new Promise(setImmediate)
    process.off('warning', note)
    expect(warnings).to.deep.equal([])
  })

  it('shows more than ASCII where the locale is of UTF-8, by the precedence of POSIX', () => {
    const unicode = (environment: Record<string, string>): Screen['unicode'] => screenOf({}, environment).unicode
    for (const locale of ['C.UTF-8', 'en_US.UTF-8', 'de_AT.utf8', 'ca_ES.UTF-8@valencia', 'UTF-8']) {
      expect(unicode({ LANG: locale }), locale).to.equal(true)
      expect(unicode({ LC_ALL: locale, LC_CTYPE: 'C', LANG: 'C' }), locale).to.equal(true)
      expect(unicode({ LC_ALL: '', LC_CTYPE: locale, LANG: 'C' }), locale).to.equal(true)
    }
    for (const locale of ['C', 'POSIX', 'en_US', 'en_US.ISO-8859-1', 'ja_JP.eucJP']) {
      expect(unicode({ LANG: locale }), locale).to.equal(false)
      expect(unicode({ LC_ALL: locale, LC_CTYPE: 'C.UTF-8', LANG: 'C.UTF-8' }), locale).to.equal(false)
      expect(unicode({ LC_CTYPE: locale, LANG: 'C.UTF-8' }), locale).to.equal(false)
    }
    expect(unicode({})).to.equal(false)
    expect(unicode({ LC_MESSAGES: 'C.UTF-8' })).to.equal(false)
  })
})
