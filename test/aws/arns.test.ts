import { expect } from 'chai'

import {
  arnOfFunction,
  arnOfObject,
  arnOfVersion,
  assumedRole,
  distributionIdIn,
  isCertificateArn,
  lastPartOf,
  parseArn,
  withoutVersion,
} from '../../src/aws/arns.ts'
import { namesOf } from '../../src/aws/names.ts'

describe('ARNs', () => {
  it('are read in any partition, with all that the resource has in it', () => {
    expect(parseArn('arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:auth:7')).to.deep.equal({
      partition: 'aws-us-gov',
      service: 'lambda',
      region: 'us-gov-west-1',
      accountId: '123456789012',
      resource: 'function:auth:7',
    })
    expect(parseArn(arnOfObject('packages', 'a:b/c'))?.resource).to.equal('packages/a:b/c')
    for (const wrong of ['', 'arn', 'cf://E1', 'arn:aws:s3', 'arn:aws:s3:::', 'ARN:aws:s3:::packages']) {
      expect(parseArn(wrong), wrong).to.equal(undefined)
    }
  })

  it('name who has assumed a role, and the role in the same partition', () => {
    for (const partition of ['aws', 'aws-cn', 'aws-us-gov']) {
      expect(assumedRole(`arn:${partition}:sts::123456789012:assumed-role/Deployer/i-0abc`)).to.deep.equal({
        roleName: 'Deployer',
        pathlessArn: `arn:${partition}:iam::123456789012:role/Deployer`,
      })
    }
    for (const other of [
      'arn:aws:iam::123456789012:user/jo',
      'arn:aws:iam::123456789012:root',
      'arn:aws:sts::123456789012:federated-user/jo',
    ]) {
      expect(assumedRole(other), other).to.equal(undefined)
    }
  })

  it('of a function have no version, those of its versions have', () => {
    const plain = arnOfFunction(namesOf('packagecloud'), '123456789012')
    expect(plain).to.equal('arn:aws:lambda:us-east-1:123456789012:function:packagecloud_cloudfront_auth')
    expect(arnOfVersion(plain, 7)).to.equal(`${plain}:7`)
    expect([plain, `${plain}:7`, `${plain}:$LATEST`].map(withoutVersion)).to.deep.equal([plain, plain, plain])
  })

  it("tell a distribution's id, and nothing of what is no distribution", () => {
    expect(distributionIdIn('arn:aws:cloudfront::123456789012:distribution/E1ABC')).to.equal('E1ABC')
    expect(distributionIdIn('arn:aws-cn:cloudfront::123456789012:distribution/E1ABC')).to.equal('E1ABC')
    expect(distributionIdIn('arn:aws:cloudfront::123456789012:cache-policy/E1ABC')).to.equal(undefined)
    expect(distributionIdIn('E1ABC')).to.equal(undefined)
    expect(lastPartOf('arn:aws:kms:us-east-1:123456789012:key/1a2b')).to.equal('1a2b')
  })

  it('of a certificate are those of ACM in us-east-1', () => {
    expect(isCertificateArn('arn:aws:acm:us-east-1:123456789012:certificate/1a2b')).to.equal(true)
    for (const wrong of [
      'arn:aws:acm:eu-west-1:123456789012:certificate/1a2b',
      'arn:aws:iam::123456789012:server-certificate/old',
      'arn:aws:acm:us-east-1:123:certificate/1a2b',
    ]) {
      expect(isCertificateArn(wrong), wrong).to.equal(false)
    }
  })
})
