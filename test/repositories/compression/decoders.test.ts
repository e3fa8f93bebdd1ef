import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

import { expect } from 'chai'
import fc from 'fast-check'

import { decompress, decompressList } from '../../../src/repositories/apt/decompress.ts'
import { decodeBzip2 } from '../../../src/repositories/compression/bzip2.ts'
import { decodeInThread } from '../../../src/repositories/compression/decode-in-thread.ts'
import { decodeLzma, type Sink } from '../../../src/repositories/compression/lzma-alone.ts'
import { unxz } from '../../../src/repositories/compression/xz.ts'
import { bytesOf, isThere, packed, tooLarge } from './contents.ts'

const gathered = async (pieces: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const held: Uint8Array[] = []
  for await (const piece of pieces) held.push(piece)
  return Buffer.concat(held)
}
const decoded = (decode: (bytes: Uint8Array, sink: Sink) => void, bytes: Uint8Array): Buffer => {
  const held: Buffer[] = []
  decode(bytes, (piece) => held.push(Buffer.from(piece)))
  return Buffer.concat(held)
}

/** What each tool writes, in its ways. */
const formats = {
  bzip2: { command: 'bzip2', ways: [['-1'], ['-9']], decode: (bytes: Uint8Array) => decoded(decodeBzip2, bytes) },
  lzma: {
    command: 'xz',
    ways: [
      ['--format=lzma'],
      ['--format=lzma', '-9'],
      ['--format=lzma', '--lzma1=lc=0,lp=2,pb=0'],
      ['--format=lzma', '--lzma1=lc=4,pb=4,dict=4096'],
    ],
    decode: (bytes: Uint8Array) => decoded(decodeLzma, bytes),
  },
} as const
const arbitrary = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  fc
    .array(fc.tuple(fc.constantFrom('a', 'ab', 'Package: x\n', '\0'), fc.nat(600)), { maxLength: 20 })
    .map((runs) => Buffer.from(runs.map(([text, times]) => text.repeat(times)).join(''))),
)

describe('decoders', function () {
  this.timeout(60_000)

  for (const [name, { command, ways, decode }] of Object.entries(formats)) {
    it(`${name} gives what was packed, whatever it is`, function () {
      if (!isThere(command)) this.skip()
      for (const content of [bytesOf('lines'), bytesOf('noise'), Buffer.alloc(300_000), Buffer.alloc(0)]) {
        for (const way of ways)
          expect(decode(packed(command, content, ...way)).equals(content), way.join()).to.equal(true)
      }
      fc.assert(
        fc.property(arbitrary, fc.constantFrom<readonly string[]>(...ways), (content, way) => {
          expect(decode(packed(command, content, ...way))).to.deep.equal(Buffer.from(content))
        }),
        { numRuns: 15 },
      )
    })

    it(`${name} that is cut off or damaged is never taken for whole, and always ends`, function () {
      if (!isThere(command)) this.skip()
      const content = bytesOf('lines').subarray(0, 20_000)
      const whole = packed(command, content, ...ways[0])
      for (let length = 0; length < whole.length; length += 197) {
        expect(() => decode(whole.subarray(0, length)), `${length}`).to.throw(Error)
      }
      fc.assert(
        fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
          const broken = Buffer.from(whole)
          broken[at] = (broken[at] ?? 0) ^ change
          let found: Buffer | undefined
          try {
            found = decode(broken)
          } catch (error) {
            expect(error).to.be.instanceOf(Error)
          }
          // The level of bzip2 says nothing of the content; lzma has no checksum.
          if (found !== undefined && name === 'bzip2') expect(found.equals(content)).to.equal(true)
        }),
        { numRuns: 30 },
      )
    })
  }

  it('bzip2 reads streams one after another, as pbzip2 writes them', function () {
    if (!isThere('bzip2')) this.skip()
    const streams = ['one\n', '', 'three\n'].map((text) => packed('bzip2', Buffer.from(text)))
    expect(decoded(decodeBzip2, Buffer.concat(streams)).toString()).to.equal('one\nthree\n')
  })

  it('lzma takes no dictionary that nothing real has', () => {
    const header = Buffer.alloc(20)
    header.writeUInt8(0x5d)
    header.writeUInt32LE(0xffffffff, 1)
    expect(() => decoded(decodeLzma, header)).to.throw('absurdly large dictionary')
  })

  it('a thread hands on what it decodes, and what is wrong with it', async function () {
    if (!isThere('bzip2')) this.skip()
    const content = bytesOf('lines')
    expect((await gathered(decodeInThread('bzip2', packed('bzip2', content)))).equals(content)).to.equal(true)
    const why = await gathered(decodeInThread('lzma', packed('bzip2', content))).catch(String)
    expect(why).to.match(/^Error: it /)
  })

  it('a thread goes on no faster than what it decodes is taken, and ends where nobody wants more', async function () {
    if (!isThere('bzip2')) this.skip()
    let length = 0
    for await (const piece of decodeInThread('bzip2', tooLarge)) {
      length += piece.length
      if (length > 2_000_000) break
    }
    expect(length).to.be.below(3_000_000)
  })

  it('a list is never more than is allowed, however it is compressed', async function () {
    const most = 2 ** 20
    if (!isThere('xz')) this.skip()
    const zeros = Buffer.alloc(most + 1)
    const bodies = {
      bz2: tooLarge,
      lzma: packed('xz', zeros, '--format=lzma'),
      xz: packed('xz', zeros),
      gz: gzipSync(zeros),
    }
    for (const [ending, body] of Object.entries(bodies)) {
      const why = await decompressList(body, `Packages.${ending}`, most).catch(String)
      expect(why).to.equal(`Malformed: Packages.${ending} holds more than 1 MiB`)
      expect(await decompress(body, `control.tar.${ending}`, most).catch(String)).to.match(/^Malformed/)
    }
  })

  for (const flags of [[], ['--block-size=20000'], ['-9e']]) {
    it(`xz with SHA-256 is read and checked (${flags.join(' ')})`, async function () {
      if (!isThere('xz')) this.skip()
      const content = bytesOf('lines')
      const whole = packed('xz', content, '-C', 'sha256', ...flags)
      expect((await gathered(unxz(whole))).equals(content)).to.equal(true)
      const mixed = [whole, Buffer.alloc(8), packed('xz', Buffer.from('more'), '-C', 'sha256')]
      expect((await gathered(unxz(Buffer.concat(mixed)))).toString()).to.equal(`${content.toString()}more`)
      const digest = createHash('sha256')
        .update(flags.length === 0 ? content : '')
        .digest()
      const at = whole.indexOf(digest)
      // Where there are several blocks, the last one's check is before the index.
      const broken = Buffer.from(whole)
      const damagedAt = at > 0 ? at : whole.length - 12 - (whole.readUInt32LE(whole.length - 8) + 1) * 4 - 1
      broken.writeUInt8((broken[damagedAt] ?? 0) ^ 1, damagedAt)
      expect(await gathered(unxz(broken)).catch(String)).to.match(/SHA-256/)
      for (const length of [0, 11, 30, whole.length - 40, whole.length - 4]) {
        expect(await gathered(unxz(whole.subarray(0, length))).catch(String), `${length}`).to.be.a('string')
      }
    })
  }

  it('xz with other checks is read as well', async function () {
    if (!isThere('xz')) this.skip()
    const content = bytesOf('lines')
    for (const check of ['none', 'crc32', 'crc64']) {
      expect((await gathered(unxz(packed('xz', content, '-C', check)))).equals(content), check).to.equal(true)
    }
  })
})
