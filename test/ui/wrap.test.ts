import { expect } from 'chai'
import fc from 'fast-check'

import { widthOf, wrap } from '../../src/ui/wrap.ts'

/** Words as prose has them: Latin, wide, combining, of several code points, and pairs of backticks. */
const word = fc.oneof(
  fc.string({ minLength: 1, maxLength: 30 }).map((text) => text.replace(/[ `]/g, '-')),
  fc.constantFrom('漢字', '한국어', 'Zürich', 'a\u0301', '👩‍👩‍👧‍👦', '🇦🇹', '✔', '`pc-ctl status --json`', '(`a b c`),', '`'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).map((text) => text.replace(/[\s`]/g, '-')),
)
const text = fc.array(word, { minLength: 1, maxLength: 40 }).map((words) => words.join(' '))
/** What may not be broken: the words as they were joined, but for what backticks hold together. */
const unbroken = (of: string): string[] => of.match(/(?:`[^`]*`|[^ ])+/g) ?? []

describe('wrap', () => {
  it('breaks lines at spaces', () => {
    expect(wrap('one two three', 7)).to.deep.equal(['one two', 'three'])
    expect(wrap('one two three', 13)).to.deep.equal(['one two three'])
    expect(wrap('one two three', 1)).to.deep.equal(['one', 'two', 'three'])
    expect(wrap('', 10)).to.deep.equal([''])
  })

  it('breaks no word, however long', () => {
    const arn = 'arn:aws:lambda:us-east-1:999999999999:function:packagecloud_cloudfront_auth:1'
    expect(wrap(`Look at ${arn} again`, 20)).to.deep.equal(['Look at', arn, 'again'])
  })

  it('does not break what stands between backticks', () => {
    expect(wrap('Then run `pc-ctl status --json`, or wait.', 16)).to.deep.equal([
      'Then run',
      '`pc-ctl status --json`,',
      'or wait.',
    ])
    expect(wrap("it's a ` alone and more", 10)).to.deep.equal(["it's a `", 'alone and', 'more'])
  })

  it('counts what is wide, and what has no width', () => {
    expect(wrap('漢字 漢字 漢字', 9)).to.deep.equal(['漢字 漢字', '漢字'])
    expect(wrap('e\u0301e\u0301 e\u0301e\u0301', 5)).to.deep.equal(['e\u0301e\u0301 e\u0301e\u0301'])
    expect(wrap('👩‍👩‍👧‍👦 👩‍👩‍👧‍👦', 5)).to.deep.equal(['👩‍👩‍👧‍👦 👩‍👩‍👧‍👦'])
  })

  it('keeps spaces that stand within a line', () => expect(wrap('a  b', 10)).to.deep.equal(['a  b']))

  it('loses no word, breaks none, and makes no line too wide that could be narrower', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 120 }), (of, columns) => {
        const lines = wrap(of, columns)
        expect(lines.join(' ')).to.equal(of)
        const whole = unbroken(of)
        expect(lines.flatMap(unbroken)).to.deep.equal(whole)
        for (const line of lines) if (!whole.includes(line)) expect(widthOf(line)).to.be.at.most(columns)
      }),
    )
  })

  it('leaves no room for the next word', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 120 }), (of, columns) => {
        const lines = wrap(of, columns)
        lines.slice(1).forEach((line, index) => {
          const [next = ''] = unbroken(line)
          expect(widthOf(`${lines[index] ?? ''} ${next}`)).to.be.greaterThan(columns)
        })
      }),
    )
  })
})
