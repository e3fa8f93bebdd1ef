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
  type SignaturePacket,
  verify,
} from 'openpgp'

import { variables } from '../options.ts'
import { CtlError, messageOf } from '../errors.ts'
import { verbatim } from '../text.ts'
import type { Signature, Signer } from './format.ts'

/** Where signing keys come from. */
export interface SigningKey {
  /** One or several secret keys, armored or not, as `gpg --export-secret-keys` writes them. */
  readonly key: Uint8Array
  /** What to call it in messages, such as the file's name. */
  readonly name: string
  /** One that opens it, if it is protected; each is tried. */
  readonly passphrases?: readonly string[] | undefined
}

/** A key that signs. */
export interface OpenedKey {
  /** Of the primary key, in upper-case hex. */
  readonly fingerprint: string
  readonly name: string
  /** When it can sign no more: milliseconds since the epoch; undefined: never. */
  readonly expires: number | undefined
}

/** Signs with one or several keys, each time with all of them. */
export interface OpenedSigner extends Required<Omit<Signer, 'expires'>> {
  readonly keys: readonly OpenedKey[]
  /** When the first of the keys can sign no more: milliseconds since the epoch; undefined: none ever. */
  readonly expires: number | undefined
}

/**
 * Opens keys for signing. RSA and Ed25519, with the primary key or a signing subkey.
 *
 * @throws CtlError (configuration) where a file holds no key, or one that can't sign, or where the passphrase is missing
 * or wrong
 */
