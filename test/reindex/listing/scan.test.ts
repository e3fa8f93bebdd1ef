import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'
import fc from 'fast-check'

import type { LeanS3 } from '../../../src/aws/s3-lean.ts'
import { Journal } from '../../../src/reindex/journal/journal.ts'
import { Pace } from '../../../src/reindex/pace.ts'
import { compareKeys } from '../../../src/reindex/ranges.ts'
import { scan, type ScanOptions } from '../../../src/reindex/listing/scan.ts'
import { chooseObjects } from '../../../src/reindex/selection.ts'
import { classify } from '../../../src/repositories/cache-control.ts'

/** A bucket of which only the listing is asked, in pages of a few keys. */
function listingOnly(keys: readonly string[], page: number): Pick<LeanS3, 'send'> & { requests: number } {
  const sorted = [...keys].sort(compareKeys)
  return {
    requests: 0,
    async send({ query = {} }) {
      this.requests++
      await new Promise((resolve) => setImmediate(resolve))
      const after = query['start-after'] ?? ''
      const found = sorted.filter((key) => compareKeys(key, after) > 0 && key.startsWith(query['prefix'] ?? ''))
      const contents = found
        .slice(0, page)
        .map(
          (key) =>
            `<Contents><Key>${encodeURIComponent(key).replaceAll('%20', '+')}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>` +
            '<ETag>&quot;e&quot;</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>',
        )
      const body = `<ListBucketResult><IsTruncated>${String(found.length > page)}</IsTruncated>${contents.join('')}</ListBucketResult>`
      return { status: 200, headers: {}, body: Buffer.from(body) }
    },
  }
}

