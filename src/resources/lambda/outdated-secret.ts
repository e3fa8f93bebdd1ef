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

/**
 * Whether somebody else has published a secret meanwhile, that front servers may sign with.
 *
 * @param wanted - fingerprints, as those that AWS has
 */
export const holdsMore = (
  wanted: readonly string[],
  accepted: readonly string[],
  mayDrop: readonly string[] | undefined,
): boolean => mayDrop !== undefined && accepted.some((one) => !mayDrop.includes(one) && !wanted.includes(one))

/** What to do about that. */
export const lookAgain =
  'Somebody else is replacing the secret at the same time. `pc-ctl status` tells how far that is.'

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
