import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync, gzipSync } from 'node:zlib'

import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'
import { generateKey, readKey, readCleartextMessage, verify } from 'openpgp'

import { resultOf } from '../support/json-document.ts'
import type { Report } from '../../src/reindex/report.ts'
import { cacheControlOf } from '../../src/repositories/cache-control.ts'
import { bucket, type Installation, install, nameOfCall } from '../support/installation.ts'
import { contentOf } from '../reindex/bucket-under-test.ts'
import { deb, entryOf } from '../repositories/apt/packages-made.ts'
import { MemoryBucket } from '../repositories/yum/memory-bucket.ts'
import { listed, repositoryOf } from '../repositories/yum/repositories.ts'

const versions = ['1.0', '1.1', '2.0+x~1'] as const
const poolOf = (version: string): string => `pool/main/h/hello_${version}_amd64.deb`
const debOf = (version: string): Buffer => deb({ fields: { Version: version }, payload: `data of ${version}` })
const list = 'apt/dists/stable/main/binary-amd64/Packages'
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describe('pc-ctl reindex-everything, indexes', function () {
  this.timeout(60_000)
  let place: Installation
  beforeEach(async () => {
    place = await install()
    await fill()
  })
  afterEach(() => place.close())

  /** Repositories whose lists know all packages, but say less of them than there is to say. */
  const fill = async (): Promise<void> => {
    for (const version of versions) await place.put(`apt/${poolOf(version)}`, debOf(version))
    const packages = versions.map((version) => entryOf(debOf(version), poolOf(version), { Version: version })).join('')
    const files = { Packages: Buffer.from(packages), 'Packages.gz': gzipSync(packages) }
    for (const [name, body] of Object.entries(files)) {
      await place.put(list.replace(/Packages$/, name), body)
    }
    const sums = Object.entries(files).map(
      ([name, body]) => ` ${sha256(body)} ${body.length} main/binary-amd64/${name}\n`,
    )
    const release = `Origin: Example\nSuite: stable\nCodename: bookworm\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nArchitectures: amd64\nComponents: main\nSHA256:\n${sums.join('')}`
    await place.put('apt/dists/stable/Release', release)
    const rpm = await readFile(join(import.meta.dirname, '../repositories/yum/fixtures/fix-tool.noarch.rpm'))
    await place.put('el/9/fix-tool.noarch.rpm', rpm)
    const yum = repositoryOf(new MemoryBucket(), 'el/9/', [listed({ rpm, href: 'fix-tool.noarch.rpm' })])
    for (const [key, { body }] of yum.objects) await place.put(key, body)
    await place.put('apt/pool/main/b/bad_1_amd64.deb', 'this is no package')
  }

  const words = ['reindex-everything']
  const run = async (args: readonly string[], expected = 0): Promise<Report> => {
    const { code, stdout, stderr } = await place.run([...words, ...args, '--json'])
    expect(code, stdout + stderr).to.equal(expected)
    return resultOf(stdout) as Report
  }
  const outcomes = ({ indexes }: Report): unknown =>
    Object.fromEntries(indexes.map(({ root, outcome, packages }) => [root, [outcome, packages]]))
  const callsOf = async (during: () => Promise<unknown>): Promise<string[]> => {
    const last = place.sandbox.calls.list().at(-1)?.number ?? 0
    await during()
    return place.sandbox.calls.list(({ number }) => number > last).map(nameOfCall)
  }

  it('makes them from the packages, and a second run sends nothing but listings', async () => {
    const dry = await run(['--dry-run'])
    expect(outcomes(dry)).to.deep.equal({ 'apt/': ['would be written', 3], 'el/9/': ['would be written', 1] })
    const first = await run([])
    expect(outcomes(first)).to.deep.equal({ 'apt/': ['written', 3], 'el/9/': ['written', 1] })
    expect(first.problems.map(({ key }) => key)).to.deep.equal(['apt/pool/main/b/bad_1_amd64.deb'])
    const release = (await place.read('apt/dists/stable/Release')).toString()
    expect(release).to.include('Codename: bookworm')
    const packages = await place.read(list)
    expect(release).to.include(` ${sha256(packages)} ${packages.length} main/binary-amd64/Packages\n`)
    expect(gunzipSync(await place.read(`${list}.gz`))).to.deep.equal(packages)
    expect(await place.read(list.replace('Packages', `by-hash/SHA256/${sha256(packages)}`))).to.deep.equal(packages)
    expect((await place.read('el/9/repodata/repomd.xml')).toString()).to.include('filelists')
    const content = await contentOf(place.clients.s3, bucket)
    for (const [key, look] of Object.entries(content)) {
      expect(look, key).to.include({ CacheControl: cacheControlOf(key) })
    }
    const calls = await callsOf(async () => {
      const again = await run([])
      expect(outcomes(again)).to.deep.equal({ 'apt/': ['unchanged', 3], 'el/9/': ['unchanged', 1] })
      expect(again.problems).to.have.length(1)
    })
    // The lock is one object, written twice.
    expect(calls.filter((call) => /HeadObject|CopyObject/.test(call))).to.deep.equal([])
    expect(calls.filter((call) => /GetObject$|PutObject$/.test(call))).to.deep.equal([
      's3:GetObject',
      's3:PutObject',
      's3:PutObject',
    ])
    expect((await run(['--strict'], 1)).failed).to.equal(1)
    // Without the journal all is looked at, and found to be right.
    const fresh = await run(['--full'])
    expect(outcomes(fresh)).to.deep.equal({ 'apt/': ['unchanged', 3], 'el/9/': ['unchanged', 1] })
    expect(await contentOf(place.clients.s3, bucket)).to.deep.equal(content)
  })

  it('tells of all bad packages each time, in the report', async () => {
    for (let number = 0; number < 250; number++)
      await place.put(`apt/pool/main/b/bad_${number}_amd64.deb`, 'no package')
    const file = join(place.folder, 'report.json')
    for (const outcome of ['written', 'unchanged']) {
      const { indexes } = await run(['--indexes-only', '--report', file])
      expect(indexes.map((index) => index.outcome)).to.deep.equal([outcome, outcome])
      const { problems, problemCount } = JSON.parse(await readFile(file, 'utf8')) as Report
      expect([problems.length, problemCount]).to.deep.equal([250, 250])
    }
  })

  it('does not lose packages without being told to', async () => {
    await place.clients.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: `apt/${poolOf('1.0')}` }))
    const before = await place.read(list)
    const refused = await run([], 4)
    expect(outcomes(refused)).to.deep.include({ 'apt/': ['refused', 2] })
    expect(refused.indexes[0]?.todo).to.include('--allow-shrink')
    expect(await place.read(list)).to.deep.equal(before)
    const shrunk = await run(['--allow-shrink'])
    expect(outcomes(shrunk)).to.deep.include({ 'apt/': ['written', 2] })
    const gone = ({ problems }: Report): string[] =>
      problems.filter(({ what }) => what.includes('is not in the bucket')).map(({ key }) => key)
    expect(gone(shrunk)).to.deep.equal([`apt/${poolOf('1.0')}`])
    // Once it is written, no index lists what is gone.
    expect(gone(await run([]))).to.deep.equal([])
  })

  it('leaves a signed repository alone without its key, and signs it with it', async () => {
    await place.put(
      'apt/dists/stable/InRelease',
      '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: Example\n',
    )
    const refused = await run([], 4)
    expect(outcomes(refused)).to.deep.equal({ 'apt/': ['refused', 0], 'el/9/': ['written', 1] })
    const { privateKey, publicKey } = await generateKey({
      userIDs: [{ name: 'x' }],
      type: 'ecc',
      curve: 'ed25519Legacy',
      passphrase: 'secret words',
    })
    const [key, passphrase] = [join(place.folder, 'key.asc'), join(place.folder, 'passphrase')]
    await writeFile(key, privateKey)
    await writeFile(passphrase, 'secret words\n')
    expect((await place.run([...words, '--signing-key', key])).code).to.equal(3)
    const signed = await run(['--signing-key', key, '--passphrase-file', passphrase])
    expect(outcomes(signed)).to.deep.include({ 'apt/': ['written', 3] })
    const message = await readCleartextMessage({
      cleartextMessage: (await place.read('apt/dists/stable/InRelease')).toString(),
    })
    const verificationKeys = (await readKey({ armoredKey: publicKey })).toPublic()
    const { signatures } = await verify({ message, verificationKeys })
    expect(await signatures[0]?.verified).to.equal(true)
    const again = await run(['--signing-key', key, '--passphrase-file', passphrase])
    expect(outcomes(again)).to.deep.include({ 'apt/': ['unchanged', 3] })
  })

  it('notices another publisher, and takes in what it has changed the next time', async () => {
    let puts = 0
    const stop = place.sandbox.onCall(async (call, phase) => {
      // The first is the lock, the second the first of the index.
      if (call.operation !== 'PutObject' || phase !== 'before' || ++puts !== 2) return undefined
      stop()
      await place.put('apt/dists/stable/Release', 'Origin: Another\nSuite: stable\n')
      return undefined
    })
    const conflict = await run(['--indexes-only'], 1)
    expect(outcomes(conflict)).to.deep.include({ 'apt/': ['failed', 0] })
    expect((await place.read('apt/dists/stable/Release')).toString()).to.include('Origin: Another')
    await sleep(1100)
    expect(outcomes(await run(['--indexes-only']))).to.deep.include({ 'apt/': ['written', 3] })
    expect((await place.read('apt/dists/stable/Release')).toString())
      .to.include('Origin: Another')
      .and.to.include('SHA256:')
  })
})
