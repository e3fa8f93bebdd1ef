import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'

import { expect } from 'chai'
import fc from 'fast-check'

import { apt } from '../../../src/repositories/apt/apt.ts'
import { KeptPackage } from '../../../src/repositories/apt/kept-package.ts'
import { fileInTar } from '../../../src/repositories/apt/tar.ts'
import { Malformed } from '../../../src/repositories/apt/malformed.ts'
import { BadPackageError } from '../../../src/repositories/format.ts'
import { ar, compressions, controlText, deb, debOf, hash, sourceOf, tar } from './packages-made.ts'

/** `hello 1.0 amd64`, with the control archive as dpkg-deb compresses it by default; made with `xz -6`. */
const xzArchive = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4Cf/APVdABcLvBx9AZXAHUo+eRW/ePpNkgZPp2Vm73L/U4/VkuoUdwq952+lgcPPlk/O' +
    'j7TPJMSx1g15Vfx88DKEYR9AZeQ/qRtNdwf2vgjQ3OJpW+NAgHByMng95BpLmHBn4vgfqtuuH6wSuwzSmjecc9jdcREpVTppMPVX' +
    'sX0tUFq4q7yncedxtHkmOGFa0cS4qygE+98rRBHiIBhylEctlh2Hvr1Tezq3xrBwwK9qIuB7mXnahRTODEID4PufknStZwqmHcKo' +
    'MPCYiUUa/4kqzE0LIiw0G1Bw0Ft2ZUAtluDOd+6IKsWkh+0WcISrv2oT/HkqinpeavYAAAAAAM5f1XrDz1OaAAGRAoBQAADQ2kru' +
    'scRn+wIAAAAABFla',
  'base64',
)

const sums = (bytes: Uint8Array) => ({
  md5: hash('md5', bytes),
  sha1: hash('sha1', bytes),
  sha256: hash('sha256', bytes),
})

async function problemOf(bytes: Uint8Array, isKnown: boolean): Promise<string> {
  try {
    await apt.readPackage(sourceOf(bytes, isKnown ? sums(bytes) : {}))
  } catch (error) {
    if (error instanceof BadPackageError) return error.message
    throw error
  }
  return 'none'
}

