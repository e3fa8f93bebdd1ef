import { createHash, verify } from 'node:crypto'
import { gunzipSync, inflateRawSync, type Zlib } from 'node:zlib'

import { alpine } from '../../../src/repositories/alpine/alpine.ts'
import type { FormatSubject } from '../behaves-like-a-format.ts'
import type { Read } from '../format-bucket.ts'
import { apkOf, identityOf, indexOf, rsaKey } from './made-apks.ts'

const root = 'v3/main/'

/** Signed indexes of two architectures, as another tool has written them. */
export async function alpineSubject(): Promise<FormatSubject> {
  const { privateKey } = rsaKey()
  const entry = (fields: Readonly<Record<string, string>>, more = ''): string =>
    `C:${identityOf(fields)}\nP:${fields['pkgname'] ?? 'hello'}\nV:${fields['pkgver'] ?? '1.0-r0'}\nA:${fields['arch'] ?? 'x86_64'}\n${more}\n`
  const arm = { arch: 'aarch64' }
  const docs = { pkgname: 'hello-doc', arch: 'noarch' }
  const next = { pkgver: '1.1-r0' }
  const x86 =
    entry({}, 'x:of somebody\n') + entry(next).trimEnd() + `\n\n` + entry({ ...docs }).replace('A:noarch', 'A:x86_64')
  return {
    format: alpine,
    root,
    objects: new Map<string, Uint8Array>([
      [`${root}x86_64/APKINDEX.tar.gz`, indexOf(x86, { key: privateKey, description: 'v3.20-ours', kind: 'RSA256' })],
      [`${root}x86_64/hello-1.0-r0.apk`, apkOf()],
      [`${root}x86_64/hello-1.1-r0.apk`, apkOf({ fields: next })],
      [`${root}x86_64/hello-doc-1.0-r0.apk`, apkOf({ fields: docs })],
      [`${root}aarch64/APKINDEX.tar.gz`, indexOf(entry(arm), { key: privateKey })],
      [`${root}aarch64/hello-1.0-r0.apk`, apkOf({ fields: arm })],
    ]),
    added: {
      key: `${root}x86_64/added-2-r1.apk`,
      body: apkOf({ fields: { pkgname: 'added', pkgver: '2-r1' } }),
      name: 'x86_64 added-2-r1',
    },
    bad: { key: `${root}x86_64/bad-1-r0.apk`, body: Buffer.from('PK\u0003\u0004 of Android') },
    archived: `${root}x86_64/hello-1.1-r0.apk`,
    options: { apkKeys: [{ name: 'ops.rsa.pub', privateKey }] },
    client,
    carried: (read) => {
      const { files, kind } = indexIn(read, `${root}x86_64/APKINDEX.tar.gz`)
      return [
        files.get('DESCRIPTION')?.toString(),
        files.get('APKINDEX')?.toString().includes('\nx:of somebody\n'),
        kind,
      ]
    },
    bare: {
      root: 'bare/',
      objects: new Map([['bare/x86_64/hello-1.0-r0.apk', apkOf()]]),
      names: ['x86_64 hello-1.0-r0'],
    },
  }
}

/** Takes the first stream off, and checks with it that the rest is as it was signed. */
function indexIn(read: Read, key: string): { files: Map<string, Buffer>; kind: string; isSigned: boolean } {
  const body = Buffer.from(read(key) ?? [])
  const { engine } = inflateRawSync(body.subarray(10), { info: true }) as unknown as { engine: Zlib }
  const border = 10 + engine.bytesWritten + 8
  const files = filesIn(gunzipSync(body))
  const [name = ''] = files.keys()
  const [, kind = ''] = /^\.SIGN\.(RSA\d*)\.ops\.rsa\.pub$/.exec(name) ?? []
  const digest = kind === 'RSA256' ? 'sha256' : 'sha1'
  const isSigned =
    kind !== '' && verify(digest, body.subarray(border), rsaKey().publicKey, files.get(name) ?? Buffer.alloc(0))
  return { files, kind, isSigned }
}

function filesIn(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0;) {
    const name = archive.toString('latin1', at, archive.indexOf(0, at))
    const size = Number.parseInt(archive.toString('latin1', at + 124, at + 135), 8)
    files.set(name, archive.subarray(at + 512, at + 512 + size))
    at += 512 + Math.ceil(size / 512) * 512
  }
  return files
}

/** From the index to the packages, as apk builds their names; what it has of a package is not to be anything else. */
async function client(read: Read): Promise<{ names: string[]; complaints: string[] }> {
  const complaints: string[] = []
  const names: string[] = []
  const base = read('bare/x86_64/APKINDEX.tar.gz') === undefined ? root : 'bare/'
  for (const arch of base === root ? ['x86_64', 'aarch64'] : ['x86_64']) {
    const { files, isSigned } = indexIn(read, `${base}${arch}/APKINDEX.tar.gz`)
    if (!isSigned) complaints.push(`the index of ${arch} is not signed`)
    for (const stanza of (files.get('APKINDEX') ?? '').toString().split('\n\n')) {
      const { P, V, A, C, S } = Object.fromEntries(stanza.split('\n').map((line) => [line.charAt(0), line.slice(2)]))
      if (P === undefined || V === undefined) continue
      const body = read(`${base}${A ?? arch}/${P}-${V}.apk`)
      if (body === undefined) continue
      names.push(`${arch} ${P}-${V}`)
      if (S !== undefined && S !== String(body.length)) complaints.push(`${P} ${V} has another size`)
      if (C !== controlHash(Buffer.from(body))) complaints.push(`${P} ${V} has another hash`)
    }
  }
  return { names, complaints }
}

/** Of the second stream: the first is a signature. */
function controlHash(body: Buffer): string {
  let at = 0
  const ends = [0, 1].map(() => {
    const { engine } = inflateRawSync(body.subarray(at + 10), { info: true }) as unknown as { engine: Zlib }
    return (at += 10 + engine.bytesWritten + 8)
  })
  return `Q1${createHash('sha1').update(body.subarray(ends[0], ends[1])).digest('base64')}`
}
