/** dnf and zypper against a bucket that reindex-everything has put right, through front server, signed URLs and edge. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { createSigner, type OpenedSigner } from '../../src/repositories/openpgp.ts'
import { madeRpm, plainTags } from '../repositories/yum/made-rpm.ts'
import { MemoryBucket } from '../repositories/yum/memory-bucket.ts'
import { emptyRepository } from '../repositories/yum/repositories.ts'
import {
  expectServed,
  runClient,
  type Shop,
  signingKey,
  startShop,
  testWith,
  token,
  withFolder,
} from './reindex-clients.ts'

const root = 'el/9'
const keyOf = (name: string, version: string): string => `${root}/Packages/${name}-${version}-1.noarch.rpm`
const made = (name: string, version: string): Buffer =>
  madeRpm({ ...plainTags, 1000: name, 1001: version, 1047: [name], 1112: { int32: [8] }, 1113: [`${version}-1`] })

describe('reindex-everything, for users of yum repositories', function () {
  this.timeout(300_000)
  let shop: Shop
  let key: Awaited<ReturnType<typeof signingKey>>
  let signer: OpenedSigner
  before(async () => {
    shop = await startShop()
    key = await signingKey()
    signer = await createSigner({ key: Buffer.from(key.secret), name: 'key' })
    // As an operator's bucket is before the upgrade: attributes absent or wrong, a package that no index has.
    for (const [at, { body }] of emptyRepository(new MemoryBucket(), `${root}/`).objects) {
      await shop.put(at, body, { CacheControl: 'public, max-age=86400' })
    }
    const attributes = { CacheControl: 'no-store', ContentDisposition: 'attachment; filename="greeting.rpm"' }
    await shop.put(keyOf('greeting', '1.0'), made('greeting', '1.0'), attributes)
    const keyFile = join(shop.place.folder, 'signing.asc')
    await writeFile(keyFile, key.secret)
    const { failed, indexes } = await shop.reindex('--signing-key', keyFile)
    const [index] = indexes
    expect([failed, index?.root, index?.outcome, index?.packages]).to.deep.equal([0, `${root}/`, 'written', 1])
    await shop.open()
  })
  after(() => shop.close())

  /** Each test has a package of its own, whose versions it publishes. */
  const publish = async (name: string, version: string): Promise<void> => {
    await shop.put(keyOf(name, version), made(name, version))
    const { failed, indexes } = await shop.reindexHere(signer)
    expect([failed, indexes[0]?.outcome]).to.deep.equal([0, 'written'])
  }

  for (const { command, start } of [
    { command: 'dnf', start: dnfClient },
    { command: 'zypper', start: zypperClient },
  ]) {
    testWith([command], 'downloads from a signed repository, from the edge, and sees a new index at once', () =>
      withFolder(async (folder) => {
        const client = await start(folder, shop, key.publicArmored)
        await client.refresh()
        const first = { name: 'greeting-1.0-1.noarch.rpm', content: made('greeting', '1.0') }
        expect(await client.download('greeting')).to.deep.equal(first)
        await expectServed(shop, [keyOf('greeting', '1.0'), `${root}/repodata/repomd.xml`])
        const served = await shop.ask(keyOf('greeting', '1.0'))
        expect(served.headers.get('content-disposition')).to.equal('attachment; filename="greeting.rpm"')
        await shop.without(keyOf('greeting', '1.0'), async () => {
          expect(await client.download('greeting')).to.deep.equal(first)
        })

        await publish(command, '1.0')
        await client.refresh()
        expect((await client.download(command)).content).to.deep.equal(made(command, '1.0'))
        await publish(command, '2.0')
        await client.refresh()
        expect((await client.download(command)).content).to.deep.equal(made(command, '2.0'))
      }),
    )

    testWith([command], 'refuses it with another key: the signature was looked at', () =>
      withFolder(async (folder) => {
        const client = await start(folder, shop, (await signingKey()).publicArmored)
        const refused = await client.refresh().catch((error: unknown) => String(error))
        expect(refused).to.match(/GPG signature verification error|Signature verification failed/)
      }),
    )
  }

  testWith(['dnf'], 'never fails in 20 rounds while the repository is published over and over', async () => {
    let rounds = 0
    let publications = 0
    const versions = new Set<string>()
    let failed = false
    const going = (): boolean => !failed && (rounds < 20 || publications < 20)
    const publishOn = async (): Promise<void> => {
      while (going()) {
        const number = ++publications
        await shop.put(keyOf('other', String(number)), made('other', String(number)))
        // What users ask for stays; what nobody does comes and goes.
        if (number > 3) await shop.remove(keyOf('other', String(number - 3)))
        await publish('rolling', String(number))
      }
    }
    const use = (): Promise<void> =>
      withFolder(async (folder) => {
        const client = await dnfClient(folder, shop)
        while (going()) {
          await client.forget()
          await client.refresh()
          const { name, content } = await client.download('rolling')
          const version = name.split('-')[1] ?? ''
          expect(content).to.deep.equal(made('rolling', version))
          versions.add(version)
          rounds++
        }
      })
    await publish('rolling', '0')
    const ends = [publishOn(), use()].map((work) =>
      work.catch((error: unknown) => {
        failed = true
        throw error
      }),
    )
    for (const end of await Promise.allSettled(ends)) if (end.status === 'rejected') throw end.reason
    expect(versions.size).to.be.greaterThan(5)
  })
})

