import { expect } from 'chai'

import type { PolicyStatement } from '../../../src/aws/policy.ts'
import {
  type Denials,
  exceptCloudFront,
  findDenials,
  type KeysUnder,
} from '../../../src/resources/origin/bucket-denials.ts'
import type { Reader } from '../../../src/resources/origin/bucket-policy.ts'
import type { Fetching } from '../../../src/resources/origin/origin-request.ts'
import { tlsOnlyStatement } from '../../../src/resources/s3/tls-only.ts'

const bucket = 'acme-packages'
const arn = `arn:aws:s3:::${bucket}`
const identity = 'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1IDENTITY'
const readers: Readonly<Record<Reader['kind'], Reader>> = {
  oai: { kind: 'oai', id: 'E1IDENTITY', s3CanonicalUserId: 'c4n0n1c4l' },
  oac: { kind: 'oac', distributionArn: 'arn:aws:cloudfront::123456789012:distribution/E1' },
}

const fetching = (kind: Reader['kind'], more: Partial<Fetching> = {}): Fetching => ({
  reader: readers[kind],
  accountId: '123456789012',
  region: 'eu-west-1',
  origin: undefined,
  passesHeaders: false,
  now: Date.parse('2026-11-28T12:00:00Z'),
  ...more,
})

const stored = ['7/11/debian/package_files/42136.deb', '7/11/debian/dists/stable/InRelease', 'backups/2026.sql']
const keys: KeysUnder = async (prefix) => ({ keys: stored.filter((key) => key.startsWith(prefix)), all: true })

const unnamed: PolicyStatement = {
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: [arn, `${arn}/*`],
}
const all: PolicyStatement = { Sid: 'Theirs', ...unnamed }

const look = (kind: Reader['kind'], statement: PolicyStatement, more?: Partial<Fetching>, under = keys) =>
  findDenials({ Statement: [statement] }, bucket, fetching(kind, more), under)
const verdict = ({ denied, undecided }: Denials): 'denied' | 'open' | 'not decided' =>
  denied.length > 0 ? 'denied' : undecided.length > 0 ? 'not decided' : 'open'

type Row = readonly [what: string, change: Partial<PolicyStatement>, oai: string, oac: string]
const under = (operator: string, key: string, ...values: (string | boolean)[]) => ({
  Condition: { [operator]: { [key]: values } },
})

