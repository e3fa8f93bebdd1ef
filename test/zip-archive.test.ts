import { spawnSync } from 'node:child_process'
import { buffer } from 'node:stream/consumers'
import { deflateRawSync } from 'node:zlib'

import { expect } from 'chai'
import * as fc from 'fast-check'
import { zipSync } from 'fflate'

import { listZip, readEntry, streamEntry, ZipError, ZipSizeError, type ZipEntry } from '../src/zip-archive.ts'
import { craftedZip, type CraftedFile } from './support/crafted-zip.ts'

const limits = { entries: 100, bytes: 1_000_000 }
const zeros = (size: number): Buffer => Buffer.alloc(size)

const only = (file: CraftedFile): ZipEntry => {
  const [entry] = listZip(craftedZip([file]), limits)
  if (entry === undefined) throw new Error('nothing is listed')
  return entry
}
const failure = (act: () => unknown): unknown => {
  try {
    act()
    return undefined
  } catch (error) {
    return error
  }
}

describe('a zip archive', () => {
  it('gives back what fflate has packed', async () => {
    const name = fc.stringMatching(/^[a-z0-9 ._-]{1,8}$/).filter((part) => !/^\.*$/.test(part))
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
    const files = fc
      .dictionary(path, fc.uint8Array({ maxLength: 2000 }), { maxKeys: 8 })
      .filter((tree) =>
        Object.keys(tree).every((one) => !Object.keys(tree).some((other) => other.startsWith(`${one}/`))),
      )
    const time = { mtime: new Date(2020, 0, 1) }
    await fc.assert(
      fc.asyncProperty(files, fc.constantFrom(0, 6, 9), async (tree, level) => {
        const zip = zipSync(tree, { level: level, ...time })
        const entries = listZip(zip, { entries: 1000, bytes: 1_000_000 })
        expect(entries.map((entry) => entry.path)).to.have.members(Object.keys(tree))
        for (const entry of entries) {
          const body = Buffer.from(tree[entry.path] ?? [])
          expect(readEntry(entry).equals(body)).to.equal(true)
          expect((await buffer(streamEntry(entry))).equals(body)).to.equal(true)
        }
      }),
    )
  })

  it('reads what Python writes, to a file and to a pipe, with folders', function () {
    const program = `
import io, sys, zipfile
class Pipe(io.RawIOBase):
    def writable(self): return True
    def write(self, data): return sys.stdout.buffer.write(data)
target = Pipe() if sys.argv[1] == 'pipe' else sys.stdout.buffer
buffer = target if sys.argv[1] == 'pipe' else io.BytesIO()
with zipfile.ZipFile(buffer, 'w', zipfile.ZIP_DEFLATED) as z:
    z.writestr('lib/', '')
    z.writestr('lib/ä.txt', 'umlaut' * 100)
    z.writestr(zipfile.ZipInfo('./index.mjs'), 'code')
if buffer is not target: target.write(buffer.getvalue())
`
    for (const to of ['file', 'pipe']) {
      const { stdout, status, error } = spawnSync('python3', ['-c', program, to])
      if (error !== undefined) return this.skip()
      expect(status).to.equal(0)
      const entries = listZip(stdout, limits)
      expect(entries.map(({ path, folder }) => [path, folder])).to.deep.equal([
        ['lib', true],
        ['lib/ä.txt', false],
        ['index.mjs', false],
      ])
      expect(entries.filter(({ folder }) => !folder).map((entry) => readEntry(entry).toString())).to.deep.equal([
        'umlaut'.repeat(100),
        'code',
      ])
    }
  })

  it('is refused where a name leads out, or is no plain name', () => {
    const names: [string | Buffer, RegExp][] = [
      ['../evil', /leads out of its folder/],
      ['a/../../evil', /leads out/],
      ['a/..', /leads out/],
      ['a\\..\\..\\evil', /leads out/],
      ['..\\evil', /leads out/],
      ['../', /leads out/],
      ['/etc/passwd', /absolute/],
      ['//server/share', /absolute/],
      ['\\\\server\\share', /absolute/],
      ['C:\\evil', /absolute/],
      ['c:evil', /absolute/],
      ['', /no name/],
      ['a\0.mjs', /no name/],
      ['.', /no name/],
      ['x'.repeat(256), /too long/],
      ['x/'.repeat(600), /too long/],
      [Buffer.from([0x61, 0xff]), /not UTF-8/],
    ]
    for (const [name, problem] of names) {
      expect(
        failure(() => only({ name })),
        String(name),
      )
        .to.be.instanceOf(ZipError)
        .with.property('message')
        .that.matches(problem)
    }
    expect(listZip(craftedZip([{ name: './' }, { name: './a//b/./c' }]), limits).map(({ path }) => path)).to.deep.equal(
      ['a/b/c'],
    )
    expect(only({ name: 'a..b/...c' }).path).to.equal('a..b/...c')
  })

  it('is refused where it holds links, devices, or what is hidden or packed otherwise', () => {
    for (const [file, problem] of [
      [{ mode: 0o120777, body: '/etc/passwd' }, /link or a device/],
      [{ mode: 0o120777, system: 0 }, /link or a device/],
      [{ mode: 0o010644 }, /link or a device/],
      [{ mode: 0o020644 }, /link or a device/],
      [{ mode: 0o140644 }, /link or a device/],
      [{ mode: 0o040755 }, /link or a device/],
      [{ name: 'f/', mode: 0o100644 }, /link or a device/],
      [{ name: 'f/', body: 'x' }, /no name of a file/],
      [{ flags: 0x0001 }, /encrypted/],
      [{ flags: 0x0041 }, /encrypted/],
      [{ flags: 0x2000 }, /encrypted/],
      [{ local: { flags: 1 } }, /not alike/],
      [{ method: 12 }, /method 12/],
      [{ method: 93 }, /method 93/],
      [{ local: { method: 0 } }, /not alike/],
      [{ local: { name: 'g' } }, /not alike/],
      [{ local: { size: 1 } }, /not alike/],
      [{ method: 0, body: 'abc', size: 2 }, /two sizes/],
      [{ size: 0xffffffff }, /Zip64/],
    ] satisfies [Partial<CraftedFile>, RegExp][]) {
      const refused = failure(() => only({ name: 'f', ...file }))
      expect(refused, JSON.stringify(file)).to.be.instanceOf(ZipError).with.property('message').that.matches(problem)
    }
    expect(only({ name: 'f', mode: 0o100755 }).path).to.equal('f')
  })

  it('is refused where a name comes twice, or is a file and a folder', () => {
    for (const names of [
      ['a', 'a'],
      ['a', './a'],
      ['x/a', 'x//a'],
      ['a/', 'a/'],
      ['a', 'a/'],
      ['a', 'a/b'],
      ['a/b', 'a'],
    ]) {
      expect(
        failure(() => listZip(craftedZip(names.map((name) => ({ name }))), limits)),
        names.join(),
      ).to.be.instanceOf(ZipError)
    }
    expect(listZip(craftedZip(['a/b', 'a/', 'a/c', 'b/'].map((name) => ({ name }))), limits)).to.have.length(4)
  })

  it('is refused where it declares more than it may, before anything is unpacked', () => {
    const packed = deflateRawSync(zeros(10))
    const files = (sizes: number[]) => sizes.map((size, at) => ({ name: `f${at}`, packed, size }))
    const refused = (sizes: number[]) => failure(() => listZip(craftedZip(files(sizes)), limits))
    expect(refused([1_000_000])).to.be.instanceOf(ZipSizeError)
    expect(refused([500_000, 500_000])).to.be.instanceOf(ZipSizeError)
    expect(refused([0xfffffffe, 0xfffffffe])).to.be.instanceOf(ZipSizeError)
    expect(refused([500_000, 499_999])).to.equal(undefined)
    const names = Array.from({ length: 101 }, (_, at) => ({ name: `f${at}` }))
    expect(failure(() => listZip(craftedZip(names), limits)))
      .to.have.property('message')
      .that.matches(/more than 100 files/)
    expect(listZip(craftedZip(names.slice(1)), limits)).to.have.length(100)
    // Few files, but a folder in a folder in a folder…
    const deep = ['a', 'b', 'c'].map((start) => ({ name: `${start}/`.repeat(40) + 'f' }))
    expect(failure(() => listZip(craftedZip(deep), limits)))
      .to.have.property('message')
      .that.matches(/more than 100 files/)
  })

  it('is unpacked no further than it declares', async () => {
    const bomb = { name: 'bomb', packed: deflateRawSync(zeros(50_000_000)) }
    for (const size of [0, 1, 900_000]) {
      const entry = only({ ...bomb, size })
      expect(failure(() => readEntry(entry))).to.be.instanceOf(ZipError)
      let came = 0
      const refused = await (async () => {
        for await (const piece of streamEntry(entry)) came += piece.length
      })().catch((error: unknown) => error)
      expect(refused).to.be.instanceOf(ZipError)
      expect(came).to.be.at.most(size)
    }
  })

  it('is unpacked in small pieces, however large a file is', async () => {
    const [entry] = listZip(craftedZip([{ name: 'large', body: zeros(20_000_000) }]), { entries: 1, bytes: 1e9 })
    if (entry === undefined) throw new Error('nothing is listed')
    let size = 0
    for await (const piece of streamEntry(entry)) {
      expect(piece.length).to.be.at.most(64 * 1024)
      size += piece.length
    }
    expect(size).to.equal(20_000_000)
  })

  it('is refused where files share their bytes', () => {
    const inner = { name: 'b', body: 'x'.repeat(100) }
    const record = craftedZip([inner]).subarray(0, 31 + deflateRawSync(Buffer.from(inner.body)).length)
    const outer = { name: 'a', body: record, method: 0 }
    expect(listZip(craftedZip([outer, inner]), limits)).to.have.length(2)
    for (const files of [
      [outer, { ...inner, offset: 31 }],
      [{ ...inner, offset: 31 }, outer],
    ]) {
      const refused = failure(() => listZip(craftedZip(files), limits))
      expect(refused)
        .to.be.instanceOf(ZipError)
        .with.property('message')
        .that.matches(/overlap/)
    }
  })

  it('is refused where a file is shorter, longer or another than it says', async () => {
    const packed = deflateRawSync(Buffer.from('hello'))
    for (const file of [
      { body: 'hello', crc: 1 },
      { body: 'hello', size: 4 },
      { body: 'hello', size: 6 },
      { body: 'hello', method: 0, crc: 1 },
      { body: 'hello', packed: packed.subarray(0, 3) },
      { body: 'hello', packed: Buffer.from('nonsense') },
    ]) {
      const entry = only({ name: 'f', ...file })
      expect(
        failure(() => readEntry(entry)),
        JSON.stringify(file),
      ).to.be.instanceOf(ZipError)
      const streamed = await buffer(streamEntry(entry)).catch((error: unknown) => error)
      expect(streamed, JSON.stringify(file)).to.be.instanceOf(ZipError)
    }
  })

  it('is refused where its list is not whole, in place and alone', () => {
    const files = [{ name: 'f', body: 'x' }]
    for (const zip of [
      Buffer.alloc(0),
      Buffer.from('PK\x05\x06'),
      craftedZip(files, { count: 2 }),
      craftedZip(files, { count: 0 }),
      craftedZip(files, { start: 0 }),
      craftedZip(files, { disk: 1 }),
      craftedZip(files, { after: Buffer.from('more') }),
      Buffer.concat([Buffer.from('before'), craftedZip(files)]),
      craftedZip(files).subarray(0, -1),
    ]) {
      expect(
        failure(() => listZip(zip, limits)),
        zip.toString('hex'),
      ).to.be.instanceOf(ZipError)
    }
    expect(listZip(craftedZip([]), limits)).to.deep.equal([])
    expect(listZip(craftedZip(files, { comment: 'PK\x05\x06 in a comment' }), limits)).to.have.length(1)
  })

  it('never ends in anything but a ZipError, and never names a place outside', () => {
    const zip = craftedZip([
      { name: 'a/b', body: 'x'.repeat(50) },
      { name: 'c/', body: '' },
      { name: 'd', body: 'y', method: 0 },
    ])
    const attempt = (bytes: Buffer): void => {
      const result = failure(() => {
        for (const entry of listZip(bytes, limits)) {
          expect(entry.path).not.to.match(/^\/|(^|\/)\.\.(\/|$)/)
          readEntry(entry)
        }
      })
      if (result !== undefined) expect(result).to.be.instanceOf(ZipError)
    }
    const change = fc.tuple(fc.nat(zip.length - 1), fc.nat(255))
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), (changes) => {
        const bytes = Buffer.from(zip)
        for (const [at, byte] of changes) bytes[at] = byte
        attempt(bytes)
      }),
      { numRuns: 2000 },
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => attempt(Buffer.from(bytes))))
  })
})
