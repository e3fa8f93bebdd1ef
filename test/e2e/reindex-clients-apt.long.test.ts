/** apt-get against a bucket that reindex-everything has put right, through front server, signed URLs and edge. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { createSigner, type OpenedSigner } from '../../src/repositories/openpgp.ts'
import { deb, entryOf, hash } from '../repositories/apt/packages-made.ts'
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
import { shareOf } from '../support/share.ts'

const root = '7/12/debian'
const list = `${root}/dists/stable/main/binary-amd64/Packages`
const inRelease = `${root}/dists/stable/InRelease`
const pool = (name: string, version: string): string => `pool/main/${name}_${version}_amd64.deb`
const made = (name: string, version: string): Buffer =>
  deb({ fields: { Package: name, Version: version }, payload: `${name} ${version}` })
const entry = (name: string, version: string): string =>
  entryOf(made(name, version), pool(name, version), { Package: name, Version: version })

describe('reindex-everything, for users of apt', function () {
  this.timeout(900_000)
  let shop: Shop
  let key: Awaited<ReturnType<typeof signingKey>>
  let signer: OpenedSigner
  before(async () => {
    shop = await startShop()
    key = await signingKey()
    signer = await createSigner({ key: Buffer.from(key.secret), name: 'key' })
    await fill()
    const keyFile = join(shop.place.folder, 'signing.asc')
    await writeFile(keyFile, key.secret)
    const { failed, indexes } = await shop.reindex('--signing-key', keyFile)
    expect([failed, indexes.map(({ root: at, outcome }) => [at, outcome])]).to.deep.equal([
      0,
      [[`${root}/`, 'written']],
    ])
    await shop.open()
  })
  after(() => shop.close())

  /** As an operator's bucket is before the upgrade: attributes absent or wrong, an index that is not signed. */
  async function fill(): Promise<void> {
    for (const [version, attributes] of [
      ['1.0', {}],
      ['1.1', { CacheControl: 'private, max-age=60', ContentType: 'text/html' }],
      ['1.2+b~1', { ContentDisposition: 'attachment; filename="greeting.deb"' }],
    ] as const) {
      await shop.put(`${root}/${pool('hello', version)}`, made('hello', version), attributes)
    }
    await announce(['1.0', '1.1', '1.2+b~1'].map((version) => entry('hello', version)).join(''))
  }

  /**
   * As a publisher's tool that knows neither by-hash nor signatures: writes the list of packages and the Release, which
   * users do not see as long as there is an InRelease. Lets whoever comes by keep both for a day.
   */
  async function announce(packages: string): Promise<void> {
    const stale = { CacheControl: 'public, max-age=86400' }
    await shop.put(list, packages, stale)
    const fields = 'Origin: Example\nSuite: stable\nCodename: bookworm\nArchitectures: amd64\nComponents: main\n'
    const sums = `SHA256:\n ${hash('sha256', packages)} ${Buffer.byteLength(packages)} main/binary-amd64/Packages\n`
    await shop.put(`${root}/dists/stable/Release`, `${fields}Date: ${new Date().toUTCString()}\n${sums}`, stale)
  }

  const announceMore = async (...entries: string[]): Promise<void> =>
    announce(`${(await shop.get(list)).toString()}\n${entries.join('')}`)

  testWith(['apt-get'], 'installs what is signed, from the edge, and sees a new index at once', () =>
    withFolder(async (folder) => {
      const client = await aptClient(folder, shop, key.keyring)
      await client.update()
      const first = made('hello', '1.2+b~1')
      expect((await client.download('hello=1.2+b~1')).content).to.deep.equal(first)
      await expectServed(shop, [`${root}/${pool('hello', '1.2+b~1')}`, inRelease, `${list}.gz`])
      const served = await shop.ask(`${root}/${pool('hello', '1.2+b~1')}`)
      expect(served.headers.get('content-disposition')).to.equal('attachment; filename="greeting.deb"')
      await shop.without(`${root}/${pool('hello', '1.2+b~1')}`, async () => {
        expect((await client.download('hello=1.2+b~1')).content).to.deep.equal(first)
      })

      await shop.put(`${root}/${pool('hello', '2.0')}`, made('hello', '2.0'))
      await announceMore(entry('hello', '2.0'))
      expect((await shop.reindexHere(signer)).indexes[0]).to.include({ outcome: 'written', packages: 4 })
      await client.update()
      expect((await client.download('hello')).content).to.deep.equal(made('hello', '2.0'))
    }),
  )

  testWith(['apt-get'], 'refuses it with another key: the signature was looked at', () =>
    withFolder(async (folder) => {
      const client = await aptClient(folder, shop, (await signingKey()).keyring)
      const refused = await client.update().catch((error: unknown) => String(error))
      expect(refused).to.match(/NO_PUBKEY|not signed/)
    }),
  )

  const atLeast = shareOf(200)
  testWith(
    ['apt-get'],
    `never fails in ${atLeast} rounds while the repository is published over and over`,
    async () => {
      let rounds = 0
      let publications = 0
      let failure: Error | undefined
      const versions = new Set<string>()
      const going = (): boolean => failure === undefined && (rounds < atLeast || publications < atLeast / 10)

      const publish = async (): Promise<void> => {
        while (going()) {
          const number = ++publications
          const [version, older] = [`3.${number}`, `0.${number - 3}`]
          await shop.put(`${root}/${pool('hello', version)}`, made('hello', version))
          await shop.put(`${root}/${pool('other', `0.${number}`)}`, made('other', `0.${number}`))
          await announceMore(entry('hello', version), entry('other', `0.${number}`))
          // What users ask for stays; what nobody does comes and goes.
          if (number > 3) await shop.remove(`${root}/${pool('other', older)}`)
          const { failed, indexes } = await shop.reindexHere(signer)
          expect([failed, indexes[0]?.outcome]).to.deep.equal([0, 'written'])
        }
      }
      const use = (): Promise<void> =>
        withFolder(async (folder) => {
          const client = await aptClient(folder, shop, key.keyring)
          while (going()) {
            await client.forget()
            await client.update()
            const { version, content } = await client.download('hello')
            expect(content, version).to.deep.equal(made('hello', version))
            versions.add(version)
            rounds++
          }
        })
      const guarded = (work: Promise<void>): Promise<void> =>
        work.catch((error: unknown) => void (failure ??= toError(error)))
      await Promise.all([publish(), use(), use()].map(guarded))
      if (failure !== undefined) throw failure
      expect(versions.size).to.be.greaterThan(5)
    },
  )
})

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

