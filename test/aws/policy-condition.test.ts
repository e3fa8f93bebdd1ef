import { expect } from 'chai'

import { addressOfAws, conditionHolds, type Possible } from '../../src/aws/policy-condition.ts'

describe('a condition of a policy', () => {
  const table: readonly (readonly [operator: string, actual: Possible, wanted: string[], boolean | undefined])[] = [
    ['StringEquals', ['a'], ['b', 'a'], true],
    ['StringEquals', ['a'], ['A'], false],
    ['stringequals', ['a'], ['a'], true],
    ['StringEqualsIgnoreCase', ['a'], ['A'], true],
    ['StringNotEquals', ['a'], ['b', 'a'], false],
    ['StringNotEquals', ['a'], ['b'], true],
    ['StringLike', ['AROA:x'], ['AROA:*'], true],
    ['StringNotLike', ['AROA:x'], ['AROA:*'], false],
    ['StringEquals', ['a'], ['${aws:username}'], undefined],
    ['StringEquals', ['a'], ['${aws:username}', 'a'], true],
    ['StringNotEquals', ['a'], ['${aws:username}'], undefined],
    ['StringLike', ['a*'], ['a${*}'], true],
    ['ArnLike', ['arn:aws:iam::1:role/a/b'], ['arn:aws:iam::*:role/*'], true],
    ['ArnLike', ['arn:aws:iam::1:role/a'], ['arn:*'], false],
    ['ArnEquals', ['arn:aws:iam::1:role/a'], ['arn:aws:iam::2:role/a'], false],
    ['ArnNotLike', ['arn:aws:iam::1:role/a'], ['arn:aws:iam::2:*'], true],
    ['Bool', ['true'], ['false'], false],
    ['Bool', ['false'], ['False'], true],
    ['NumericLessThan', ['1.2'], ['1.2'], false],
    ['NumericLessThan', ['1.2'], ['1.3'], true],
    ['NumericGreaterThanEquals', ['10'], ['9'], true],
    ['NumericNotEquals', ['1'], ['2'], true],
    ['DateGreaterThan', ['2026-11-28T00:00:00Z'], ['2026-01-01T00:00:00Z'], true],
    ['DateLessThan', ['2026-11-28T00:00:00Z'], ['2026-01-01T00:00:00Z'], false],
    ['DateNotEquals', ['1764288000'], ['1764288001'], true],
    // A key that a request does not have.
    ['StringEquals', undefined, ['a'], false],
    ['StringNotEquals', undefined, ['a'], true],
    ['StringNotEqualsIfExists', undefined, ['a'], true],
    ['StringEqualsIfExists', undefined, ['a'], true],
    ['BoolIfExists', undefined, ['false'], true],
    ['Bool', undefined, ['false'], false],
    ['NotIpAddress', undefined, ['10.0.0.0/8'], true],
    ['ForAllValues:StringEquals', undefined, ['a'], true],
    ['ForAnyValue:StringEquals', undefined, ['a'], false],
    ['ForAnyValue:StringNotEquals', undefined, ['a'], false],
    ['Null', undefined, ['true'], true],
    ['Null', undefined, ['false'], false],
    ['Null', ['a'], ['false'], true],
    // Several values of one key.
    ['ForAnyValue:StringEquals', ['a', 'b'], ['b'], true],
    ['ForAllValues:StringEquals', ['a', 'b'], ['b'], false],
    ['ForAllValues:StringNotEquals', ['a', 'b'], ['c'], true],
    ['ForAnyValue:StringNotEquals', ['a', 'b'], ['a'], true],
    // Addresses: CloudFront's own are AWS's.
    ['IpAddress', ['192.0.2.7'], ['192.0.2.0/24'], true],
    ['IpAddress', ['192.0.2.7'], ['192.0.2.7'], true],
    ['IpAddress', ['2001:db8::1'], ['192.0.2.0/24', '2001:db8::/32'], true],
    ['NotIpAddress', [addressOfAws], ['10.0.0.0/8', '203.0.113.0/24', 'fd00::/8'], true],
    ['IpAddress', [addressOfAws], ['172.31.0.0/16'], false],
    ['IpAddress', [addressOfAws], ['0.0.0.0/0'], true],
    ['NotIpAddress', [addressOfAws], ['0.0.0.0/0'], false],
    ['NotIpAddress', [addressOfAws], ['81.2.69.0/24'], undefined],
    ['NotIpAddress', [addressOfAws], ['8.0.0.0/6'], undefined],
    ['IpAddress', [addressOfAws], ['no address', '10.0.0.0/99'], false],
    // What AWS may add one day.
    ['StringSoundsLike', ['a'], ['a'], undefined],
  ]

  for (const [operator, actual, wanted, expected] of table) {
    it(`${operator} of ${actual?.join() ?? 'nothing'} and ${wanted.join()}: ${String(expected ?? 'not known')}`, () => {
      expect(conditionHolds(operator, actual, wanted)).to.equal(expected)
    })
  }
})
