import { expect } from 'chai'

import type { PolicyStatement } from '../../../src/aws/policy.ts'
import { deniesPlainHttp, tlsOnlyStatement } from '../../../src/resources/s3/tls-only.ts'

const bucket = 'packages-example-org'
const arn = `arn:aws:s3:::${bucket}`
const right = tlsOnlyStatement(bucket)

describe('a bucket policy against requests without TLS', () => {
  const denies = (...Statement: PolicyStatement[]) => deniesPlainHttp({ Statement }, bucket)

  it('is told in every spelling', () => {
    for (const change of [
      {},
      { Principal: { AWS: '*' } },
      { Principal: { AWS: ['*'] } },
      { Action: ['S3:*'] },
      { Action: '*' },
      { Resource: '*' },
      { Resource: ['arn:aws:s3:::*'] },
      { Resource: `${arn}*` },
      { Condition: { Bool: { 'aws:securetransport': false } } },
      { Condition: { BoolIfExists: { 'aws:SecureTransport': ['false'] } } },
      { Condition: { StringEquals: { 'aws:SecureTransport': 'false' } } },
    ]) {
      expect(denies({ ...right, ...change }), JSON.stringify(change)).to.equal(true)
    }
    const allow: PolicyStatement = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `${arn}/*` }
    expect(denies(allow, { ...right, Resource: arn }, { ...right, Resource: [`${arn}/*`] })).to.equal(true)
  })

  it('is none with exceptions', () => {
    expect(denies()).to.equal(false)
    for (const change of [
      { Effect: 'Allow' },
      { Principal: { AWS: 'arn:aws:iam::111122223333:root' } },
      { Principal: { Service: '*' } },
      { Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::111122223333:root' } },
      { Action: 's3:GetObject' },
      { Action: undefined, NotAction: 's3:GetObject' },
      { Resource: arn },
      { Resource: `${arn}/*` },
      { Resource: [arn, `${arn}/dists/*`] },
      { Resource: [arn, `${arn}/?`] },
      { Resource: ['arn:aws:s3:::other', 'arn:aws:s3:::other/*'] },
      { Condition: undefined },
      { Condition: { Bool: {} } },
      { Condition: { Bool: { 'aws:SecureTransport': 'true' } } },
      { Condition: { Bool: { 'aws:SecureTransport': 'false' }, StringLike: { 'aws:UserAgent': 'x' } } },
      { Condition: { Bool: { 'aws:SecureTransport': 'false', 'aws:ViaAWSService': 'false' } } },
      { Condition: { NumericLessThan: { 's3:TlsVersion': '1.2' } } },
      { Condition: { StringNotEquals: { 'aws:SecureTransport': 'false' } } },
    ]) {
      expect(denies({ ...right, ...change }), JSON.stringify(change)).to.equal(false)
    }
  })
})
