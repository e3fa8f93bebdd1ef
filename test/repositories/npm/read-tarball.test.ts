import { readFileSync } from 'node:fs'

import { expect } from 'chai'

import { npm } from '../../../src/repositories/npm/npm.ts'
import type { PackageFacts } from '../../../src/repositories/format.ts'
import { digestOf, tarball } from './made-tarballs.ts'

const corpusFile = (name: string): Buffer => readFileSync(new URL(`../corpus/${name}.npm`, import.meta.url))

/** @param pieces - lengths of the chunks that it comes in */
async function read(body: Uint8Array, pieces = 1000, size = body.length): Promise<PackageFacts> {
  return npm.readPackage({
    ...{ key: 'p/-/p-1.0.0.tgz', size, etag: '', modified: 0, known: {} },
    range: async (start, end) => body.subarray(start, end),
    async *stream() {
      for (let at = 0; at < body.length; at += pieces) yield body.subarray(at, at + pieces)
    },
  })
}

const manifestIn = async (body: Uint8Array): Promise<unknown> =>
  JSON.parse(Buffer.from((await read(body)).facts).toString())

describe('tarballs of npm packages', () => {
  it('are read the same in whatever pieces they come', async () => {
    const body = tarball({ name: '@s/p', version: '1.0.0' }, { 'index.js': 'x'.repeat(5000), 'x.gyp': '' })
    const whole = await read(body, body.length)
    expect(whole.identity).to.equal('@s/p 1.0.0')
    expect(whole.digests).to.deep.equal({
      sha1: digestOf(body, 'sha1', 'hex'),
      sha512: digestOf(body, 'sha512', 'hex'),
    })
    for (const pieces of [1, 7, 512]) expect(await read(body, pieces)).to.deep.equal(whole)
  })

  it('that come short are no bad packages, but to be read again', async () => {
    const body = tarball({ name: 'p', version: '1.0.0' })
    const outcome = await read(body, 1000, body.length + 1).catch((error: unknown) => error)
    expect(outcome).to.be.an('error').with.property('name', 'Error')
  })

  it('have commands that lead nowhere out of them', async () => {
    expect(await manifestIn(corpusFile('read/bin-leads-outside'))).to.deep.include({ bin: { sh: 'bin/sh' } })
  })

  it('may have keys that JavaScript takes for its own, and fields of any kind', async () => {
    const manifest = (await manifestIn(corpusFile('read/proto-and-constructor'))) as Record<string, object>
    expect(Object.keys(manifest)).to.deep.equal([
      ...['name', 'version', 'constructor', 'dependencies', 'bin', 'scripts', '_id'],
    ])
    expect(Object.entries(manifest['dependencies'] ?? {})).to.deep.equal([
      ['__proto__', '1'],
      ['constructor', '2'],
    ])
    expect({}).to.not.have.property('polluted')
    expect(await manifestIn(corpusFile('read/fields-of-all-kinds'))).to.deep.equal({
      ...{ name: 'p', version: '1.0.0', bin: { 'b.js': 'a/b.js' }, author: 7, contributors: { a: 1 } },
      ...{ bundleDependencies: ['x'], big: 123456789012345678901234567890, engines: null, _id: 'p@1.0.0' },
    })
  })

  it('say that they bring a shrinkwrap', async () => {
    const body = tarball({ name: 'p', version: '1.0.0', _hasShrinkwrap: false }, { 'npm-shrinkwrap.json': '{}' })
    expect(await manifestIn(body)).to.have.property('_hasShrinkwrap', true)
  })
})
