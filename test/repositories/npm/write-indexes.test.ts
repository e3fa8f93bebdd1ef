import { expect } from 'chai'
import { gunzipSync, gzipSync } from 'node:zlib'

import type { IndexPlan } from '../../../src/repositories/format.ts'
import { npm } from '../../../src/repositories/npm/npm.ts'
import { FormatBucket } from '../format-bucket.ts'
import { entryOf, integrityOf, type Manifest, tarball } from './made-tarballs.ts'

const base = 'https://npm.example.com/'
const packument = 'js/greeting'
const place = (version: string): string => `${packument}/-/greeting-${version}.tgz`
const bodyOf = (version: string, more: Manifest = {}): Buffer => tarball({ name: 'greeting', version, ...more })
const entry = (version: string, more: Manifest = {}): Record<string, unknown> => ({
  ...entryOf({ name: 'greeting', version }, bodyOf(version), `${base}greeting/-/greeting-${version}.tgz`),
  ...more,
})

interface Document {
  readonly 'dist-tags': Record<string, string>
  readonly versions: Record<string, Record<string, unknown> & { dist: Record<string, unknown> }>
  readonly time: Record<string, string>
  readonly modified?: string
}

/** A registry with one package. */
function registry(
  document: Manifest | string | Uint8Array,
  objects: Readonly<Record<string, Uint8Array>>,
  baseUrl?: string,
): { bucket: FormatBucket; readonly run: () => Promise<{ plan: IndexPlan; now: Document; text: string }> } {
  const body =
    document instanceof Uint8Array
      ? document
      : Buffer.from(typeof document === 'string' ? document : JSON.stringify(document))
  const bucket = new FormatBucket(npm, 'js/', {
    objects: [[packument, body], ...Object.entries(objects)],
    options: { baseUrl },
  })
  return {
    bucket,
    async run() {
      const plan = await bucket.reindex()
      const bytes = Buffer.from(bucket.read(packument) ?? [])
      const text = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString()
      return { plan, now: JSON.parse(text) as Document, text }
    },
  }
}

const document = (versions: Record<string, unknown>, more: Manifest = {}): Manifest => ({
  name: 'greeting',
  'dist-tags': { latest: Object.keys(versions).at(-1) },
  versions,
  ...more,
})
const stored = (...versions: readonly string[]): Record<string, Uint8Array> =>
  Object.fromEntries(versions.map((version) => [place(version), bodyOf(version)]))

