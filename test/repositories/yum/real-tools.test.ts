import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { generateKey } from 'openpgp'
import { createSigner } from '../../../src/repositories/openpgp.ts'
import { longAgo, MemoryBucket } from './memory-bucket.ts'
import { oddRpms } from './odd-rpms.ts'
import { emptyRepository, openedData } from './repositories.ts'

const run = promisify(execFile)

const answers = async (command: string): Promise<boolean> =>
  run(command, ['--version']).then(
    () => true,
    () => false,
  )

const fixtures = ['fix-data.noarch.rpm', 'fix-tool.noarch.rpm', 'fix-tool.src.rpm'].map(
  (name) => [name, readFileSync(new URL(`fixtures/${name}`, import.meta.url))] as const,
)

describe('beside the real tools', function () {
  this.timeout(120_000)
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pc-ctl-yum-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** Writes every object of a bucket below the folder, as old as it is. */
  function asFiles(bucket: MemoryBucket): void {
    for (const [key, { body, modified }] of bucket.objects) {
      const path = join(folder, key)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, body)
      utimesSync(path, modified / 1000, modified / 1000)
    }
  }

  it('says what createrepo_c says of all packages, byte for byte', async function () {
    if (!(await answers('createrepo_c'))) return this.skip()
    const packages = new MemoryBucket()
    for (const [name, rpm] of [...fixtures, ...oddRpms()])
      packages.put(name.endsWith('.rpm') ? name : `${name}.rpm`, rpm)
    asFiles(packages)
    // rpm complains about made packages, which are not signed over; createrepo_c takes them all the same.
    await run('createrepo_c', ['--quiet', '--no-database', folder])
    const theirs = new MemoryBucket()
    const { stdout } = await run('find', [join(folder, 'repodata'), '-type', 'f'])
    for (const path of stdout.trim().split('\n')) theirs.put(path.slice(folder.length + 1), readFileSync(path))
    await emptyRepository(packages, '').reindex('')
    for (const type of ['primary', 'filelists', 'other']) {
      expect(openedData(packages, '', type), type).to.equal(openedData(theirs, '', type))
    }
  })

  it('leaves the index of createrepo_c alone where it is right', async function () {
    if (!(await answers('createrepo_c'))) return this.skip()
    const bucket = new MemoryBucket()
    for (const [name, rpm] of fixtures) bucket.put(name, rpm)
    asFiles(bucket)
    await run('createrepo_c', ['--quiet', folder])
    const { stdout } = await run('find', [join(folder, 'repodata'), '-type', 'f'])
    for (const path of stdout.trim().split('\n')) bucket.put(path.slice(folder.length + 1), readFileSync(path))
    await bucket.reindex('', longAgo + 10 ** 9)
    expect(bucket.written).to.deep.equal([])
  })

  for (const type of ['rsa', 'curve25519'] as const) {
    it(`is read by dnf, checked with a key of ${type}, and installed from`, async function () {
      if (!(await answers('dnf'))) return this.skip()
      const { privateKey, publicKey } = await generateKey(
        type === 'rsa'
          ? { type, rsaBits: 2048, userIDs: [{ name: 'Lab' }] }
          : { type: 'ecc', curve: 'ed25519Legacy', userIDs: [{ name: 'Lab' }] },
      )
      const signer = await createSigner({ key: Buffer.from(privateKey), name: 'key' })
      const bucket = emptyRepository(new MemoryBucket(), 'el/')
      for (const [name, rpm] of fixtures) bucket.put(`el/${name}`, rpm)
      await bucket.reindex('el/', longAgo, signer)
      await bucket.reindex('el/', longAgo + 5000, signer)
      expect(bucket.written).to.deep.equal([])
      bucket.put('key.asc', publicKey)
      const { server, url } = await served(bucket)
      try {
        const dnf = (...args: string[]) => run('dnf', [...dnfArguments(folder, url), ...args], { cwd: folder })
        const { stdout } = await dnf(
          'repoquery',
          '--qf',
          '%{epoch}:%{version}-%{release}.%{arch} %{requires}',
          'fix-tool',
        )
        expect(stdout).to.include('2:1.2~rc1-3.noarch').and.include('(glibc or musl)')
        await dnf('install', 'fix-data')
        expect(readFileSync(join(folder, 'root/usr/share/fix-data/data'), 'utf8')).to.equal('data\n')
      } finally {
        server.close()
      }
    })
  }

  it('is refused by dnf with a stale signature', async function () {
    if (!(await answers('dnf'))) return this.skip()
    const { privateKey, publicKey } = await generateKey({ type: 'rsa', rsaBits: 2048, userIDs: [{ name: 'Lab' }] })
    const signer = await createSigner({ key: Buffer.from(privateKey), name: 'key' })
    const bucket = emptyRepository(new MemoryBucket(), 'el/').put('key.asc', publicKey)
    await bucket.reindex('el/', longAgo, signer)
    bucket.put('el/repodata/repomd.xml', bucket.text('el/repodata/repomd.xml').replace('<revision>', '<revision>1'))
    const { server, url } = await served(bucket)
    try {
      const answer = run('dnf', [...dnfArguments(folder, url), 'makecache'], { cwd: folder })
      expect(await answer.catch((error: unknown) => error))
        .to.be.instanceOf(Error)
        .with.property('message')
        .that.matches(/GPG|signature/i)
    } finally {
      server.close()
    }
  })
})

/** A dnf of its own below a folder, which knows one repository and wants it signed. */
function dnfArguments(folder: string, url: string): string[] {
  for (const place of ['repos', 'log']) mkdirSync(join(folder, place), { recursive: true })
  writeFileSync(
    join(folder, 'repos', 'lab.repo'),
    `[lab]\nname=lab\nbaseurl=${url}/el/\nenabled=1\ngpgcheck=0\nrepo_gpgcheck=1\nskip_if_unavailable=0\ngpgkey=${url}/key.asc\n`,
  )
  const places = ['reposdir=repos', 'cachedir=cache', 'persistdir=persist', 'logdir=log'].map((place) => {
    const [name = '', where = ''] = place.split('=')
    return `--setopt=${name}=${join(folder, where)}`
  })
  return ['--quiet', '--assumeyes', `--installroot=${join(folder, 'root')}`, '--releasever=1', ...places]
}

async function served(bucket: MemoryBucket): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const found = bucket.objects.get(decodeURIComponent((request.url ?? '').slice(1)))
    response.writeHead(found === undefined ? 404 : 200).end(found?.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { server, url: `http://127.0.0.1:${address.port}` }
}
