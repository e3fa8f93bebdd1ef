import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { BadPackageError } from '../../../src/repositories/format.ts'
import { readRpm, type RpmFacts } from '../../../src/repositories/yum/package-facts.ts'
import { readPackage } from '../../../src/repositories/yum/read-package.ts'
import { madeRpm, plainTags, type Tags } from './made-rpm.ts'

const fixture = readFileSync(new URL('fixtures/fix-tool.noarch.rpm', import.meta.url))

/** Reads an rpm and tells which ranges that took. */
async function readBy(bytes: Uint8Array, size = bytes.length) {
  const ranges: [number, number][] = []
  const facts = await readRpm(async (start, length) => {
    ranges.push([start, length])
    return bytes.subarray(start, start + length)
  }, size)
  return { facts, ranges }
}

async function failureOf(reading: Promise<unknown>): Promise<unknown> {
  try {
    await reading
    return undefined
  } catch (error) {
    return error
  }
}

describe('reading an rpm by ranges', () => {
  it('takes one read of 32 KiB where that holds the headers', async () => {
    const padded = Buffer.concat([madeRpm(plainTags), Buffer.alloc(100_000)])
    const { ranges, facts } = await readBy(padded)
    expect(ranges).to.deep.equal([[0, 32_768]])
    expect(facts.name).to.equal('made')
  })

  it('then exactly the rest', async () => {
    const rpm = madeRpm({ ...plainTags, 1005: 'd'.repeat(50_000) })
    const { ranges, facts } = await readBy(Buffer.concat([rpm, Buffer.alloc(100_000)]))
    expect(ranges).to.deep.equal([
      [0, 32_768],
      [32_768, rpm.length - 32_768],
    ])
    expect(facts.description).to.have.length(50_000)
    expect(facts.headerEnd).to.equal(rpm.length)
  })

  it('finds the header behind a signature header of any length', async () => {
    const rpm = madeRpm(plainTags, { 1007: { int32: [5] }, 1001: 'x'.repeat(40_000) })
    const { facts, ranges } = await readBy(Buffer.concat([rpm, Buffer.alloc(100_000)]))
    expect(facts.archiveSize).to.equal(5)
    expect(ranges.reduce((sum, [, length]) => sum + length, 0)).to.equal(rpm.length)
  })

  it('reads no further than a small file goes', async () => {
    expect((await readBy(fixture)).ranges).to.deep.equal([[0, fixture.length]])
  })

  it('calls a file cut off anywhere a bad package', async () => {
    for (let length = 0; length < fixture.length; length += 37) {
      expect(await failureOf(readBy(fixture.subarray(0, length))), `${length} bytes`).to.be.instanceOf(BadPackageError)
    }
  })

  it('notices an object that is shorter than its listing said', async () => {
    expect(await failureOf(readBy(fixture.subarray(0, 5000), fixture.length))).to.be.instanceOf(BadPackageError)
  })

  it('notices a damaged header by the digest of the signature header', async () => {
    const damaged = Buffer.from(fixture)
    const at = damaged.indexOf('Lab & Co')
    damaged.write('Bal', at)
    expect(await failureOf(readBy(damaged)))
      .to.be.instanceOf(BadPackageError)
      .with.property('message')
      .that.matches(/damaged/)
  })

  it('allocates nothing by a count that a header claims', async () => {
    const claims: { type: number; count: number }[] = [
      { type: 4, count: 0xffffffff },
      { type: 8, count: 0xffffffff },
      { type: 5, count: 0x20000000 },
    ]
    for (const claim of claims) {
      for (const tag of [1004, 1047, 1080, 1117, 1030]) {
        const rpm = madeRpm({ ...plainTags, [tag]: { raw: Buffer.from('abc\0'), ...claim } })
        const error = await failureOf(readBy(rpm))
        if (!(tag === 1004 && claim.type === 8)) expect(error).to.be.instanceOf(BadPackageError)
      }
    }
  })

  it('does not read headers that claim more than the file holds', async () => {
    const rpm = Buffer.from(madeRpm(plainTags))
    rpm.writeUInt32BE(0xfffffff0, rpm.lastIndexOf(Buffer.from('8eade801', 'hex')) + 12)
    const asked: number[] = []
    const error = await failureOf(
      readRpm(async (start, length) => {
        asked.push(length)
        return rpm.subarray(start, start + length)
      }, 10 ** 12),
    )
    expect(error).to.be.instanceOf(BadPackageError)
    expect(Math.max(...asked)).to.be.at.most(32_768)
  })

  it('refuses paths that a small header multiplies into gigabytes', async () => {
    const names = Array.from({ length: 20_000 }, () => 'f')
    const rpm = madeRpm({
      ...plainTags,
      1116: { int32: names.map(() => 0) },
      1117: names,
      1118: [`/${'d'.repeat(100_000)}/`],
    })
    expect(await failureOf(readBy(rpm))).to.be.instanceOf(BadPackageError)
  })

  it('ends on any damage, with facts or a bad package', async () => {
    const change = fc.record({ at: fc.nat(fixture.length - 1), to: fc.integer({ min: 0, max: 255 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
        // Without the digests, or they would find all of it.
        const rpm = Buffer.from(madeRpm(everyTag))
        for (const { at, to } of changes) rpm[at % rpm.length] = to
        const error = await failureOf(readBy(rpm))
        if (error !== undefined) expect(error).to.be.instanceOf(BadPackageError)
      }),
      { numRuns: 500 },
    )
  })

  it('ends on anything behind a true beginning', async () => {
    const beginning = fixture.subarray(0, 104)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (rest) => {
        expect(await failureOf(readBy(Buffer.concat([beginning, rest])))).to.be.instanceOf(BadPackageError)
      }),
    )
  })
})

