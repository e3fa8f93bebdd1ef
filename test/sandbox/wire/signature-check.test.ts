import { SignatureV4 } from '@smithy/signature-v4'
import { expect } from 'chai'
import fc from 'fast-check'

import { presignedUrl } from '../../../src/rehearsal/presigned-url.ts'
import { AwsError } from '../../../src/sandbox/contracts/service.ts'
import { readSignature, scopedService, verifySignature } from '../../../src/sandbox/wire/signature-check.ts'
import { sha256, uriEncode, type WireRequest } from '../../../src/sandbox/wire/signature.ts'
import { knownSecret } from '../../support/known-secret.ts'
import { Sha256 } from '../../support/sdk-hash.ts'

const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const now = Date.parse('2026-11-22T10:00:00Z')
const findSecret = knownSecret(credentials)

const signerOf = (service: string, region = 'us-east-1'): SignatureV4 =>
  new SignatureV4({
    credentials,
    region,
    service,
    sha256: Sha256,
    uriEscapePath: service !== 's3',
    applyChecksum: service === 's3',
  })

interface Plain {
  method: string
  path: string
  query: Record<string, string | string[]>
  headers: Record<string, string>
  body: string
}

/** The request as it would cross the wire. */
function wire(request: Plain, headers: Record<string, string>): WireRequest {
  const rawQuery = Object.entries(request.query)
    .flatMap(([name, value]) => [value].flat().map((one) => `${uriEncode(name)}=${uriEncode(one)}`))
    .join('&')
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  return { method: request.method, rawPath: request.path, rawQuery, headers: lower }
}

async function signed(service: string, request: Plain, at = now): Promise<WireRequest> {
  const { headers } = await signerOf(service).sign(
    { ...request, protocol: 'http:', hostname: '127.0.0.1', headers: { host: '127.0.0.1:4566', ...request.headers } },
    { signingDate: new Date(at) },
  )
  return wire(request, headers)
}

function verify(request: WireRequest, service: string, body: string, at = now): void {
  const signature = readSignature(request, service)
  if (signature === undefined) throw new Error('no signature')
  verifySignature(request, signature, request.headers['x-amz-content-sha256'] ?? sha256(body), findSecret, at)
}

function codeOf(run: () => void): string {
  try {
    run()
  } catch (error) {
    if (error instanceof AwsError) return error.code
    throw error
  }
  return 'accepted'
}

