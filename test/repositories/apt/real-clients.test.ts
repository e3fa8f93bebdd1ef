/** What apt and its tools say of our indexes. Left out, visibly, where they are not on the machine. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { expect } from 'chai'
import { generateKey, readKey } from 'openpgp'

import type { Signer } from '../../../src/repositories/format.ts'
import { createSigner } from '../../../src/repositories/openpgp.ts'
import { oddFields } from './odd-fields.ts'
import { Bucket, compressions, controlText, deb, debOf, entryOf, tar } from './packages-made.ts'

const run = promisify(execFile)
const isThere = (command: string): boolean => spawnSync(command, ['--version']).error === undefined
const root = '7/11/debian/'
const list = 'dists/stable/main/binary-amd64/Packages'
const pool = (name: string, version: string): string => `pool/main/${name}_${version}_amd64.deb`

/** apt-get on an isolated root, and a server of a bucket that answers as S3 does. */
class Client {
  readonly asked: string[] = []
  readonly #folder: string
  readonly #server: Server

  constructor(folder: string, bucket: Bucket) {
    this.#folder = folder
    this.#server = createServer(({ url = '' }, answer) => {
      const key = decodeURIComponent(url.slice(1))
      this.asked.push(key)
      const body = bucket.objects.get(key)
      answer.writeHead(body === undefined ? 404 : 200, { 'content-length': body?.length ?? 0 }).end(body)
    })
  }

  static async start(bucket: Bucket, source: string, publicKey?: Uint8Array): Promise<Client> {
    const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-apt-'))
    const client = new Client(folder, bucket)
    await new Promise<void>((resolve) => client.#server.listen(0, '127.0.0.1', resolve))
    const address = client.#server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    for (const part of ['lists/partial', 'cache/archives/partial', 'etc']) {
      await mkdir(join(folder, part), { recursive: true })
    }
    const keyring = join(folder, 'etc/key.gpg')
    if (publicKey !== undefined) await writeFile(keyring, publicKey)
    const trust = publicKey === undefined ? 'trusted=yes' : `signed-by=${keyring}`
    await writeFile(
      join(folder, 'etc/sources.list'),
      `deb [${trust} arch=amd64] http://127.0.0.1:${port}/${root}${source}\n`,
    )
    await writeFile(join(folder, 'status'), '')
    return client
  }

  /** Both streams of apt-get. Warnings are failures: apt exits with 0 for a repository that it left out. */
  async apt(...args: string[]): Promise<string> {
    const at = (path: string): string => join(this.#folder, path)
    const options = {
      'APT::Architecture': 'amd64',
      'APT::Sandbox::User': '',
      'APT::Update::Error-Mode': 'any',
      'Acquire::http::Proxy': 'DIRECT',
      'Acquire::Languages': 'none',
      'Dir::Cache': at('cache'),
      'Dir::Etc::sourcelist': at('etc/sources.list'),
      'Dir::Etc::sourceparts': '/dev/null',
      'Dir::Etc::trustedparts': '/dev/null',
      'Dir::State::lists': at('lists'),
      'Dir::State::status': at('status'),
    }
    const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
    const { stdout, stderr } = await run('apt-get', [...flags, ...args], { cwd: this.#folder })
    expect(stderr).not.to.match(/^[WE]:/m)
    return stdout + stderr
  }

  async download(name: string, version: string): Promise<Buffer> {
    await this.apt('download', `${name}=${version}`)
    return readFile(join(this.#folder, `${name}_${version}_amd64.deb`))
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve))
    await rm(this.#folder, { recursive: true })
  }
}

async function withClient(
  bucket: Bucket,
  use: (client: Client) => Promise<void>,
  { source = ' stable main', publicKey }: { source?: string; publicKey?: Uint8Array } = {},
): Promise<void> {
  const client = await Client.start(bucket, source, publicKey)
  try {
    await use(client)
  } finally {
    await client.close()
  }
}

async function signing(): Promise<{ signer: Signer; publicKey: Uint8Array }> {
  const key = await generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [{ name: 'test' }],
    format: 'armored',
  })
  const signer = await createSigner({ key: Buffer.from(key.privateKey), name: 'key' })
  return { signer, publicKey: (await readKey({ armoredKey: key.publicKey })).write() }
}

function suite(version = '1.0'): Bucket {
  const hello = deb({ fields: { Version: version } })
  return new Bucket(root)
    .put(pool('hello', version), hello)
    .put(list, entryOf(hello, pool('hello', version), { Version: version }))
    .put('dists/stable/Release', 'Suite: stable\nCodename: stable\nArchitectures: amd64\nComponents: main\n')
}

const onlySha256 = ['MD5', 'SHA1', 'SHA512'].flatMap((name) => ['-o', `APT::FTPArchive::${name}=false`])

/** Control files that are written otherwise than dpkg-deb writes them. */
const oddControls: Readonly<Record<string, string>> = {
  'empty-overrides': controlText({ Section: '', Priority: '', Homepage: '', 'X-Own': '' }),
  'small-names': controlText({ Depends: 'a' }).replaceAll(/^[\w-]+:/gm, (name) => name.toLowerCase()),
  'capital-names': controlText({ 'Multi-Arch': 'same' }).replaceAll(/^[\w-]+:/gm, (name) => name.toUpperCase()),
  'cr-lf': controlText({ Depends: 'a,\n b' }).replaceAll('\n', '\r\n'),
  'lines-around': `\n${controlText()}\n\n`,
  'no-line-feed': controlText().trimEnd(),
}

describe('apt: real clients', function () {
  this.timeout(120_000)

  it('apt-get installs from a signed suite, by hash alone', async function () {
    if (!isThere('apt-get')) this.skip()
    const { signer, publicKey } = await signing()
    const bucket = suite()
    await bucket.reindex({ signer, now: Date.now() })
    await withClient(
      bucket,
      async (client) => {
        await client.apt('update')
        expect(client.asked.some((key) => key.includes('/by-hash/SHA256/'))).to.equal(true)
        expect(client.asked.filter((key) => /Packages(\.|$)/.test(key))).to.deep.equal([])
        expect(await client.download('hello', '1.0')).to.deep.equal(deb())
      },
      { publicKey },
    )
  })

  it('apt-get refuses what another key signed, so the signature is looked at', async function () {
    if (!isThere('apt-get')) this.skip()
    const bucket = suite()
    await bucket.reindex({ signer: (await signing()).signer, now: Date.now() })
    const { publicKey } = await signing()
    await withClient(
      bucket,
      async (client) => {
        let said = ''
        await client.apt('update').catch((error: unknown) => (said = String(error)))
        expect(said).to.match(/NO_PUBKEY|not signed/)
      },
      { publicKey },
    )
  })

  it('apt-get updates and downloads at every moment of a new publication', async function () {
    if (!isThere('apt-get')) this.skip()
    const { signer, publicKey } = await signing()
    const bucket = suite()
    await bucket.reindex({ signer, now: Date.now() - 60_000 })
    await withClient(
      bucket,
      async (client) => {
        await client.apt('update')
        const added = deb({ fields: { Version: '2.0' } })
        bucket.put('dists/stable/main/binary-amd64/hello_2.0.deb', added)
        const { groups } = await bucket.plan({ signer, now: Date.now() })
        expect(groups).to.have.length(4)
        for (const group of groups) {
          for (const { key, body } of group) {
            bucket.objects.set(key, await body())
            await client.apt('update')
            expect(await client.download('hello', '1.0')).to.deep.equal(deb())
          }
        }
        expect(await client.download('hello', '2.0')).to.deep.equal(added)
      },
      { publicKey },
    )
  })

  it('apt-get installs from an unsigned suite and from a flat repository', async function () {
    if (!isThere('apt-get')) this.skip()
    const bucket = suite()
    await bucket.reindex({ now: Date.now() })
    await withClient(bucket, async (client) => {
      await client.apt('update')
      expect(await client.download('hello', '1.0')).to.deep.equal(deb())
    })
    const odd = deb({ fields: { Package: 'odd' } })
    const flat = new Bucket(root).put('Packages', '').put('hello.deb', deb()).put('o%2Bd d+1.deb', odd)
    await flat.reindex({ now: Date.now() })
    const source = { source: ' /' }
    await withClient(
      flat,
      async (client) => {
        await client.apt('update')
        expect(await client.download('hello', '1.0')).to.deep.equal(deb())
        expect(await client.download('odd', '1.0')).to.deep.equal(odd)
      },
      source,
    )
  })

  it('apt-get reads a suite in which some packages have fields that it can not parse', async function () {
    if (!isThere('apt-get')) this.skip()
    const bucket = suite()
    const broken = oddFields.filter(({ apt }) => apt === 'error')
    broken.forEach(({ name, value }, at) => {
      bucket.put(`dists/stable/main/binary-amd64/broken-${at}.deb`, deb({ fields: { [name]: value } }))
    })
    // One is in the list already, put there by a tool that does not look: now apt reads nothing.
    const listed = deb({ fields: { Package: 'listed', Depends: 'foo (>>>= 1' } })
    const entry = entryOf(listed, pool('listed', '1.0'), { Package: 'listed', Depends: 'foo (>>>= 1' })
    bucket.put(pool('listed', '1.0'), listed).put(list, bucket.text(list) + entry)
    // Another one has an entry to which such a field was added.
    bucket.put(list, bucket.text(list).replace('Filename', 'Description-md5: deadbeef\nFilename'))
    const { plan } = await bucket.reindex({ now: Date.now() })
    expect(plan.unreadable).to.have.length(broken.length + 1)
    expect([...plan.kept]).to.deep.equal([])
    // Nobody could read the list: nothing is lost, and nothing to be braked.
    expect(plan.parts).to.deep.equal([{ name: 'stable/main/binary-amd64', before: 1, after: 1 }])
    await withClient(bucket, async (client) => {
      await client.apt('update')
      expect(await client.download('hello', '1.0')).to.deep.equal(deb())
    })
  })

  it('Packages equals what apt-ftparchive writes with SHA-256 alone', async function () {
    if (!isThere('apt-ftparchive')) this.skip()
    const bucket = new Bucket().put('Packages', '')
    const unknown = {
      'X-Own': '1',
      Homepage: 'https://example.org',
      Essential: 'yes',
      'Installed-Size': '7',
      Tag: 'a::b',
      // Blanks that are text, and blanks at the ends of lines.
      Description: 'short\u00a0 \n trailing  \n  nb\u00a0\n tab\t\n .\n end\u00a0',
    }
    Object.keys(compressions).forEach((compression, at) => {
      bucket.put(`${at}.deb`, deb({ compression, fields: { Package: `p${at}`, Depends: 'a,\n b (>= 1)', ...unknown } }))
    })
    Object.entries(oddControls).forEach(([name, control]) => {
      const body = Buffer.from(control.replace('hello', name))
      bucket.put(`${name}.deb`, debOf('control.tar', tar([{ name: './control', body }])))
    })
    await bucket.reindex()
    const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-ftparchive-'))
    try {
      for (const { key } of bucket.listed().filter((object) => object.key.endsWith('.deb'))) {
        await mkdir(dirname(join(folder, key)), { recursive: true })
        await writeFile(join(folder, key), bucket.objects.get(key) ?? '')
      }
      const args = [...onlySha256, 'packages', '.']
      const { stdout } = await run('apt-ftparchive', args, { cwd: folder })
      const byName = (text: string): string[] => text.trimEnd().split('\n\n').sort()
      expect(byName(bucket.text('Packages'))).to.deep.equal(byName(stdout.replaceAll('Filename: ./', 'Filename: ')))
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
