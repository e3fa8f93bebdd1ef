/** Every parser on real files that were damaged at random: it answers, or refuses in its own words, and asks for no more than there may be. */
import { readFileSync } from 'node:fs'
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib'

import { expect } from 'chai'
import fc from 'fast-check'

import { alpine } from '../../src/repositories/alpine/alpine.ts'
import { apt } from '../../src/repositories/apt/apt.ts'
import { findControlMember } from '../../src/repositories/apt/ar.ts'
import { decompress } from '../../src/repositories/apt/decompress.ts'
import { decodeText, parseStanzas, signedText, writeStanza } from '../../src/repositories/apt/deb822.ts'
import { Malformed } from '../../src/repositories/apt/malformed.ts'
import { readRelease } from '../../src/repositories/apt/release.ts'
import { fileInTar } from '../../src/repositories/apt/tar.ts'
import { readVersions, writeVersions } from '../../src/repositories/gem/compact-index.ts'
import { gem } from '../../src/repositories/gem/gem.ts'
import { helm } from '../../src/repositories/helm/helm.ts'
import { openCharts } from '../../src/repositories/helm/old-index.ts'
import { readSpecs, UnreadableList } from '../../src/repositories/gem/marshal-read.ts'
import { listsOf } from '../../src/repositories/gem/specs.ts'
import {
  BadPackageError,
  type Format,
  type PackageSource,
  RefusedRepository,
  type Repository,
} from '../../src/repositories/format.ts'
import { npm } from '../../src/repositories/npm/npm.ts'
import { readPackument } from '../../src/repositories/npm/packument.ts'
import { newDocument, printDocument, readDocument } from '../../src/repositories/maven/document.ts'
import { versionsIn, withVersions } from '../../src/repositories/maven/version-list.ts'
import { readPage } from '../../src/repositories/pypi/old-pages.ts'
import { pypi } from '../../src/repositories/pypi/pypi.ts'
import { hasComparableEpoch, parseEvr } from '../../src/repositories/yum/evr.ts'
import { entryOf, oldElements, UnreadableIndex } from '../../src/repositories/yum/old-primary.ts'
import { parseRepomd } from '../../src/repositories/yum/repomd.ts'
import { yum } from '../../src/repositories/yum/yum.ts'
import { apkOf, apkWith, controlOf, cut, indexOf, infoText, rsaKey } from './alpine/made-apks.ts'
import { controlText, deb, debOf, tar } from './apt/packages-made.ts'
import { dependencyField, gemOf, gemspecText, gemWith } from './gem/made-gems.ts'
import { tarball } from './npm/made-tarballs.ts'
import { chartOf, chartText, chartWith } from './helm/made-charts.ts'
import { coreMetadata, sdist, wheel, wheelWith, zipped } from './pypi/made-packages.ts'
import { madeRpm, plainTags } from './yum/made-rpm.ts'
import { oddTags } from './yum/odd-rpms.ts'

const corpusFile = (name: string): Buffer => readFileSync(new URL(`corpus/${name}`, import.meta.url))
const fixture = (name: string): Buffer => readFileSync(new URL(`yum/fixtures/${name}`, import.meta.url))

/** What happens to a file: where, and what is put there in place of how many bytes. */
const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.oneof(fc.constant(0), fc.nat(8), fc.nat(3000)),
  insert: fc.oneof(
    fc.uint8Array({ maxLength: 4 }),
    fc
      .constantFrom('ffffffff', '7fffffff', '80000000', '00000000', '0a', '0a0a', '20', '3c', '3e', '22', '2d2d')
      .map((hex) => Uint8Array.from(Buffer.from(hex, 'hex'))),
  ),
  /** Overwrites rather than inserts: all offsets behind it stay right. */
  over: fc.boolean(),
})

/** Files that were damaged, cut off, or put together from two. */
const damaged = (...seeds: readonly Uint8Array[]): fc.Arbitrary<Buffer> =>
  fc
    .record({
      seed: fc.constantFrom(...seeds),
      other: fc.constantFrom(...seeds),
      changes: fc.array(change, { maxLength: 6 }),
      cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      splice: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 4 }),
    })
    .map(({ seed, other, changes, cut, splice }) => {
      let bytes = Buffer.from(seed)
      if (splice !== null) {
        const at = Math.floor(splice * Math.min(seed.length, other.length))
        bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(at)])
      }
      for (const { at, remove, insert, over } of changes) {
        const place = Math.floor(at * bytes.length)
        const behind = place + (over ? insert.length : remove)
        bytes = Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(behind)])
      }
      return cut === null ? bytes : bytes.subarray(0, Math.floor(cut * bytes.length))
    })

