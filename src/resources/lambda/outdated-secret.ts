/** A packagecloud.rb that lacks the secret which AWS has, and which front servers may sign with. */
import { commandLine } from '../../shell.ts'
import { type Line, verbatim } from '../../text.ts'

/** What is wished of a secret that AWS has. */
export interface SecretWishes {
  /**
   * Fingerprints of those that may be dropped without being among the wanted ones: where there is another one, it is left
   * alone. `undefined`: any may.
   */
  readonly mayDrop?: readonly string[] | undefined
  /** Whether the secret may be dropped that front servers may sign with. */
  readonly replaceSecret?: boolean | undefined
}

/** What the other engine accepts, where a distribution runs that one. */
export interface InUse {
  /** Fingerprints, in its order. */
  readonly inUse?: readonly string[] | undefined
}

/**
 * Why these secrets must not take the place of those that AWS has: the first of those, which front servers may sign with,
 * would be refused. All by their fingerprints.
 *
 * @param wanted - as packagecloud.rb has them, the current one first
 * @param accepted - what AWS has, in its order; none where that is not known
 * @returns a clause; `undefined` where they may
 */
export function whyOutdated(
  wanted: readonly string[],
  accepted: readonly string[],
  { mayDrop = [], replaceSecret = false }: SecretWishes = {},
): string | undefined {
  const [first] = accepted
  const [current = ''] = wanted
  if (replaceSecret || first === undefined || [...wanted, ...mayDrop].includes(first)) return undefined
  const itsFingerprint = `its fingerprint is ${first.slice(0, 8)}`
  return accepted.includes(current)
    ? `AWS has a newer secret than this packagecloud.rb (${itsFingerprint}): a rotation was begun on another host`
    : `AWS has another secret than this packagecloud.rb (${itsFingerprint}), and front servers may sign with it`
}

/** @param carried - the settings flags in use */
export const whatToDo = (carried: readonly string[]): Line[] => [
  'To publish what stands in packagecloud.rb would have the edge refuse what front servers sign with.',
  'If it was replaced on another host, copy the lines with cloudfront_secret and cloudfront_previous_secret from there, or ' +
    'from the copy of the old file beside it; this shows by fingerprints which they are:',
  verbatim(commandLine(['pc-ctl', 'show-config', ...carried])),
  'Then run the same command again.',
  'If the one in packagecloud.rb is to take its place, since the other has leaked or no front server signs yet:',
  verbatim(commandLine(['pc-ctl', 'bootstrap-cloudfront', '--replace-secret', ...carried])),
]

/** What is to be written, and what is there. */
interface Replacement {
  /** What holds the secrets. */
  readonly what: string
  /** Fingerprints, as packagecloud.rb has the secrets, the current one first. */
  readonly wanted: readonly string[]
  /** Fingerprints of those that are there, in their order; none where they are not known. */
  readonly live: readonly string[]
}

/** Why secrets are refused, and what to do about that. */
interface Refused {
  readonly why: string
  readonly hint: readonly Line[]
  readonly more: { readonly ours?: true }
}

/**
 * Why secrets must not be written, for whichever engine: somebody else is replacing them, or front servers may sign with one
 * that would be refused then. Where the other engine is in use, what counts is what that one accepts.
 */
export function whyRefused(
  { what, wanted, live }: Replacement,
  wishes: SecretWishes & InUse & { readonly carried?: readonly string[] | undefined },
): Refused | undefined {
  const { inUse, mayDrop, replaceSecret, carried = [] } = wishes
  if (inUse === undefined && mayDrop !== undefined && live.some((one) => ![...mayDrop, ...wanted].includes(one))) {
    const why = `${what} accepts a secret that this packagecloud.rb does not hold`
    return { why, hint: [lookAgain], more: {} }
  }
  const outdated = whyOutdated(wanted, inUse ?? live, wishes)
  if (outdated !== undefined) return { why: outdated, hint: whatToDo(carried), more: { ours: true } }
  const other = replaceSecret === true ? undefined : inUse?.find((one) => !wanted.includes(one))
  if (other === undefined) return undefined
  const why = `the edge accepts a second secret (its fingerprint is ${other.slice(0, 8)}) that this packagecloud.rb lacks`
  return { why, hint: unfinished(carried), more: { ours: true } }
}

const lookAgain = 'Somebody else is replacing the secret at the same time. `pc-ctl status` tells how far that is.'

/** A rotation goes on with the engine in use; moving to the other one in the midst of it would end it. */
const unfinished = (carried: readonly string[]): Line[] => [
  'A rotation is unfinished, and URLs may still be signed with that one. First end it:',
  verbatim(commandLine(['pc-ctl', 'rotate-cloudfront-secret', '--finish', ...carried])),
]
