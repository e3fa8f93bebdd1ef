import type { OldIndexes } from '../../repositories/format.ts'
import { Claims } from './claims.ts'
import { guestsOf, mayHaveGuests } from './guests.ts'
import { openRepository, type OpeningOptions, unchangedSince } from './open-repository.ts'
import { isHopeless } from './read-packages.ts'
import type { FoundRepository } from './repository-objects.ts'

/** Who makes indexes, or reads for those who do, of whichever repositories. */
export interface ClaimingOptions extends Omit<OpeningOptions, 'signer' | 'now'> {
  readonly signerOf: (root: string) => OpeningOptions['signer']
  readonly signal: AbortSignal
}

/**
 * Looks for what indexes claim of packages of others that nobody has read yet.
 *
 * @throws what S3 answers to everything
 */
export async function claimsOn(found: readonly FoundRepository[], options: ClaimingOptions): Promise<Claims> {
  const { journal } = options
  const claims = new Claims()
  for (const one of found) {
    if (options.signal.aborted) break
    if (!mayHaveGuests(one)) continue
    const old = await openForClaims(one, options)
    if (old === undefined) continue
    for (const key of guestsOf(one, old, journal)) {
      const digests = old.listed(key)
      const isRead = journal.readBetween(one.format.name, key, key).size > 0
      if (digests.length > 0 && !isRead) claims.add(one.format, key, digests)
    }
  }
  return claims
}

/** Undefined where it is left as it is; what is wrong is told when its index is to be made. */
async function openForClaims(found: FoundRepository, options: ClaimingOptions): Promise<OldIndexes | undefined> {
  const more = { ...options, signer: options.signerOf(found.root), now: Date.now() }
  if (unchangedSince(found, more) !== undefined) return undefined
  try {
    return await openRepository(found, more).opened
  } catch (error) {
    if (options.signal.aborted || isHopeless(error)) throw error
    return undefined
  }
}
