import { expect } from 'chai'

import { CtlError } from '../../../src/errors.ts'
import { foundIn, judge, testCases, type TestCase, type Tried } from '../../../src/resources/function/function-test.ts'

const secrets = ['dGhpcyBpcyBub3QgYSBzZWNyZXQsIG9ubHkgYSB0ZXN0ISE', 'YW5vdGhlciBvbmUsIGFuZCBvbmx5IGEgdGVzdCBhcyB3ZWw']
const now = 1_800_000_000
const cases = (rules: Parameters<typeof testCases>[0] = { sha1: true, longestLife: 604_800 }): TestCase[] =>
  testCases(rules, secrets, now)

const asExpected = ({ expected }: TestCase): Tried['found'] =>
  'uri' in expected ? { uri: expected.uri, query: '{}' } : { status: expected.status, words: 'Forbidden (forged)' }
const tried = (change: (test: TestCase) => Tried['found'] | undefined = () => undefined, utilization = 20): Tried[] =>
  cases().map((test) => ({ test, found: change(test) ?? asExpected(test), utilization }))

function refusalOf(all: readonly Tried[]): CtlError {
  try {
    judge('f', all)
  } catch (error) {
    if (error instanceof CtlError) return error
    throw error
  }
  throw new Error('It was not refused.')
}

describe('the test of a CloudFront Function before it is published', () => {
  it('asks for both secrets, keys that are written in several ways, and all that has to be refused', () => {
    const titles = cases().map(({ title }) => title)
    for (const word of ['current', 'previous', 'a+b~1.0%41', 'SHA1', 'another path', 'forged', 'expired', 'too long']) {
      expect(titles.join('; ')).to.include(word)
    }
    expect(new Set(titles).size).to.equal(titles.length)
    const plus = cases().find(({ title }) => title.includes('a+b~1.0'))
    expect(plus?.expected).to.deep.equal({ uri: '/pc-ctl/test/a%2Bb~1.0%2541_%C3%A9.deb' })
  })

  it('goes by the rules that are in the code', () => {
    const sha1 = (rules: Parameters<typeof testCases>[0]) =>
      cases(rules).find(({ title }) => title.includes('SHA1'))?.expected
    expect(sha1({ sha1: true })).to.have.property('uri')
    expect(sha1({ sha1: false })).to.deep.equal({ status: 403 })
    expect(cases({ sha1: true }).some(({ title }) => title.includes('too long'))).to.equal(false)
  })

  it('tells how many requests there were, and the most that one of them took', () => {
    const [first, ...others] = tried()
    if (first === undefined) throw new Error('none')
    expect(judge('f', [{ ...first, utilization: 43 }, ...others])).to.deep.equal({
      requests: cases().length,
      utilization: 43,
    })
  })

  it('refuses what lets through what is to be refused, or refuses what is to be let through', () => {
    for (const test of cases()) {
      const other: Tried['found'] =
        'uri' in test.expected ? { status: 403, words: 'no' } : { uri: test.uri, query: '{}' }
      const { failure, message, hint } = refusalOf(tried((one) => (one.title === test.title ? other : undefined)))
      expect(failure).to.equal('refused')
      expect(message).to.include(test.title).and.include('is not published')
      expect(hint).not.to.deep.equal([])
    }
  })

  it('refuses what leaves the token in the request, fetches another path, or fails', () => {
    const first = cases()[0]?.title
    const odd: Tried['found'][] = [
      { uri: '/pc-ctl/test/package.deb', query: '{"t":{"value":"x"}}' },
      { uri: '/else', query: '{}' },
      { trouble: 'SyntaxError: Token "?." not supported.' },
    ]
    for (const found of odd) {
      const { message } = refusalOf(tried(({ title }) => (title === first ? found : undefined)))
      expect(message).to.include(first)
      expect(message).not.to.include('..')
    }
  })

  it('refuses what takes more than half of the time that a function may take', () => {
    expect(judge('f', tried(undefined, 50)).utilization).to.equal(50)
    const { code, message } = refusalOf(tried(undefined, 51))
    expect([code, message.includes('51 %')]).to.deep.equal(['FunctionTooSlow', true])
  })

  it('reads whatever CloudFront tells of the output', () => {
    expect(foundIn('{"request":{"uri":"/a","querystring":{}}}')).to.deep.equal({ uri: '/a', query: '{}' })
    expect(foundIn('{"response":{"statusCode":403,"statusDescription":"no"}}')).to.deep.equal({
      status: 403,
      words: 'no',
    })
    for (const odd of ['', 'null', '[]', '{}', '{"request":1}', 'x']) expect(foundIn(odd)).to.have.property('trouble')
  })
})
