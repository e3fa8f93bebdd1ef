import { expect } from 'chai'
import fc from 'fast-check'

import { NotDecoded } from '../../../src/repositories/compression/xz-block.ts'
import { XzFront } from '../../../src/repositories/compression/xz-front.ts'
import { bytesOf, isThere, packed } from './contents.ts'

const ways: readonly (readonly string[])[] = [
  ['-6'],
  ['-9e', '--check=sha256'],
  ['-0', '--check=none'],
  ['--lzma2=lc=0,lp=2,pb=0'],
  ['--lzma2=lc=3,lp=1,pb=4,dict=4096'],
  ['--threads=2', '--block-size=1000000'],
]

describe('the front of an xz', function () {
  this.timeout(60_000)
  before(function () {
    if (!isThere('xz')) this.skip()
  })

  it('is what was packed, in steps of any length', () => {
    const xz = new XzFront()
    for (const content of [bytesOf('lines'), bytesOf('noise'), Buffer.alloc(300_000), Buffer.from('x')]) {
      for (const way of ways) {
        const whole = packed('xz', content, ...way)
        fc.assert(
          fc.property(fc.array(fc.nat(40_000), { maxLength: 10 }), (steps) => {
            xz.begin(whole)
            let length = 0
            for (const step of steps) {
              length += step
              const found = xz.upTo(length)
              expect(found.length).to.be.at.least(Math.min(length, content.length))
              expect(content.subarray(0, found.length).equals(found), way.join()).to.equal(true)
            }
          }),
          { numRuns: 10 },
        )
        xz.begin(whole)
        expect(content.equals(xz.upTo(Number.POSITIVE_INFINITY)), way.join()).to.equal(true)
      }
    }
  })

  it('reads no more of what is packed than it needs', () => {
    const content = bytesOf('lines')
    const whole = packed('xz', content)
    const xz = new XzFront()
    xz.begin(whole.subarray(0, whole.length / 2))
    expect(content.subarray(0, 3000).equals(xz.upTo(3000).subarray(0, 3000))).to.equal(true)
    expect(() => xz.upTo(content.length)).to.throw(NotDecoded, 'cut off')
  })

  it('of what is damaged ends, and knows nothing of the one before', () => {
    const whole = packed('xz', bytesOf('lines').subarray(0, 20_000))
    const [used, fresh] = [new XzFront(), new XzFront()]
    const read = (xz: XzFront, bytes: Uint8Array): string => {
      try {
        xz.begin(bytes)
        return Buffer.from(xz.upTo(100_000)).toString('hex')
      } catch (error) {
        expect(error).to.be.instanceOf(NotDecoded)
        return String(error)
      }
    }
    read(used, packed('xz', bytesOf('noise'), '--lzma2=lc=0,lp=2,pb=0'))
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const broken = Buffer.from(whole)
        broken[at] = (broken[at] ?? 0) ^ change
        expect(read(used, broken)).to.equal(read(fresh, broken))
      }),
      { numRuns: 300 },
    )
  })

  it('is not read where more was done than LZMA2, or a dictionary is asked for that nothing real has', () => {
    const xz = new XzFront()
    const content = Buffer.from('x'.repeat(1000))
    for (const bytes of [
      packed('xz', content, '--x86', '--lzma2'),
      packed('xz', content, '--lzma2=dict=128MiB'),
      packed('xz', content, '--format=lzma'),
      packed('xz', content).subarray(0, 20),
      packed('xz', ''),
      Buffer.alloc(0),
    ]) {
      expect(() => xz.begin(bytes)).to.throw(NotDecoded)
    }
  })
})
