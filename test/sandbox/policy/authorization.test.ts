import { expect } from 'chai'
import fc from 'fast-check'

import { judge, matches, type Question } from '../../../src/sandbox/policy/authorization.ts'
import { parseIdentityPolicy, parseTrustPolicy } from '../../../src/sandbox/policy/identity-policy.ts'
import type { PolicyDocument } from '../../../src/sandbox/contracts/policy-document.ts'
import { parsePolicy, PolicySyntaxError } from '../../../src/sandbox/policy/policy-document.ts'
import type { Caller } from '../../../src/sandbox/contracts/service.ts'

const accountId = '111122223333'
const user: Caller = {
  kind: 'user',
  accountId,
  arn: `arn:aws:iam::${accountId}:user/ann`,
  accessKeyId: 'A',
  userName: 'ann',
}
const root: Caller = { kind: 'root', accountId, arn: `arn:aws:iam::${accountId}:root`, accessKeyId: 'A' }
const roleArn = `arn:aws:iam::${accountId}:role/fn`
const role: Caller = {
  kind: 'role',
  accountId,
  arn: `arn:aws:sts::${accountId}:assumed-role/fn/s`,
  accessKeyId: 'A',
  roleArn,
}
const edge: Caller = {
  kind: 'service',
  principal: 'cloudfront.amazonaws.com',
  sourceArn: `arn:aws:cloudfront::${accountId}:distribution/E1`,
  sourceAccount: accountId,
}
const oai: Caller = { kind: 'origin-access-identity', id: 'E2', s3CanonicalUserId: 'abc' }

const policy = (...statements: object[]): PolicyDocument =>
  parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }))
const allow = { Effect: 'Allow', Action: '*', Resource: '*' }
const ask = (more: Partial<Question>): string =>
  judge({
    caller: user,
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::b/k',
    identityPolicies: [],
    resourcePolicies: [],
    ...more,
  })

