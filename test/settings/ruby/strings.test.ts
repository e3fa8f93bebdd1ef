import { expect } from 'chai'
import fc from 'fast-check'

import { ruby, valueOf } from './ruby-of.ts'

/** Any text; a carriage return is left to a test of its own, because Ruby reads CR LF in its source as LF. */
const text = fc.string({ unit: 'binary' }).map((any) => any.replaceAll('\r', ''))
const line = text.map((any) => any.replace(/[\n\0]/g, ''))
/** Words of an array of words: without white space, which separates them. */
const word = text.map((any) => any.replace(/[\s\0]/g, '')).filter((any) => any !== '')

const backslashed = (value: string, special: RegExp): string => value.replace(special, '\\$&')
const single = (value: string): string => `'${backslashed(value, /['\\]/g)}'`
const double = (value: string): string => `"${backslashed(value, /["\\#]/g)}"`
const escapes = (value: string): string =>
  `"${Array.from(value, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`).join('')}"`

/** A heredoc takes whole lines; its end must not appear among them. */
const heredocBody = fc.array(line).map((lines) => lines.map((each) => `${each}\n`).join(''))

const gives = (arbitrary: fc.Arbitrary<string>, quote: (value: string) => string) =>
  fc.assert(fc.asyncProperty(arbitrary, async (value) => void expect(await valueOf(quote(value))).to.equal(value)))

describe('strings in a Ruby file', () => {
  it('are read from single quotes', () => gives(text, single))
  it('are read from double quotes', () => gives(text, double))
  it('are read from %q, nesting or not', async () => {
    await gives(text, (value) => `%q(${backslashed(value, /[()\\]/g)})`)
    await gives(text, (value) => `%q|${backslashed(value, /[|\\]/g)}|`)
    expect(await valueOf('%q(a(b)c)')).to.equal('a(b)c')
  })
  it('are read from %Q and %()', async () => {
    await gives(text, (value) => `%Q{${backslashed(value, /[{}\\#]/g)}}`)
    await gives(text, (value) => `%(${backslashed(value, /[()\\#]/g)})`)
  })
  it('are read from code points in escapes', () =>
    // Prism's decoder drops a byte order mark at the beginning, so such a string has to be unknown, not wrong.
    gives(
      text.filter((value) => !value.includes('\ufeff')),
      escapes,
    ))
  it('are joined where they stand side by side', () =>
    fc.assert(
      fc.asyncProperty(text, text, async (a, b) => {
        expect(await valueOf(`${single(a)} ${double(b)}`)).to.equal(a + b)
        expect(await valueOf(`${single(a)} \\\n  ${double(b)}`)).to.equal(a + b)
        expect(await valueOf(`${single(a)} + ${double(b)}`)).to.equal(a + b)
      }),
    ))
  it('are interpolated', () =>
    fc.assert(
      fc.asyncProperty(text, text, async (a, b) => {
        const file = await ruby(`a = ${single(a)}\nanswer = "<#{a}|#{${single(b)}}>"`)
        expect(file.variable('answer')).to.equal(`<${a}|${b}>`)
      }),
    ))
  it('are read from heredocs', () =>
    fc.assert(
      fc.asyncProperty(heredocBody, async (body) => {
        const file = await ruby(
          `a = <<'END_OF'\n${body}END_OF\nb = <<-END_OF\n${backslashed(body, /[\\#]/g)}  END_OF\nc = 1\n`,
        )
        expect(file.variable('a')).to.equal(body)
        expect(file.variable('b')).to.equal(body)
        expect(file.variable('c')).to.equal(1n)
      }),
    ))
  it('are read from squiggly heredocs without their indentation', async () => {
    expect(await valueOf('<<~X\n    a\n      b \#{1 + 1}\n\n    c\n  X\n')).to.equal('a\n  b 2\n\nc\n')
    expect(await valueOf("<<~'X'\n    a\n      b \#{1 + 1}\n  X\n")).to.equal('a\n  b #{1 + 1}\n')
  })
  it('are read from arrays of words', () =>
    fc.assert(
      fc.asyncProperty(fc.array(word), async (words) => {
        const source = words.map((each) => backslashed(each, /[()\\]/g)).join(' ')
        expect(await valueOf(`%w(${source})`)).to.deep.equal(words)
      }),
    ))
  it('are not made longer or shorter by what stands in comments', () =>
    fc.assert(
      fc.asyncProperty(text, line, async (value, comment) => {
        const hash = comment.replaceAll('\ufeff', '')
        const file = await ruby(`# ${hash}\na = ${single(value)} # ${hash}\n=begin\na = 'no'\n=end\n#a = 'no'\n`)
        expect(file.variable('a')).to.equal(value)
      }),
    ))
  it('keep the escapes that Ruby knows', async () => {
    expect(await valueOf(String.raw`"\a\b\t\n\v\f\r\e\s\0\x41\101\u0042\u{43 44}\q"`)).to.equal(
      '\x07\b\t\n\v\f\r\x1b \0AABCDq',
    )
    expect(await valueOf(String.raw`'\a\'\\\n'`)).to.equal(String.raw`\a'\\n`)
    expect(await valueOf('?a + ?\\n')).to.equal('a\n')
    expect(await valueOf("'a\r\nb'")).to.equal('a\nb')
  })
  it('are unknown where they are not UTF-8, and never wrong', async () => {
    expect(await valueOf(String.raw`"\xff"`)).to.equal('?is not valid UTF-8')
    expect(await valueOf(String.raw`"\u{feff}a"`)).to.equal('?holds a byte order mark')
    expect(await valueOf("'\ufeffa'")).to.equal('\ufeffa')
  })
  it('are read whatever encoding the file claims to have', async () => {
    const file = await ruby("# encoding: iso-8859-1\na = 'é'\n")
    expect(file.variable('a')).to.equal('é')
  })
})
