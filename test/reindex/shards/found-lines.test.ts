import { gzipSync } from 'node:zlib'

import { expect } from 'chai'

import { journalVersion } from '../../../src/reindex/journal/row.ts'
import { FoundLines, FoundUnreadable, isFound } from '../../../src/reindex/shards/found-lines.ts'
import { packDeb } from '../../../src/repositories/apt/kept-package.ts'
import { packed, unpacked } from './packed-found.ts'

describe('what others have found out', () => {
  const control = [
    ['Package', 'a'],
    ['Architecture', 'all'],
    ['Version', '1'],
  ] as const
  const row = {
    ...{ key: 'a.deb', size: 1, etag: 'e', modified: 1, first: 1, class: 'package', format: 'apt', todo: false },
    ...{ why: null, cacheControl: 'x', contentType: 'y', encoding: null, skip: null },
  }
  const ofPackage = {
    format: 'apt',
    bad: null,
    about: `{"digests":{"sha256":"${'0'.repeat(64)}"},"identity":"a 1 all"}`,
    facts: Buffer.from(packDeb(control)).toString('base64'),
  }
  const line = { row, packages: [ofPackage], rewritten: { before: { cacheControl: '', contentType: '' }, wanted: 'x' } }

  const described = (mebibytes: number): typeof ofPackage => {
    const facts = packDeb([...control, ['Description', 'x'.repeat(mebibytes * 1024 ** 2)]])
    return { ...ofPackage, facts: Buffer.from(facts).toString('base64') }
  }

  const failureOf = (bytes: Buffer, size?: number): Promise<unknown> =>
    unpacked(bytes, size).catch((error: unknown) => error)

  it('is what was packed', async () => {
    const odd = { ...line, row: { ...row, key: 'ü/\u2028\n"😀.deb' } }
    expect(await unpacked(await packed(line, odd), 7)).to.deep.equal([line, odd])
    const many = Array.from({ length: 2500 }, (_, at) => ({ ...line, row: { ...row, key: `${at}.deb` } }))
    expect(await unpacked(await packed(...many), 4096)).to.deep.equal(many)
  })

  it('is nothing that would only be stumbled over later', () => {
    const others = [
      ...[null, [], 'x', {}, { row, packages: {} }, { row: null, packages: [] }],
      ...Object.keys(row).map((name) => ({ ...line, row: { ...row, [name]: { toString: 1 } } })),
      { ...line, row: { ...row, size: 1.5 } },
      ...['format', 'bad', 'about', 'facts', 'before'].map((name) => ({
        ...line,
        packages: [{ ...ofPackage, [name]: {} }],
      })),
      ...['{', 'null', '{}', '{"digests":{"sha256":1}}', '{"digests":{}}'].map((about) => ({
        ...line,
        packages: [{ ...ofPackage, about }],
      })),
      ...['0', '0\nPackage: x', 'g'.repeat(64), 'A'.repeat(64)].map((sha256) => ({
        ...line,
        packages: [{ ...ofPackage, about: JSON.stringify({ digests: { sha256 }, identity: 'a 1 all' }) }],
      })),
      // What would make an index with something missing.
      ...['AA==', '', 'e30='].map((facts) => ({ ...line, packages: [{ ...ofPackage, facts }] })),
      ...['{"digests":{},"identity":"a 1 all"}', ofPackage.about.replace('a 1', 'b 1')].map((about) => ({
        ...line,
        packages: [{ ...ofPackage, about }],
      })),
      ...['gem', 'none'].map((format) => ({ ...line, packages: [{ ...ofPackage, format }] })),
      { ...line, row: { ...row, key: 'a.txt' } },
      ...['', 'k'.repeat(1025)].map((key) => ({ ...line, row: { ...row, key } })),
      { ...line, row: { ...row, size: -1 } },
      { ...line, republished: true },
      { ...line, rewritten: { before: {}, wanted: 'x' } },
      { ...line, packages: [{ ...ofPackage, facts: null }] },
      { ...line, packages: [{ ...ofPackage, about: null }] },
      { ...line, rewritten: {} },
      { ...line, rewritten: null },
    ]
    for (const other of others) expect(isFound(other), JSON.stringify(other)).to.equal(false)
  })

  it('is read as far as it is what was packed', async () => {
    const whole = await packed(line)
    for (const other of [
      ...[Buffer.from('no gzip'), whole.subarray(0, -9), gzipSync('{'), gzipSync('[]\n'), gzipSync('{}\n')],
      gzipSync(`{"version":${journalVersion}}\n{}\n`),
    ]) {
      expect(await failureOf(other), String(other)).to.be.instanceOf(FoundUnreadable)
    }
    const other = gzipSync(`{"version":${journalVersion + 1}}\n${JSON.stringify(line)}\n`)
    expect(await failureOf(other)).to.have.property('isOtherVersion', true)
    expect(await failureOf(whole)).to.deep.equal([line])
  })

  it('takes no more room than a piece of it, whatever it unpacks to', async () => {
    const bomb = gzipSync(Buffer.alloc(40 * 1024 ** 2, '['))
    expect(await failureOf(bomb, 16_384)).to.be.instanceOf(FoundUnreadable)
    const lines = new FoundLines()
    const huge = described(33)
    lines.add({ row, packages: [huge] })
    expect(await unpacked(await lines.pack())).to.deep.equal([{ row, packages: [] }])
    const large = described(9)
    for (let added = 1; !lines.isFull; added++) {
      lines.add({ row, packages: [large] })
      expect(added).to.be.at.most(4)
    }
  })
})