const rows: readonly Row[] = [
  ['everything', {}, 'denied', 'denied'],
  ['an Allow', { Effect: 'Allow' }, 'open', 'open'],
  ['only TLS is let in', tlsOnlyStatement(bucket), 'open', 'open'],
  ['only TLS 1.2 is let in', under('NumericLessThan', 's3:TlsVersion', '1.2'), 'open', 'open'],
  ['only TLS 1.3 is let in', under('NumericLessThan', 's3:TlsVersion', '1.3'), 'not decided', 'not decided'],
  // Who.
  ['everybody, as AWS', { Principal: { AWS: '*' } }, 'denied', 'denied'],
  ['the identity by its ARN', { Principal: { AWS: [identity] } }, 'denied', 'open'],
  ['the identity by its canonical user', { Principal: { CanonicalUser: 'c4n0n1c4l' } }, 'denied', 'open'],
  ['the service', { Principal: { Service: ['cloudfront.amazonaws.com'] } }, 'open', 'denied'],
  ['another service', { Principal: { Service: 'logging.s3.amazonaws.com' } }, 'open', 'open'],
  ['an account', { Principal: { AWS: '123456789012' } }, 'open', 'open'],
  [
    'all but somebody',
    { Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::123456789012:root' } },
    'denied',
    'denied',
  ],
  ['all but the identity', { Principal: undefined, NotPrincipal: { AWS: identity } }, 'open', 'denied'],
  [
    'all but the service',
    { Principal: undefined, NotPrincipal: { Service: 'cloudfront.amazonaws.com' } },
    'denied',
    'open',
  ],
  // What for.
  ['reading, by a wildcard in small letters', { Action: 's3:get*' }, 'denied', 'denied'],
  ['writing', { Action: ['s3:Put*', 's3:DeleteObject'] }, 'open', 'open'],
  ['older versions', { Action: 's3:GetObjectVersion' }, 'open', 'open'],
  ['listing', { Action: 's3:ListBucket', Resource: arn }, 'denied', 'denied'],
  ['listing of folders', { Action: 's3:ListBucket', ...under('StringLike', 's3:prefix', '7/*') }, 'open', 'open'],
  ['all but writing', { Action: undefined, NotAction: 's3:PutObject' }, 'denied', 'denied'],
  ['all but reading', { Action: undefined, NotAction: ['s3:Get*', 's3:List*'] }, 'open', 'open'],
  // Of what.
  ['all that begins so', { Resource: `${arn}*` }, 'denied', 'denied'],
  ['packages by their folder', { Resource: `${arn}/7/*` }, 'denied', 'denied'],
  ['packages by their ending', { Resource: `${arn}/*.deb` }, 'denied', 'denied'],
  ['one index', { Resource: `${arn}/7/11/debian/dists/stable/InRelease` }, 'denied', 'denied'],
  ['what is neither package nor index', { Action: 's3:GetObject', Resource: `${arn}/backups/*` }, 'open', 'open'],
  ['what is not there', { Resource: `${arn}/99/*` }, 'open', 'open'],
  ['another bucket', { Resource: ['arn:aws:s3:::other', 'arn:aws:s3:::other/*'] }, 'open', 'open'],
  ['all but packages', { Resource: undefined, NotResource: [arn, `${arn}/7/*`] }, 'open', 'open'],
  ['all but backups', { Resource: undefined, NotResource: [arn, `${arn}/backups/*`] }, 'denied', 'denied'],
  ['a folder of each user', { Resource: `${arn}/\${aws:username}/*` }, 'not decided', 'not decided'],
  // When.
  ['other distributions', under('StringNotEquals', 'AWS:SourceArn', 'x'), 'denied', 'denied'],
  [
    'all but this distribution',
    under('StringNotEquals', 'aws:SourceArn', 'arn:aws:cloudfront::123456789012:distribution/E1'),
    'denied',
    'open',
  ],
  ['this distribution', under('ArnLike', 'aws:SourceArn', 'arn:aws:cloudfront::*:distribution/*'), 'open', 'denied'],
  ['other accounts', under('StringNotEquals', 'aws:SourceAccount', '123456789012'), 'denied', 'open'],
  ['all without the VPC endpoint', under('StringNotEquals', 'aws:SourceVpce', 'vpce-1'), 'denied', 'denied'],
  ['the VPC endpoint', under('StringEquals', 'aws:sourceVpce', 'vpce-1'), 'open', 'open'],
  ['all but the VPC', under('StringNotEqualsIfExists', 'aws:SourceVpc', 'vpc-1'), 'denied', 'denied'],
  ['all but private addresses', under('NotIpAddress', 'aws:SourceIp', '10.0.0.0/8'), 'denied', 'denied'],
  [
    'all but an office',
    under('NotIpAddress', 'aws:SourceIp', '10.0.0.0/8', '81.2.69.0/24'),
    'not decided',
    'not decided',
  ],
  ['an office', under('IpAddress', 'aws:SourceIp', '203.0.113.0/24'), 'open', 'open'],
  ['all but a role', under('ArnNotLike', 'aws:PrincipalArn', 'arn:aws:iam::123456789012:role/x'), 'denied', 'denied'],
  ['a role', under('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::123456789012:role/*'), 'open', 'open'],
  ['all but an account', under('StringNotEquals', 'aws:PrincipalAccount', '123456789012'), 'denied', 'denied'],
  ['all but users', under('StringNotLike', 'aws:userId', 'AROAEXAMPLE:*', '123456789012'), 'denied', 'denied'],
  ['all but an organisation', under('StringNotEqualsIfExists', 'aws:PrincipalOrgID', 'o-1'), 'denied', 'denied'],
  [
    'all but an organisation and services',
    {
      Condition: {
        StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-1' },
        BoolIfExists: { 'aws:PrincipalIsAWSService': 'false', 'aws:ViaAWSService': false },
      },
    },
    'denied',
    'open',
  ],
  ['who has no second factor', under('Null', 'aws:MultiFactorAuthAge', true), 'denied', 'denied'],
  ['who has none, where that is told', under('Bool', 'aws:MultiFactorAuthPresent', 'false'), 'open', 'open'],
  ['services of another organisation', under('StringNotEquals', 'aws:SourceOrgID', 'o-1'), 'denied', 'not decided'],
  ['what has a tag', under('StringEquals', 's3:ExistingObjectTag/scan', 'bad'), 'not decided', 'not decided'],
  ['another region', under('StringNotEquals', 'aws:RequestedRegion', 'eu-west-1'), 'open', 'open'],
  ['until a day that is over', under('DateLessThan', 'aws:CurrentTime', '2026-01-01T00:00:00Z'), 'open', 'open'],
  ['since then', under('DateGreaterThan', 'aws:CurrentTime', '2026-01-01T00:00:00Z'), 'denied', 'denied'],
  ['a key that AWS adds one day', under('StringEquals', 'aws:Tomorrow', 'x'), 'not decided', 'not decided'],
  [
    'two conditions of which one is not met',
    { Condition: { StringEquals: { 'aws:Tomorrow': 'x' }, Bool: { 'aws:SecureTransport': 'false' } } },
    'open',
    'open',
  ],
]

describe('a Deny in the bucket policy, and CloudFront', () => {
  for (const [what, change, oai, oac] of rows) {
    it(`of ${what}: ${oai} as an identity, ${oac} as the service`, async () => {
      const statement = { ...all, ...change }
      expect(verdict(await look('oai', statement))).to.equal(oai)
      expect(verdict(await look('oac', statement))).to.equal(oac)
    })
  }

  it('tells what it is about, and what it is called', async () => {
    const [whole] = (await look('oai', all)).denied
    expect(whole).to.include({ called: 'Theirs', objects: 'all', listing: true })
    const [part] = (await look('oac', { ...unnamed, Resource: `${arn}/7/*` })).denied
    expect(part).to.deep.include({ called: 'number 1, which has no Sid', listing: false })
    expect(part?.objects).to.deep.equal({ key: '7/11/debian/package_files/42136.deb' })
  })

  it('tells what it hangs on where that is not known', async () => {
    const { undecided } = await look('oac', { ...all, ...under('StringNotEquals', 'aws:SourceOrgID', 'o-1') })
    expect(undecided).to.deep.equal([{ called: 'Theirs', open: ['aws:SourceOrgID'] }])
  })

  it('is not decided by keys of which there are too many', async () => {
    const some: KeysUnder = async () => ({ keys: ['7/a.txt'], all: false })
    const { undecided } = await look('oac', { ...all, Resource: `${arn}/7/*.deb` }, {}, some)
    expect(undecided[0]?.open.join()).to.include('begin with "7/"')
  })

  it('reads of the keys only what a statement may be about', async () => {
    const asked: string[] = []
    const noting: KeysUnder = async (prefix) => {
      asked.push(prefix)
      return { keys: [], all: true }
    }
    const Resource = [`${arn}/7/*`, `${arn}/7/11/*`, `${arn}/8/a?`, arn, 'arn:aws:s3:::other/*']
    await look('oac', { ...all, Resource }, {}, noting)
    expect(asked).to.deep.equal(['7/', '8/a'])
    await look('oac', tlsOnlyStatement(bucket), {}, noting)
    expect(asked).to.have.length(2)
  })

  it('is met by what the origin sends', async () => {
    const secret = under('StringNotEquals', 'aws:Referer', 's3cret')
    const origin = { CustomHeaders: { Quantity: 1, Items: [{ HeaderName: 'Referer', HeaderValue: 's3cret' }] } }
    expect(verdict(await look('oac', { ...all, ...secret }, { origin }))).to.equal('open')
    expect(verdict(await look('oac', { ...all, ...secret }))).to.equal('denied')
    expect(verdict(await look('oac', { ...all, ...secret }, { passesHeaders: true }))).to.equal('not decided')
    const agent = under('StringNotLike', 'aws:UserAgent', '*CloudFront*')
    expect(verdict(await look('oac', { ...all, ...agent }))).to.equal('open')
  })

  describe('with an exception', () => {
    for (const [what, change, ...verdicts] of rows) {
      for (const [index, kind] of (['oai', 'oac'] as const).entries()) {
        if (verdicts[index] !== 'denied') continue
        it(`lets CloudFront in as ${kind}: ${what}`, async () => {
          const statement = { ...all, ...change }
          const excepted = exceptCloudFront(JSON.parse(JSON.stringify(statement)) as PolicyStatement, readers[kind])
          if (excepted === undefined) {
            expect(what).to.match(/^the (identity|service)/)
            return
          }
          expect(verdict(await look(kind, excepted))).to.equal('open')
          expect(excepted).to.include({ Sid: 'Theirs', Effect: 'Deny' })
          // Everybody else stays denied: another distribution or identity is.
          const other: Reader =
            kind === 'oai'
              ? { kind, id: 'E2OTHER', s3CanonicalUserId: 'another' }
              : { kind, distributionArn: 'arn:aws:cloudfront::123456789012:distribution/E2' }
          const both = [statement, excepted].map((one) => look(kind, one, { reader: other }))
          const [before, after] = (await Promise.all(both)).map(verdict)
          expect(after).to.equal(before)
        })
      }
    }
  })
})
