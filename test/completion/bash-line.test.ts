import { expect } from 'chai'
import fc from 'fast-check'

import { asBashTakesIt, type BashLine, readBashLine } from '../../src/completion/bash-line.ts'

const cases: readonly (readonly [line: string, read: BashLine])[] = [
  ['', { words: [''], kept: '', quote: undefined }],
  ['pc-ctl ', { words: ['pc-ctl', ''], kept: '', quote: undefined }],
  ['pc-ctl  cfin', { words: ['pc-ctl', 'cfin'], kept: '', quote: undefined }],
  ['pc-ctl cfinfo s3://pa', { words: ['pc-ctl', 'cfinfo', 's3://pa'], kept: 's3:', quote: undefined }],
  ['pc-ctl put --bucket=pa', { words: ['pc-ctl', 'put', '--bucket=pa'], kept: '--bucket=', quote: undefined }],
  ['pc-ctl put --bucket="pa', { words: ['pc-ctl', 'put', '--bucket=pa'], kept: '--bucket=', quote: '"' }],
  ['pc-ctl put --bucket="pa"', { words: ['pc-ctl', 'put', '--bucket=pa'], kept: '--bucket=', quote: undefined }],
  ["pc-ctl cfinfo 's3://pa", { words: ['pc-ctl', 'cfinfo', 's3://pa'], kept: '', quote: "'" }],
  ['pc-ctl cfinfo "s3://pa"', { words: ['pc-ctl', 'cfinfo', 's3://pa'], kept: '', quote: undefined }],
  [String.raw`pc-ctl sign-url a\ b\:c`, { words: ['pc-ctl', 'sign-url', 'a b:c'], kept: '', quote: undefined }],
  [
    String.raw`pc-ctl sign-url "a\b\$c" 'd\e'`,
    { words: ['pc-ctl', 'sign-url', String.raw`a\b$c`, String.raw`d\e`], kept: '', quote: undefined },
  ],
  ["pc-ctl sign-url '' x", { words: ['pc-ctl', 'sign-url', '', 'x'], kept: '', quote: undefined }],
]

describe('the line that bash completes', () => {
  for (const [line, read] of cases) {
    it(`is read: ${line}`, () => {
      expect(readBashLine(line)).to.deep.equal(read)
    })
  }

  it('breaks where bash is told to', () => {
    expect(readBashLine('pc-ctl cfinfo s3://pa', ' \t\n').kept).to.equal('')
  })

  it('is given no exclamation mark that would put in a line of the history', () => {
    expect(asBashTakesIt('a!!b', { kept: '', quote: undefined })).to.equal(String.raw`a\!\!b`)
    expect(asBashTakesIt('a!b', { kept: '', quote: '"' })).to.equal(`a"'!'"b`)
    expect(asBashTakesIt('a!b', { kept: '', quote: "'" })).to.equal('a!b')
  })

  it('takes each candidate such that the command gets it, whatever is in it', () => {
    // What stands before what bash replaces, and that.
    const begin = fc.constantFrom(
      ['pc-ctl put ', ''],
      ['pc-ctl put "', ''],
      ["pc-ctl put '", 'a'],
      ['pc-ctl put s3:', '//'],
    )
    fc.assert(
      fc.property(
        begin,
        fc.string({ unit: fc.constantFrom(...Array.from(`ab :="'\\$\`*?é~!#&;|(){}<>`)) }),
        ([line = '', replaced = ''], tail) => {
          const read = readBashLine(`${line}${replaced}`)
          const candidate = `${read.words.at(-1) ?? ''}${tail}`
          const typed = `${line}${asBashTakesIt(candidate, read)}${read.quote ?? ''}`
          expect(readBashLine(typed).words.at(-1)).to.equal(candidate)
        },
      ),
    )
  })
})