const everyTag = {
  ...plainTags,
  1047: ['a', 'b'],
  1112: { int32: [8, 0] },
  1113: ['1', ''],
  1049: ['c', 'libc.so.6(GLIBC_2.3)'],
  1048: { int32: [0, 512] },
  1050: ['', ''],
  1080: { int32: [5, 5] },
  1081: ['x', 'y'],
  1082: ['one', 'two'],
  1116: { int32: [0, 1] },
  1117: ['f', 'g'],
  1118: ['/etc/', '/usr/bin/'],
  1030: { int16: [0o100644, 0o40755] },
  1037: { int32: [0, 64] },
}

describe('what the headers tell', () => {
  const factsOf = async (...made: Parameters<typeof madeRpm>): Promise<RpmFacts> =>
    (await readBy(madeRpm(...made))).facts

  it('takes the untranslated of several languages', async () => {
    const { summary } = await factsOf({ ...plainTags, 100: ['C', 'de'], 1004: { i18n: ['tool', 'Werkzeug'] } })
    expect(summary).to.equal('tool')
  })

  it('reads text that is no UTF-8 as Latin-1', async () => {
    expect((await factsOf({ ...plainTags, 1004: Buffer.from('caf\xe9', 'latin1') })).summary).to.equal('café')
  })

  it('prefers the wide sizes', async () => {
    const tags = { ...plainTags, 1009: { int32: [7] }, 5009: { int64: [2 ** 40] } }
    const facts = await factsOf(tags, { 1007: { int32: [1] }, 271: { int64: [2 ** 41] } })
    expect([facts.installedSize, facts.archiveSize]).to.deep.equal([2 ** 40, 2 ** 41])
  })

  it('knows a source package by its tag, and older ones by the source package that they do not name', async () => {
    const { 1044: sourceRpm = '', ...source } = { ...plainTags, 1022: 'i386' }
    for (const regions of [true, false]) {
      for (const leadType of [0, 1]) {
        for (const more of [{}, { 1106: { int32: [1] } }, { 1106: { int32: [1] }, 1044: sourceRpm }] as Tags[]) {
          expect((await factsOf({ ...source, ...more }, undefined, { leadType, regions })).arch).to.equal('src')
        }
        expect((await factsOf({ ...source, 1044: sourceRpm }, undefined, { leadType, regions })).arch).to.equal('i386')
      }
    }
  })

  it('tells of control characters, which XML can not hold', async () => {
    const note = async (tags: Tags): Promise<string | undefined> => {
      const rpm = madeRpm({ ...plainTags, ...tags })
      const source = {
        ...{ key: 'a.rpm', size: rpm.length, etag: '', modified: 0, known: {} },
        range: async (start: number, end: number) => rpm.subarray(start, end),
        stream: async function* () {
          yield rpm
        },
      }
      return (await readPackage(source)).note
    }
    expect(await note({})).to.equal(undefined)
    expect(await note({ 1004: { i18n: ['a\ttab, a\r\n \\u0001 and \u007f'] } })).to.equal(undefined)
    expect(await note({ 1004: { i18n: ['a \u001b[1mbold\u001b[0m summary'] } })).to.match(/control characters/)
    expect(await note({ 1080: { int32: [5] }, 1081: ['x'], 1082: ['back\\\u0008slash'] })).to.match(
      /control characters/,
    )
  })

  for (const [what, tag] of [
    ['name', 1000],
    ['version', 1001],
    ['release', 1002],
    ['arch', 1022],
  ] as const) {
    it(`refuses a package without ${what}`, async () => {
      expect(await failureOf(factsOf({ ...plainTags, [tag]: '' }))).to.be.instanceOf(BadPackageError)
    })
  }
})
