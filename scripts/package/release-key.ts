/** The key that packages are published with. */
import { readFile } from 'node:fs/promises'

import { readSignature, type Signature, type SignaturePacket } from 'openpgp'

import { createSigner } from '../../src/repositories/openpgp.ts'
import type { SignBytes } from './rpm.ts'

/** Signs what is published. */
export interface ReleaseKey {
  /** A detached signature, as `gpg --armor --detach-sign` writes it. */
  readonly armored: (bytes: Uint8Array) => Promise<string>
  /** The same as rpm keeps it. */
  readonly packet: SignBytes
}

/** Algorithm of RSA keys (RFC 9580, 9.1). */
const rsa = 1

/**
 * @param file - a secret key as `gpg --export-secret-keys` writes it; PC_CTL_SIGNING_PASSPHRASE opens it
 * @throws CtlError where it holds none that can sign
 */
export async function openKey(file: string): Promise<ReleaseKey> {
  const passphrase = process.env['PC_CTL_SIGNING_PASSPHRASE'] ?? ''
  const passphrases = passphrase === '' ? [] : [passphrase]
  const { detached } = await createSigner({ key: await readFile(file), name: file, passphrases })
  return {
    armored: detached,
    packet: async (bytes) => {
      const signature = await readSignature({ armoredSignature: await detached(bytes) })
      const [first] = packetsOf(signature)
      const packet: unknown = signature.write()
      if (!(packet instanceof Uint8Array)) throw new TypeError('The signature is no bytes.')
      return { packet, isRsa: Number(first?.publicKeyAlgorithm) === rsa }
    },
  }
}

const packetsOf = ({ packets }: Signature): SignaturePacket[] => [...packets]