describe('packuments', () => {
  it('get new versions with what a client needs, below the URL of their neighbours', async () => {
    const old = document(
      { '1.0.0': entry('1.0.0') },
      { time: { created: 'x', modified: 'y', '0.9.0': 'gone', '1.0.0': 'z' } },
    )
    const manifest = {
      dependencies: { a: '^1', o: '1' },
      optionalDependencies: { o: '1' },
      bin: './bin/x',
      bundledDependencies: true,
    }
    const body = bodyOf('1.1.0', manifest)
    const { now } = await registry(
      old,
      { ...stored('1.0.0'), [place('1.1.0')]: body },
      'https://other.example.com/',
    ).run()
    expect(now.versions['1.0.0']).to.deep.equal(entry('1.0.0'))
    expect(now.versions['1.1.0']).to.deep.include({
      _id: 'greeting@1.1.0',
      dependencies: { a: '^1', o: '1' },
      optionalDependencies: { o: '1' },
      bundleDependencies: ['a', 'o'],
      bin: { greeting: 'bin/x' },
    })
    expect(now.versions['1.1.0']?.dist).to.deep.equal(entryOf({}, body, `${base}greeting/-/greeting-1.1.0.tgz`)['dist'])
    expect(now.time).to.deep.equal({
      ...{ created: 'x', modified: '2023-11-14T22:13:21.000Z', '0.9.0': 'gone', '1.0.0': 'z' },
      '1.1.0': '2023-11-14T22:13:20.000Z',
    })
  })

  it('keep tags where a publisher has put them, and let latest go on where it was at the newest release', async () => {
    const tagged = async (
      tags: Record<string, string>,
      before: readonly string[],
      after: readonly string[],
    ): Promise<Record<string, string>> => {
      const old = document(Object.fromEntries(before.map((version) => [version, entry(version)])), {
        'dist-tags': tags,
      })
      return (await registry(old, stored(...after)).run()).now['dist-tags']
    }
    expect(await tagged({ next: '1.0.0', latest: '1.0.0' }, ['1.0.0'], ['1.0.0', '1.1.0', '2.0.0-rc.1'])).to.deep.equal(
      {
        ...{ next: '1.0.0', latest: '1.1.0' },
      },
    )
    // Put there on purpose, or only led up to a release.
    expect(await tagged({ latest: '1.0.0' }, ['1.0.0', '2.0.0'], ['1.0.0', '2.0.0', '3.0.0'])).to.deep.equal({
      latest: '1.0.0',
    })
    expect(await tagged({ latest: '1.0.0' }, ['1.0.0'], ['1.0.0', '0.9.0'])).to.deep.equal({ latest: '1.0.0' })
    expect(await tagged({ latest: '1.1.0', x: '1.1.0' }, ['1.0.0', '1.1.0'], ['1.0.0'])).to.deep.equal({
      latest: '1.0.0',
    })
    expect(await tagged({ x: '1.0.0' }, ['1.0.0'], ['1.0.0'])).to.deep.equal({ latest: '1.0.0', x: '1.0.0' })
  })

  it('lose versions that are gone from here, and none that lie elsewhere', async () => {
    const elsewhere = entry('0.5.0', { dist: { tarball: 'https://cdn.example.net/greeting/-/greeting-0.5.0.tgz' } })
    const upstream = entry('0.6.0', { dist: { tarball: 'https://registry.npmjs.org/greeting/-/greeting-0.6.0.tgz' } })
    const odd = entry('0.7.0', { dist: { tarball: 'https://npm.example.com/download/greeting/0.7.0/abc' } })
    const all = {
      '0.5.0': elsewhere,
      '0.6.0': upstream,
      '0.7.0': odd,
      '0.9.0': entry('0.9.0'),
      '1.0.0': entry('1.0.0'),
    }
    const { plan, now } = await registry(document(all), stored('1.0.0')).run()
    expect(Object.keys(now.versions)).to.deep.equal(['0.5.0', '0.6.0', '0.7.0', '1.0.0'])
    expect(plan.parts).to.deep.equal([{ name: 'greeting', before: 2, after: 1, ofMany: true }])
    expect(plan.findings.map(({ what }) => what)).to.deep.equal([
      'lists 0.9.0, which is not in the bucket; the new index does not list it',
    ])
  })

  it('tell what a tarball is now, if it is not what it was', async () => {
    const body = bodyOf('1.0.0', { dependencies: { b: '2' } })
    const old = entry('1.0.0', {
      ...{ deprecated: 'no', _npmUser: { name: 'x' }, _hasShrinkwrap: true, maintainers: [1], description: 'of old' },
    })
    const { dist } = old as { dist: object }
    const signed = { ...old, dist: { ...dist, fileCount: 1, signatures: [{ keyid: 'k', sig: 's' }] } }
    const { plan, now } = await registry(document({ '1.0.0': signed }), { [place('1.0.0')]: body }).run()
    expect(now.versions['1.0.0']).to.deep.equal({
      ...{ name: 'greeting', version: '1.0.0', dependencies: { b: '2' }, _id: 'greeting@1.0.0' },
      ...{ deprecated: 'no', _npmUser: { name: 'x' }, maintainers: [1] },
      dist: { ...dist, ...(entryOf({}, body, '')['dist'] as object), tarball: `${base}greeting/-/greeting-1.0.0.tgz` },
    })
    expect(plan.findings.map(({ what }) => what)).to.match(/other content than its index says/)
  })

  it('keep what they say of the same content, down to its spelling, and get what they lack', async () => {
    const manifest = { bin: { x: 'x.js' }, engines: { node: '>=20' }, description: 'd' }
    const body = bodyOf('1.0.0', manifest)
    const url = `${base}greeting/-/greeting-1.0.0.tgz`
    const old = {
      name: 'greeting',
      version: '1.0.0',
      bin: { x: './x.js' },
      dist: { tarball: url, fileCount: 3, shasum: entryOf({}, body, '')['x'] },
    }
    const { now } = await registry(document({ '1.0.0': old }), { [place('1.0.0')]: body }).run()
    expect(now.versions['1.0.0']).to.deep.equal({
      ...{ name: 'greeting', version: '1.0.0', bin: { x: './x.js' }, engines: { node: '>=20' } },
      dist: { ...(entryOf({}, body, url)['dist'] as object), fileCount: 3 },
    })
  })

  it('are not written where there is nothing to say, however they are written down', async () => {
    const old = JSON.stringify(document({ '1.0.0': entry('1.0.0') }))
    const pretty = JSON.stringify(document({ '1.0.0': entry('1.0.0') }), null, '\t')
    for (const body of [old, pretty, `${pretty}\n`]) {
      const { bucket, run } = registry(body, stored('1.0.0'))
      const { plan } = await run()
      expect(bucket.missing(plan)).to.deep.equal([])
      expect(plan.groups.flat()).to.have.lengthOf(1)
      expect(Buffer.from((await plan.groups[0]?.[0]?.body()) ?? []).equals(Buffer.from(body))).to.equal(true)
    }
  })

  it('that are stored with gzip are written without it, if at all: nobody could say any more that they are packed', async () => {
    const old = gzipSync(JSON.stringify(document({ '1.0.0': entry('1.0.0') })))
    const { bucket, run } = registry(old, stored('1.0.0'))
    const { plan } = await run()
    expect(plan.groups.flat()).to.deep.equal([])
    expect([plan.packages, plan.parts.length]).to.deep.equal([1, 1])
    bucket.objects.set(place('1.1.0'), bodyOf('1.1.0'))
    await run()
    const now = Buffer.from(bucket.read(packument) ?? [])
    expect(JSON.parse(now.toString())).to.have.nested.property('dist-tags.latest', '1.1.0')
  })

  it('stay indented, and keep numbers that JavaScript can not hold and keys that it takes for its own', async () => {
    const text = JSON.stringify(document({ '1.0.0': entry('1.0.0') }), null, 2).replace(
      /^\{/,
      '{\n  "_rev": 12345678901234567890123,\n  "__proto__": { "polluted": true },',
    )
    const { bucket, run } = registry(`${text}\n`, stored('1.0.0', '1.1.0'))
    const { text: now } = await run()
    expect(now).to.match(
      /^\{\n {2}"_rev": 12345678901234567890123,\n {2}"__proto__": \{\n {4}"polluted": true\n {2}\},\n/,
    )
    expect(now).to.match(/\n\}\n$/)
    expect({}).to.not.have.property('polluted')
    expect(bucket.missing(await bucket.plan())).to.deep.equal([])
  })

  it('that are abbreviated stay so', async () => {
    const old = document({ '1.0.0': entry('1.0.0') }, { modified: '2020-01-01T00:00:00.000Z' })
    const body = bodyOf('1.1.0', { scripts: { install: 'x' }, os: ['linux'], description: 'long' })
    const { plan, now } = await registry(old, { ...stored('1.0.0'), [place('1.1.0')]: body }).run()
    expect(now.versions['1.1.0']).to.have.all.keys('name', 'version', 'os', 'hasInstallScript', 'dist')
    expect(now).to.have.all.keys('name', 'dist-tags', 'versions', 'modified')
    expect(now.modified).to.equal('2023-11-14T22:13:21.000Z')
    expect(plan.groups.flat()[0]).to.include({ contentType: 'application/vnd.npm.install-v1+json' })
  })

  it('that are no packuments, or of another package, stay as they are, and are told of', async () => {
    const unreadable = 'it can not be read as what npm goes by'
    for (const [body, why] of [
      [' ', unreadable],
      ['{', unreadable],
      ['[]', unreadable],
      ['{"versions": []}', unreadable],
      ['{"versions": {"1.0.0": 1}}', unreadable],
      ['['.repeat(100_000), unreadable],
      [gzipSync('{').subarray(0, 10), unreadable],
      [gzipSync(Buffer.alloc(200_000_000)), unreadable],
      ['{"name": "other", "versions": {}}', 'it says that it is of another package'],
    ] as const) {
      const { bucket } = registry(body, stored('1.0.0'), base)
      const before = bucket.read(packument)
      const { findings } = await bucket.reindex()
      expect(bucket.read(packument)).to.equal(before)
      expect(findings.map(({ key, what }) => `${key} ${what}`)).to.deep.equal([`${packument} is left as it is: ${why}`])
    }
  })

  it('leave out what does not belong there, and one of two of a version', async () => {
    const old = document({ '1.0.0': entry('1.0.0') })
    const { plan, now } = await registry(old, {
      ...stored('1.0.0'),
      [`${packument}/-/copy.tgz`]: bodyOf('1.0.0', { description: 'another' }),
      [`${packument}/-/other-3.0.0.tgz`]: tarball({ name: 'other', version: '3.0.0' }),
    }).run()
    expect(Object.keys(now.versions)).to.deep.equal(['1.0.0'])
    expect(now.versions['1.0.0']?.dist['integrity']).to.equal(integrityOf(bodyOf('1.0.0')))
    expect(plan.findings.map(({ key, what }) => `${key} ${what}`)).to.deep.equal([
      `js/greeting/-/copy.tgz is greeting 1.0.0 with other content than ${place('1.0.0')}; only the latter is indexed`,
      'js/greeting/-/other-3.0.0.tgz is left out of the index: it is of other, and lies among the versions of greeting',
    ])
  })

  it('are not made of nothing, nor told URLs that nobody knows', async () => {
    const bare = new FormatBucket(npm, 'js/', { objects: Object.entries(stored('1.0.0')) })
    const plan = await bare.reindex()
    expect(plan.groups.flat()).to.deep.equal([])
    expect(plan.findings.map(({ key, todo }) => `${key} ${todo ?? ''}`)).to.match(/^js\/greeting\/-\/ .*--base-url URL/)
    const { plan: ofOld } = await registry(document({}), stored('1.0.0')).run()
    expect(ofOld.findings.map(({ what }) => what)).to.match(/under which URL/)
    const { now } = await registry(document({}), stored('1.0.0'), base).run()
    expect(now.versions['1.0.0']?.dist['tarball']).to.equal(`${base}${place('1.0.0')}`)
  })

  it('are missing where only tarballs are; without a base URL it is said what is wanted', () => {
    const folders = ['js/greeting/-/', 'js/@s/x/-/@s/', 'js/there/-/']
    const present = { indexes: ['js/there'], roots: ['js/'] }
    const { doubts, repositories } = npm.missing(folders, { ...present, options: {} })
    expect([...repositories]).to.deep.equal([])
    expect([...doubts.keys()]).to.deep.equal(['js/greeting/-/', 'js/@s/x/-/@s/'])
    const { repositories: made } = npm.missing(folders, { ...present, options: { baseUrl: base } })
    expect([...made].map(([root, objects]) => [root, [...objects.keys()]])).to.deep.equal([
      ['js/', ['js/greeting', 'js/@s/x']],
    ])
  })

  it('of a scope have their tarballs beside them or in a folder of the scope, and are spelled with a slash or %2f', async () => {
    for (const key of ['js/@s/x', 'js/@s%2fx']) {
      for (const file of ['x-1.0.0.tgz', '@s/x-1.0.0.tgz']) {
        expect(npm.rootOfTold?.(key)).to.equal('js/')
        const body = tarball({ name: '@s/x', version: '1.0.0' })
        const bucket = new FormatBucket(npm, 'js/', {
          objects: [[`${key}/-/${file}`, body]],
          options: { baseUrl: base },
        })
        await bucket.reindex({ created: new Map([[key, new Uint8Array()]]) })
        const made = JSON.parse(Buffer.from(bucket.read(key) ?? []).toString()) as Document & { name: string }
        expect(made.name).to.equal('@s/x')
        expect(made.versions['1.0.0']?.dist['tarball']).to.equal(`${base}${key.replace('%2f', '%252f')}/-/${file}`)
      }
    }
  })
})
