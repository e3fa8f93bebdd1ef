import { createHash } from 'node:crypto'

import { expect } from 'chai'
import fc from 'fast-check'

import { encodePath } from '../../../src/aws/signature-v4.ts'
import { readChecksumLine } from '../../../src/reindex/checksums/checksum-line.ts'

const digest = createHash('sha256').update('x').digest()
const told = {
  checksum_base64: digest.toString('base64'),
  etag: 'abc-2',
  checksumAlgorithm: 'SHA256',
  checksumType: 'FULL_OBJECT',
  checksum_hex: digest.toString('hex').toUpperCase(),
}
const line = (key: string, result: object, status = 'succeeded', bucket = 'b'): string => {
  const text = JSON.stringify(result)
    .replaceAll('=', String.raw`\u003d`)
    .replaceAll('"', '""')
  return `${bucket},${key},,${status},200,,"${text}"`
}

describe('a line of a report of checksums', () => {
  it('tells the digest of one version of an object, whatever its key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (key) => {
        fc.pre(key.isWellFormed())
        const expected = { key, etag: 'abc-2', sha256: digest.toString('hex') }
        expect(readChecksumLine(line(encodePath(key), told), 'b')).to.deep.equal(expected)
      }),
    )
    expect(readChecksumLine(`${line('a%2Fb+c', told)}\r`.trimEnd(), 'b')?.key).to.equal('a/b c')
    const { checksum_hex: hex, checksum_base64: base64, ...rest } = told
    for (const one of [{ checksum_hex: hex }, { checksum_base64: base64 }])
      expect(readChecksumLine(line('k', { ...rest, ...one }), 'b')?.sha256).to.equal(digest.toString('hex'))
  })

  it('tells nothing that is not all there', () => {
    const untied = { ...told, etag: undefined }
    const bad = [
      line('k', told, 'failed'),
      line('k', told, 'succeeded', 'other'),
      line('k', untied),
      line('%zz', told),
      line('k', { ...told, checksumAlgorithm: 'MD5' }),
      line('k', { ...told, checksumType: 'COMPOSITE' }),
      line('k', { ...told, checksum_hex: '0'.repeat(64) }),
      line('k', { ...told, checksum_hex: 'x', checksum_base64: 'x' }),
      'b,k,,succeeded,200,,"{not json}"',
      'b,k,,succeeded,200,,',
      '',
    ]
    for (const one of bad) expect(readChecksumLine(one, 'b'), one).to.equal(undefined)
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readChecksumLine(text, 'b')).to.equal(undefined)
      }),
    )
  })
})