describe('apt: reading a .deb', () => {
  /** What an index says, and needs to be told. */
  const wanted =
    'Package: hello\nArchitecture: amd64\nVersion: 1.0\nPriority: optional\nSection: misc\n' +
    'Maintainer: Zoë <zoe@example.org>\nFilename: pool/x.deb\nSize: 7\nSHA256: abc\n' +
    'Description: a greeting\n It greets.\n .\n Twice.\n'
  const said = (facts: Uint8Array): string | undefined =>
    new KeptPackage(facts).entry({ filename: 'pool/x.deb', size: 7, digests: { sha256: 'abc' } }, undefined)?.toString()

  for (const compression of Object.keys(compressions)) {
    it(`reads control.tar${compression}, hashing all where the digest is unknown`, async () => {
      const bytes = deb({ compression })
      const source = sourceOf(bytes)
      const { digests, identity, facts } = await apt.readPackage(source)
      expect(said(facts)).to.equal(wanted)
      expect(identity).to.equal('hello 1.0 amd64')
      expect(digests).to.deep.equal({ sha256: hash('sha256', bytes) })
      expect(source.asked).to.deep.equal(['all'])
    })
  }

  it('keeps the MD5 that the ETag tells beside the SHA-256 that it computes', async () => {
    const bytes = deb()
    const { digests } = await apt.readPackage(sourceOf(bytes, { md5: hash('md5', bytes) }))
    expect(digests).to.deep.equal({ md5: hash('md5', bytes), sha256: hash('sha256', bytes) })
  })

  it('reads a control file that is Latin-1, as very old packages have it', async () => {
    const bytes = debOf('control.tar', archiveOf(Buffer.from(controlText(), 'latin1')))
    expect(said((await apt.readPackage(sourceOf(bytes))).facts)).to.equal(wanted)
  })

  it('reads control.tar.xz', async () => {
    const { facts } = await apt.readPackage(sourceOf(debOf('control.tar.xz', xzArchive)))
    expect(said(facts)).to.equal(wanted)
  })

  it('reads the first 16 KiB only where the digest is known', async () => {
    const bytes = deb({ payload: 'x'.repeat(10) })
    const big = Buffer.concat([bytes, Buffer.alloc(100_000)])
    const source = sourceOf(big, { sha256: 'a' })
    const { digests } = await apt.readPackage(source)
    expect(source.asked).to.deep.equal(['0-16384'])
    expect(digests).to.deep.equal({ sha256: 'a' })
  })

  it('reads exactly the rest of a control archive that is longer, and not one byte of the data', async () => {
    const noise = Buffer.from(hash('sha512', 'x').repeat(400))
    const bytes = deb({ compression: '', before: [{ name: './md5sums', body: noise }], payload: 'y'.repeat(90_000) })
    const source = sourceOf(bytes, sums(bytes))
    expect(said((await apt.readPackage(source)).facts)).to.equal(wanted)
    const controlEnd = bytes.indexOf('data.tar.gz')
    expect(source.asked).to.deep.equal(['0-16384', `16384-${controlEnd + 61}`])
  })

  it('accepts names as GNU ar writes them, and members that begin with _', async () => {
    const control = gzipSync(tar([{ name: 'control', body: Buffer.from(controlText()) }]))
    const bytes = ar([
      { name: 'debian-binary/', body: Buffer.from('2.0\n') },
      { name: '_mark', body: Buffer.from('abc') },
      { name: 'control.tar.gz/', body: control },
      { name: 'data.tar.xz/', body: Buffer.from('x') },
    ])
    expect(said((await apt.readPackage(sourceOf(bytes))).facts)).to.equal(wanted)
  })

  const archiveOf = (text: string | Uint8Array): Buffer => tar([{ name: './control', body: Buffer.from(text) }])
  const hostile: Readonly<Record<string, readonly [Buffer, RegExp]>> = {
    'an empty object': [Buffer.alloc(0), /too early for a \.deb/],
    'something else': [Buffer.from('PK\u0003\u0004 and more than eight bytes'), /does not begin with/],
    'an ar archive of something else': [ar([{ name: 'x.o', body: Buffer.from('x') }]), /member 1 .* "x\.o"/],
    'a bomb of gzip': [debOf('control.tar.gz', gzipSync(Buffer.alloc(40 * 1024 * 1024))), /more than 32 MiB/],
    'a bomb of zstd': [debOf('control.tar.zst', zstdCompressSync(Buffer.alloc(40 * 1024 * 1024))), /more than 32 MiB/],
    'broken gzip': [debOf('control.tar.gz', Buffer.from('no gzip at all')), /cannot be decompressed/],
    'broken xz': [debOf('control.tar.xz', Buffer.from('no xz at all')), /cannot be decompressed/],
    'xz that ends early': [debOf('control.tar.xz', xzArchive.subarray(0, 100)), /cannot be decompressed/],
    bzip2: [debOf('control.tar.bz2', Buffer.from('BZh9')), /cannot read this compression/],
    'no control file': [debOf('control.tar', tar([{ name: './postinst', body: Buffer.from('') }])), /no control file/],
    'no version': [debOf('control.tar', archiveOf('Package: a\nArchitecture: all\n')), /no Version/],
    'a name that leads elsewhere': [deb({ fields: { Package: '../../etc' } }), /unusable Package/],
    'an architecture that leads elsewhere': [deb({ fields: { Architecture: 'a/../b' } }), /unusable Architecture/],
    'two stanzas': [debOf('control.tar', archiveOf(`${controlText()}\n${controlText()}`)), /not one stanza/],
    'a field twice': [debOf('control.tar', archiveOf(`${controlText()}package: other\n`)), /gives a field twice/],
    'half an upload': [
      deb({ payload: hash('sha512', 'x').repeat(30) }).subarray(0, -40),
      /truncated: \d+ bytes are there/,
    ],
    'no data archive': [
      ar([
        { name: 'debian-binary', body: Buffer.from('2.0\n') },
        { name: 'control.tar', body: archiveOf(controlText()) },
      ]),
      /no data archive/,
    ],
  }
  for (const [what, [bytes, message]] of Object.entries(hostile)) {
    it(`reports ${what}`, async () => {
      expect(await problemOf(bytes, true)).to.match(message)
      expect(await problemOf(bytes, false)).to.match(message)
    })
  }

  it('reports absurd sizes without reading so far', async () => {
    const bytes = deb()
    const at = bytes.indexOf('control.tar.gz') + 48
    bytes.write('9999999999', at)
    const source = { ...sourceOf(bytes, { sha256: 'a' }), size: 20_000_000_000 }
    try {
      await apt.readPackage(source)
      expect.fail('it was read')
    } catch (error) {
      expect(error)
        .to.be.instanceOf(BadPackageError)
        .with.property('message')
        .that.matches(/claims 9999999999 bytes/)
    }
  })

  it('does not blame the package for a download that ends early', async () => {
    const source = { ...sourceOf(deb()), size: 100_000 }
    try {
      await apt.readPackage(source)
      expect.fail('it was read')
    } catch (error) {
      expect(error).not.to.be.instanceOf(BadPackageError)
      expect(String(error)).to.match(/bytes came, not 100000/)
    }
  })

  it('ends for every truncation, with the package or a reason, and the same one however it is read', async () => {
    const whole = deb({ compression: '.zst' })
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), async (length) => {
        const part = whole.subarray(0, length)
        const problem = await problemOf(part, true)
        // The last byte may be nothing but padding.
        if (length < whole.length - 1) expect(problem).not.to.equal('none')
        if (length === whole.length) expect(problem).to.equal('none')
        expect(await problemOf(part, false)).to.equal(problem)
      }),
      { numRuns: 60 },
    )
  })

  it('ends for every flipped byte and all noise', async () => {
    const whole = [deb(), deb({ compression: '' }), debOf('control.tar.xz', xzArchive)]
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...whole), fc.nat(), fc.nat(255), async (original, at, byte) => {
        const bytes = Buffer.from(original)
        bytes[at % bytes.length] = byte
        await problemOf(bytes, true)
      }),
      { numRuns: 200 },
    )
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (noise) => {
        await problemOf(Buffer.concat([Buffer.from('!<arch>\n'), noise]), true)
        await problemOf(debOf('control.tar.gz', gzipSync(noise)), true)
        await problemOf(debOf('control.tar.xz', noise), true)
      }),
      { numRuns: 60 },
    )
  })

  it('reads any tar or calls it malformed', () => {
    const name = fc.constantFrom('./control', 'control', './md5sums', './x/control')
    const members = fc.array(fc.record({ name, body: fc.uint8Array({ maxLength: 1500 }) }), { maxLength: 4 })
    fc.assert(
      fc.property(members, (files) => {
        const wantedFile = files.find((file) => /^(\.\/)?control$/.test(file.name))
        expect(fileInTar(tar(files), 'control') ?? 'none').to.deep.equal(
          wantedFile === undefined ? 'none' : Buffer.from(wantedFile.body),
        )
      }),
    )
    const broken = tar([{ name: './control', body: Buffer.alloc(600) }])
    expect(() => fileInTar(broken.subarray(0, 700), 'control')).to.throw(Malformed, /ends inside/)
    broken[0] = 0x2f
    expect(() => fileInTar(broken, 'control')).to.throw(Malformed, /checksum/)
  })

  it('agrees with dpkg-deb on a package of its own making', async function () {
    if (spawnSync('dpkg-deb', ['--version']).status !== 0) this.skip()
    const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-deb-'))
    try {
      await writeFile(join(folder, 'hello.deb'), deb())
      const control = execFileSync('dpkg-deb', ['--field', join(folder, 'hello.deb')], { encoding: 'utf8' })
      expect(control).to.equal(controlText())
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
