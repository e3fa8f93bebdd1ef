import { expect } from 'chai'

import { cachingOf } from '../../src/repositories/cache-control.ts'
import { betterContentType } from '../../src/repositories/content-type.ts'

const simple = 'py/simple/greeting/'
const deb = 'apt/pool/main/g/greeting_1_all.deb'
const better = (key: string, present: string | undefined) => betterContentType(key, cachingOf(key), present)

describe('Content-Type of packages and metadata', () => {
  it('is filled in where nobody said one', () => {
    for (const nothing of [undefined, '', 'binary/octet-stream', 'application/x-www-form-urlencoded']) {
      expect(better(simple, nothing)).to.equal('text/html')
      expect(better('py/simple/greeting/index.html', nothing)).to.equal('text/html')
      expect(better('py/simple/greeting/index.v1_json', nothing)).to.equal('application/vnd.pypi.simple.v1+json')
      expect(better('py/pypi/greeting/json', nothing)).to.equal('application/json')
      expect(better('gems/info/rack', nothing)).to.equal('text/plain')
      expect(better(deb, nothing)).to.equal('application/vnd.debian.binary-package')
      expect(better('what/ever', nothing)).to.equal(undefined)
    }
  })

  it('stays as somebody said', () => {
    expect(better(simple, 'application/vnd.pypi.simple.v1+json')).to.equal(undefined)
    expect(better(deb, 'application/x-debian-package')).to.equal(undefined)
  })

  it('is told by what an object is, not by the folder that it lies in', () => {
    const nothing = 'binary/octet-stream'
    expect(better('pool/main/s/simple/simple_1.0.dsc', nothing)).to.equal('text/plain')
    expect(better('simple/greeting/greeting-1.0-py3-none-any.whl', nothing)).to.equal('application/zip')
    expect(better('simple/greeting/greeting-1.0.tar.gz', nothing)).to.equal('application/octet-stream')
    expect(better('pool/main/i/info/info_7.0_amd64.deb', nothing)).to.equal('application/vnd.debian.binary-package')
  })

  // SDKs send it for whatever they upload, and pip passes over an index of that type.
  it('is no longer "any bytes" for an index of PyPI, and stays it elsewhere', () => {
    const octets = 'application/octet-stream'
    expect(better(simple, octets)).to.equal('text/html')
    for (const key of [deb, 'el/9/repodata/repomd.xml', 'npm/x/-/x-1.0.0.tgz']) {
      expect(better(key, octets)).to.equal(undefined)
    }
  })
})
