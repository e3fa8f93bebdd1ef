/** Charts and packages of Alpine, whose indexes pc-ctl makes: followed as helm and apk do, and by those where they are. */
import { spawnSync } from 'node:child_process'
import { createHash, verify } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import { expect } from 'chai'
import { load } from 'js-yaml'

import { segmentAt } from '../../src/repositories/alpine/segments.ts'
import { apkOf, rsaKey } from '../repositories/alpine/made-apks.ts'
import { chartOf } from '../repositories/helm/made-charts.ts'
import { expectServed, rounds, runClient, type Shop, startShop, withFolder } from './reindex-clients.ts'

/** Helm and apk know no `--version` alone. */
const isThere = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args).status === 0

interface Index {
  readonly entries: Readonly<Record<string, readonly { version: string; urls: readonly string[]; digest: string }[]>>
}

describe('reindex-everything, for users of charts and of Alpine', function () {
  this.timeout(300_000)
  let shop: Shop
  let key: string
  const apk = (pkgver: string): Buffer => apkOf({ fields: { pkgver } })
  before(async () => {
    shop = await startShop()
    key = join(shop.place.folder, 'ops.rsa')
    await writeFile(key, rsaKey().privateKey.export({ type: 'pkcs8', format: 'pem' }))
    await shop.put('charts/hello-1.0.0.tgz', chartOf())
    await shop.put('alpine/x86_64/hello-1.0-r0.apk', apk('1.0-r0'))
    await shop.reindex('--create-missing', '--apk-key', key)
    await shop.open()
  })
  after(() => shop.close())

  const got = async (path: string): Promise<Buffer> => {
    const answer = await shop.ask(path)
    expect(answer.status, path).to.equal(200)
    return Buffer.from(await answer.arrayBuffer())
  }

  /** The versions that a client sees, each with the content that the index says. */
  async function charts(): Promise<string[]> {
    const { entries } = load((await got('charts/index.yaml')).toString()) as Index
    const all = entries['hello'] ?? []
    for (const { urls, digest } of all) {
      const [url = ''] = urls
      const { pathname } = new URL(url, 'http://shop/charts/')
      const body = await got(decodeURIComponent(pathname.slice(1)))
      expect(createHash('sha256').update(body).digest('hex'), url).to.equal(digest)
    }
    return all.map(({ version }) => version)
  }

  async function packages(): Promise<string[]> {
    const index = await got('alpine/x86_64/APKINDEX.tar.gz')
    const first = segmentAt(index, 0, 100_000)
    const signed = index.subarray(first?.packed.length)
    expect(verify('sha1', signed, rsaKey().publicKey, first?.files[0]?.body ?? Buffer.alloc(0))).to.equal(true)
    const entries = gunzipSync(signed).toString().slice(512).split('\n\n')
    const found: string[] = []
    for (const entry of entries) {
      const { C, P, V, S } = Object.fromEntries(entry.split('\n').map((line) => [line.charAt(0), line.slice(2)]))
      if (P === undefined || V === undefined) continue
      const body = await got(`alpine/x86_64/${P}-${V}.apk`)
      const signature = segmentAt(body, 0, 100_000)?.packed.length ?? 0
      const control = segmentAt(body, signature, 100_000)?.packed ?? Buffer.alloc(0)
      expect([`Q1${createHash('sha1').update(control).digest('base64')}`, String(body.length)]).to.deep.equal([C, S])
      found.push(V)
    }
    return found
  }

  it('leads to what is served, and to what is new at once', async () => {
    expect(await charts()).to.deep.equal(['1.0.0'])
    expect(await packages()).to.deep.equal(['1.0-r0'])
    await shop.put('charts/hello-1.10.0.tgz', chartOf({ version: '1.10.0' }))
    await shop.put('alpine/x86_64/hello-1.1-r0.apk', apk('1.1-r0'))
    await shop.reindex('--apk-key', key)
    expect(await charts()).to.deep.equal(['1.10.0', '1.0.0'])
    expect(await packages()).to.deep.equal(['1.0-r0', '1.1-r0'])
    await expectServed(shop, [
      ...['charts/hello-1.10.0.tgz', 'charts/index.yaml'],
      ...['alpine/x86_64/hello-1.1-r0.apk', 'alpine/x86_64/APKINDEX.tar.gz'],
    ])
    const again = await shop.reindex('--apk-key', key, '--only', 'helm,alpine')
    expect(again.indexes.map(({ outcome }) => outcome)).to.deep.equal(['unchanged', 'unchanged'])
  })

  it(`never leads to what is not there in ${rounds} rounds while versions come and go`, async () => {
    let isOver = false
    const publish = async (): Promise<void> => {
      for (let number = 2; number < 12 && !isOver; number++) {
        await shop.put(`charts/hello-2.${number}.0.tgz`, chartOf({ version: `2.${number}.0` }))
        await shop.put(`alpine/x86_64/hello-2.${number}-r0.apk`, apk(`2.${number}-r0`))
        await shop.reindex('--apk-key', key, '--only', 'helm,alpine,other')
      }
    }
    const seen = new Set<string>()
    const use = async (): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        for (const version of [...(await charts()), ...(await packages())]) seen.add(version)
      }
    }
    await Promise.all([publish(), Promise.all([use(), use()]).finally(() => (isOver = true))])
    expect(seen.size).to.be.greaterThan(1)
  })

  it('helm pulls a chart', async function () {
    if (!isThere('helm', 'version')) this.skip()
    await withFolder(async (folder) => {
      const repository = ['--repo', `${shop.urlWithToken}/charts`]
      await runClient(folder, ['helm', 'pull', 'hello', ...repository, '--destination', folder])
      expect((await readdir(folder)).filter((file) => file.endsWith('.tgz'))).to.have.length(1)
    })
  })

  it('apk fetches a package', async function () {
    if (!isThere('apk', '--version')) this.skip()
    await withFolder(async (folder) => {
      const publicKey = rsaKey().publicKey.export({ type: 'spki', format: 'pem' })
      await writeFile(join(folder, 'ops.rsa.pub'), publicKey)
      const flags = ['--keys-dir', folder, '--root', folder, '--arch', 'x86_64', '--initdb']
      const repository = ['--repository', `${shop.urlWithToken}/alpine`]
      await runClient(folder, ['apk', 'fetch', 'hello', ...flags, ...repository, '--output', folder])
      expect((await readdir(folder)).filter((file) => file.endsWith('.apk'))).to.have.length(1)
    })
  })
})
