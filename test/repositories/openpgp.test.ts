import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'
import { generateKey, readCleartextMessage, readKey, readPrivateKey, verify } from 'openpgp'

import { createSigner } from '../../src/repositories/openpgp.ts'
import { CtlError } from '../../src/ui/errors.ts'

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
      const signer = await createSigner({ key: Buffer.from(secret), name: 'key.asc', passphrase: 'open sesame' })
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
    expect(signer.fingerprint).to.equal(key.getFingerprint().toUpperCase())
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
      const error = await failureOf(createSigner({ key: Buffer.from(key), name: 'key.asc', passphrase }))
      expect(error.failure).to.equal('configuration')
      expect([error.message, ...error.hint].join('\n')).not.to.contain('wrong one')
      return error.message
    }
    expect(await refused(secret)).to.match(/key\.asc is protected by a passphrase/)
    expect(await refused(secret, 'wrong one')).to.match(/key\.asc can't be unlocked/)
    expect(await refused(open)).to.match(/no OpenPGP secret key/)
    expect(await refused('not a key')).to.match(/no OpenPGP secret key/)
    expect(await refused(`${another.secret}\n${secret}`)).to.match(/holds several keys/)
  })
})
