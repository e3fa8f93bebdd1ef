import { generateKeyPairSync } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'

import { expect } from 'chai'

import { alpine } from '../../../src/repositories/alpine/alpine.ts'
import { type FormatOptions, RefusedRepository } from '../../../src/repositories/format.ts'
import { tar } from '../../../scripts/archives.ts'
import { FormatBucket } from '../format-bucket.ts'
import { apkOf, identityOf, indexOf, rsaKey } from './made-apks.ts'

const { privateKey } = rsaKey()
const apkKey = { name: 'ops.rsa.pub', privateKey }

describe('indexes of Alpine', () => {
  const bucketOf = (objects: Readonly<Record<string, Uint8Array>>, options: FormatOptions = {}): FormatBucket =>
    new FormatBucket(alpine, 'r/', {
      objects: Object.entries(objects).map(([key, body]) => [`r/${key}`, body] as const),
      options,
    })
  const text = (bucket: FormatBucket, arch = 'x86_64'): string =>
    gunzipSync(bucket.read(`r/${arch}/APKINDEX.tar.gz`) ?? indexOf('')).toString()
  const list = (bucket: FormatBucket, arch?: string): string[] =>
    text(bucket, arch)
      .split('\n')
      .filter((line) => /^[PVA]:/.test(line))
  const refusal = async (bucket: FormatBucket): Promise<RefusedRepository> => {
    const error = await bucket.plan().catch((one: unknown) => one)
    if (!(error instanceof RefusedRepository)) throw new Error('it is not refused')
    return error
  }

  it('say of each package what apk index says, in its order', async () => {
    const fields = {
      ...{
        depend: ['so:libc.musl-x86_64.so.1', 'a>=1  !b'],
        provides: ['cmd:hello=1.0-r0'],
        install_if: 'docs hello=1',
      },
      ...{
        replaces: 'old',
        commit: 'abc',
        provider_priority: '10',
        triggers: '/usr',
        pkgdesc: 'é'.repeat(300),
        builddate: '0',
      },
    }
    const body = apkOf({ fields })
    const bucket = bucketOf({ 'x86_64/APKINDEX.tar.gz': indexOf(''), 'x86_64/hello-1.0-r0.apk': body })
    await bucket.reindex()
    const wanted = `C:${identityOf(fields)}
P:hello
V:1.0-r0
A:x86_64
S:${body.length}
I:4096
T:${'é'.repeat(256)}
U:https://example.org
L:MIT
o:hello
m:Zoë <zoe@example.org>
c:abc
k:10
D:so:libc.musl-x86_64.so.1 a>=1 !b
p:cmd:hello=1.0-r0
i:docs hello=1

`
    expect(text(bucket).slice(512).replace(/\0+$/, '')).to.equal(wanted)
  })

  it('list what clients would find, noarch packages among those of an architecture', async () => {
    const shared = { pkgname: 'shared', arch: 'noarch' }
    const bucket = bucketOf({
      'x86_64/APKINDEX.tar.gz': indexOf(
        `C:${identityOf(shared)}\nP:shared\nV:1.0-r0\nA:noarch\n\nC:Q1x\nP:gone\nV:1\nA:x86_64\n\n`,
      ),
      'noarch/shared-1.0-r0.apk': apkOf({ fields: shared }),
      'noarch/other-1.0-r0.apk': apkOf({ fields: { pkgname: 'other', arch: 'noarch' } }),
      'x86_64/docs-1.0-r0.apk': apkOf({ fields: { pkgname: 'docs', arch: 'noarch' } }),
      'x86_64/arm-1.0-r0.apk': apkOf({ fields: { pkgname: 'arm', arch: 'aarch64' } }),
      'x86_64/renamed.apk': apkOf({ fields: { pkgname: 'renamed' } }),
      'x86_64/third-1.apk': Buffer.from('ADBd of the third version'),
      'Packages.adb': Buffer.from('ADBd'),
    })
    const { findings, bad } = await bucket.reindex()
    expect(list(bucket)).to.deep.equal(['P:shared', 'V:1.0-r0', 'A:noarch', 'P:docs', 'V:1.0-r0', 'A:x86_64'])
    expect(bad).to.deep.equal(['r/x86_64/third-1.apk'])
    expect(findings.map(({ key, what }) => `${key} ${what}`)).to.deep.equal([
      'r/x86_64/gone-1.apk is listed in the index but is not in the bucket; the new index does not list it',
      'r/x86_64/arm-1.0-r0.apk is left out of the index: it is of aarch64, and lies among packages of x86_64',
      'r/x86_64/renamed.apk is left out of the index: clients would ask for it at r/x86_64/renamed-1.0-r0.apk',
      'r/noarch/other-1.0-r0.apk is in no index of its repository',
    ])
  })

  it('stay as they are without the key that they are signed with, and say what to type', async () => {
    const objects = { 'x86_64/APKINDEX.tar.gz': indexOf('', { key: privateKey }), 'x86_64/hello-1.0-r0.apk': apkOf() }
    const unsigned = await refusal(bucketOf(objects))
    expect(unsigned.message).to.include('is signed with ops.rsa.pub')
    expect(unsigned.todo).to.include('--apk-key FILE')
    const renamed = { ...apkKey, name: 'new.rsa.pub' }
    expect((await refusal(bucketOf(objects, { apkKeys: [renamed] }))).todo).to.include('--change-key')
    const broken = { ...objects, 'x86_64/APKINDEX.tar.gz': indexOf('', { key: privateKey, kind: 'RSA9' }) }
    expect((await refusal(bucketOf(broken, { apkKeys: [apkKey] }))).message).to.include('not the signature of the key')
    const changed = bucketOf(objects, { apkKeys: [renamed], changeKey: true })
    await changed.reindex()
    expect(text(changed)).to.match(/^\.SIGN\.RSA\.new\.rsa\.pub\0/)
    expect(changed.missing(await changed.plan())).to.deep.equal([])
  })

  it('are signed where a key is given, as they were before', async () => {
    for (const [before, wanted] of [
      [indexOf(''), /^\.SIGN\.RSA\.ops\.rsa\.pub\0/],
      [indexOf('', { key: privateKey, kind: 'RSA256' }), /^\.SIGN\.RSA256\.ops\.rsa\.pub\0/],
    ] as const) {
      const bucket = bucketOf(
        { 'x86_64/APKINDEX.tar.gz': before, 'x86_64/hello-1.0-r0.apk': apkOf() },
        { apkKeys: [apkKey] },
      )
      await bucket.reindex()
      expect(text(bucket)).to.match(wanted)
      expect(bucket.missing(await bucket.plan())).to.deep.equal([])
    }
  })

  it('are signed each with its own key of several, and refused where nothing tells which', async () => {
    const other = { name: 'other.rsa.pub', privateKey: generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey }
    const ofOther = indexOf('', { key: other.privateKey, name: other.name })
    const objects = (index: Uint8Array) => ({ 'x86_64/APKINDEX.tar.gz': index, 'x86_64/hello-1.0-r0.apk': apkOf() })
    const bucket = bucketOf(objects(ofOther), { apkKeys: [apkKey, other] })
    await bucket.reindex()
    expect(text(bucket)).to.match(/^\.SIGN\.RSA\.other\.rsa\.pub\0/)
    expect((await refusal(bucketOf(objects(indexOf('')), { apkKeys: [apkKey, other] }))).todo).to.include('PREFIX=FILE')
    expect((await refusal(bucketOf(objects(ofOther), { apkKeys: [apkKey] }))).message).to.include(
      'not with ops.rsa.pub',
    )
    for (const [prefix, wanted] of [
      ['r/', 'other'],
      ['elsewhere/', 'ops'],
    ] as const) {
      const mine = bucketOf(objects(indexOf('')), { apkKeys: [apkKey, { ...other, prefix }] })
      await mine.reindex()
      expect(text(mine)).to.match(new RegExp(`^\\.SIGN\\.RSA\\.${wanted}\\.rsa`))
    }
  })

  it('are refused where they can not be read', async () => {
    const bomb = gzipSync(Buffer.alloc(500_000_000), { level: 1 })
    for (const body of [
      'ADBd',
      'text',
      '',
      gzipSync('no archive'),
      indexOf('').subarray(0, 60),
      gzipSync(tar([])),
      bomb,
    ]) {
      const bucket = bucketOf({ 'x86_64/APKINDEX.tar.gz': Buffer.from(body), 'x86_64/hello-1.0-r0.apk': apkOf() })
      expect((await refusal(bucket)).message).to.include("r/x86_64/APKINDEX.tar.gz can't be read")
    }
  }).timeout(20_000)

  it('are made where they are missing in the folder of an architecture alone', () => {
    const { repositories, doubts } = alpine.missing(['a/x86_64/', 'a/aarch64/', 'b/x86_64/', 'b/c/x86/'], {
      ...{ indexes: ['a/aarch64/APKINDEX.tar.gz'], roots: ['a/'], options: {} },
    })
    expect([...repositories].map(([root, objects]) => [root, [...objects.keys()]])).to.deep.equal([
      ['a/', ['a/x86_64/APKINDEX.tar.gz']],
    ])
    expect([...doubts.keys()]).to.deep.equal(['b/x86_64/', 'b/c/x86/'])
    expect(alpine.foundsRepository('android/app-1.0.apk')).to.equal(false)
  })
})