describe('the scan of a bucket', () => {
  let folder: string
  let journal: Journal
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-scan-'))
    journal = new Journal(folder, 'b')
  })
  afterEach(async () => {
    journal.close()
    await rm(folder, { recursive: true, force: true })
  })

  const scanOf = (s3: ScanOptions['s3'], prefix = '', atOnce = 64, cuts: readonly string[] = []) =>
    scan({
      s3,
      journal,
      choice: chooseObjects({ prefix }),
      formats: [],
      pace: new Pace(atOnce),
      cuts,
      signal: new AbortController().signal,
      seen: () => undefined,
    })
  const run = (keys: readonly string[], page: number, prefix = '', cuts: readonly string[] = []) =>
    scanOf(listingOnly(keys, page), prefix, 64, cuts)
  const rows = () => journal.rows({ after: '', through: undefined }, 100_000)
  const known = (): string[] => rows().map(({ key }) => key)

  /** What a listing alone tells: tarballs make the key before them a packument. */
  const expectPackuments = async (all: readonly string[], page: number): Promise<void> => {
    const packuments = new Set(all.flatMap((key) => /^(.+)\/-\/(?:@[^/]+\/)?[^/]+\.tgz$/.exec(key)?.[1] ?? []))
    const expected = all.filter((key) => classify(key) !== 'neither' || packuments.has(key)).sort(compareKeys)
    for (let time = 0; time < 2; time++) {
      const scanned = await run(all, page)
      expect(known()).to.deep.equal(expected)
      expect([scanned.objects, scanned.neither.objects]).to.deep.equal([all.length, all.length - expected.length])
      for (const row of rows().filter(({ key }) => classify(key) === 'neither')) {
        expect(row).to.include({ class: 'metadata', format: 'npm', todo: true })
      }
    }
  }

  it('knows packuments of npm by the tarballs that come after them, wherever a page ends', async () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '/', '@', '~'), minLength: 1, maxLength: 4 })
    const parts = fc.array(
      fc.tuple(part, fc.constantFrom('', '', '/-/a.tgz', '/-/b.tgz', '/-/@b/a.tgz', '/-/c/d.tgz', '/x')),
    )
    const keys = parts.map((all) => [...new Set(all.map((of) => of.join('')))])
    await fc.assert(
      fc.asyncProperty(keys, fc.integer({ min: 1, max: 5 }), async (all, page) => {
        await run([], page)
        await expectPackuments(all, page)
      }),
    )
  })

  it('knows them wherever a range ends', async () => {
    const names = Array.from({ length: 40 }, (_name, index) => `npm/${'abcd'.charAt(index % 4)}${index}`)
    const tarballs = names.flatMap((name, index) =>
      Array.from({ length: index % 3 === 0 ? 0 : 40 }, (_tarball, version) => `${name}/-/x-1.0.${version}.tgz`),
    )
    const packuments = names.filter((_name, index) => index % 5 !== 0)
    await expectPackuments([...packuments, ...packuments.map((key) => `${key}-es`), ...tarballs], 7)
  })

  it('sees every object once, forgets what is gone, and keeps to its prefix', async () => {
    const name = fc.string({
      unit: fc.constantFrom('a', 'b', '/', '~', ' ', '+', '\u0001', 'é', '\uffff', '😀', '0'),
      maxLength: 6,
    })
    const keys = fc.uniqueArray(
      name.map((text) => `${text}x.deb`),
      { maxLength: 60 },
    )
    await fc.assert(
      fc.asyncProperty(
        keys,
        keys,
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom('', 'a', 'b/'),
        async (first, second, page, prefix) => {
          await run([], page)
          const scanned = await run(first, page)
          expect(scanned.objects).to.equal(first.length)
          expect(known()).to.deep.equal([...first].sort(compareKeys))
          const again = await run(second, page, prefix)
          expect(again.objects).to.equal(second.filter((key) => key.startsWith(prefix)).length)
          const left = new Set([
            ...first.filter((key) => !key.startsWith(prefix)),
            ...second.filter((key) => key.startsWith(prefix)),
          ])
          expect(known()).to.deep.equal([...left].sort(compareKeys))
        },
      ),
      { numRuns: 150 },
    )
  })

  it('shares the work of a large bucket without many requests in vain', async () => {
    const keys = Array.from({ length: 5000 }, (_key, index) => `7/11/debian/package_files/${index}.deb`)
    const s3 = listingOnly(keys, 50)
    await scanOf(s3)
    expect(known()).to.have.length(5000)
    expect(s3.requests).to.be.lessThan(300)
    const small = listingOnly(keys.slice(0, 10), 50)
    await scanOf(small)
    expect(small.requests).to.equal(1)
  })

  it('sees every object once wherever it is told to cut, be it by what is long gone', async () => {
    const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', '-', 'é'), maxLength: 5 })
    const keys = fc.uniqueArray(key.map((text) => `${text}x.deb`).filter((one) => !one.startsWith('.pc-ctl/')))
    await fc.assert(
      fc.asyncProperty(
        keys,
        fc.array(fc.oneof(key, fc.constant('bbx.deb'))),
        fc.constantFrom('', 'a'),
        async (all, cuts, prefix) => {
          await run([], 3)
          const scanned = await run(all, 3, prefix, cuts)
          const expected = all.filter((one) => one.startsWith(prefix)).sort(compareKeys)
          expect([scanned.objects, known()]).to.deep.equal([expected.length, expected])
        },
      ),
      { numRuns: 60 },
    )
    const s3 = listingOnly(
      Array.from({ length: 5000 }, (_key, index) => `7/11/debian/package_files/${index}.deb`),
      50,
    )
    const cuts = Array.from({ length: 15 }, (_cut, index) => `7/11/debian/package_files/${2000 + index * 400}.deb`)
    await scanOf(s3, '', 64, cuts)
    expect(known()).to.have.length(5000)
    expect(s3.requests).to.be.lessThan(250)
  })

  it('takes what a name alone makes an index for one only where the index is, wherever a page ends', async () => {
    const gems = ['gems/info/rack', 'gems/info/rake', 'gems/names', 'gems/versions']
    const others = ['pool/main/i/info/readme', 'pool/main/i/info/info_7.0_amd64.deb', 'docs/versions', 'x/app.db']
    const pacman = ['core/core.db', 'core/linux-6.1-1-x86_64.pkg.tar.zst']
    const all = [...gems, ...others, ...pacman]
    const expected = [...gems, 'pool/main/i/info/info_7.0_amd64.deb', ...pacman].sort(compareKeys)
    for (const page of [1, 2, 3, 100]) {
      for (let time = 0; time < 2; time++) {
        const scanned = await run(all, page)
        expect(known(), `pages of ${page}`).to.deep.equal(expected)
        expect([scanned.objects, scanned.neither.objects]).to.deep.equal([all.length, 3])
        expect([...scanned.roots.keys()].sort()).to.deep.equal(['core/', 'gems/'])
      }
    }
    // The index has gone.
    await run(['gems/info/rack', 'gems/info/rake'], 10)
    expect(known()).to.deep.equal([])
  })

  it('forgets none of very many names that prove nothing', async () => {
    const keys = Array.from({ length: 3000 }, (_key, index) => `keys/${index}.asc`).concat('keys/1.deb')
    const folders = Array.from({ length: 50 }, (_key, index) => `f${index}/notes.asc`)
    const scanned = await run(
      [...keys, ...folders].map((key) => key.replace('keys/', 'files/')),
      500,
    )
    expect(known()).to.deep.equal(['files/1.deb'])
    expect(scanned.neither.objects).to.equal(3050)
  })

  it('takes a listing that is cut off for an error, not for objects that are gone', async () => {
    await run(['a.deb', 'b.deb'], 10)
    const broken = listingOnly(['a.deb', 'b.deb'], 10)
    const send = broken.send.bind(broken)
    broken.send = async (request) => {
      const answer = await send(request)
      return { ...answer, body: answer.body.subarray(0, answer.body.length - 30) }
    }
    let failure: unknown
    await scanOf(broken, '', 4).catch((error: unknown) => (failure = error))
    expect(failure).to.be.instanceOf(Error)
    expect(known()).to.deep.equal(['a.deb', 'b.deb'])
  })
})