interface AptClient {
  update(): Promise<void>
  /** `apt-get install --download-only`: of a name the newest version that the lists know, or NAME=VERSION. */
  download(wanted: string): Promise<{ version: string; content: Buffer }>
  /** Drops all lists and packages. */
  forget(): Promise<void>
}

/** apt-get with folders of its own, for which no one has to be root. */
async function aptClient(folder: string, shop: Shop, keyring: Uint8Array): Promise<AptClient> {
  const at = (path: string): string => join(folder, path)
  const forget = async (): Promise<void> => {
    for (const part of ['lists', 'cache']) await rm(at(part), { recursive: true, force: true })
    for (const part of ['lists/partial', 'cache/archives/partial']) await mkdir(at(part), { recursive: true })
  }
  await forget()
  await mkdir(at('etc'))
  await writeFile(at('etc/key.gpg'), keyring)
  await writeFile(at('etc/auth.conf'), `machine ${shop.url}/ login ${token} password none\n`, { mode: 0o600 })
  const source = `deb [signed-by=${at('etc/key.gpg')} arch=amd64] ${shop.url}/${root} stable main\n`
  await writeFile(at('etc/sources.list'), source)
  await writeFile(at('status'), '')
  const options = {
    'APT::Architecture': 'amd64',
    'APT::Architectures': 'amd64',
    'APT::Sandbox::User': '',
    'APT::Update::Error-Mode': 'any',
    'Acquire::http::Proxy': 'DIRECT',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '0',
    'Debug::NoLocking': 'true',
    'Dir::Cache': at('cache'),
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::netrc': at('etc/auth.conf'),
    'Dir::Etc::netrcparts': '/dev/null',
    'Dir::Etc::parts': '/dev/null',
    'Dir::Etc::sourcelist': at('etc/sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::trustedparts': '/dev/null',
    'Dir::State': at('.'),
    'Dir::State::lists': at('lists'),
    'Dir::State::status': at('status'),
  }
  // Read before the machine's own, which has hooks that it then does not read.
  const lines = Object.entries(options).map(([name, value]) => `${name} "${value}";\n`)
  await writeFile(at('apt.conf'), lines.join(''))
  /** Warnings are failures: apt exits with 0 for a repository that it left out. */
  const apt = async (...args: string[]): Promise<void> => {
    const { stdout, stderr } = await runClient(folder, [
      'env',
      `APT_CONFIG=${at('apt.conf')}`,
      'apt-get',
      '-q',
      ...args,
    ])
    expect(stderr, stdout).not.to.match(/^[WE]:/m)
  }
  return {
    forget,
    update: () => apt('update'),
    async download(wanted) {
      await rm(at('cache/archives'), { recursive: true, force: true })
      await mkdir(at('cache/archives/partial'), { recursive: true })
      await apt('install', '--download-only', '--yes', wanted)
      const names = (await readdir(at('cache/archives'))).filter((name) => name.endsWith('.deb'))
      expect(names).to.have.length(1)
      const [name = ''] = names
      return { version: name.split('_')[1] ?? '', content: await readFile(at(`cache/archives/${name}`)) }
    },
  }
}
