import { SignatureV4a } from '@smithy/signature-v4a'
import { expect } from 'chai'
import fc from 'fast-check'

import { AwsError } from '../../../src/sandbox/contracts/service.ts'
import { verifyAsymmetric } from '../../../src/sandbox/wire/asymmetric-check.ts'
import { privateKeyOf } from '../../../src/sandbox/wire/asymmetric-signature.ts'
import { sha256, uriEncode, type WireRequest } from '../../../src/sandbox/wire/signature.ts'
import { knownSecret } from '../../support/known-secret.ts'
import { Sha256 } from '../../support/sdk-hash.ts'

const service = 'cloudfront-keyvaluestore'
const credentials = {
  accessKeyId: 'AKISORANDOMAASORANDOM',
  secretAccessKey: 'q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom',
}
const now = Date.parse('2026-11-22T10:00:00Z')
const findSecret = knownSecret(credentials)

/** As AWS's own signer signs it, and as it would cross the wire. */
async function signed(key: string, body: string): Promise<WireRequest> {
  const path = `/key-value-stores/${uriEncode('arn:aws:cloudfront::1:key-value-store/x')}/keys/${uriEncode(key)}`
  const signer = new SignatureV4a({ service, region: '*', sha256: Sha256, credentials })
  const request = { method: 'PUT', protocol: 'https:', hostname: 'example.org', path, body }
  const headers = { host: 'example.org', 'if-match': 'KV1' }
  const signing = { signingDate: new Date(now) }
  const result = (await signer.sign({ ...request, headers }, signing)) as { headers: Record<string, string> }
  const lower = Object.entries(result.headers).map(([name, value]) => [name.toLowerCase(), value])
  return { method: 'PUT', rawPath: path, rawQuery: '', headers: Object.fromEntries(lower) as Record<string, string> }
}

function codeOf(request: WireRequest, body: string, at = now): string {
  try {
    verifyAsymmetric(request, service, sha256(body), findSecret, at)
  } catch (error) {
    if (error instanceof AwsError) return error.code
    throw error
  }
  return 'accepted'
}

describe('the check of Signature Version 4A', () => {
  it('derives the private key as AWS does', () => {
    const key = privateKeyOf(credentials.accessKeyId, credentials.secretAccessKey)
    expect(key.toString('hex')).to.equal('7fd3bd010c0d9c292141c2b77bfbde1042c92e6836fff749d1269ec890fca1bd')
  })

  it("accepts what AWS's own signer signs, and nothing that was changed since", async () => {
    const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => !/^\.\.?$/.test(text))
    await fc.assert(
      fc.asyncProperty(key, fc.string({ unit: 'grapheme', maxLength: 20 }), async (name, body) => {
        const request = await signed(name, body)
        expect(codeOf(request, body)).to.equal('accepted')
        const changes: [WireRequest, string][] = [
          [{ ...request, method: 'GET' }, body],
          [{ ...request, rawPath: `${request.rawPath}a` }, body],
          [{ ...request, rawQuery: 'a=b' }, body],
          [{ ...request, headers: { ...request.headers, 'x-amz-region-set': 'us-east-1' } }, body],
          [request, `${body} `],
        ]
        for (const [changed, text] of changes) expect(codeOf(changed, text)).to.equal('InvalidSignatureException')
      }),
      { numRuns: 15 },
    )
  }).timeout(60_000)

  it('refuses what is too old, not signed enough, or no signature at all', async () => {
    const request = await signed('key', '')
    const withAuthorization = (change: (authorization: string) => string): WireRequest => ({
      ...request,
      headers: { ...request.headers, authorization: change(request.headers['authorization'] ?? '') },
    })
    expect(codeOf(request, '', now + 16 * 60_000)).to.equal('InvalidSignatureException')
    for (const change of [
      (text: string) => text.replace('x-amz-region-set', 'if-match'),
      (text: string) => text.replace(/Signature=.*/, 'Signature=00'),
      (text: string) => text.replace(`/${service}/`, `/us-east-1/${service}/`),
      (text: string) => text.replace('AWS4-ECDSA-P256-SHA256', 'AWS4-HMAC-SHA256'),
    ]) {
      expect(codeOf(withAuthorization(change), '')).to.equal('InvalidSignatureException')
    }
  }).timeout(60_000)
})
