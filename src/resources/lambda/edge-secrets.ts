import { createHash } from 'node:crypto'

import { DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms'

import { nameOf } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { fromMemory, remembered } from '../../aws/memory.ts'
import { edgeRegion, type Names } from '../../aws/names.ts'
import { patiently, propagation, type Talk } from '../../aws/patience.ts'
import { encryptionContext } from '../../edge/config.ts'
import { CtlError } from '../../errors.ts'

/** The signing secrets as they travel in the edge function's package. */
export interface SealedSecrets {
  readonly region: string
  readonly keyArn: string
  readonly encryptionContext: Readonly<Record<string, string>>
  /** Base64 of KMS ciphertexts: the current secret, then the previous one if there is one. */
  readonly ciphertexts: readonly string[]
}

/** Tells secrets apart without showing them. */
export const fingerprint = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/** Encrypts each secret's text (UTF-8) with the key, bound to the installation by the encryption context. */
export async function encryptSecrets(
  aws: Aws,
  { names, keyArn, secrets }: { names: Names; keyArn: string; secrets: readonly string[] },
  talk: Talk,
): Promise<SealedSecrets> {
  const kms = aws.client(KMSClient, edgeRegion)
  const context = encryptionContext(names.installation)
  const encrypt = async (secret: string): Promise<string> => {
    const command = new EncryptCommand({
      KeyId: keyArn,
      Plaintext: new TextEncoder().encode(secret),
      EncryptionContext: context,
    })
    const { CiphertextBlob } = await patiently(() => kms.send(command), whyKeyNotYet, propagation, talk)
    if (CiphertextBlob === undefined) throw new CtlError('failed', 'KMS answered Encrypt without a ciphertext.')
    return Buffer.from(CiphertextBlob).toString('base64')
  }
  // What was encrypted once in this run, in preparation for one, will do: no ciphertext is any better than another.
  const ciphertexts = await fromMemory(() =>
    Promise.all(
      secrets.map((secret) =>
        remembered('Encrypt', JSON.stringify([keyArn, context, fingerprint(secret)]), () => encrypt(secret)),
      ),
    ),
  )
  return { region: edgeRegion, keyArn, encryptionContext: context, ciphertexts }
}

/** Errors that say the ciphertext can't be used any more, in contrast to a permission that is missing. */
const useless = new Set([
  'InvalidCiphertextException',
  'IncorrectKeyException',
  'NotFoundException',
  'DisabledException',
  'KMSInvalidStateException',
])

/** The secrets' texts, or `undefined` where the ciphertexts can't be decrypted any more. */
export async function decryptSecrets(
  aws: Aws,
  names: Names,
  sealed: SealedSecrets,
): Promise<readonly string[] | undefined> {
  const kms = aws.client(KMSClient, edgeRegion)
  try {
    return await Promise.all(
      sealed.ciphertexts.map(async (ciphertext) => {
        const { Plaintext } = await kms.send(
          new DecryptCommand({
            KeyId: sealed.keyArn,
            CiphertextBlob: Buffer.from(ciphertext, 'base64'),
            EncryptionContext: encryptionContext(names.installation),
          }),
        )
        return new TextDecoder().decode(Plaintext)
      }),
    )
  } catch (error) {
    if (useless.has(nameOf(error))) return undefined
    throw error
  }
}

/** KMS is eventually consistent: a key that was just made may not be found for a moment. */
export function whyKeyNotYet(error: unknown): string | undefined {
  return /^(NotFoundException|DependencyTimeoutException|KMSInternalException)$/.test(nameOf(error))
    ? 'waiting until KMS knows the new key everywhere'
    : undefined
}
