import { createHmac } from 'node:crypto'

import { SignatureV4 } from '@smithy/signature-v4'
import { expect } from 'chai'
import fc from 'fast-check'

import { createRequestSigner, encodePath, hmacSha256 } from '../../src/aws/signature-v4.ts'
import { Sha256 } from '../support/sdk-hash.ts'

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }

/** What both signers add. */
const generated = new Set(['x-amz-content-sha256', 'x-amz-date', 'x-amz-security-token'])

/** The other signer takes values as text, and what is sent are the bytes of that. */
const inUtf8 = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value, 'latin1').toString()]))

/** As the SDK signs for S3. */
const ofS3 = { service: 's3', region: 'eu-west-1', sha256: Sha256, uriEscapePath: false, applyChecksum: true }

describe('signatures of requests to S3', () => {
  it("are those of the example in AWS's documents", () => {
    // Amazon S3 API Reference, "Examples: Signature calculations in AWS Signature Version 4", GET Object.
    const headers = createRequestSigner('us-east-1')(
      {
        method: 'GET',
        path: '/test.txt',
        query: {},
        headers: { host: 'examplebucket.s3.amazonaws.com', range: 'bytes=0-9' },
        body: undefined,
      },
      { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
      new Date('2013-05-24T00:00:00Z'),
    )
    expect(headers['authorization']).to.match(
      /Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41$/,
    )
  })

  it("are those of AWS's own signer, for any key, query, header, body and session", async () => {
    const odd = fc.string({ unit: 'grapheme', maxLength: 12 })
    const segment = fc.oneof(odd, fc.constantFrom('.', '..', '', 'a b', '%41', '+', "!'()*", 'É', '~', '=&;'))
    const key = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`)
    // The other signer copies parameters one by one, which loses one of this name.
    const name = odd.filter((text) => text !== '__proto__')
    const query = fc.dictionary(
      fc.oneof(fc.constantFrom('uploads', 'partNumber', 'prefix', 'Prefix', 'a-b', 'a_b', 'a'), name),
      odd,
      { maxKeys: 4, noNullPrototype: true },
    )
    // Bytes of UTF-8, of which each is a character: that is how Node sends them.
    const value = fc.string({ unit: fc.constantFrom('a', ' ', '  ', '=', ';', '"', '%', '/', ',', '\u00c3\u00a9') })
    const headers = fc.dictionary(
      fc.stringMatching(/^x-amz-(meta-)?[a-z0-9-]{1,8}$/).filter((name) => !generated.has(name)),
      value,
      { maxKeys: 4, noNullPrototype: true },
    )
    const body = fc.option(fc.uint8Array({ maxLength: 64 }), { nil: undefined })
    const session = fc.option(fc.string({ minLength: 1, unit: fc.constantFrom('a', '/', '+', '=') }), {
      nil: undefined,
    })
    const time = fc.date({
      min: new Date('2000-01-01T00:00:00Z'),
      max: new Date('2099-12-31T23:59:59Z'),
      noInvalidDate: true,
    })
    const signer = createRequestSigner('eu-west-1')
    await fc.assert(
      fc.asyncProperty(key, query, headers, body, session, time, async (path, parameters, more, bytes, token, now) => {
        const who = { ...credentials, ...(token !== undefined && { sessionToken: token }) }
        const given = { host: 's3.example.org', ...more }
        const request = { method: 'PUT', path: encodePath(path), query: parameters, headers: given, body: bytes }
        const ours = signer(request, who, now)
        const theirs = await new SignatureV4({ ...ofS3, credentials: who }).sign(
          {
            ...{ method: 'PUT', protocol: 'https:', hostname: 's3.example.org', path: encodePath(path) },
            ...{ query: parameters, headers: inUtf8(given), body: bytes },
          },
          { signingDate: now, signableHeaders: new Set(Object.keys(given)) },
        )
        expect(inUtf8(ours)).to.deep.equal(theirs.headers)
      }),
      { numRuns: 300 },
    )
  })

  it('have codes that are those of Node, for any key up to a block and any text', () => {
    const key = fc.uint8Array({ maxLength: 64 })
    const texts = fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(key, texts, (bytes, all) => {
        const sign = hmacSha256(bytes)
        for (const text of all) expect(sign(text)).to.equal(createHmac('sha256', bytes).update(text).digest('hex'))
      }),
    )
  })
})
