import { expect } from 'chai'

import { policyChanges, whyPolicyNotYet } from '../../../src/resources/cloudfront/behavior-policies.ts'

describe('The policies of a behaviour', () => {
  it('differ where another is wanted, and are left alone where none is', () => {
    const live = { CachePolicyId: 'cache', ResponseHeadersPolicyId: 'theirs' }
    const behavior = { TargetOriginId: 's3', ViewerProtocolPolicy: 'https-only' as const, ...live }
    expect(policyChanges(behavior, { CachePolicyId: 'cache' })).to.deep.equal([])
    expect(policyChanges(behavior, { CachePolicyId: 'cache', ResponseHeadersPolicyId: 'ours' })).to.deep.equal([
      { field: 'DefaultCacheBehavior.ResponseHeadersPolicyId', before: 'theirs', after: 'ours' },
    ])
    expect(policyChanges(undefined, { OriginRequestPolicyId: 'ours' })).to.have.lengthOf(1)
  })

  it('are waited for where CloudFront has not seen them yet', () => {
    expect(whyPolicyNotYet('NoSuchCachePolicy')).to.equal(
      'waiting until CloudFront knows the new cache policy everywhere',
    )
    expect(whyPolicyNotYet('NoSuchResponseHeadersPolicy')).to.contain('the new response headers policy')
    for (const other of ['NoSuchDistribution', 'CachePolicyInUse', 'NoSuchOriginAccessControl']) {
      expect(whyPolicyNotYet(other), other).to.equal(undefined)
    }
  })
})
