import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'
import { generateKey } from 'openpgp'

import { resultOf } from '../support/json-document.ts'
import type { Report } from '../../src/reindex/report.ts'
import { createSigner, type OpenedSigner } from '../../src/repositories/openpgp.ts'
import { bucket, type Installation, install, nameOfCall } from '../support/installation.ts'
import { fillRepositories } from '../reindex/repositories-under-test.ts'

const roots = ['apt/', 'el/8/', 'el/9/']

interface Key {
  readonly file: string
  readonly signer: OpenedSigner
  readonly fingerprint: string
}

describe('pc-ctl reindex-everything, signing keys', function () {
  this.timeout(120_000)
  let place: Installation
  let a: Key
  let b: Key
  before(async () => {
    place = await install()
    ;[a, b, stranger] = [await makeKey('a.asc'), await makeKey('b.asc'), await makeKey('stranger.asc')]
    await fillRepositories(place.clients.s3, bucket, a.signer)
  })
  after(() => place.close())

  const makeKey = async (name: string, days?: number): Promise<Key> => {
    const { privateKey } = await generateKey({
      userIDs: [{ name }],
      type: 'ecc',
      curve: 'ed25519Legacy',
      ...(days !== undefined && { keyExpirationTime: days * 86_400 }),
    })
    const file = join(place.folder, name)
    await writeFile(file, privateKey)
    const signer = await createSigner({ key: Buffer.from(privateKey), name })
    return { file, signer, fingerprint: signer.keys[0]?.fingerprint ?? '' }
  }
  const reindex = (keys: readonly string[], ...more: string[]): ReturnType<Installation['run']> =>
    place.run(['reindex-everything', '--indexes-only', ...keys.flatMap((word) => ['--signing-key', word]), ...more])
  const read = async (key: string): Promise<string> => (await place.read(key)).toString()
  /** Everybody is a stranger to this key. */
  let stranger: Key
  const signers = async (): Promise<readonly string[]> =>
    stranger.signer.foreign([
      { clear: await read('apt/dists/stable/InRelease') },
      { detached: Buffer.from(await read('el/8/repodata/repomd.xml.asc')) },
    ])
  const writes = async (during: () => Promise<unknown>): Promise<string[]> => {
    const last = place.sandbox.calls.list().at(-1)?.number ?? 0
    await during()
    return place.sandbox.calls
      .list(({ number }) => number > last)
      .map(nameOfCall)
      .filter((name) => /^s3:(Put|Copy|Complete)/.test(name))
  }

  it('refuses another key than the one that clients trust, and says so in the plan', async () => {
    for (const more of [['--dry-run'], []]) {
      const { code, stdout } = await reindex([b.file], ...more)
      expect(code, stdout).to.equal(4)
      for (const root of roots)
        expect(stdout.replace(/\s+/g, ' ')).to.match(new RegExp(`index of ${root} .*: refused: it is signed with`))
      expect(stdout).to.include(a.fingerprint).and.to.include(b.fingerprint).and.to.include('--change-key')
    }
    expect(await signers()).to.deep.equal([a.fingerprint])
  })

  it('signs with several keys, and then not with fewer', async () => {
    const both = await reindex([a.file, b.file])
    expect(both.code, both.stdout).to.equal(0)
    expect(await signers()).to.deep.equal([a.fingerprint, b.fingerprint])
    const fewer = await reindex([a.file])
    expect(fewer.code, fewer.stdout).to.equal(4)
    expect(fewer.stdout).to.include(b.fingerprint)
    expect(await writes(() => reindex([b.file, a.file])), 'in whatever order').to.deep.equal([
      's3:PutObject',
      's3:PutObject',
    ])
  })

  it('changes the key where that is asked for', async () => {
    const { code, stdout } = await reindex([b.file], '--change-key')
    expect(code, stdout).to.equal(0)
    expect(await signers()).to.deep.equal([b.fingerprint])
  })

  it('signs each repository with the key for its prefix, and tells of a prefix without repositories', async () => {
    const keys = [`apt/=${a.file}`, b.file, `el/8/=${a.file}`, `nowhere=${a.file}`]
    const { stdout, stderr, code } = await reindex(keys, '--change-key')
    expect(code, stdout).to.equal(0)
    expect(await signers()).to.deep.equal([a.fingerprint])
    expect(
      await b.signer.foreign([{ detached: Buffer.from(await read('el/9/repodata/repomd.xml.asc')) }]),
    ).to.deep.equal([])
    expect(stderr.replace(/\s+/g, ' ')).to.include('no repository lies below nowhere/')
    const mapping = join(place.folder, 'mapping.json')
    await writeFile(
      mapping,
      JSON.stringify([
        { prefix: 'el/8/', signingKey: ['a.asc'] },
        { prefix: 'apt', signingKey: 'a.asc' },
      ]),
    )
    expect(await writes(() => reindex([b.file], '--mapping', mapping)), 'the lock').to.have.length(2)
    await writeFile(mapping, '[{"prefix": "el/8/", "signingKey": 8}]')
    expect((await reindex([b.file], '--mapping', mapping)).stderr).to.match(
      /mapping\.json can't be used: entry 1 names no/,
    )
    const wrong = await reindex([`apt/=`])
    expect(wrong.code).to.equal(2)
    expect(wrong.stderr).to.include('names no file')
  })

  it('warns of a key that ends soon, and of what is valid for longer than it', async () => {
    const soon = await makeKey('soon.asc', 30)
    const release = (await read('apt/dists/stable/Release')).replace(/^Date: .*$/m, (date) => {
      const until = new Date(Date.parse(date.slice(6)) + 90 * 86_400_000).toUTCString().replace('GMT', 'UTC')
      return `${date}\nValid-Until: ${until}`
    })
    await place.put('apt/dists/stable/Release', release)
    await place.put('apt/dists/stable/InRelease', await a.signer.clear(release))
    const { stdout, stderr, code } = await reindex([soon.file], '--change-key', '--json', '--prefix', 'apt/')
    expect(code, stderr).to.equal(0)
    expect(stderr.replace(/\s+/g, ' ')).to.match(
      new RegExp(`Warning: the signing key ${soon.fingerprint} in .*soon\\.asc expires on .* in (29|30) days`),
    )
    const { problems } = resultOf(stdout) as Report
    expect(problems.map(({ key, what }) => `${key} ${what}`).join()).to.match(
      /apt\/dists\/stable\/Release says that it is valid until .*, but the key that signs it expires on/,
    )
  })
})
