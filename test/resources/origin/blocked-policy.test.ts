import { expect } from 'chai'

import type { PolicyStatement } from '../../../src/aws/policy.ts'
import { publicStatements } from '../../../src/resources/origin/blocked-policy.ts'

const everybody: PolicyStatement = { Sid: 'S', Effect: 'Allow', Principal: '*', Action: 's3:GetObject' }
const isPublic = (statement: PolicyStatement): boolean => publicStatements({ Statement: [statement] }).length > 0

describe('publicStatements', () => {
  it('finds those that let everybody in', () => {
    for (const Principal of ['*', { AWS: '*' }, { AWS: ['123456789012', '*'] }]) {
      expect(isPublic({ ...everybody, Principal }), JSON.stringify(Principal)).to.equal(true)
    }
    const { Principal, ...nobody } = everybody
    expect(isPublic({ ...nobody, NotPrincipal: { AWS: '123456789012' } }), String(Principal)).to.equal(true)
  })

  it('leaves out those for somebody, and what is denied', () => {
    for (const Principal of [
      { AWS: '123456789012' },
      { Service: 'cloudfront.amazonaws.com' },
      { CanonicalUser: 'c' },
    ]) {
      expect(isPublic({ ...everybody, Principal }), JSON.stringify(Principal)).to.equal(false)
    }
    expect(isPublic({ ...everybody, Effect: 'Deny' })).to.equal(false)
  })

  it('takes fixed values of the keys that S3 knows for a bound, and nothing else', () => {
    for (const [Condition, expected] of [
      [{ IpAddress: { 'aws:SourceIp': ['192.0.2.0/24'] } }, false],
      [{ StringEquals: { 'AWS:PrincipalOrgID': 'o-1' } }, false],
      [{ IpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '0.0.0.0/0'] } }, true],
      [{ StringLike: { 'aws:PrincipalArn': '*' } }, true],
      [{ StringLike: { 'aws:userid': '${aws:userid}' } }, true],
      [{ NotIpAddress: { 'aws:SourceIp': '192.0.2.0/24' } }, true],
      [{ StringEqualsIfExists: { 'aws:SourceVpce': 'vpce-1' } }, true],
      [{ StringLike: { 'aws:Referer': 'https://example.org/*' } }, true],
      [{ Bool: { 'aws:SecureTransport': 'true' } }, true],
    ] as const) {
      expect(isPublic({ ...everybody, Condition }), JSON.stringify(Condition)).to.equal(expected)
    }
  })

  it('names statements by their Sid, or their place', () => {
    const { Sid, ...nameless } = everybody
    const Statement = [everybody, { ...everybody, Effect: 'Deny' }, nameless]
    expect(publicStatements({ Statement })).to.deep.equal([Sid, 'the 3rd, without a Sid'])
  })
})
