import { expect } from 'chai'
import * as fc from 'fast-check'

import { parseDocument, type PolicyStatement } from '../../src/aws/policy.ts'
import { withStatements } from '../../src/aws/policy-text.ts'

const text = fc.oneof(fc.string(), fc.constantFrom('}', ']', '{"Statement":[', '\\"', ',', 'é\n'))
const statement = fc.record(
  {
    Sid: fc.oneof(text, fc.constantFrom('Ours', 'Other')),
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: fc.oneof(text, fc.array(text)),
    Condition: fc.dictionary(text, fc.dictionary(text, fc.oneof(text, fc.array(text), fc.boolean(), fc.integer()))),
  },
  { requiredKeys: ['Effect', 'Action'] },
)
const document = fc.record(
  {
    Id: text,
    Version: fc.constant('2012-10-17'),
    Statement: fc.oneof(statement, fc.array(statement, { maxLength: 4 })),
  },
  { requiredKeys: [] },
)
const indentation = fc.constantFrom('', '  ', '\t')

const ours: PolicyStatement = { Sid: 'Ours', Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' }

describe('withStatements', () => {
  it('means the policy with those statements, and keeps the text of all others', () => {
    fc.assert(
      fc.property(document, indentation, fc.boolean(), (policy, indent, two) => {
        const before = JSON.stringify(policy, undefined, indent)
        const wanted = two ? [ours, { ...ours, Sid: 'Second' }] : [ours]
        const after = withStatements(before, wanted)
        const was = parseDocument(before)
        const missing = wanted.filter(({ Sid }) => !was.Statement.some((one) => one.Sid === Sid))
        const Statement = was.Statement.map((one) => wanted.find(({ Sid }) => Sid === one.Sid) ?? one)
        expect(parseDocument(after)).to.deep.equal({ ...was, Statement: [...Statement, ...missing] })
        // It can be done again, and changes nothing then.
        expect(withStatements(after, wanted)).to.equal(after)
      }),
    )
  })

  it('keeps what a parser would not', () => {
    const before =
      '{ "Id":"a\\u0062",\n\t"Statement" : [ {"Sid":"x" , "n":1.0, "n":2e0} ,\n  { "Sid":"Ours"}\n], "Version":"2012-10-17" }\n'
    expect(withStatements(before, [{ ...ours, Action: 'b' }])).to.equal(
      '{ "Id":"a\\u0062",\n\t"Statement" : [ {"Sid":"x" , "n":1.0, "n":2e0} ,\n  {\n    "Sid": "Ours",\n    "Effect": "Allow",\n' +
        '    "Action": "b",\n    "Resource": "*"\n  }\n], "Version":"2012-10-17" }\n',
    )
  })

  it('is laid out as the statements around it', () => {
    const before = JSON.stringify(
      { Version: '2012-10-17', Statement: [{ Sid: 'Mine', Effect: 'Allow' }] },
      undefined,
      2,
    )
    const policy = { Version: '2012-10-17', Statement: [{ Sid: 'Mine', Effect: 'Allow' }, ours] }
    expect(withStatements(before, [ours])).to.equal(JSON.stringify(policy, undefined, 2))
    expect(withStatements(JSON.stringify(JSON.parse(before)), [ours])).to.equal(JSON.stringify(policy))
  })
})
