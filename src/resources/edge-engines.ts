/** The door to what runs at the edge: whoever has an ARN asks here, whichever engine it is of. */
import { engineOf, parseArn } from '../aws/arns.ts'
import type { Aws } from '../aws/connect.ts'
import type { Names } from '../aws/names.ts'
import type { Engine } from '../edge/engine.ts'
import { CtlError } from '../errors.ts'
import { type Accepted, askBootstrap, type EdgeEngine, type EdgeReference } from './edge-engine.ts'
import { functionEngine } from './function/function-engine.ts'
import { fingerprint } from './lambda/edge-secrets.ts'
import { lambdaEngine } from './lambda/lambda-engine.ts'

const byEngine: Readonly<Record<Engine, EdgeEngine>> = { lambda: lambdaEngine, function: functionEngine }

/** The engine that runs what has this ARN. */
export const engineBehind = (arn: string): EdgeEngine => byEngine[engineOf(arn)]

const services = new Set(['lambda', 'cloudfront'])

/**
 * Reads the ARN that `bootstrap-cloudfront` printed: of a numbered Lambda version, or of a CloudFront Function.
 *
 * @param carried - the settings flags in use, for the command that is suggested
 * @throws CtlError of kind `usage` that says what is wrong with it
 */
export function parseEdgeArn(text: string, carried: readonly string[] = []): EdgeReference {
  const engine = engineOf(text)
  const wrong = (why: string, hint = askBootstrap(engine, carried)): CtlError =>
    new CtlError('usage', `"${text}": ${why}.`, { hint })
  const bare = text.replace(/^['"]+|['"]+$/g, '')
  if (bare !== text) throw wrong('there is a stray quote in this ARN', `Leave the quote out: ${bare}`)
  const arn = parseArn(text)
  if (arn === undefined || !services.has(arn.service)) {
    throw wrong('this is not the ARN of a Lambda function version or of a CloudFront Function')
  }
  return { engine, arn: text, ...byEngine[engine].parse(arn, (why) => wrong(why)) }
}

/**
 * Looks into what a distribution runs.
 *
 * @param arn - which need not be what was published last, nor ours
 */
export const acceptedBy = (aws: Aws, names: Names, arn: string): Promise<Accepted> =>
  engineBehind(arn).acceptedBy(aws, names, arn)

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
  /** The function is gone, is not ours, or none of its secrets can be read. */
  | 'unknown'

/**
 * Compares the secrets of what the distribution runs with the wanted ones.
 *
 * @param arn - of that, which need not be the newest
 * @param secrets - the current one first
 */
export const compareSecrets = async (
  aws: Aws,
  names: Names,
  arn: string,
  secrets: readonly string[],
): Promise<SecretComparison> => compareFingerprints((await acceptedBy(aws, names, arn)).fingerprints, secrets)

/**
 * As {@link compareSecrets}, where it is known already what is accepted.
 *
 * @param accepted - the fingerprints of the secrets of what the distribution runs
 */
export function compareFingerprints(accepted: readonly string[], secrets: readonly string[]): SecretComparison {
  if (accepted.length === 0) return 'unknown'
  const wanted = secrets.map(fingerprint)
  const [current = ''] = wanted
  if (!accepted.includes(current)) return wanted.some((one) => accepted.includes(one)) ? 'previous only' : 'different'
  return accepted.length === wanted.length && wanted.every((one) => accepted.includes(one)) ? 'same' : 'current only'
}
