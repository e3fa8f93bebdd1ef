import { expect } from 'chai'
import * as fc from 'fast-check'

import {
  assertDnsCompatible,
  assertReadableByControl,
  hostsOf,
  regionalHost,
  whyNoIdentity,
} from '../../../src/resources/s3/bucket.ts'
import { CtlError } from '../../../src/errors.ts'
import { bucket } from '../cloudfront/distribution-configs.ts'

describe('assertDnsCompatible', () => {
  it('takes the names that S3 gives today', () => {
    for (const name of ['abc', 'acme-packages', 'a.b.c', '1a2', 'packages.example.com', 'a'.repeat(63), '1.2.3']) {
      expect(() => assertDnsCompatible(name), name).to.not.throw()
    }
  })

  it('says what is wrong with others', () => {
    const said: [string, RegExp][] = [
      ['ab', /3 to 63/],
      ['', /3 to 63/],
      ['a'.repeat(64), /3 to 63/],
      ['Acme', /upper-case/],
      ['acme_packages', /underscores/],
      ['-acme', /at both ends/],
      ['acme-', /at both ends/],
      ['.acme', /at both ends/],
      ['acme/x', /only a-z/],
      ['s3://acme', /only a-z/],
      ['acme\n', /only a-z/],
      ['ämter', /only a-z/],
      ['a..b', /each part/],
      ['a.-b', /each part/],
      ['a-.b', /each part/],
      ['192.168.1.10', /IP address/],
    ]
    for (const [name, why] of said) {
      expect(() => assertDnsCompatible(name), name)
        .to.throw(CtlError, why)
        .that.includes({ failure: 'configuration', exitCode: 3 })
    }
  })

  it('takes no name that is not one of a host', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z0-9._-]{1,70}$/), (name) => {
        try {
          assertDnsCompatible(name)
        } catch {
          return
        }
        expect(new URL(`https://${name}.s3.amazonaws.com/`).hostname).to.equal(`${name}.s3.amazonaws.com`)
        for (const label of name.split('.')) expect(label).to.match(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
      }),
    )
  })
})

describe('assertReadableByControl', () => {
  it('refuses a bucket whose objects belong to whoever wrote them, and tells what else can be done', () => {
    const theirs = { ...bucket, ownership: 'ObjectWriter' }
    expect(() => assertReadableByControl(theirs, 'use --origin-access oai'))
      .to.throw(CtlError, /belong to whoever wrote them/)
      .that.deep.includes({
        exitCode: 4,
        hint: [
          'Set the bucket\'s object ownership to "Bucket owner preferred" or "Bucket owner enforced", or use ' +
            '--origin-access oai.',
        ],
      })
    expect(() => assertReadableByControl(theirs))
      .to.throw(CtlError)
      .that.deep.includes({
        hint: ['Set the bucket\'s object ownership to "Bucket owner preferred" or "Bucket owner enforced".'],
      })
    for (const ownership of ['BucketOwnerPreferred', 'BucketOwnerEnforced']) {
      expect(() => assertReadableByControl({ ...bucket, ownership })).to.not.throw()
    }
  })
})

describe('whyNoIdentity', () => {
  it('has nothing against an ordinary bucket in an old region', () => {
    for (const region of ['us-east-1', 'eu-west-1', 'sa-east-1']) {
      expect(whyNoIdentity({ ...bucket, region })).to.equal(undefined)
    }
  })

  it('names KMS encryption of both kinds, and regions without identities', () => {
    for (const encryption of ['aws:kms', 'aws:kms:dsse']) {
      expect(whyNoIdentity({ ...bucket, encryption })).to.include('encrypted with KMS')
    }
    for (const region of ['eu-south-1', 'me-central-1', 'il-central-1', 'mx-central-1']) {
      expect(whyNoIdentity({ ...bucket, region })).to.include(region)
    }
  })
})

describe('the hosts of a bucket', () => {
  it('begin with the regional one, which answers no redirects', () => {
    expect(regionalHost(bucket)).to.equal('acme-packages.s3.eu-west-1.amazonaws.com')
    expect(hostsOf(bucket)[0]).to.equal(regionalHost(bucket))
    expect(hostsOf(bucket)).to.include('acme-packages.s3.amazonaws.com')
    expect(hostsOf(bucket)).to.not.include('acme-packages.s3-website-eu-west-1.amazonaws.com')
  })
})
