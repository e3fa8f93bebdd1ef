/** Objects of indexes as clients see them. */
import { Readable } from 'node:stream'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'

import { expect } from 'chai'

import type { LeanS3 } from '../../../src/aws/s3-lean.ts'
import { readIndex } from '../../../src/reindex/indexes/read-index.ts'
import { RefusedRepository } from '../../../src/repositories/format.ts'

const page = Buffer.from('<a href="x">x</a>')

function read(body: Uint8Array, encoding: string | undefined, key = 'simple/x/'): Promise<Uint8Array | undefined> {
  const headers = encoding === undefined ? {} : { 'content-encoding': encoding }
  const open = async () => Object.assign(Readable.from([body]), { headers })
  return readIndex({ open } as unknown as LeanS3, key)
}

describe('an object of an index that is stored with a Content-Encoding', () => {
  it('is unpacked as clients do', async () => {
    for (const [body, encoding] of [
      [page, undefined],
      [page, 'identity'],
      [page, 'aws-chunked'],
      [gzipSync(page), 'gzip'],
      [gzipSync(page), 'x-GZIP'],
      [gzipSync(page), 'aws-chunked, gzip'],
      [brotliCompressSync(page), 'br'],
      [zstdCompressSync(page), 'zstd'],
      [brotliCompressSync(deflateSync(page)), 'deflate, br'],
    ] as const) {
      expect(Buffer.from((await read(body, encoding)) ?? []).toString(), encoding).to.equal(page.toString())
    }
  })

  it('stays as it is where it is packed by its name, or not packed at all', async () => {
    const list = gzipSync('Package: x')
    expect(await read(list, 'gzip', 'dists/x/main/binary-amd64/Packages.gz')).to.deep.equal(list)
    expect(await read(page, 'gzip')).to.deep.equal(page)
    expect(await read(Buffer.alloc(0), 'gzip')).to.have.length(0)
  })

  it('is never taken for something else where it can not be unpacked', async () => {
    for (const [body, encoding] of [
      [gzipSync(page).subarray(0, 20), 'gzip'],
      [page, 'br'],
      [page, 'compress'],
    ] as const) {
      const error: unknown = await read(body, encoding).catch((one: unknown) => one)
      expect(error, encoding).to.be.instanceOf(RefusedRepository)
      expect(String(error)).to.include('simple/x/ is stored with Content-Encoding')
    }
  })
})
