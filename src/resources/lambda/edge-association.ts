import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda'

import { absentAs } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion, type Names, ownerOf } from '../../aws/names.ts'
import { download } from './edge-download.ts'
import { tagsOfFunction } from './edge-function.ts'
import { decryptSecrets, type SealedSecrets, fingerprint } from './edge-secrets.ts'
import type { EdgeRules } from '../../edge/config.ts'
import type { Need } from '../resource.ts'

/** How the secrets at the edge compare with those in packagecloud.rb. */
export type SecretComparison =
  /** The edge accepts the current secret, and the previous one exactly where there is one. */
  | 'same'
  /** The edge accepts the current secret, but not the same others. */
  | 'current only'
  /** The edge accepts what is signed with the previous secret, but not what is signed with the current one. */
  | 'previous only'
  /** What the front server signs is refused at the edge. */
  | 'different'
  /** The version is gone, is not ours, or none of its secrets can be decrypted. */
  | 'unknown'

export const associationNeeds = (versionArn: string): Need => ({
  access: 'read',
  actions: ['lambda:GetFunction'],
  resources: [versionArn],
})

/** What a version goes by when it looks at a URL. */
export interface Accepted {
  /** Fingerprints of the secrets that it accepts, in its order; none where none can be decrypted. */
  readonly fingerprints: readonly string[]
  /** `undefined` where they can't be read. */
  readonly rules: EdgeRules | undefined
}

/**
 * Looks into the package of a version.
 *
 * @param versionArn - one that a distribution runs, which need not be the newest
 */
export async function acceptedBy(aws: Aws, names: Names, versionArn: string): Promise<Accepted> {
  const lambda = aws.client(LambdaClient, edgeRegion)
  const found = await absentAs('ResourceNotFoundException', () =>
    lambda.send(new GetFunctionCommand({ FunctionName: versionArn })),
  )
  const { sealed, rules } = (await download(aws.network, found?.Code?.Location)) ?? {}
  // One by one: what can't be decrypted any more keeps the edge from accepting that secret alone.
  const each = (sealed?.ciphertexts ?? []).map((one) => ({ ...sealed, ciphertexts: [one] }) as SealedSecrets)
  const deployed = await Promise.all(each.map((one) => decryptSecrets(aws, names, one)))
  return { fingerprints: deployed.flatMap((texts) => texts ?? []).map(fingerprint), rules }
}

/**
 * Compares the secrets inside the version that the distribution runs with the wanted ones.
 *
 * @param versionArn - the version that the distribution runs, which need not be the newest
 * @param secrets - the current one first
 */
export const compareSecrets = async (
  aws: Aws,
  names: Names,
  versionArn: string,
  secrets: readonly string[],
): Promise<SecretComparison> => compareFingerprints((await acceptedBy(aws, names, versionArn)).fingerprints, secrets)

/**
 * As {@link compareSecrets}, where it is known already what the version accepts.
 *
 * @param accepted - the fingerprints of the secrets in the version that the distribution runs
 */
export function compareFingerprints(accepted: readonly string[], secrets: readonly string[]): SecretComparison {
  if (accepted.length === 0) return 'unknown'
  const wanted = secrets.map(fingerprint)
  const [current = ''] = wanted
  if (!accepted.includes(current)) return wanted.some((one) => accepted.includes(one)) ? 'previous only' : 'different'
  return accepted.length === wanted.length && wanted.every((one) => accepted.includes(one)) ? 'same' : 'current only'
}

/**
 * The key that the secrets in a deployed package are encrypted with, if that can be told: a package that is not ours is
 * not looked into.
 *
 * @param FunctionName - name of a function, or ARN of a version
 * @returns `undefined` if there is no such function
 */
export async function keyOfPackage(
  aws: Aws,
  { installation }: Names,
  FunctionName: string,
): Promise<{ readonly keyArn: string | undefined } | undefined> {
  const lambda = aws.client(LambdaClient, edgeRegion)
  const found = await absentAs('ResourceNotFoundException', () => lambda.send(new GetFunctionCommand({ FunctionName })))
  if (found === undefined) return undefined
  const ours = ownerOf(await tagsOfFunction(aws, found)) === installation
  return { keyArn: ours ? (await download(aws.network, found.Code?.Location))?.sealed?.keyArn : undefined }
}