describe('sandbox authorization', () => {
  it('denies by default, allows by a statement, and lets Deny win', () => {
    expect(ask({})).to.equal('denied by default')
    expect(ask({ identityPolicies: [policy({ ...allow, Action: 's3:Get*', Resource: 'arn:aws:s3:::b/*' })] })).to.equal(
      'allowed',
    )
    expect(ask({ identityPolicies: [policy({ ...allow, Action: 'S3:getobject' })] })).to.equal('allowed')
    expect(ask({ identityPolicies: [policy({ ...allow, Resource: 'arn:aws:s3:::B/*' })] })).to.equal(
      'denied by default',
    )
    expect(ask({ identityPolicies: [policy(allow, { ...allow, Effect: 'Deny', Action: 's3:GetObject' })] })).to.equal(
      'denied explicitly',
    )
    expect(ask({ identityPolicies: [policy({ Effect: 'Allow', NotAction: 's3:*', Resource: '*' })] })).to.equal(
      'denied by default',
    )
    expect(
      ask({ identityPolicies: [policy({ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:s3:::b/*' })] }),
    ).to.equal('denied by default')
  })

  it('knows whom a resource policy speaks of', () => {
    const to = (Principal: unknown): readonly PolicyDocument[] => [policy({ ...allow, Principal })]
    expect(ask({ resourcePolicies: to({ AWS: user.arn }) })).to.equal('allowed')
    expect(ask({ resourcePolicies: to({ AWS: accountId }) })).to.equal('denied by default')
    expect(ask({ resourcePolicies: to({ AWS: accountId }), identityPolicies: [policy(allow)] })).to.equal('allowed')
    expect(ask({ caller: { kind: 'anonymous' }, resourcePolicies: to('*') })).to.equal('allowed')
    expect(ask({ caller: { kind: 'anonymous' }, resourcePolicies: to({ AWS: accountId }) })).to.equal(
      'denied by default',
    )
    expect(ask({ caller: role, resourcePolicies: to({ AWS: roleArn }) })).to.equal('allowed')
    expect(ask({ caller: oai, resourcePolicies: to({ CanonicalUser: 'abc' }) })).to.equal('allowed')
    expect(
      ask({
        caller: oai,
        resourcePolicies: to({ AWS: 'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2' }),
      }),
    ).to.equal('allowed')
    expect(
      ask({
        caller: oai,
        resourcePolicies: to({ AWS: 'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E3' }),
      }),
    ).to.equal('denied by default')
  })

  it('binds a service to its source', () => {
    const statement = (arn: string): readonly PolicyDocument[] => [
      policy({
        ...allow,
        Principal: { Service: 'cloudfront.amazonaws.com' },
        Condition: { StringEquals: { 'AWS:SourceArn': arn } },
      }),
    ]
    expect(
      ask({ caller: edge, resourcePolicies: statement(`arn:aws:cloudfront::${accountId}:distribution/E1`) }),
    ).to.equal('allowed')
    expect(
      ask({ caller: edge, resourcePolicies: statement(`arn:aws:cloudfront::${accountId}:distribution/E2`) }),
    ).to.equal('denied by default')
  })

  it('lets a key policy decide, which may leave it to IAM', () => {
    const delegating = policy({ ...allow, Principal: { AWS: root.arn } })
    const decides = { action: 'kms:Decrypt', resource: 'arn', resourcePolicyDecides: true }
    const granted = [policy({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' })]
    expect(ask({ ...decides, caller: role, resourcePolicies: [delegating] })).to.equal('denied by default')
    expect(ask({ ...decides, caller: role, resourcePolicies: [delegating], identityPolicies: granted })).to.equal(
      'allowed',
    )
    const others = policy({ ...allow, Principal: { AWS: user.arn } })
    expect(ask({ ...decides, caller: role, resourcePolicies: [others], identityPolicies: granted })).to.equal(
      'denied by default',
    )
    expect(ask({ ...decides, caller: root, resourcePolicies: [others], identityPolicies: [policy(allow)] })).to.equal(
      'denied by default',
    )
  })

  const condition = (operators: object, context: Record<string, string | string[]> = {}): boolean =>
    ask({ identityPolicies: [policy({ ...allow, Condition: operators })], context }) === 'allowed'

  it('evaluates condition operators', () => {
    expect(condition({ StringEquals: { 'k:a': ['x', 'y'] } }, { 'K:A': 'y' })).to.equal(true)
    expect(condition({ StringEquals: { 'k:a': 'x' } })).to.equal(false)
    expect(condition({ StringNotEquals: { 'k:a': 'x' } })).to.equal(true)
    expect(condition({ StringNotEquals: { 'k:a': ['x', 'y'] } }, { 'k:a': 'y' })).to.equal(false)
    expect(condition({ StringEqualsIfExists: { 'k:a': 'x' } })).to.equal(true)
    expect(condition({ StringLike: { 'k:a': 'a*c' } }, { 'k:a': 'abbc' })).to.equal(true)
    expect(condition({ Null: { 'k:a': 'true' } })).to.equal(true)
    expect(condition({ Null: { 'k:a': 'true' } }, { 'k:a': 'x' })).to.equal(false)
    expect(condition({ Bool: { 'k:a': true } }, { 'k:a': 'true' })).to.equal(true)
    expect(condition({ ArnLike: { 'k:a': 'arn:aws:s3:::*' } }, { 'k:a': 'arn:aws:s3:::b/k' })).to.equal(true)
    expect(condition({ ArnLike: { 'k:a': 'arn:*' } }, { 'k:a': 'arn:aws:s3:::b' })).to.equal(false)
    expect(condition({ NumericLessThan: { 'k:a': 5 } }, { 'k:a': '4' })).to.equal(true)
    expect(
      condition({ DateGreaterThan: { 'k:a': '2026-01-01T00:00:00Z' } }, { 'k:a': '2026-02-01T00:00:00Z' }),
    ).to.equal(true)
    expect(condition({ IpAddress: { 'k:a': '10.0.0.0/8' } }, { 'k:a': '10.9.8.7' })).to.equal(true)
    expect(condition({ NotIpAddress: { 'k:a': '10.0.0.0/8' } }, { 'k:a': '10.9.8.7' })).to.equal(false)
    expect(condition({ 'ForAnyValue:StringEquals': { 'k:a': 'x' } }, { 'k:a': ['x', 'y'] })).to.equal(true)
    expect(condition({ 'ForAllValues:StringEquals': { 'k:a': 'x' } }, { 'k:a': ['x', 'y'] })).to.equal(false)
    expect(condition({ 'ForAllValues:StringEquals': { 'k:a': 'x' } })).to.equal(true)
    expect(condition({ 'ForAnyValue:StringEquals': { 'k:a': 'x' } })).to.equal(false)
  })

  it('puts policy variables in', () => {
    const own = policy({ ...allow, Resource: 'arn:aws:s3:::b/${aws:username}' })
    expect(ask({ identityPolicies: [own], resource: 'arn:aws:s3:::b/ann' })).to.equal('allowed')
    expect(ask({ identityPolicies: [own], resource: 'arn:aws:s3:::b/bob' })).to.equal('denied by default')
    // The older version of the language has none.
    const older = parsePolicy(JSON.stringify({ Statement: { ...allow, Resource: 'arn:aws:s3:::b/${aws:username}' } }))
    expect(ask({ identityPolicies: [older], resource: 'arn:aws:s3:::b/ann' })).to.equal('denied by default')
    expect(ask({ identityPolicies: [older], resource: 'arn:aws:s3:::b/${aws:username}' })).to.equal('allowed')
  })

  it('matches wildcards as a regular expression would', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 10 })
    fc.assert(
      fc.property(text, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 }), (pattern, subject) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`)
        expect(matches(pattern, subject)).to.equal(expression.test(subject))
      }),
    )
  })

  it('refuses documents as AWS does', () => {
    const message = (document: unknown): string =>
      refusal((json) => parseTrustPolicy(json, (name) => name === accountId), document)
    const trust = (Principal: unknown, more: object = {}): object => ({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole', ...more }],
    })
    expect(message(trust({ Service: ['lambda.amazonaws.com', 'edgelambda.amazonaws.com'] }))).to.equal('accepted')
    expect(message(trust({ AWS: accountId }))).to.equal('accepted')
    expect(message('{')).to.equal('This policy contains invalid Json')
    expect(message(trust({ Service: 'lamda.amazonaws.com' }))).to.equal(
      'Invalid principal in policy: "SERVICE":"lamda.amazonaws.com"',
    )
    expect(message(trust({ AWS: user.arn }))).to.equal(`Invalid principal in policy: "AWS":"${user.arn}"`)
    expect(message(trust({ AWS: '*' }, { Resource: '*' }))).to.equal('Has prohibited field Resource')
    expect(message(trust({ AWS: '*' }, { Action: 's3:GetObject' }))).to.equal(
      'AssumeRole policy may only specify STS AssumeRole actions.',
    )
    expect(message(trust({ AWS: '*' }, { Efect: 'Allow' }))).to.equal('Syntax errors in policy.')
    expect(message(trust(undefined))).to.equal('Missing required field Principal')
    expect(message(trust({ CanonicalUser: 'abc' }))).to.equal('Invalid principal in policy: "CANONICALUSER":"abc"')
    expect(message(trust({ AWS: '*' }, { Action: undefined, NotAction: 's3:*' }))).to.match(/^AssumeRole policy may/)
  })

  it('refuses identity policies as IAM does', () => {
    const message = (more: object, document: object = {}): string =>
      refusal(parseIdentityPolicy, { Version: '2012-10-17', Statement: { ...allow, ...more }, ...document })
    const sid = /^Statement IDs \(SID\) must be alpha-numeric\./
    const cases: [object, string | RegExp][] = [
      [{}, 'accepted'],
      // IAM has no list of actions: that one does not exist is found out by whom it denies.
      [{ Action: 's3:Nope' }, 'accepted'],
      [{ Action: 'GetObject' }, /^Actions\/Conditions must be prefaced by a vendor/],
      [{ Action: 's3:Get:Object' }, 'Actions/Condition can contain only one colon.'],
      [{ Action: 's_3:GetObject' }, 'Vendor s_3 is not valid'],
      [{ Action: [] }, 'Syntax errors in policy.'],
      [{ Action: undefined }, 'Policy statement must contain actions.'],
      [{ Resource: undefined }, 'Policy statement must contain resources.'],
      [{ Resource: 'bucket' }, 'Resource bucket must be in ARN format or "*".'],
      [{ Resource: 'arn:aw:s3:::b' }, 'Partition "aw" is not valid for resource "arn:aw:s3:::b".'],
      [{ Resource: 'arn:aws:s*:::b' }, 'Resource vendor must be fully qualified and cannot contain regexes.'],
      [{ Resource: 'arn:aws:s3:b' }, 'The policy failed legacy parsing'],
      [{ Resource: 'arn:aws:s3:eu-west-1::b' }, 'Resource arn:aws:s3:eu-west-1::b can not contain region information.'],
      [{ Resource: 'arn:aws:iam:us-east-1:1:role/r' }, /^IAM resource .* cannot contain region information\.$/],
      [
        { Resource: `arn:aws:iam::${accountId}:rolle/r` },
        /^IAM resource path must either be "\*" or start with user\//,
      ],
      [{ Principal: '*' }, 'Policy document should not specify a principal.'],
      [{ Sid: 'with spaces' }, sid],
      [{ Condition: { Sounds: { 'aws:x': 'y' } } }, 'Syntax errors in policy.'],
      [{ Condition: { Bool: { SecureTransport: 'true' } } }, /must be prefaced by a vendor/],
      [{ Effect: 'allow' }, 'Invalid effect: "allow"'],
    ]
    for (const [more, expected] of cases) {
      const got = message(more)
      if (typeof expected === 'string') expect(got, JSON.stringify(more)).to.equal(expected)
      else expect(got, JSON.stringify(more)).to.match(expected)
    }
    for (const Version of ['2008-10-17', undefined]) {
      expect(message({}, { Version })).to.equal('Policy document must be version 2012-10-17 or greater.')
    }
    expect(message({}, { Version: '2012-10-18' })).to.equal('The policy must contain a valid version string')
  })
})

/** What a document is refused with, or `accepted`. */
function refusal(parse: (json: string) => unknown, document: unknown): string {
  try {
    parse(typeof document === 'string' ? document : JSON.stringify(document))
  } catch (error) {
    if (error instanceof PolicySyntaxError) return error.message
    throw error
  }
  return 'accepted'
}
