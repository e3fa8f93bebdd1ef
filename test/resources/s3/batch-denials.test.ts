import { expect } from 'chai'

import type { PolicyStatement } from '../../../src/aws/policy.ts'
import { batchDenials, type BatchWork, exceptRoles } from '../../../src/resources/s3/batch-denials.ts'

const role = (name: string): string => `arn:aws:iam::111122223333:role/packagecloud/enterprise/${name}`
const work: BatchWork = {
  ...{ bucket: 'packages', region: 'eu-central-1', accountId: '111122223333', encryption: 'AES256' },
  ...{ jobRoleArn: role('jobs'), functionRoleArn: role('worker'), now: Date.parse('2026-11-30T10:00:00Z') },
  ...{ lock: '.pc-ctl/lock', manifest: '.pc-ctl/batch/R/manifest.csv', report: '.pc-ctl/batch/R/report/x' },
  ...{ result: '.pc-ctl/batch/R/results/1', objects: ['el/9/a.rpm', 'apt/pool/b.deb'] },
}
const objects = 'arn:aws:s3:::packages/*'
const deny = (more: Partial<PolicyStatement>): PolicyStatement => ({
  ...{ Sid: 'Rule', Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: ['arn:aws:s3:::packages', objects] },
  ...more,
})
/** What a statement denies, and may deny, in few words. */
const told = (more: Partial<PolicyStatement>, of = work): string => {
  const [found] = batchDenials({ Statement: [deny(more)] }, of)
  return found === undefined ? 'nothing' : `${found.denies.join(', ')}; perhaps ${found.mayDeny.join(', ')}`
}
const all = 'read manifest, write report, read objects, write objects, write results; perhaps '
const perhaps = '; perhaps read manifest, write report, read objects, write objects, write results'

describe('what keeps S3 Batch Operations off a bucket', () => {
  it('is a statement that only a network of the operator comes through', () => {
    expect(told({ Condition: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } } })).to.equal(all)
    expect(told({ Condition: { StringNotEquals: { 'aws:SourceVpc': ['vpc-1', 'vpc-2'] } } })).to.equal(all)
    expect(told({ Condition: { NotIpAddress: { 'aws:VpcSourceIp': '10.0.0.0/8' } } })).to.equal(all)
    expect(told({ Condition: { NotIpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '203.0.113.0/24'] } } })).to.equal(all)
    // That may be an address of AWS.
    expect(told({ Condition: { NotIpAddress: { 'aws:SourceIp': '52.95.0.0/16' } } })).to.equal(perhaps)
    expect(told({ Condition: { StringNotEqualsIfExists: { 'aws:SourceVpce': 'vpce-1' } } })).to.equal(all)
    expect(told({ Condition: { Bool: { 'aws:SecureTransport': 'false' } } })).to.equal('nothing')
  })

  it('is one that leaves out all but some principals, or asks for what only people have', () => {
    const admins = 'arn:aws:iam::111122223333:role/admin*'
    expect(told({ Condition: { ArnNotLike: { 'aws:PrincipalArn': admins } } })).to.equal(all)
    expect(told({ Condition: { ArnNotLike: { 'aws:PrincipalArn': role('*') } } })).to.equal('nothing')
    expect(told({ Principal: undefined, NotPrincipal: { AWS: admins } })).to.equal(all)
    expect(told({ Principal: { AWS: role('worker') }, Action: 's3:GetObject' })).to.equal('read objects; perhaps ')
    expect(told({ Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } } })).to.equal(all)
    expect(told({ Condition: { StringNotLike: { 'aws:userid': 'AROAEXAMPLE:*' } } })).to.equal(perhaps)
    // The caller is of the same organization.
    expect(told({ Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-1' } } })).to.equal('nothing')
    expect(told({ Condition: { StringNotEquals: { 'aws:PrincipalAccount': '111122223333' } } })).to.equal('nothing')
    expect(told({ Effect: 'Allow' })).to.equal('nothing')
  })

  it('is one that demands of all that is written what S3 itself does not do', () => {
    const put = { Action: 's3:PutObject', Resource: objects }
    const kms = { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } }
    expect(told({ ...put, Condition: kms })).to.equal(
      'write lock, write manifest, write report, write objects, write results; perhaps ',
    )
    expect(told({ ...put, Condition: kms }, { ...work, encryption: 'aws:kms' })).to.equal(
      'write manifest, write report; perhaps ',
    )
    // What pc-ctl writes says what the bucket would do anyway.
    for (const Condition of [
      { Null: { 's3:x-amz-server-side-encryption': 'true' } },
      { StringNotEquals: { 's3:x-amz-server-side-encryption': ['AES256', 'aws:kms'] } },
    ]) {
      expect(told({ ...put, Condition })).to.equal('; perhaps write report')
    }
    const conditional = {
      Null: { 's3:if-none-match': 'true', 's3:if-match': 'true' },
      Bool: { 's3:ObjectCreationOperation': 'true' },
    }
    expect(told({ ...put, Condition: conditional })).to.equal('write report; perhaps ')
    expect(told({ ...put, Condition: { Null: { 's3:if-none-match': 'true' } } })).to.equal(
      'write lock, write report, write objects; perhaps ',
    )
    expect(told({ ...put, Resource: 'arn:aws:s3:::packages/private/*' })).to.equal('nothing')
    expect(told({ ...put, Resource: 'arn:aws:s3:::packages/el/*' })).to.equal('write objects; perhaps ')
  })

  it('leaves some of the work undone, or all of it', () => {
    const never = (more: Partial<PolicyStatement>): string[] =>
      batchDenials({ Statement: [deny({ Action: 's3:PutObject', Resource: objects, ...more })] }, work).flatMap(
        (one) => [...one.never],
      )
    expect(never({})).to.deep.equal(['write report', 'write objects', 'write results'])
    expect(never({ Resource: 'arn:aws:s3:::packages/el/*' })).to.deep.equal([])
    expect(never({ Resource: 'arn:aws:s3:::packages/.pc-ctl/*' })).to.deep.equal(['write report', 'write results'])
    expect(never({ Condition: { NotIpAddress: { 'aws:SourceIp': '52.95.0.0/16' } } })).to.deep.equal([])
  })

  it('of a job without a function is only what it reads and writes itself', () => {
    expect(
      told({ Condition: { Null: { 'aws:SourceVpce': 'true' } } }, { ...work, functionRoleArn: undefined }),
    ).to.equal('read manifest, write report, read objects; perhaps ')
  })

  it('is told with an exception for the roles, which changes it for nobody else', () => {
    const conditions: readonly Record<string, Record<string, unknown>>[] = [
      { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } },
      { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/admin*' } },
      { StringNotLike: { 'AWS:PrincipalARN': ['a', 'b'] }, Null: { 'aws:SourceVpce': 'true' } },
      {},
    ]
    for (const Condition of conditions) {
      const [found] = batchDenials({ Statement: [deny({ Condition })] }, work)
      const excepted = found && exceptRoles(found, work)
      expect(excepted, JSON.stringify(Condition)).to.be.an('object')
      if (excepted === undefined) continue
      expect(batchDenials({ Statement: [excepted] }, work), JSON.stringify(excepted)).to.deep.equal([])
      const others = { ...work, jobRoleArn: role('else'), functionRoleArn: role('else') }
      expect(batchDenials({ Statement: [excepted] }, others)).to.have.length(1)
    }
    const demand = deny({ Condition: { Null: { 's3:if-none-match': 'true' } } })
    const [found] = batchDenials({ Statement: [demand] }, work)
    expect(found && exceptRoles(found, work)).to.equal(undefined)
  })
})
