import { expect } from 'chai'

import { betterContentType } from '../../src/repositories/content-type.ts'

const simple = 'py/simple/greeting/'
const deb = 'apt/pool/main/g/greeting_1_all.deb'

describe('Content-Type of packages and metadata', () => {
  it('is filled in where nobody said one', () => {
    for (const nothing of [undefined, '', 'binary/octet-stream', 'application/x-www-form-urlencoded']) {
      expect(betterContentType(simple, nothing)).to.equal('text/html')
      expect(betterContentType(deb, nothing)).to.equal('application/vnd.debian.binary-package')
      expect(betterContentType('what/ever', nothing)).to.equal(undefined)
    }
  })

  it('stays as somebody said', () => {
    expect(betterContentType(simple, 'application/vnd.pypi.simple.v1+json')).to.equal(undefined)
    expect(betterContentType(deb, 'application/x-debian-package')).to.equal(undefined)
  })

  // SDKs send it for whatever they upload, and pip passes over an index of that type.
  it('is no longer "any bytes" for an index of PyPI, and stays it elsewhere', () => {
    const octets = 'application/octet-stream'
    expect(betterContentType(simple, octets)).to.equal('text/html')
    for (const key of [deb, 'el/9/repodata/repomd.xml', 'npm/x/-/x-1.0.0.tgz']) {
      expect(betterContentType(key, octets)).to.equal(undefined)
    }
  })
})
