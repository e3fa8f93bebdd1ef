import { createHmac } from 'node:crypto'

import { AwsV4Signer } from 'aws4fetch'
import { expect } from 'chai'
import fc from 'fast-check'

import { createSigner, encodePath, encodeQuery, hmacSha256 } from '../../src/aws/signature-v4.ts'

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }

describe('signatures of requests to S3', () => {
  it("are those of the example in AWS's documents", () => {
    // Amazon S3 API Reference, "Examples: Signature calculations in AWS Signature Version 4", GET Object.
    const headers = createSigner('us-east-1')(
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

  it('are those of another implementation, for any key, query and header', async () => {
    const segment = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    const key = fc
      .array(segment, { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('/'))
      // The other implementation signs a URL, in which these segments are resolved.
      .filter((joined) => joined.split('/').every((part) => part !== '.' && part !== '..'))
    const value = fc
      .string({ unit: fc.constantFrom('a', 'b', ' ', '=', ';', '"', '%', '/'), maxLength: 10 })
      .map((text) => `x${text}x`)
    const signer = createSigner('eu-west-1')
    const now = new Date('2026-01-02T03:04:05Z')
    await fc.assert(
      fc.asyncProperty(
        key,
        value,
        fc.dictionary(fc.constantFrom('prefix', 'a', 'b'), value),
        async (key, text, query) => {
          const path = encodePath(`/${key}`)
          const headers = { host: 's3.example.org', 'x-amz-meta-a': text }
          const ours = signer({ method: 'PUT', path, query, headers, body: undefined }, credentials, now)
          const theirs = await new AwsV4Signer({
            ...credentials,
            method: 'PUT',
            url: `https://s3.example.org${path}?${encodeQuery(query)}`,
            headers: { 'x-amz-meta-a': text, 'x-amz-content-sha256': ours['x-amz-content-sha256'] ?? '' },
            service: 's3',
            region: 'eu-west-1',
            datetime: '20260102T030405Z',
          }).sign()
          expect(ours['authorization']?.replace(/, /g, ',')).to.equal(
            theirs.headers.get('authorization')?.replace(/, /g, ','),
          )
        },
      ),
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
