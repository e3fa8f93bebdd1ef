import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'
import { generateKey, readCleartextMessage, readKey, readPrivateKey, verify } from 'openpgp'

import { createSigner } from '../../src/repositories/openpgp.ts'
import { CtlError } from '../../src/errors.ts'

const text = 'Origin: test\n- a dash, and blanks at the end  \nÜmläut: ja\n'
const kinds = { RSA: { type: 'rsa', rsaBits: 2048 }, Ed25519: { type: 'ecc', curve: 'ed25519Legacy' } } as const

async function keyOf(kind: keyof typeof kinds, passphrase?: string): Promise<{ secret: string; open: string }> {
  const { privateKey, publicKey } = await generateKey({
    ...kinds[kind],
    userIDs: [{ name: 'test' }],
    format: 'armored',
    ...(passphrase === undefined ? {} : { passphrase }),
  })
  return { secret: privateKey, open: publicKey }
}

async function failureOf(promise: Promise<unknown>): Promise<CtlError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof CtlError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('OpenPGP signatures', function () {
  this.timeout(60_000)

  for (const kind of Object.keys(kinds) as (keyof typeof kinds)[]) {
    it(`are accepted by gpgv, made with ${kind}`, async function () {
      if (spawnSync('gpgv', ['--version']).status !== 0) this.skip()
      const { secret, open } = await keyOf(kind, 'open sesame')
      const signer = await createSigner({
        key: Buffer.from(secret),
        name: 'key.asc',
        passphrases: ['another', 'open sesame'],
      })
      const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-openpgp-'))
      const at = (name: string): string => join(folder, name)
      const gpgv = (...args: string[]): string =>
        execFileSync('gpgv', ['--keyring', at('ring.gpg'), ...args], { encoding: 'utf8', stdio: 'pipe' })
      try {
        await writeFile(at('ring.gpg'), (await readKey({ armoredKey: open })).write())
        await writeFile(at('Release'), text)
        await writeFile(at('Release.gpg'), await signer.detached(Buffer.from(text)))
        await writeFile(at('InRelease'), await signer.clear(text))
        gpgv(at('Release.gpg'), at('Release'))
        const inside = gpgv('--output', '-', at('InRelease'))
        expect(inside).to.equal(text.replace(/ +$/gm, ''))
        await writeFile(at('Release'), `${text}more\n`)
        expect(() => gpgv(at('Release.gpg'), at('Release'))).to.throw(/BAD signature/)
      } finally {
        await rm(folder, { recursive: true })
      }
    })
  }

  it('can be checked without gpgv, and carry the fingerprint that the signer names', async () => {
    const { secret, open } = await keyOf('Ed25519')
    const signer = await createSigner({ key: Buffer.from(secret), name: 'key.asc' })
    const key = (await readKey({ armoredKey: open })).toPublic()
    expect(signer.keys.map(({ fingerprint }) => fingerprint).join()).to.equal(key.getFingerprint().toUpperCase())
    const message = await readCleartextMessage({ cleartextMessage: await signer.clear(text) })
    const { signatures } = await verify({ message, verificationKeys: [key] })
    expect(await signatures[0]?.verified).to.equal(true)
  })

  it('are made with binary keys too', async () => {
    const { secret } = await keyOf('Ed25519')
    const binary = (await readPrivateKey({ armoredKey: secret })).write()
    expect(await (await createSigner({ key: binary, name: 'k' })).clear(text)).to.match(/BEGIN PGP SIGNATURE/)
  })

  it('are refused without the passphrase, with a wrong one, and from what is no single secret key', async () => {
    const { secret, open } = await keyOf('Ed25519', 'open sesame')
    const another = await keyOf('Ed25519')
    const refused = async (key: string, passphrase?: string): Promise<string> => {
      const error = await failureOf(
        createSigner({ key: Buffer.from(key), name: 'key.asc', passphrases: [passphrase ?? []].flat() }),
      )
      expect(error.failure).to.equal('configuration')
      expect([error.message, ...error.hint].join('\n')).not.to.contain('wrong one')
      return error.message
    }
    expect(await refused(secret)).to.match(/key\.asc is protected by a passphrase/)
    const { hint } = await failureOf(createSigner({ key: Buffer.from(secret), name: 'key.asc' }))
    expect(String(hint)).to.include('--passphrase-file')
    expect(await refused(secret, 'wrong one')).to.match(/key\.asc can't be unlocked/)
    expect(await refused(open)).to.match(/no OpenPGP secret key/)
    expect(await refused('not a key')).to.match(/no OpenPGP secret key/)
    expect(await refused(`${another.secret}\n${secret}`)).to.match(/key\.asc is protected by a passphrase/)
  })

  describe('of several keys', () => {
    const open = async (...keys: { secret: string }[]) =>
      createSigner({ key: Buffer.from(keys.map(({ secret }) => secret).join('\n')), name: 'keys.asc' })

    it('are made with all of them, and only then known again', async function () {
      const [a, b] = [await keyOf('Ed25519'), await keyOf('RSA')]
      const [both, justA, justB] = [await open(a, b), await open(a), await open(b)]
      const [clear, detached] = [await both.clear(text), Buffer.from(await both.detached(Buffer.from(text)))]
      for (const key of [a, b]) {
        const verificationKeys = [(await readKey({ armoredKey: key.open })).toPublic()]
        const message = await readCleartextMessage({ cleartextMessage: clear })
        const found = await Promise.allSettled(
          (await verify({ message, verificationKeys })).signatures.map((one) => one.verified),
        )
        expect(found.filter(({ status }) => status === 'fulfilled')).to.have.length(1)
      }
      const known = async (signer: typeof both) => [
        await signer.signed(clear),
        await signer.signedDetached(Buffer.from(text), detached),
      ]
      expect(await known(both)).to.deep.equal([true, true])
      expect(await known(justA)).to.deep.equal([false, false])
      expect(await both.signed(await justB.clear(text))).to.equal(false)
      const fingerprints = both.keys.map(({ fingerprint }) => fingerprint)
      expect(await justA.foreign([{ clear }, { detached }])).to.deep.equal(fingerprints.slice(1))
      expect(await both.foreign([{ clear }, { detached }])).to.deep.equal([])
      // Some publishers put one armored signature behind the other.
      const behind = [await justA.detached(Buffer.from(text)), await justB.detached(Buffer.from(text))].join('')
      expect(await justA.foreign([{ detached: Buffer.from(behind) }])).to.deep.equal(fingerprints.slice(1))
      expect(await justA.foreign([{ clear: 'no signature' }, { detached: Buffer.from('nor this') }])).to.deep.equal([])
      if (spawnSync('gpgv', ['--version']).status !== 0) this.skip()
      const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-openpgp-'))
      try {
        const rings = await Promise.all([a, b].map(async ({ open }) => (await readKey({ armoredKey: open })).write()))
        await writeFile(join(folder, 'ring.gpg'), Buffer.concat(rings))
        await writeFile(join(folder, 'InRelease'), clear)
        const { stderr } = spawnSync('gpgv', ['--keyring', join(folder, 'ring.gpg'), join(folder, 'InRelease')])
        expect(String(stderr).match(/Good signature/g)).to.have.length(2)
      } finally {
        await rm(folder, { recursive: true })
      }
    })

    it('are ours where a subkey made them, even one that can sign no more', async () => {
      const subkeys = [{ sign: true }]
      const { privateKey, publicKey } = await generateKey({
        ...kinds.Ed25519,
        userIDs: [{ name: 'x' }],
        format: 'armored',
        subkeys,
      })
      const signer = await open({ secret: privateKey })
      const clear = await signer.clear(text)
      const primary = (await readKey({ armoredKey: publicKey })).getFingerprint().toUpperCase()
      const [issuer] = await (await open(await keyOf('Ed25519'))).foreign([{ clear }])
      expect(issuer)
        .to.match(/^[\dA-F]{40}$/)
        .and.not.to.equal(primary)
      expect(await signer.foreign([{ clear }])).to.deep.equal([])
    })

    it('end with the key, or with the subkey that signs', async () => {
      const year = 365 * 86_400
      const ends = async (keyExpirationTime: number, subkey?: number): Promise<number | undefined> => {
        const subkeys = subkey === undefined ? [] : [{ sign: true, keyExpirationTime: subkey }]
        const made = await generateKey({
          ...kinds.Ed25519,
          userIDs: [{ name: 'x' }],
          format: 'armored',
          keyExpirationTime,
          subkeys,
        })
        const { expires } = await open({ secret: made.privateKey })
        return expires === undefined ? undefined : Math.round((expires - Date.now()) / 1000 / 86_400)
      }
      expect(await ends(0)).to.equal(undefined)
      expect(await ends(year)).to.equal(365)
      expect(await ends(0, year)).to.equal(365)
      expect(await ends(2 * year, year)).to.equal(365)
      expect(await ends(year, 2 * year)).to.equal(365)
    })
  })
})
