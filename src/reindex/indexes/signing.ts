import type { Signature } from '../../repositories/format.ts'
import type { OpenedSigner } from '../../repositories/openpgp.ts'

/**
 * Why a repository can't be signed as it is signed now, if it can't: clients that trust the keys of today refuse what
 * others have signed, all of them and at once.
 */
export async function whyNotSigned(
  signatures: readonly Signature[],
  { signer, changeKey }: { readonly signer: OpenedSigner | undefined; readonly changeKey: boolean },
): Promise<{ why: string; todo: string } | undefined> {
  if (signatures.length === 0) return undefined
  if (signer === undefined) {
    return {
      why: 'it is signed, and there is no key to sign it anew',
      todo: 'Give its key with --signing-key FILE.',
    }
  }
  const others = changeKey ? [] : await signer.foreign(signatures)
  if (others.length === 0) return undefined
  const ours = signer.keys.map(({ fingerprint }) => fingerprint)
  return {
    why: `it is signed with ${others.join(' and ')}, and would be with ${ours.join(' and ')} alone: clients that do not trust that would refuse it`,
    todo:
      'Give the key that it is signed with, too: --signing-key can be repeated. ' +
      'Once all clients trust the new key, run the same command with --change-key.',
  }
}
