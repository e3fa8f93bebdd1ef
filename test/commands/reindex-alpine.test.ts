import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import type { Report } from '../../src/reindex/report.ts'
import { apkOf, indexOf, rsaKey } from '../repositories/alpine/made-apks.ts'
import { resultOf } from '../support/json-document.ts'
import { type Installation, install, nameOfCall } from '../support/installation.ts'

const isThere = spawnSync('openssl', ['version']).status === 0 && spawnSync('python3', ['--version']).status === 0

/** As anybody takes an index apart: the signature, what is signed, and the list. */
const script = `
import gzip, io, sys, tarfile, zlib
body = open(sys.argv[1], 'rb').read()
first = zlib.decompressobj(31)
signature = first.decompress(body)
names = tarfile.open(fileobj=io.BytesIO(signature + bytes(1024)))
member = names.getmembers()[0]
open(sys.argv[1] + '.sig', 'wb').write(names.extractfile(member).read())
open(sys.argv[1] + '.signed', 'wb').write(first.unused_data)
print(member.name)
index = tarfile.open(fileobj=io.BytesIO(gzip.decompress(first.unused_data)))
print(','.join(index.getnames()))
print(index.extractfile('APKINDEX').read().decode(), end='')
`

describe('pc-ctl reindex-everything, Alpine', function () {
  this.timeout(60_000)
  let place: Installation
  let key: string
  const { privateKey, publicKey } = rsaKey()
  before(async () => {
    place = await install()
    key = join(place.folder, 'ops.rsa')
    await writeFile(key, privateKey.export({ type: 'pkcs1', format: 'pem' }))
  })
  after(() => place.close())

  const run = async (flags: readonly string[] = [], wanted = 0): Promise<Report> => {
    const { code, stdout, stderr } = await place.run(['reindex-everything', '--only', 'alpine', ...flags, '--json'])
    expect(code, stdout + stderr).to.equal(wanted)
    return resultOf(stdout) as Report
  }
  const outcomes = ({ indexes }: Report): unknown =>
    indexes.map(({ format, root, outcome, packages }) => `${format} ${root} ${outcome} ${packages}`)
  const index = 'v3/main/x86_64/APKINDEX.tar.gz'

  it('is indexed where an index is missing, said first, signed, and written once', async () => {
    await place.put('v3/main/x86_64/hello-1.0-r0.apk', apkOf())
    await place.put('android/app-1.0.apk', 'PK of Android')
    expect(outcomes(await run())).to.deep.equal([])
    expect(outcomes(await run(['--create-missing', '--dry-run']))).to.deep.equal(['alpine v3/main/ would be written 1'])
    expect(outcomes(await run(['--create-missing', '--apk-key', key]))).to.deep.equal(['alpine v3/main/ written 1'])
    const last = place.sandbox.calls.list().at(-1)?.number ?? 0
    expect(outcomes(await run(['--apk-key', `${key}:ops.rsa.pub`]))).to.deep.equal(['alpine v3/main/ unchanged 1'])
    const calls = place.sandbox.calls.list(({ number }) => number > last).map(nameOfCall)
    // The lock is taken and given back.
    expect(calls.filter((call) => call === 's3:PutObject')).to.have.length(2)
  })

  const withTools = isThere ? it : it.skip
  withTools('has an index that tar reads, whose signature openssl verifies', async () => {
    const folder = await mkdtemp(join(place.folder, 'index-'))
    const file = join(folder, 'APKINDEX.tar.gz')
    await writeFile(file, await place.read(index))
    await writeFile(join(folder, 'key.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
    const [signature, names, ...lines] = execFileSync('python3', ['-c', script, file]).toString().split('\n')
    expect([signature, names]).to.deep.equal(['.SIGN.RSA.ops.rsa.pub', 'APKINDEX'])
    expect(lines).to.include('P:hello')
    const flags = ['-sha1', '-verify', join(folder, 'key.pub'), '-signature', `${file}.sig`, `${file}.signed`]
    expect(execFileSync('openssl', ['dgst', ...flags]).toString()).to.equal('Verified OK\n')
  })

  it('is refused without the key that it is signed with, and goes on with it', async () => {
    await place.put('v3/main/x86_64/hello-1.1-r0.apk', apkOf({ fields: { pkgver: '1.1-r0' } }))
    const refused = await run([], 4)
    expect(refused.indexes[0]).to.have.property('why').that.includes('is signed with ops.rsa.pub')
    expect(refused.indexes[0]).to.have.property('todo').that.includes('--apk-key FILE')
    await run(['--apk-key', `${key}:other.rsa.pub`], 4)
    expect(outcomes(await run(['--apk-key', `v3=${key}:ops.rsa.pub`]))).to.deep.equal(['alpine v3/main/ written 2'])
    expect(outcomes(await run(['--apk-key', `${key}:other.rsa.pub`, '--change-key']))).to.deep.equal([
      'alpine v3/main/ written 2',
    ])
    expect(outcomes(await run(['--apk-key', key, '--change-key']))).to.deep.equal(['alpine v3/main/ written 2'])
  })

  it('gives way to another publisher, and takes in what it has changed', async () => {
    await place.put('v3/main/x86_64/hello-1.2-r0.apk', apkOf({ fields: { pkgver: '1.2-r0' } }))
    const theirs = indexOf('C:Q1x\nP:hello\nV:1.0-r0\nA:x86_64\n\n', { key: privateKey, description: 'theirs' })
    const stop = place.sandbox.onCall(async (call, now) => {
      if (now === 'before' && call.operation === 'PutObject' && call.resource?.endsWith('APKINDEX.tar.gz') === true) {
        stop()
        await place.put(index, theirs)
      }
      return undefined
    })
    expect(outcomes(await run(['--apk-key', key], 1))).to.deep.equal(['alpine v3/main/ failed 3'])
    expect((await place.read(index)).equals(theirs)).to.equal(true)
    expect(outcomes(await run(['--apk-key', key]))).to.deep.equal(['alpine v3/main/ written 3'])
  })

  it('says what is wrong with a key, and nothing of it', async () => {
    const encrypted = join(place.folder, 'locked.rsa')
    const cipher = { cipher: 'aes-256-cbc', passphrase: 'open sesame' }
    await writeFile(encrypted, privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher }))
    const wrong: Readonly<Record<string, [content: string | Buffer | undefined, RegExp]>> = {
      'none.rsa': [undefined, /none\.rsa can't be read/],
      'text.rsa': ['secret words', /text\.rsa has no private key in PEM/],
      'public.rsa': [publicKey.export({ type: 'spki', format: 'pem' }), /has a public key/],
      'locked.rsa': [undefined, /is encrypted, and no passphrase .* --passphrase-file/s],
      'text.rsa:a b': ['secret words', /can't be the name of a key/],
    }
    for (const [word, [content, message]] of Object.entries(wrong)) {
      const file = word.split(':')[0] ?? ''
      if (content !== undefined) await writeFile(join(place.folder, file), content)
      const { code, stderr } = await place.run(['reindex-everything', '--apk-key', join(place.folder, word)])
      expect(code, word).to.not.equal(0)
      expect(stderr.replace(/\s+/g, ' '), word).to.match(message)
      expect(stderr).not.to.match(/secret words|sesame|MII|\n +at /)
    }
    const passphrase = join(place.folder, 'passphrase')
    await writeFile(passphrase, 'open sesame\n')
    await run(['--apk-key', `${encrypted}:ops.rsa.pub`, '--passphrase-file', passphrase])
  })
})
