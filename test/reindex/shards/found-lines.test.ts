import { gzipSync } from 'node:zlib'

import { expect } from 'chai'

import { isFound, packLines, unpackLines } from '../../../src/reindex/shards/found-lines.ts'

describe('what others have found out', () => {
  const row = {
    ...{ key: 'a.deb', size: 1, etag: 'e', modified: 1, first: 1, class: 'package', format: 'apt', todo: false },
    ...{ why: null, cacheControl: 'x', contentType: 'y', encoding: null, skip: null },
  }
  const read = { format: 'apt', bad: null, about: '{"digests":{"sha256":"00"}}', facts: 'AA==' }
  const line = { row, packages: [read], rewritten: { before: { cacheControl: '', contentType: '' }, wanted: 'x' } }

  it('is what was packed', async () => {
    const lines = await unpackLines(await packLines([line]))
    expect(lines).to.deep.equal([line])
    expect(lines.every(isFound)).to.equal(true)
  })

  it('is nothing that would only be stumbled over later', () => {
    const others = [
      ...[null, [], 'x', {}, { row, packages: {} }, { row: null, packages: [] }],
      ...Object.keys(row).map((name) => ({ ...line, row: { ...row, [name]: { toString: 1 } } })),
      { ...line, row: { ...row, size: 1.5 } },
      ...['format', 'bad', 'about', 'facts', 'before'].map((name) => ({
        ...line,
        packages: [{ ...read, [name]: {} }],
      })),
      ...['{', 'null', '{}', '{"digests":{"sha256":1}}'].map((about) => ({ ...line, packages: [{ ...read, about }] })),
      { ...line, packages: [{ ...read, facts: null }] },
      { ...line, packages: [{ ...read, about: null }] },
      { ...line, rewritten: {} },
      { ...line, rewritten: null },
    ]
    for (const other of others) expect(isFound(other), JSON.stringify(other)).to.equal(false)
  })

  it('is refused where it unpacks to more than somebody has room for', async () => {
    const failure = await unpackLines(gzipSync(Buffer.alloc(65_536)), 65_535).catch((error: unknown) => error)
    expect(failure).to.have.property('code', 'ERR_BUFFER_TOO_LARGE')
  })
})
