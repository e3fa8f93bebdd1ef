import { createHmac } from 'node:crypto'

import { expect } from 'chai'
import fc from 'fast-check'

import { explain, type EdgeKnowledge, type Explanation } from '../../src/edge/explain.ts'
import { createHandler } from '../../src/edge/handler.ts'
import { encodePath } from '../../src/edge/path.ts'
import { decodeSecret } from '../../src/edge/secret-text.ts'
import { signUrl } from '../../src/edge/signature.ts'
import { parseUrl } from '../../src/edge/url-parts.ts'
import { keys } from './arbitraries.ts'
import { viewerRequest } from './viewer-request.ts'

const current = 'MDI2ZDhhYmMxYThiMjVmMTBlODM4OWNmZWZiZmI2NWI'
const previous = 'b2xkLXNlY3JldC1vbGQtc2VjcmV0LW9sZC1zZWNyZXQ'
const domain = 'd111111abcdef8.cloudfront.net'
const now = 1_700_000_000
const expires = now + 300
const known: EdgeKnowledge = {
  secrets: [
    { name: 'current', text: current },
    { name: 'previous', text: previous },
  ],
  domain,
  now,
}
const key = 'pool/foo_1.2+deb9_amd64.deb'
const signed = (more: { secret?: string; key?: string; expires?: number; algorithm?: 'sha1' } = {}) =>
  signUrl({ domain, key, expires, ...more, secret: decodeSecret(more.secret ?? current) })

function explainUrl(url: string, knowing: Partial<EdgeKnowledge> = {}): Explanation {
  const parts = parseUrl(url)
  if (parts === undefined) throw new Error(`no URL: ${url}`)
  return explain(parts, { ...known, ...knowing })
}

/** A URL whose signature is an HMAC over any text, with any key. */
const forged = (message: string, secret: string | Uint8Array = decodeSecret(current), of = key) =>
  `https://${domain}${encodePath(`/${of}`)}?t=${expires}_${createHmac('sha256', secret).update(message).digest('hex')}`