interface YumClient {
  refresh(): Promise<void>
  /** The newest version of a package that the index knows. */
  download(name: string): Promise<{ name: string; content: Buffer }>
  /** Drops all that was got so far. */
  forget(): Promise<void>
}

/** The only package below a folder, which is emptied. */
async function taken(folder: string): Promise<{ name: string; content: Buffer }> {
  const found = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.rpm'))
  expect(found).to.have.length(1)
  const [path = ''] = found
  const content = await readFile(join(folder, path))
  await rm(join(folder, path))
  return { name: path.split('/').at(-1) ?? '', content }
}

/** A dnf with folders of its own. Without a key it does not look for signatures. */
async function dnfClient(folder: string, shop: Shop, publicKey?: string): Promise<YumClient> {
  const at = (path: string): string => join(folder, path)
  for (const part of ['repos', 'root', 'packages']) await mkdir(at(part), { recursive: true })
  if (publicKey !== undefined) await writeFile(at('key.asc'), publicKey)
  const settings = {
    main: {
      cachedir: at('cache'),
      persistdir: at('persist'),
      logdir: at('log'),
      reposdir: at('repos'),
      plugins: 0,
      retries: 1,
    },
    shop: {
      name: 'shop',
      baseurl: `${shop.url}/${root}/`,
      username: token,
      password: 'none',
      gpgcheck: 0,
      repo_gpgcheck: publicKey === undefined ? 0 : 1,
      gpgkey: `file://${at('key.asc')}`,
      skip_if_unavailable: 0,
    },
  }
  const lines = Object.entries(settings).flatMap(([section, values]) => [
    `[${section}]`,
    ...Object.entries(values).map(([name, value]) => `${name}=${value}`),
  ])
  await writeFile(at('dnf.conf'), `${lines.join('\n')}\n`)
  const flags = [
    `--config=${at('dnf.conf')}`,
    `--installroot=${at('root')}`,
    '--releasever=9',
    '--quiet',
    '--assumeyes',
  ]
  const dnf = (...args: string[]) => runClient(folder, ['dnf', ...flags, ...args])
  return {
    async refresh() {
      await dnf('makecache', '--refresh')
    },
    async download(name) {
      await dnf('install', '--downloadonly', `--downloaddir=${at('packages')}`, name)
      return taken(at('packages'))
    },
    forget: () => rm(at('cache'), { recursive: true, force: true }),
  }
}

/** A zypper with a root of its own. */
async function zypperClient(folder: string, shop: Shop, publicKey: string): Promise<YumClient> {
  const at = (path: string): string => join(folder, path)
  await mkdir(at('root/etc/zypp/repos.d'), { recursive: true })
  await writeFile(at('key.asc'), publicKey)
  const baseurl = `${shop.urlWithToken.replace(':@', ':none@')}/${root}/`
  const lines = ['[shop]', 'name=shop', 'enabled=1', 'autorefresh=0', `baseurl=${baseurl}`, 'type=rpm-md']
  const signed = ['gpgcheck=1', 'repo_gpgcheck=1', 'pkg_gpgcheck=0', `gpgkey=file://${at('key.asc')}`]
  await writeFile(at('root/etc/zypp/repos.d/shop.repo'), `${[...lines, ...signed].join('\n')}\n`)
  const zypper = (...args: string[]) =>
    runClient(folder, ['zypper', '--root', at('root'), '--non-interactive', '--gpg-auto-import-keys', ...args])
  return {
    async refresh() {
      await zypper('refresh', '--force')
    },
    async download(name) {
      await zypper('download', name)
      return taken(at('root/var/cache/zypp/packages'))
    },
    forget: () => rm(at('root/var/cache/zypp'), { recursive: true, force: true }),
  }
}