export async function createSigner(...files: readonly SigningKey[]): Promise<OpenedSigner> {
  const opened = new Map<string, { key: PrivateKey; told: OpenedKey }>()
  for (const file of files) {
    for (const locked of await keysIn(file)) {
      const key = await unlocked(locked, file)
      const told = await toldOf(key, file.name)
      opened.set(told.fingerprint, { key, told })
    }
  }
  const signingKeys = [...opened.values()].map(({ key }) => key)
  const keys = [...opened.values()].map(({ told }) => told)
  const ends = keys.flatMap(({ expires }) => expires ?? [])
  const isOurs = (issuer: Issuer): boolean => signingKeys.some((key) => issued(issuer, key))
  const foreign = async (signatures: readonly Signature[]): Promise<string[]> => {
    const issuers = (await Promise.all(signatures.map(issuersOf))).flat().filter((issuer) => !isOurs(issuer))
    return [...new Set(issuers.map(({ fingerprint, keyId }) => fingerprint ?? keyId))]
  }
  const isWhole = async (signature: Signature, read: (key: PrivateKey) => Promise<Verified>): Promise<boolean> => {
    if ((await foreign([signature])).length > 0) return false
    const good = await Promise.all(signingKeys.map((key) => isGood(() => read(key))))
    return good.every(Boolean)
  }
  return {
    keys,
    expires: ends.length === 0 ? undefined : Math.min(...ends),
    foreign,
    clear: async (text) => {
      // The last line feed belongs to the line that the signature begins with.
      const message = await createCleartextMessage({ text: text.replace(/\n$/, '') })
      // Readers of what gpgv unwraps expect line feeds; the signature is of CR LF either way (RFC 9580 §7.2).
      return (await sign({ message, signingKeys, config })).replaceAll('\r\n', '\n')
    },
    detached: async (bytes) => {
      const message = await createMessage({ binary: bytes })
      const signature: unknown = await sign({ message, signingKeys, detached: true, config })
      return String(signature)
    },
    signed: (document) =>
      isWhole({ clear: document }, async (key) => {
        const message = await readCleartextMessage({ cleartextMessage: document })
        return verify({ message, verificationKeys: [key.toPublic()] })
      }),
    signedDetached: (bytes, armored) =>
      isWhole({ detached: armored }, async (key) => {
        const message = await createMessage({ binary: bytes })
        const signature = await readSignature({ armoredSignature: Buffer.from(armored).toString('utf8') })
        return verify({ message, signature, verificationKeys: [key.toPublic()] })
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

/** Who a signature says has made it (RFC 9580, 5.2.3.12 and 5.2.3.35): a primary key or a subkey, in upper-case hex. */
interface Issuer {
  /** Not in signatures of before GnuPG 2.1.16. */
  readonly fingerprint: string | undefined
  readonly keyId: string
}

/** The issuers of a signature; none where it can't be read, for then no client can check it either. */
async function issuersOf(signature: Signature): Promise<Issuer[]> {
  const read = await Promise.all(
    blocksOf(signature).map((block) => readBlock(block).catch((): SignaturePacket[] => [])),
  )
  return read.flat().map(({ issuerFingerprint, issuerKeyID }) => ({
    fingerprint: issuerFingerprint === null ? undefined : Buffer.from(issuerFingerprint).toString('hex').toUpperCase(),
    keyId: issuerKeyID.toHex().toUpperCase(),
  }))
}

const readBlock = async (block: string | Uint8Array): Promise<SignaturePacket[]> => {
  const { packets } =
    typeof block === 'string'
      ? await readSignature({ armoredSignature: block })
      : await readSignature({ binarySignature: block })
  return [...packets]
}

/** Armored blocks, of which there may be several one after the other, or what is not armored. */
function blocksOf(signature: Signature): (string | Uint8Array)[] {
  const text = 'clear' in signature ? signature.clear : Buffer.from(signature.detached).toString('latin1')
  const blocks = text.match(/-----BEGIN PGP SIGNATURE-----[^]*?-----END PGP SIGNATURE-----/g)
  if (blocks !== null) return blocks
  return 'clear' in signature ? [] : [signature.detached]
}

/** Has this key, or a subkey of it, issued something? Those that have expired, too. */
const issued = ({ fingerprint, keyId }: Issuer, key: PrivateKey): boolean =>
  key
    .getKeys()
    .some((one) =>
      fingerprint === undefined
        ? one.getKeyID().toHex().toUpperCase() === keyId
        : one.getFingerprint().toUpperCase() === fingerprint,
    )

/** SHA-512 is known to every gpgv that knows SHA-256. */
const config = { preferredHashAlgorithm: enums.hash.sha512, showComment: false, showVersion: false }

async function keysIn({ key: bytes, name }: SigningKey): Promise<PrivateKey[]> {
  const refuse = (why: string): CtlError => new CtlError('configuration', `${name} holds ${why}`, { hint: exportHint })
  const text = Buffer.from(bytes).toString('latin1')
  // Of several armored blocks in one text, a reader sees the first alone.
  const blocks = text.match(/-----BEGIN PGP PRIVATE KEY BLOCK-----[^]*?-----END PGP PRIVATE KEY BLOCK-----/g)
  const armored = blocks ?? (text.trimStart().startsWith('-----BEGIN PGP') ? [text] : [])
  let keys: PrivateKey[]
  try {
    keys =
      armored.length > 0
        ? (await Promise.all(armored.map((armoredKeys) => readPrivateKeys({ armoredKeys })))).flat()
        : await readPrivateKeys({ binaryKeys: bytes })
  } catch (error) {
    throw refuse(`no OpenPGP secret key: ${messageOf(error)}`)
  }
  if (keys.length === 0) throw refuse('no OpenPGP secret key.')
  return keys
}

const exportHint = ['Export the key that signs:', verbatim('gpg --armor --export-secret-keys KEYID > FILE')]

async function unlocked(key: PrivateKey, { name, passphrases = [] }: SigningKey): Promise<PrivateKey> {
  if (key.isDecrypted()) return key
  if (passphrases.length === 0) {
    throw new CtlError('configuration', `The key in ${name} is protected by a passphrase, and none was given.`, {
      hint: `Give a file that holds it with --passphrase-file FILE, or put it into ${variables.passphrase}.`,
    })
  }
  let why: unknown
  for (const passphrase of passphrases) {
    try {
      return await decryptKey({ privateKey: key, passphrase })
    } catch (error) {
      if (key.isDecrypted()) return key
      why = error
    }
  }
  throw new CtlError('configuration', `The key in ${name} can't be unlocked: ${messageOf(why)}`, {
    hint: passphraseHint,
  })
}

const passphraseHint = 'A trailing line feed is not part of a passphrase. Try it with `gpg --import FILE`.'

async function toldOf(key: PrivateKey, name: string): Promise<OpenedKey> {
  try {
    const signing = await key.getSigningKey()
    const ends = [await key.getExpirationTime(), await signing.getExpirationTime()]
    const times = ends.flatMap((end) => (end instanceof Date ? end.getTime() : []))
    return {
      fingerprint: key.getFingerprint().toUpperCase(),
      name,
      expires: times.length === 0 ? undefined : Math.min(...times),
    }
  } catch (error) {
    throw new CtlError('configuration', `The key in ${name} can't sign: ${messageOf(error)}`, { hint: exportHint })
  }
}