describe('explain', () => {
  it('accepts what is signed, and says all there is to know', () => {
    expect(explainUrl(signed())).to.deep.equal({
      verdict: 'accepted',
      domain,
      key,
      canonicalPath: '/pool/foo_1.2%2Bdeb9_amd64.deb',
      token: {
        algorithm: 'sha256',
        expires,
        expiresAt: '2023-11-14T22:18:20.000Z',
        secondsLeft: 300,
        signedWith: 'current',
      },
      notes: [],
    })
  })

  it('knows the previous secret, and what its use means', () => {
    const explanation = explainUrl(signed({ secret: previous, algorithm: 'sha1' }))
    expect(explanation.token).to.include({ signedWith: 'previous', algorithm: 'sha1' })
    expect(explanation.notes.join()).to.include('has not been restarted')
  })

  it('agrees with the function, whatever the URL is', async () => {
    const secrets = [current, previous].map(decodeSecret)
    const handler = createHandler({ secrets: () => secrets.map(async (secret) => secret), rules: {} }, () => now * 1000)
    const urls = fc.oneof(
      fc.record({ key: keys, expires: fc.integer({ min: now - 3, max: now + 3 }) }).map((what) => signed(what)),
      fc.tuple(fc.nat(200), fc.constantFrom('', 'a', '%', '&', '0', '/')).map(([at, change]) => {
        const url = signed()
        const place = `https://${domain}`.length + 1 + (at % 60)
        return url.slice(0, place) + change + url.slice(place + 1)
      }),
    )
    await fc.assert(
      fc.asyncProperty(urls, async (url) => {
        const answer = await handler(viewerRequest(url.slice(`https://${domain}`.length)))
        const { verdict, reason, canonicalPath } = explainUrl(url)
        if ('status' in answer)
          expect({ verdict, reason }).to.deep.equal({ verdict: 'refused', reason: answer.body.trim() })
        else expect({ verdict, canonicalPath }).to.deep.equal({ verdict: 'accepted', canonicalPath: answer.uri })
      }),
      { numRuns: 500 },
    )
  })

  it('without a secret, says what it cannot tell, but refuses what is wrong anyway', () => {
    const without = { secrets: [] }
    expect(explainUrl(signed(), without))
      .to.include({ verdict: 'unknown' })
      .and.to.have.nested.property('token.signedWith', 'unchecked')
    expect(explainUrl(signed({ expires: now - 12 }), without)).to.include({
      verdict: 'refused',
      reason: 'expired 12 s ago',
    })
    expect(explainUrl(`https://${domain}/x`, without)).to.include({ verdict: 'refused', reason: 'missing token' })
  })

  it('tells that what is ours in the bucket is handed out to nobody, whatever the signature', () => {
    const { verdict, reason, notes } = explainUrl(`https://${domain}/%2Epc-ctl/lock?t=${expires}_${'0'.repeat(64)}`)
    expect({ verdict, reason }).to.deep.equal({ verdict: 'refused', reason: 'nothing is served below /.pc-ctl/' })
    expect(notes.join()).to.include('keeps what is its own')
  })

  it('tells an expired token whose signature is bad as well', () => {
    const url = signed({ expires: now - 12 }).replace('foo', 'bar')
    const { reason, notes } = explainUrl(url)
    expect(reason).to.equal('expired 12 s ago')
    expect(notes.join()).to.include('bad as well')
  })

  const path = `/${key}`
  for (const [sentence, url] of Object.entries({
    "with the secret's text as the key": forged(`${path}${expires}`, current),
    'line break as the key': forged(`${path}${expires}`, `${current}\n`),
    'still escaped, not over the decoded one': forged(`${encodePath(path)}${expires}`),
    'without its leading slash': forged(`${key}${expires}`),
    'two leading slashes': forged(`/${path}${expires}`),
    'for the path with spaces': forged(`${path.replace('+', ' ')}${expires}`),
    'for the path with "+"': forged(`/a+b${expires}`, undefined, 'a b'),
    'escaped with "+" kept': forged(`/a+b%3A1${expires}`, undefined, 'a+b:1'),
    'decoded twice': forged(`/a+b${expires}`, undefined, 'a%2Bb'),
    'whole URL': forged(`https://${domain}${path}${expires}`),
    'domain and path': forged(`${domain}${path}${expires}`),
    '"_" between': forged(`${path}_${expires}`),
    '"?t=" between': forged(`${path}?t=${expires}`),
    'line break at its end': forged(`${path}${expires}\n`),
    'expiry followed by the path': forged(`${expires}${path}`),
    'without the expiry': forged(path),
    'with the secret\'s text as the key, not the bytes that it decodes to, and with "_"': forged(
      `${path}_${expires}`,
      current,
    ),
    'none of the usual mistakes': forged(`${path}${expires}`, Buffer.alloc(32)),
  })) {
    it(`recognises a signature ${sentence}`, () => {
      const { verdict, reason, notes } = explainUrl(url)
      expect({ verdict, reason }).to.deep.equal({ verdict: 'refused', reason: 'bad signature' })
      expect(notes.join('\n')).to.include(sentence)
      for (const secret of [current, previous]) expect(JSON.stringify(notes)).not.to.include(secret)
    })
  }

  it('names the secret that a mistaken signer used', () => {
    expect(explainUrl(forged(`${path}${expires}`, previous)).notes.join()).to.include('(previous secret)')
  })

  const hex = 'a'.repeat(64)
  for (const [token, sentence] of [
    ['t=', 'empty'],
    [`t=${expires}_${hex}&t=${expires}_${hex}`, 'more than one token'],
    [`t=${expires}%5F${hex}`, 'percent-encoded'],
    [`t=${expires}000_${hex}`, 'milliseconds'],
    [`t=${expires}0_${hex}`, '11 digits'],
    [`t=${expires}_${hex.slice(1)}`, '63 hex digits'],
    [`t=${expires}_${hex.toUpperCase()}`, 'upper case'],
    [`t=${expires}_${hex}'`, 'something appended'],
    [`t=${hex}`, 'not EXPIRY_SIGNATURE'],
  ] as const) {
    it(`recognises a malformed token: ${sentence}`, () => {
      const { reason, notes } = explainUrl(`https://${domain}/x?${token}`)
      expect(reason).to.equal('malformed token')
      expect(notes.join()).to.include(sentence)
    })
  }

  it('recognises the signatures of others', () => {
    const query = 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20231114T221320Z&X-Amz-Expires=900&X-Amz-Signature=00'
    expect(explainUrl(`https://b.s3.amazonaws.com/x?${query}`)).to.deep.include({
      reason: 'missing token',
      foreign: { kind: 'presigned S3 URL (Signature Version 4)', checkedBy: 'S3', expires: now + 900 },
    })
    expect(
      explainUrl('https://b.s3.amazonaws.com/x?AWSAccessKeyId=A&Signature=b%3D&Expires=1700000900').foreign,
    ).to.deep.equal({
      kind: 'presigned S3 URL (Signature Version 2)',
      checkedBy: 'S3',
      expires: now + 900,
    })
    expect(explainUrl(`https://${domain}/x?Policy=e30_&Signature=b~&Key-Pair-Id=K1`).foreign).to.deep.equal({
      kind: "CloudFront's own signed URL",
      checkedBy: 'CloudFront',
    })
    expect(explainUrl(`https://${domain}/x?Signature=b`)).not.to.have.property('foreign')
  })

  it('notes another domain, another spelling and a long life', () => {
    expect(explainUrl(signed(), { domain: 'other.example' }).notes.join()).to.include(
      'not the configured other.example',
    )
    expect(explainUrl(signed().replace('%2B', '+')))
      .to.include({ verdict: 'accepted' })
      .and.to.have.property('notes')
      .that.match(/canonical/)
    expect(explainUrl(signed({ expires: now + 8 * 86_400 })).notes.join()).to.include('longer than a week')
  })

  it('takes URLs as they are given, dot segments and all', () => {
    expect(parseUrl('HTTPS://D.example/a/../b%2e?x#y')).to.deep.equal({
      scheme: 'https',
      domain: 'd.example',
      path: '/a/../b%2e',
      querystring: 'x',
    })
    expect(parseUrl('http://[::1]:80')).to.include({ domain: '[::1]:80', path: '/', querystring: '' })
    for (const text of [
      '',
      '/x',
      'd.example/x',
      'ftp://d.example/x',
      'https://',
      'https:///x',
      'https://u@d.example/x',
    ]) {
      expect(parseUrl(text), text).to.equal(undefined)
    }
  })
})
