import { createECDH, createPublicKey, type KeyObject, verify } from 'node:crypto'

import { SignatureV4a } from '@smithy/signature-v4a'
import { expect } from 'chai'
import fc from 'fast-check'

import { canonical, type Credentials, encodeComponent, encodePath } from '../../src/aws/signature-v4.ts'
import { createRequestSigner4a, deriveKey } from '../../src/aws/signature-v4a.ts'
import { Sha256 } from '../support/sdk-hash.ts'

const service = 'cloudfront-keyvaluestore'
/** A known pair of key id and derived key. */
const known = {
  accessKeyId: 'AKISORANDOMAASORANDOM',
  secretAccessKey: 'q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom',
  key: '7fd3bd010c0d9c292141c2b77bfbde1042c92e6836fff749d1269ec890fca1bd',
}

function publicKeyOf(credentials: Credentials): KeyObject {
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(deriveKey(credentials))
  const point = curve.getPublicKey()
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((bytes) => bytes.toString('base64url'))
  return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' } })
}

/** What is behind `Signature=`, which is another one each time. */
const signatureIn = (authorization = ''): Buffer =>
  Buffer.from(/Signature=([0-9a-f]+)$/.exec(authorization)?.[1] ?? '', 'hex')
const withoutSignature = ({ authorization = '', ...headers }: Record<string, string>) => ({
  ...headers,
  authorization: authorization.replace(/Signature=.*$/, ''),
})

describe('signatures of requests for all regions', () => {
  it('are made with the key that is known to belong to an access key', () => {
    expect(deriveKey(known).toString('hex')).to.equal(known.key)
  })

  it("are those of AWS's own signer but for what is random in them, for any key, path, query, body and session", async () => {
    const odd = fc.string({ unit: 'grapheme', maxLength: 12 })
    // The other signer resolves "." and "..", which are in no path that is sent.
    const segment = odd.filter((text) => !['', '.', '..'].includes(text)).map(encodeComponent)
    const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`)
    const query = fc.dictionary(
      odd.filter((text) => text !== '__proto__'),
      odd,
      { maxKeys: 3, noNullPrototype: true },
    )
    const printable = (least: number) =>
      fc.string({ unit: fc.constantFrom('A', 'Z', '7', 'q', '+', '/'), minLength: least, maxLength: 40 })
    const token = fc.option(printable(1), { nil: undefined })
    const body = fc.option(fc.uint8Array({ minLength: 1, maxLength: 64 }), { nil: undefined })
    const time = fc.date({
      min: new Date('2000-01-01T00:00:00Z'),
      max: new Date('2099-12-31T23:59:59Z'),
      noInvalidDate: true,
    })
    const sign = createRequestSigner4a(service)
    await fc.assert(
      fc.asyncProperty(
        ...[printable(4), printable(4), token, path, query, body, time],
        async (accessKeyId, secretAccessKey, sessionToken, path, query, body, now) => {
          const who = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
          const headers = { host: 'example.org', 'if-match': 'KV1' }
          const request = { method: 'POST', path, query, headers, body }
          const ours = sign(request, who, now)
          const signer = new SignatureV4a({ service, region: '*', sha256: Sha256, credentials: who })
          const toSign = { method: 'POST', protocol: 'https:', hostname: 'example.org', path, query, headers, body }
          const options = { signingDate: now, signableHeaders: new Set(Object.keys(headers)) }
          const theirs = (await signer.sign(toSign, options)) as { headers: Record<string, string> }
          expect(withoutSignature(ours)).to.deep.equal(withoutSignature(theirs.headers))
          const { authorization, ...signed } = ours
          const { digest } = canonical(request, signed, encodePath(path))
          const stamp = ours['x-amz-date'] ?? ''
          const text = `AWS4-ECDSA-P256-SHA256\n${stamp}\n${stamp.slice(0, 8)}/${service}/aws4_request\n${digest}`
          for (const header of [authorization, theirs.headers['authorization']]) {
            const isGood = verify('sha256', Buffer.from(text), publicKeyOf(who), signatureIn(header))
            expect(isGood).to.equal(true)
          }
        },
      ),
      // The other signer takes fifty milliseconds each time.
      { numRuns: 40 },
    )
  })

  it('are made with the key of whose credentials are in use, though keys are kept', () => {
    const sign = createRequestSigner4a(service)
    const request = { method: 'GET', path: '/', query: {}, headers: { host: 'example.org' }, body: undefined }
    const other = { ...known, accessKeyId: 'AKIAOTHER' }
    for (const who of [known, other, known]) {
      const { authorization, ...headers } = sign(request, who, new Date('2026-11-30T03:00:00Z'))
      const { digest } = canonical(request, headers, '/')
      const text = `AWS4-ECDSA-P256-SHA256\n20261130T030000Z\n20261130/${service}/aws4_request\n${digest}`
      expect(verify('sha256', Buffer.from(text), publicKeyOf(who), signatureIn(authorization))).to.equal(true)
      expect(authorization).to.include(`Credential=${who.accessKeyId}/20261130/`)
    }
  })
})
