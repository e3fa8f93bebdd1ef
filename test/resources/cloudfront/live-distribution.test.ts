import { expect } from 'chai'
import fc from 'fast-check'

import { bucketOf, isHostOf } from '../../../src/resources/cloudfront/live-distribution.ts'

/** What stands behind a bucket's name in S3's hosts. */
const ends = [
  's3.amazonaws.com',
  's3.eu-central-1.amazonaws.com',
  's3-eu-west-1.amazonaws.com',
  's3.dualstack.ap-southeast-2.amazonaws.com',
  's3-fips.us-gov-west-1.amazonaws.com',
  's3-fips.dualstack.us-east-1.amazonaws.com',
  's3-website-us-east-1.amazonaws.com',
  's3-website.eu-central-1.amazonaws.com',
  's3-accelerate.amazonaws.com',
  's3-accelerate.dualstack.amazonaws.com',
]
const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/)
const bucket = fc.oneof(
  fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.')),
  // Names that look like hosts themselves.
  fc.constantFrom('a.s3', 's3', 'a.s3.eu-west-1', 'x.s3-website', 'a.s3.amazonaws.com'),
)

describe('the bucket that an origin’s host belongs to', () => {
  it('is told from every host that S3 has for it, in either case', () => {
    fc.assert(
      fc.property(bucket, fc.constantFrom(...ends), fc.boolean(), (name, end, loud) => {
        const host = loud ? `${name}.${end}`.toUpperCase() : `${name}.${end}`
        expect(bucketOf(host)).to.equal(name)
        expect(isHostOf(name, host)).to.equal(true)
        expect(isHostOf(`x${name}`, host)).to.equal(false)
      }),
    )
  })

  it('is none of a name that merely begins or ends alike', () => {
    for (const host of [
      'www.example.org',
      's3.amazonaws.com',
      'b.s3.example.org',
      'b.s3.amazonaws.com.evil.org',
      'b.xs3.amazonaws.com',
      'b.s3.amazonaws.com.',
    ]) {
      expect(bucketOf(host), host).to.equal(undefined)
    }
    expect(isHostOf('b', 'b.c.s3.amazonaws.com')).to.equal(false)
    expect(isHostOf('b.c', 'b.c.s3.amazonaws.com')).to.equal(true)
  })
})
