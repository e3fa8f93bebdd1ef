import { randomBytes } from 'node:crypto'

import { expect } from 'chai'
import fc from 'fast-check'

import { decodePath } from '../../src/edge/path.ts'
import { decodeSecret } from '../../src/edge/secret-text.ts'
import { baseUrlOf, sign, signUrl, verify } from '../../src/edge/signature.ts'
import { checkExpiry, findToken, parseToken, type Token } from '../../src/edge/token.ts'
import { keys, respellings } from './arbitraries.ts'

const current = decodeSecret('MDI2ZDhhYmMxYThiMjVmMTBlODM4OWNmZWZiZmI2NWI')
const previous = randomBytes(32)
const secrets = [current, previous]
const expiries = fc.integer({ min: 1_000_000_000, max: 9_999_999_999 })
const algorithms = fc.constantFrom('sha256' as const, 'sha1' as const)

/** The token of a text that must hold one. */
function tokenOf(text: string): Token {
  const token = parseToken(text)
  if (token === undefined) throw new Error(`malformed: ${text}`)
  return token
}

/** Path and query string as they stand in a URL. */
function split(url: string): { path: string; querystring: string } {
  const [, path = '', querystring = ''] = /^https?:\/\/[^/]+([^?]*)\?(.*)$/.exec(url) ?? []
  return { path, querystring }
}

describe('signature', () => {
  describe('secret', () => {
    it('is base64 in either alphabet, padded or not', () => {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: 16, maxLength: 64 }), (bytes) => {
          const padded = Buffer.from(bytes).toString('base64')
          for (const text of [padded, padded.replace(/=+$/, ''), Buffer.from(bytes).toString('base64url')]) {
            expect(Buffer.from(decodeSecret(text))).to.deep.equal(Buffer.from(bytes))
          }
        }),
      )
    })

    it('is refused, without being shown, if it is not base64 or too short', () => {
      for (const text of [
        '',
        'secret with spaces, long enough',
        'AAAAAAAAAAAAAAAAAAAAA',
        'AAAA',
        `${'A'.repeat(43)}\n`,
        '='.repeat(44),
      ]) {
        expect(() => decodeSecret(text), text).to.throw(TypeError, /^(not base64|shorter than 16 bytes)$/)
      }
    })
  })

  it('of any key in any spelling is good until its last second, and not longer', () => {
    const cases = fc
      .record({ key: keys, expires: expiries, algorithm: algorithms, secretIndex: fc.nat(1) })
      .chain((request) => {
        const secret = request.secretIndex === 0 ? current : previous
        const { path, querystring } = split(signUrl({ domain: 'd.example', secret, ...request }))
        return fc.record({
          request: fc.constant(request),
          querystring: fc.constant(querystring),
          path: respellings(path),
        })
      })
    fc.assert(
      fc.property(cases, ({ request, querystring, path }) => {
        const token = findToken(querystring)
        if ('refused' in token) throw new Error(token.reason)
        expect(token).to.deep.include({ expires: request.expires, algorithm: request.algorithm })
        expect(verify(token, decodePath(path) ?? '', secrets)).to.deep.equal({ secretIndex: request.secretIndex })
        expect(checkExpiry(token, request.expires + 0.999)).to.equal(undefined)
        expect(checkExpiry(token, request.expires + 1)).to.deep.equal({ refused: 'expired', reason: 'expired 1 s ago' })
      }),
    )
  })

  it('does not survive the change of any byte of the token or the path', () => {
    for (const algorithm of ['sha256', 'sha1'] as const) {
      const path = '/7/11/el/8/package_files/78137.rpm'
      const token = sign({ secret: current, path, expires: 1_700_000_300, algorithm })
      for (let at = 0; at < token.length; at++) {
        for (const byte of '0123456789abcdef_ABCDEF%-') {
          if (byte === token[at]) continue
          const tampered = parseToken(token.slice(0, at) + byte + token.slice(at + 1))
          if (tampered !== undefined) expect(verify(tampered, path, secrets)).to.have.property('refused')
        }
      }
      for (let at = 0; at < path.length; at++) {
        for (const changed of [path.slice(0, at) + path.slice(at + 1), `${path.slice(0, at)}~${path.slice(at + 1)}`]) {
          expect(verify(tokenOf(token), changed, secrets)).to.have.property('refused', 'bad signature')
        }
      }
    }
  })

  it('never opens another path or time, wherever path and expiry meet', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'.split('')), maxLength: 12 })
    fc.assert(
      fc.property(digits, digits, expiries, expiries, (a, b, first, second) => {
        fc.pre(a !== b || first !== second)
        const { signature } = tokenOf(sign({ secret: current, path: `/x${a}`, expires: first }))
        expect(verify({ expires: second, algorithm: 'sha256', signature }, `/x${b}`, secrets)).to.have.property(
          'refused',
        )
      }),
    )
    expect(parseToken(`71700000000_${'0'.repeat(64)}`)).to.equal(undefined)
  })

  it('refuses to sign an expiry without ten digits', () => {
    for (const expires of [999_999_999, 10_000_000_000, 1_700_000_000_000, 1_700_000_000.5, NaN, -1]) {
      expect(() => sign({ secret: current, path: '/x', expires })).to.throw(RangeError)
    }
  })

  describe('token in a query string', () => {
    const token = `1700000300_${'0'.repeat(40)}`
    it('stands there once, among others', () => {
      for (const querystring of [`t=${token}`, `a&t=${token}&tt=1`, `&t=${token}&`]) {
        expect(findToken(querystring), querystring).to.have.property('expires', 1_700_000_300)
      }
    })

    it('is missing, or malformed', () => {
      for (const querystring of ['', 'a=1', `T=${token}`, `%74=${token}`, `xt=${token}`]) {
        expect(findToken(querystring), querystring).to.have.property('refused', 'missing token')
      }
      for (const querystring of [
        't',
        't=',
        `t=${token}&t=${token}`,
        `t=${token}&t`,
        `t=${token} `,
        `t=${token}0`,
        `t=%31${token.slice(1)}`,
      ]) {
        expect(findToken(querystring), querystring).to.have.property('refused', 'malformed token')
      }
    })
  })

  it('goes over https, except to the sandbox on loopback', () => {
    expect(baseUrlOf('d111111abcdef8.cloudfront.net')).to.equal('https://d111111abcdef8.cloudfront.net')
    expect(baseUrlOf('packages.example.com:8443')).to.equal('https://packages.example.com:8443')
    expect(baseUrlOf('127.0.0.1:4567')).to.equal('http://127.0.0.1:4567')
    expect(baseUrlOf('localhost:4567')).to.equal('http://localhost:4567')
    expect(baseUrlOf('[::1]:4567')).to.equal('http://[::1]:4567')
    expect(baseUrlOf('127.0.0.1.example.com')).to.equal('https://127.0.0.1.example.com')
    for (const domain of ['', 'https://d.example', 'd.example/', 'd example', 'd.example?x', 'user@d.example', '-d']) {
      expect(() => baseUrlOf(domain), domain).to.throw(RangeError)
    }
  })
})