/** Reads a package both ways. Both come to the same, and nothing is asked for that is not there. */
async function readBothWays(format: Format, key: string, bytes: Buffer): Promise<void> {
  const outcomes: unknown[] = []
  for (const known of [{ sha256: '0' }, {}]) {
    const source: PackageSource = {
      ...{ key, size: bytes.length, etag: '', modified: 0, known },
      range: async (start, end) => {
        expect(start).to.be.at.least(0)
        expect(end).to.be.within(start, bytes.length)
        return bytes.subarray(start, end)
      },
      async *stream() {
        for (let at = 0; at < bytes.length; at += 777) yield bytes.subarray(at, at + 777)
      },
    }
    try {
      const { identity, facts } = await format.readPackage(source)
      outcomes.push({ identity, facts: Buffer.from(facts) })
    } catch (error) {
      expect(error).to.be.instanceOf(BadPackageError)
      outcomes.push(String(error))
    }
  }
  expect(outcomes[0]).to.deep.equal(outcomes[1])
}

async function mayRefuse(reading: () => unknown, refusal: new (...args: never[]) => Error): Promise<void> {
  try {
    await reading()
  } catch (error) {
    expect(error).to.be.instanceOf(refusal)
  }
}

const control = tar([{ name: './control', body: Buffer.from(controlText({ Depends: 'a,\n b (>= 1)' })) }])
const xzControl = ((): Uint8Array => {
  const bytes = corpusFile('read/xz-crc32.deb')
  const member = findControlMember(bytes)
  return 'needed' in member ? bytes : bytes.subarray(member.start, member.end)
})()
const primary = Buffer.from(
  '<?xml version="1.0" encoding="UTF-8"?>\n<metadata xmlns="http://linux.duke.edu/metadata/common" packages="1">\n' +
    '<package type="rpm"><name>x</name><arch>noarch</arch><version epoch="0" ver="1" rel="1"/>' +
    '<checksum type="sha" pkgid="YES">abc</checksum><time file="5" build="1"/><size package="7"/>' +
    '<location xml:base="http://x/" href="p/x%20y.rpm"/><format><rpm:header-range start="1" end="2"/></format></package>\n</metadata>',
)

