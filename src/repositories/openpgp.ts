/** OpenPGP signatures (RFC 9580; v4 keys and signatures, which every package manager reads). */
import {
  createCleartextMessage,
  createMessage,
  decryptKey,
  enums,
  type PrivateKey,
  readCleartextMessage,
  readPrivateKeys,
  readSignature,
  sign,
  verify,
} from 'openpgp'

import { CtlError, messageOf } from '../ui/errors.ts'
import { verbatim } from '../ui/text.ts'
import type { Signer } from './format.ts'

/** Where a signing key comes from. */
export interface SigningKey {
  /** One secret key, armored or not, as `gpg --export-secret-keys` writes it. */
  readonly key: Uint8Array
  /** What to call it in messages, such as the file's name. */
  readonly name: string
  readonly passphrase?: string | undefined
}

/** A signer, and whose signatures they are. */
export interface OpenedSigner extends Required<Signer> {
  /** Upper-case hex. */
  readonly fingerprint: string
}

/**
 * Opens a key for signing. RSA and Ed25519, with the primary key or a signing subkey.
 *
 * @throws CtlError (configuration) where the file holds no key, several, or one that can't sign, or where the
 * passphrase is missing or wrong
 */
export async function createSigner({ key, name, passphrase }: SigningKey): Promise<OpenedSigner> {
  const locked = await onlyKey(key, name)
  const opened = await unlocked(locked, name, passphrase)
  await canSign(opened, name)
  return {
    fingerprint: opened.getFingerprint().toUpperCase(),
    clear: async (text) => {
      // The last line feed belongs to the line that the signature begins with.
      const message = await createCleartextMessage({ text: text.replace(/\n$/, '') })
      // Readers of what gpgv unwraps expect line feeds; the signature is of CR LF either way (RFC 9580 §7.2).
      return (await sign({ message, signingKeys: opened, config })).replaceAll('\r\n', '\n')
    },
    detached: async (bytes) => {
      const message = await createMessage({ binary: bytes })
      const signature: unknown = await sign({ message, signingKeys: opened, detached: true, config })
      return String(signature)
    },
    signed: async (document) =>
      isGood(async () => {
        const message = await readCleartextMessage({ cleartextMessage: document })
        return verify({ message, verificationKeys: [opened.toPublic()] })
      }),
    signedDetached: async (bytes, armored) =>
      isGood(async () => {
        const message = await createMessage({ binary: bytes })
        const signature = await readSignature({ armoredSignature: Buffer.from(armored).toString('utf8') })
        return verify({ message, signature, verificationKeys: [opened.toPublic()] })
      }),
  }
}

interface Verified {
  readonly signatures: readonly { readonly verified: Promise<boolean> }[]
}

/** Whether one of the signatures is good. */
async function isGood(read: () => Promise<Verified>): Promise<boolean> {
  try {
    const { signatures } = await read()
    const found = await Promise.allSettled(signatures.map(({ verified }) => verified))
    return found.some(({ status }) => status === 'fulfilled')
  } catch {
    // No such document at all.
    return false
  }
}

/** SHA-512 is known to every gpgv that knows SHA-256. */
const config = { preferredHashAlgorithm: enums.hash.sha512, showComment: false, showVersion: false }

async function onlyKey(bytes: Uint8Array, name: string): Promise<PrivateKey> {
  const refuse = (why: string): CtlError => new CtlError('configuration', `${name} holds ${why}`, { hint: exportHint })
  const text = Buffer.from(bytes).toString('latin1').trimStart()
  const armored = text.startsWith('-----BEGIN PGP')
  // Of several armored blocks in one file, a reader sees the first alone.
  if (armored && text.split('-----BEGIN PGP PRIVATE KEY BLOCK-----').length > 2) throw refuse(several)
  let keys: PrivateKey[]
  try {
    keys = armored ? await readPrivateKeys({ armoredKeys: text }) : await readPrivateKeys({ binaryKeys: bytes })
  } catch (error) {
    throw refuse(`no OpenPGP secret key: ${messageOf(error)}`)
  }
  const [first, second] = keys
  if (first === undefined) throw refuse('no OpenPGP secret key.')
  if (second !== undefined) throw refuse(several)
  return first
}

const several = 'several keys; pc-ctl does not choose one of them.'
const exportHint = ['Export the one key that signs:', verbatim('gpg --armor --export-secret-keys KEYID > FILE')]

async function unlocked(key: PrivateKey, name: string, passphrase: string | undefined): Promise<PrivateKey> {
  if (key.isDecrypted()) return key
  if (passphrase === undefined) {
    throw new CtlError('configuration', `The key in ${name} is protected by a passphrase, and none was given.`)
  }
  try {
    return await decryptKey({ privateKey: key, passphrase })
  } catch (error) {
    if (key.isDecrypted()) return key
    throw new CtlError('configuration', `The key in ${name} can't be unlocked: ${messageOf(error)}`, {
      hint: passphraseHint,
    })
  }
}

const passphraseHint = 'A trailing line feed is not part of a passphrase. Try it with `gpg --import FILE`.'

async function canSign(key: PrivateKey, name: string): Promise<void> {
  try {
    await key.getSigningKey()
  } catch (error) {
    throw new CtlError('configuration', `The key in ${name} can't sign: ${messageOf(error)}`, { hint: exportHint })
  }
}
