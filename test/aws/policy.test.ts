import { expect } from 'chai'
import * as fc from 'fast-check'

import { decodeDocument, parseDocument, samePolicy } from '../../src/aws/policy.ts'

type Json = string | boolean | Json[] | { [member: string]: Json }

const word = fc.constantFrom('s3:GetObject', 's3:ListBucket', 'arn:aws:s3:::b', 'arn:aws:s3:::b/*', 'true', 'x')
const words = fc.oneof(word, fc.uniqueArray(word, { minLength: 1, maxLength: 4 }))
const statement = fc.record(
  {
    Sid: fc.string(),
    Effect: fc.constantFrom('Allow', 'Deny'),
    Principal: fc.oneof(fc.constant('*'), fc.record({ AWS: words }), fc.record({ Service: words })),
    Action: words,
    Resource: words,
    Condition: fc.dictionary(fc.constantFrom('StringEquals', 'Bool'), fc.dictionary(word, words)),
  },
  { requiredKeys: ['Effect', 'Action'] },
)
const document = fc.record({ Version: fc.constant('2012-10-17'), Statement: fc.array(statement, { maxLength: 4 }) })

/** The same policy written by another hand: members and lists in another order, lists of one bare or not. */
function rewritten(value: Json, random: () => number): Json {
  if (typeof value !== 'object') return random() < 0.3 ? [value] : value
  const shuffled = <T>(items: T[]): T[] =>
    items
      .map((item) => ({ item, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item)
  if (!Array.isArray(value)) {
    return Object.fromEntries(shuffled(Object.entries(value)).map(([key, inner]) => [key, rewritten(inner, random)]))
  }
  const [only, ...others] = value
  if (only !== undefined && others.length === 0 && random() < 0.5) return rewritten(only, random)
  return shuffled(value).map((inner) => (typeof inner === 'object' ? rewritten(inner, random) : inner))
}

describe('samePolicy', () => {
  it('holds for a policy written by another hand', () => {
    fc.assert(
      fc.property(document, fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })), (policy, numbers) => {
        const random = (): number => Number(numbers.next().value)
        expect(samePolicy(policy, rewritten(policy, random))).to.equal(true)
      }),
    )
  })

  it('does not hold once any string of it is another', () => {
    fc.assert(
      fc.property(document, statement, (policy, added) => {
        const before = { ...policy, Statement: [...policy.Statement, added] }
        const after = { ...policy, Statement: [...policy.Statement, { ...added, Action: 's3:Other' }] }
        expect(samePolicy(before, after)).to.equal(false)
      }),
    )
  })

  it('tells a missing statement, a missing policy and an added condition', () => {
    const one = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }
    const two = { ...one, Action: 's3:ListBucket' }
    expect(samePolicy({ Statement: [one, two] }, { Statement: [one] })).to.equal(false)
    expect(samePolicy(undefined, { Statement: [one] })).to.equal(false)
    expect(samePolicy(one, { ...one, Condition: { Bool: { 'aws:SecureTransport': 'true' } } })).to.equal(false)
    expect(samePolicy(undefined, undefined)).to.equal(true)
  })

  it('does not mix up members: a value moved from one to another is a difference', () => {
    expect(samePolicy({ Action: 'a', Resource: 'b' }, { Action: 'b', Resource: 'a' })).to.equal(false)
    expect(samePolicy({ AWS: ['a', 'b'] }, { AWS: 'a', Service: 'b' })).to.equal(false)
  })
})

describe('parseDocument', () => {
  it('gives back every statement, whatever the policy is', () => {
    fc.assert(
      fc.property(document, (policy) => {
        expect(parseDocument(JSON.stringify(policy))).to.deep.equal(policy)
      }),
    )
  })

  it('takes a single statement for a list of one', () => {
    const only = { Effect: 'Allow', Action: '*' }
    expect(parseDocument(JSON.stringify({ Version: '2012-10-17', Id: 'x', Statement: only }))).to.deep.equal({
      Version: '2012-10-17',
      Id: 'x',
      Statement: [only],
    })
  })

  it('takes a policy without statements for an empty list', () => {
    expect(parseDocument('{}')).to.deep.equal({ Statement: [] })
  })

  it('refuses what is not a policy', () => {
    for (const text of [
      '',
      'null',
      '"text"',
      '1',
      '[]',
      '{"Statement":',
      '{"Statement":[null]}',
      '{"Statement":"x"}',
    ]) {
      expect(() => parseDocument(text), text).to.throw(SyntaxError)
    }
  })
})

describe('decodeDocument', () => {
  it('reads a document as IAM returns it, percent-encoded', () => {
    fc.assert(
      fc.property(document, (policy) => {
        expect(decodeDocument(encodeURIComponent(JSON.stringify(policy)))).to.deep.equal(policy)
      }),
    )
  })

  it('keeps a plus sign, which RFC 3986 does not take for a space', () => {
    expect(decodeDocument('%7B%22Statement%22%3A%5B%5D%2C%22Id%22%3A%22a+b%22%7D')).to.deep.equal({
      Statement: [],
      Id: 'a+b',
    })
  })

  it('has nothing to say where there is no document', () => {
    expect(decodeDocument(undefined)).to.be.undefined
  })

  it('refuses broken encoding as it refuses broken JSON', () => {
    expect(() => decodeDocument('%zz')).to.throw(SyntaxError)
    expect(() => decodeDocument('%7B')).to.throw(SyntaxError)
  })
})
