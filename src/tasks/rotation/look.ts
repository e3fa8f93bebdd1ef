/** Looks how far a rotation is. */
import type { Aws } from '../../aws/connect.ts'
import { namesOf } from '../../aws/names.ts'
import type { Distribution } from '../../resources/cloudfront/find-distribution.ts'
import { checkedBy } from '../../resources/cloudfront/distribution-config.ts'
import { readRotationMark, type RotationMark } from '../../resources/cloudfront/rotation-mark.ts'
import type { Accepted } from '../../resources/edge-engine.ts'
import { acceptedBy } from '../../resources/edge-engines.ts'
import { fingerprint } from '../../resources/lambda/edge-secrets.ts'
import type { Settings } from '../../settings/settings.ts'
import type { Bootstrap } from '../bootstrap-cloudfront.ts'
import { signingSecrets } from '../signing-secrets.ts'
import { oldOf, rotationOf, type Rotation, type Seen } from './state.ts'

/** What is known of AWS already. */
export interface Behind {
  readonly distribution: Pick<Distribution, 'arn' | 'config' | 'status'> | undefined
  /** Fingerprints of what the function holds; `undefined` where that can't be decrypted. */
  readonly latest: readonly string[] | undefined
  /** What the version at the edge goes by; `undefined`: it is looked at. */
  readonly accepted?: Accepted | undefined
}

/**
 * What a next rotation would begin from: for Lambda what the function holds, whose version may be older. A store has one
 * value, which is what the edge accepts.
 */
export const latestSecrets = (
  made: Pick<Bootstrap, 'engine' | 'function'>,
  accepted: Accepted | undefined,
): readonly string[] | undefined =>
  made.engine.engine === 'lambda' ? made.function.fingerprints : accepted?.fingerprints

/** A rotation, if one is under way, and what it was read off. */
export interface RotationLook {
  readonly rotation: Rotation | undefined
  readonly seen: Seen
}

/** Fingerprints of what packagecloud.rb says. */
export function fileSecrets(settings: Settings): Seen['file'] {
  const [current = '', previous] = signingSecrets(settings).map(fingerprint)
  return { current, previous }
}

/** @returns `undefined` where nothing at the edge looks at signatures, or nobody can tell by which secret */
export async function lookAtRotation(
  aws: Aws,
  settings: Settings,
  { distribution, latest = [], accepted }: Behind,
): Promise<RotationLook | undefined> {
  const version = distribution === undefined ? undefined : checkedBy(distribution.config)
  if (distribution === undefined || version === undefined) return undefined
  const names = namesOf(settings.installation.value)
  const { fingerprints: edge, rules } = accepted ?? (await acceptedBy(aws, names, version))
  if (edge.length === 0) return undefined
  const file = fileSecrets(settings)
  const previous = oldOf({ file, edge })
  const mark: RotationMark =
    previous === undefined
      ? { since: undefined, now: Date.now() / 1000 }
      : await readRotationMark(aws, distribution.arn, { current: file.current, previous })
  const deployed = distribution.status === 'Deployed'
  const seen: Seen = { file, edge, latest, deployed, life: rules?.longestLife, ...mark }
  return { rotation: rotationOf(seen), seen }
}
