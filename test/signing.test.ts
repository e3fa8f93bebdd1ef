/** The library that front servers of one's own sign with, against the published vectors. */
import { expect } from 'chai'

import { type Algorithm, signUrl, verifyUrl } from '../src/signing.ts'
import { vectors } from './support/vectors.ts'

const { current, previous } = vectors.secrets
const domain = 'd111111abcdef8.cloudfront.net'

describe('pc-ctl/signing', () => {
  for (const { name, url, ...options } of vectors.signed) {
    it(`signs: ${name}`, () => expect(signUrl(options)).to.equal(url))
  }

  // What is asked for by another method is none of a URL's business.
  const asked = vectors.requests.filter(({ method }) => method === 'GET' || method === 'HEAD')
  for (const { name, target, now, forwarded, reason, secret } of asked) {
    it(`verifies as the edge does: ${name}`, () => {
      for (const url of [`https://${domain}${target}`, target]) {
        const verdict = verifyUrl(url, { secret: current, previousSecret: previous, now })
        if (forwarded === undefined) expect(verdict).to.deep.equal({ accepted: false, reason })
        else {
          const key = decodeURIComponent(forwarded).slice(1)
          expect(verdict).to.include({ accepted: true, key, signedWith: secret })
        }
      }
    })
  }

  it('signs for five minutes from now unless told otherwise', () => {
    const before = Math.floor(Date.now() / 1000)
    const verdict = verifyUrl(signUrl({ secret: current, domain, key: 'pool/a.deb' }), { secret: current })
    expect(verdict).to.include({ accepted: true, key: 'pool/a.deb', algorithm: 'sha256' })
    if (!verdict.accepted) throw new Error(verdict.reason)
    expect(verdict.expires).to.be.within(before + 300, before + 302)
  })

  it('keeps the rules of an installation', () => {
    const now = 1_700_000_000
    const url = (algorithm: Algorithm) => signUrl({ secret: current, domain, key: 'a', expires: now + 90, algorithm })
    const options = { secret: current, now }
    expect(verifyUrl(url('sha1'), options)).to.include({ accepted: true, algorithm: 'sha1' })
    expect(verifyUrl(url('sha1'), { ...options, sha1: false })).to.include({
      reason: 'SHA-1 signatures are not accepted',
    })
    expect(verifyUrl(url('sha256'), { ...options, longestLife: 60 })).to.include({ reason: 'expires too far ahead' })
    expect(verifyUrl(url('sha256'), { ...options, now: now + 97 })).to.include({ reason: 'expired 7 s ago' })
  })

  it('says what is wrong with what it was given, never with the secret in it', () => {
    const signing = { secret: current, domain, key: 'a' }
    expect(() => signUrl({ ...signing, secret: 'not base64!' })).to.throw(TypeError, /^The secret is not base64\.$/)
    expect(() => verifyUrl('/a', { secret: current, previousSecret: 'c2hvcnQ' })).to.throw(
      TypeError,
      /^The previousSecret is shorter than 16 bytes\.$/,
    )
    expect(() => signUrl({ ...signing, key: 'a/../b' })).to.throw(RangeError, /segment/)
    expect(() => signUrl({ ...signing, key: '.pc-ctl/lock' })).to.throw(RangeError, /nothing is served below/)
    expect(() => signUrl({ ...signing, domain: 'https://example.org' })).to.throw(RangeError, /not a domain name/)
    expect(() => signUrl({ ...signing, expires: 1_700_000_000_000 })).to.throw(RangeError, /ten digits/)
    expect(() => verifyUrl('ftp://example.org/a', { secret: current })).to.throw(TypeError, /not an http or https URL/)
  })
})