describe('parsers on damaged files', function () {
  this.timeout(120_000)
  const runs = (numRuns: number) => ({ numRuns })

  it('debs', async () => {
    const seeds = [
      deb(),
      deb({ compression: '' }),
      deb({ compression: '.zst' }),
      corpusFile('read/xz-crc32.deb'),
      corpusFile('refused/tar-size-8-gib.deb'),
    ]
    await fc.assert(
      fc.asyncProperty(damaged(...seeds), (bytes) => readBothWays(apt, 'x.deb', bytes)),
      runs(400),
    )
  })

  it('control archives, behind whatever compression', async () => {
    await fc.assert(
      fc.asyncProperty(damaged(control, control.subarray(0, 700)), async (archive) => {
        await mayRefuse(() => fileInTar(archive, 'control'), Malformed)
        await readBothWays(apt, 'x.deb', debOf('control.tar.gz', gzipSync(archive)))
      }),
      runs(200),
    )
  })

  it('compressed data, which never gives more than it may', async () => {
    for (const [name, seed] of [
      ['a.gz', gzipSync(control)],
      ['a.zst', zstdCompressSync(control)],
      ['a.xz', xzControl],
    ] as const) {
      await fc.assert(
        fc.asyncProperty(damaged(seed), fc.nat(20_000), async (bytes, most) => {
          await mayRefuse(async () => {
            expect((await decompress(bytes, name, most)).length).to.be.at.most(most)
          }, Malformed)
        }),
        runs(150),
      )
    }
  })

  it('stanzas, which are the same once they have been written', async () => {
    const seeds = [Buffer.from(controlText()), Buffer.from(`${controlText()}\n${controlText({ X: ' y\n\t z' })}`)]
    await fc.assert(
      fc.asyncProperty(damaged(...seeds), async (bytes) =>
        mayRefuse(() => {
          const stanzas = [...parseStanzas(decodeText(bytes))]
          expect([...parseStanzas(stanzas.map(writeStanza).join('\n'))]).to.deep.equal(stanzas)
        }, Malformed),
      ),
      runs(300),
    )
  })

  it('Release and InRelease', async () => {
    const text = `Suite: x\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n ${'0'.repeat(64)} 5 main/binary-amd64/Packages\n`
    const signed = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${text}-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n`
    await fc.assert(
      fc.asyncProperty(damaged(Buffer.from(text), Buffer.from(signed)), async (bytes) =>
        mayRefuse(() => {
          for (const { size } of readRelease(signedText(decodeText(bytes))).files.values())
            expect(size).to.be.at.least(0)
        }, Malformed),
      ),
      runs(200),
    )
  })

  it('descriptions of sources', async () => {
    const seeds = ['read/plain.dsc', 'read/signed.dsc', 'refused/file-leads-outside.dsc'].map(corpusFile)
    await fc.assert(
      fc.asyncProperty(damaged(...seeds), (bytes) => readBothWays(apt, 'x.dsc', bytes)),
      runs(200),
    )
  })

  it('rpms', async () => {
    // Without digests of the header, or they would find all of it.
    const seeds = [
      madeRpm(plainTags),
      ...['needs', 'weak', 'changes', 'kinds', 'sizes'].map((name) => madeRpm({ ...plainTags, ...oddTags[name] })),
      fixture('fix-data.noarch.rpm'),
    ]
    await fc.assert(
      fc.asyncProperty(damaged(...seeds), (bytes) => readBothWays(yum, 'x.rpm', bytes)),
      runs(600),
    )
  })

  it('repomd.xml', () => {
    const seeds = ['href-leads-outside', 'comment-without-end', 'entities'].map((name) =>
      corpusFile(`indexes/${name}.repomd.xml`),
    )
    fc.assert(
      fc.property(damaged(...seeds), (bytes) => {
        const parsed = parseRepomd(bytes.toString())
        for (const { xml } of parsed?.data ?? []) expect(xml).to.match(/^<data[\s>]/)
      }),
      runs(300),
    )
  })

  it('lists of a yum repository, plain and compressed', async () => {
    for (const [href, seed] of [
      ['a.xml', primary],
      ['a.xml.gz', gzipSync(primary)],
      ['a.xml.zst', zstdCompressSync(primary)],
      ['a.xml.xz', xzControl],
    ] as const) {
      await fc.assert(
        fc.asyncProperty(damaged(seed), async (bytes) =>
          mayRefuse(async () => {
            for await (const xml of oldElements(href, bytes, 'metadata')) {
              expect(xml).to.match(/^<package[^]*<\/package>$/)
              expect(entryOf(xml) ?? { href }).to.have.property('href')
            }
          }, UnreadableIndex),
        ),
        runs(href === 'a.xml' ? 300 : 100),
      )
    }
  })

  const dependencies = dependencyField('rake', '~>', '13.0') + dependencyField('x', '=', '1.a', 'development')
  const lists = listsOf([
    { name: 'a', version: '1.0', platform: 'ruby' },
    { name: 'a', version: '1.0', platform: 'x86_64-linux' },
    { name: 'b', version: '1.0.pre', platform: 'ruby' },
  ])

  it('gems', async () => {
    const seeds = [gemOf(), gemOf({ before: [{ name: 'data.tar.gz', body: Buffer.alloc(40_000, 7) }] })]
    await fc.assert(
      fc.asyncProperty(damaged(...seeds), (bytes) => readBothWays(gem, 'x.gem', bytes)),
      runs(400),
    )
  })

  it('gemspecs, in sound gems', async () => {
    const seeds = [gemspecText({ dependencies }), gemspecText({ platform: 'x86-mswin32-60', email: '&a [x, *a]' })]
    await fc.assert(
      fc.asyncProperty(damaged(...seeds.map((text) => Buffer.from(text))), (text) =>
        readBothWays(gem, 'x.gem', gemWith(gzipSync(text))),
      ),
      runs(500),
    )
  })

  it('tarballs of npm, packed and not, and packuments', async () => {
    const manifest = {
      name: '@a/b',
      version: '1.0.0',
      bin: 'x.js',
      dependencies: { c: '^1' },
      bundledDependencies: ['c'],
    }
    const packed = tarball(manifest, { 'npm-shrinkwrap.json': '{}', 'x.gyp': '', 'x.js': 'x'.repeat(3000) })
    const packument = JSON.stringify({ name: 'x', versions: { '1.0.0': manifest }, big: 12345678901234567890 })
    const isRead = (bytes: Buffer): Promise<void> => readBothWays(npm, 'p/-/x.tgz', bytes)
    await fc.assert(fc.asyncProperty(damaged(packed), isRead), runs(300))
    await fc.assert(
      fc.asyncProperty(damaged(gunzipSync(packed)), (bytes) => isRead(gzipSync(bytes, { level: 1 }))),
      runs(300),
    )
    await fc.assert(
      fc.asyncProperty(damaged(gzipSync(packument), Buffer.from(packument)), async (bytes) => {
        const read = await readPackument(bytes)
        if (read !== undefined) for (const entry of Object.values(read.versions)) expect(entry).to.be.an('object')
      }),
      runs(500),
    )
  })

  it('lists of gems', async () => {
    await fc.assert(
      fc.asyncProperty(damaged(...lists.values()), async (bytes) =>
        mayRefuse(() => {
          for (const { name, version, platform } of readSpecs(bytes)) {
            for (const text of [name, version, platform]) expect(text).to.be.a('string')
          }
        }, UnreadableList),
      ),
      runs(500),
    )
  })

  it('versions of the compact index, of which nothing is lost that they say', () => {
    const text = `created_at: 2020-01-01T00:00:00Z\n---\na 1.0,1.1-java ${'0'.repeat(32)}\na -1.0 ${'1'.repeat(32)}\nb 2 ${'2'.repeat(32)}\n`
    fc.assert(
      fc.property(damaged(Buffer.from(text)), (bytes) => {
        const old = readVersions(bytes.toString())
        const infos = new Map(
          [...old.byName].map(([name, { numbers, info: md5 }]) => [name, { numbers: [...numbers], md5 }]),
        )
        const again = readVersions(writeVersions(old, infos, 0))
        for (const [name, { numbers, yanked }] of old.byName) {
          expect([...(again.byName.get(name)?.numbers ?? [])].sort(), name).to.deep.equal([...numbers].sort())
          expect([...(again.byName.get(name)?.yanked ?? [])].sort(), name).to.deep.equal([...yanked].sort())
        }
        expect(writeVersions(again, infos, 1)).to.equal(again.text)
      }),
      runs(400),
    )
  })

  it('packages of Alpine, and what is in sound ones', async () => {
    const seeds = [apkOf(), apkOf({ signed: false, more: [{ name: '.post-install', body: Buffer.alloc(30_000, 7) }] })]
    await fc.assert(
      fc.asyncProperty(damaged(...seeds), (bytes) => readBothWays(alpine, 'x.apk', bytes)),
      runs(300),
    )
    const info = Buffer.from(infoText({ depend: ['a', 'b>=1'], provides: 'c=1', provider_priority: '10' }))
    await fc.assert(
      fc.asyncProperty(damaged(info), (text) => readBothWays(alpine, 'x.apk', apkWith(controlOf(text)))),
      runs(300),
    )
    await fc.assert(
      fc.asyncProperty(damaged(cut([{ name: '.PKGINFO', body: info }])), (archive) =>
        readBothWays(alpine, 'x.apk', apkWith(gzipSync(archive))),
      ),
      runs(300),
    )
  })

  it('charts, and what is in sound ones', async () => {
    await fc.assert(
      fc.asyncProperty(damaged(chartOf(), chartOf({ apiVersion: 'v1' })), (bytes) =>
        readBothWays(helm, 'x.tgz', bytes),
      ),
      runs(300),
    )
    const more = 'keywords: &a [x, 1.10]\nannotations: {b: !!str 1}\ndependencies: [{name: d, tags: *a}]\n'
    await fc.assert(
      fc.asyncProperty(damaged(Buffer.from(chartText() + more)), (text) =>
        readBothWays(helm, 'x.tgz', chartWith({ 'x/Chart.yaml': text })),
      ),
      runs(300),
    )
  })

  it('wheels and source distributions, and what is in sound ones', async () => {
    const zips = [wheel('x', '1.0'), wheel('x', '1.0', 'Requires-Python: >=3\n')].map(({ body }) => body)
    const isWheelRead = (bytes: Buffer): Promise<void> => readBothWays(pypi, 'x-1.0-py3-none-any.whl', bytes)
    await fc.assert(fc.asyncProperty(damaged(...zips), isWheelRead), runs(500))
    const { body } = sdist('x', '1.0', 'Requires-Python: >=3\n')
    const isSdistRead = (bytes: Buffer): Promise<void> => readBothWays(pypi, 'x-1.0.tar.gz', bytes)
    await fc.assert(fc.asyncProperty(damaged(body), isSdistRead), runs(200))
    await fc.assert(
      fc.asyncProperty(damaged(gunzipSync(body)), (archive) => isSdistRead(gzipSync(archive, { level: 1 }))),
      runs(300),
    )
    const text = Buffer.from(coreMetadata('x', '1.0', 'Requires-Python: >=3,\n <4\nX: \u00fc\n'))
    await fc.assert(
      fc.asyncProperty(damaged(text), async (metadata) => {
        await isWheelRead(Buffer.from(wheelWith(metadata)))
        await readBothWays(pypi, 'x-1.0.zip', Buffer.from(zipped({ 'x-1.0/PKG-INFO': metadata })))
      }),
      runs(200),
    )
  })

  it('pages of PyPI, in which a link that was added is found again', () => {
    const html = `<!DOCTYPE html><html><!-- <a> --><base href="/x/"><body>
<a href='a-1.0.tar.gz#md5=${'0'.repeat(32)}' data-yanked="b &amp; c">a-1.0.tar.gz</a><br/>
<a href="https://x.example.com/b-1.0.zip" data-gpg-sig>b-1.0.zip</a></body></html>`
    const json = JSON.stringify({ meta: { x: 1 }, name: 'a', files: [{ filename: 'a-1.0.zip', url: 'u', hashes: {} }] })
    const added = [{ name: 'z-9.tar.gz', url: 'z-9.tar.gz', sha256: '1'.repeat(64), requiresPython: '>=3' }]
    fc.assert(
      fc.property(damaged(Buffer.from(html)), damaged(Buffer.from(json)), fc.boolean(), (page, other, isGone) => {
        for (const bytes of [page, other]) {
          const read = readPage('simple/a/', bytes)
          if ('broken' in read) continue
          const made = read.page.edited({ change: () => (isGone ? 'gone' : undefined), added })
          const again = readPage('simple/a/', made ?? Buffer.from('{'))
          expect('broken' in again).to.equal(false)
          const names = 'broken' in again ? [] : again.page.entries.map(({ name }) => name)
          // Inside of a comment or a tag that never ends nothing can be added.
          if (read.isJson || !/<!--(?![^]*-->)|<[^>]*$|<(?:script|style)/i.test(bytes.toString('latin1')))
            expect(names).to.include('z-9.tar.gz')
          if (isGone) expect(names.length).to.be.at.most(1)
        }
      }),
      runs(500),
    )
  })

  it('lists of Maven, which list after an edit what they should', () => {
    const list = withVersions(newDocument({ groupId: 'g', artifactId: 'a' }), new Set(['1.0', '1.1-SNAPSHOT']), 0)
    const seed = Buffer.from(printDocument(list))
    fc.assert(
      fc.property(damaged(seed, Buffer.concat([Buffer.from('<!-- & -->'), seed])), (bytes) => {
        const document = readDocument(bytes)
        if (document === undefined) return
        const wanted = new Set(['1.0', '2.0'])
        const again = readDocument(printDocument(withVersions(document, wanted, 0)))
        expect(again && new Set(versionsIn(again))).to.deep.equal(wanted)
      }),
      runs(300),
    )
  })

  it('indexes of charts and of Alpine, which are refused or read', async () => {
    const index = `apiVersion: v1\nentries:\n  a: &x\n  - {name: a, version: "1.0", urls: [a.tgz], digest: ${'a'.repeat(64)}}\n  b: *x\n`
    const packages = indexOf('C:Q1x=\nP:a\nV:1-r0\nA:x86_64\n\n', { key: rsaKey().privateKey })
    const repository = (key: string, bytes: Uint8Array): Repository => ({
      ...{ root: '', indexes: [{ key, size: bytes.length, etag: 'e', modified: 0 }] },
      read: async () => bytes,
    })
    await fc.assert(
      fc.asyncProperty(damaged(Buffer.from(index)), async (bytes) => {
        const { entries } = await openCharts(repository('index.yaml', bytes))
        for (const { name, version } of entries) expect(`${name} ${version}`).to.be.a('string')
      }),
      runs(300),
    )
    await fc.assert(
      fc.asyncProperty(damaged(packages, gunzipSync(packages)), async (bytes) =>
        mayRefuse(() => alpine.open(repository('x86_64/APKINDEX.tar.gz', bytes)), RefusedRepository),
      ),
      runs(300),
    )
  })

  it('versions of any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\d:.~^a-z -]{0,20}$/)), (evr) => {
        const { epoch = '', version = '', release = '' } = parseEvr(evr)
        expect(evr).to.include(version).and.to.include(release)
        expect(hasComparableEpoch(evr)).to.equal(/^\s*[+-]?\d+$/.test(evr === '' ? '0' : epoch))
      }),
    )
  })
})