const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
// Dot segments never cross the wire: URL parsers resolve them.
const segment = word.filter((text) => text !== '.' && text !== '..')
const requests = fc.record<Plain>({
  method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE'),
  path: fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.map(uriEncode).join('/')}`),
  query: fc.dictionary(
    word.filter((name) => !/^x-amz-/i.test(name) && name !== '__proto__'),
    fc.oneof(word, fc.array(word, { minLength: 1, maxLength: 3 })),
    { maxKeys: 4 },
  ),
  headers: fc.dictionary(
    fc.stringMatching(/^x-[a-z]{1,8}$/).filter((name) => name !== 'x-amz'),
    fc.stringMatching(/^[!-~]( {0,3}[!-~]){0,10}$/),
    { maxKeys: 3 },
  ),
  body: fc.string(),
})

describe('sandbox signatures', () => {
  for (const service of ['s3', 'kms', 'lambda']) {
    it(`accepts what the SDK signs for ${service}, and nothing else`, async () => {
      await fc.assert(
        fc.asyncProperty(requests, async (request) => {
          const sent = await signed(service, request)
          expect(scopedService(sent)).to.equal(service)
          verify(sent, service, request.body)
          const refused = service === 's3' ? 'SignatureDoesNotMatch' : 'InvalidSignatureException'
          const code = (changed: WireRequest): string => codeOf(() => verify(changed, service, request.body))
          expect(code({ ...sent, method: 'PATCH' })).to.equal(refused)
          expect(code({ ...sent, rawPath: `${sent.rawPath}x` })).to.equal(refused)
          expect(code({ ...sent, rawQuery: `${sent.rawQuery}&more=1` })).to.equal(refused)
          expect(code({ ...sent, headers: { ...sent.headers, host: 'elsewhere' } })).to.equal(refused)
        }),
        { numRuns: 60 },
      )
    })
  }

  it('refuses a changed body', async () => {
    const request = { method: 'POST', path: '/', query: {}, headers: {}, body: '{"a":1}' }
    const sent = await signed('kms', request)
    expect(codeOf(() => verify(sent, 'kms', '{"a":2}'))).to.equal('InvalidSignatureException')
  })

  it('accepts a timestamp within 15 minutes back and 5 ahead, in each service its own words', async () => {
    const request = { method: 'POST', path: '/', query: {}, headers: {}, body: '' }
    const code = async (service: string, minutes: number): Promise<string> => {
      const sent = await signed(service, request, now + minutes * 60_000)
      return codeOf(() => verify(sent, service, ''))
    }
    expect(await code('iam', -14)).to.equal('accepted')
    expect(await code('iam', -16)).to.equal('SignatureDoesNotMatch')
    expect(await code('iam', 4)).to.equal('accepted')
    expect(await code('iam', 6)).to.equal('SignatureDoesNotMatch')
    expect(await code('lambda', -16)).to.equal('InvalidSignatureException')
    expect(await code('s3', 14)).to.equal('accepted')
    expect(await code('s3', 16)).to.equal('RequestTimeTooSkewed')
  })

  it('makes presigned URLs that are good until they expire, for their path alone', () => {
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (parts) => {
        const path = `/bucket/${parts.map(uriEncode).join('/')}`
        const signer = { ...credentials, region: 'eu-west-1' }
        const url = new URL(presignedUrl('http://127.0.0.1:4566', path, signer, 300, now))
        const request = {
          method: 'GET',
          rawPath: path,
          rawQuery: url.search.slice(1),
          headers: { host: '127.0.0.1:4566' },
        }
        const signature = readSignature(request, 's3')
        if (signature === undefined) throw new Error('no signature')
        const code = (asked: WireRequest, at: number): string =>
          codeOf(() => verifySignature(asked, signature, 'UNSIGNED-PAYLOAD', findSecret, at))
        expect(code(request, now + 299_000)).to.equal('accepted')
        expect(code(request, now + 301_000)).to.equal('AccessDenied')
        expect(code({ ...request, rawPath: `${path}x` }, now)).to.equal('SignatureDoesNotMatch')
        expect(code({ ...request, method: 'PUT' }, now)).to.equal('SignatureDoesNotMatch')
      }),
      { numRuns: 40 },
    )
  })

  it('refuses headers of S3 that were left unsigned', async () => {
    const sent = await signed('s3', { method: 'PUT', path: '/b/k', query: {}, headers: {}, body: '' })
    const smuggled = { ...sent, headers: { ...sent.headers, 'x-amz-acl': 'public-read' } }
    expect(codeOf(() => verify(smuggled, 's3', ''))).to.equal('AccessDenied')
  })

  it('refuses malformed and foreign authorization', () => {
    const request = (authorization: string): WireRequest => ({
      method: 'GET',
      rawPath: '/',
      rawQuery: '',
      headers: { host: 'x', 'x-amz-date': '20261122T100000Z', authorization },
    })
    expect(codeOf(() => verify(request('AWS AKIA:c2ln'), 's3', ''))).to.equal('InvalidRequest')
    expect(codeOf(() => verify(request('AWS4-HMAC-SHA256 Credential=a'), 's3', ''))).to.equal(
      'AuthorizationHeaderMalformed',
    )
    const scope = 'AKIA/20261121/us-east-1/iam/aws4_request'
    const header = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=00`
    expect(codeOf(() => verify(request(header), 'iam', ''))).to.equal('InvalidClientTokenId')
    const known = header.replace('AKIA/', `${credentials.accessKeyId}/`)
    expect(codeOf(() => verify(request(known), 'iam', ''))).to.equal('SignatureDoesNotMatch')
  })
})
