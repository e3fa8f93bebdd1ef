import { arnOfKeyValueStore, lastPartOf, parseArn } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { readFunctionCode } from '../../edge/function-code.ts'
import type { Accepted } from '../edge-engine.ts'
import type { Need } from '../resource.ts'
import { readStage } from './function-stage.ts'
import { lookIntoStore, storedNeeds } from './stored-secrets.ts'

/**
 * Looks into what edges run of a CloudFront Function, and into its store. Code that is none of ours has no secrets that
 * are our business.
 *
 * @param arn - of the function that a distribution runs
 */
export async function acceptedByFunction(aws: Aws, arn: string): Promise<Accepted> {
  const live = await readStage(aws, lastPartOf(arn), 'LIVE')
  const rules = readFunctionCode(live?.code ?? '')?.rules
  const [store] = live?.stores ?? []
  if (rules === undefined || store === undefined) return { fingerprints: [], rules }
  return { fingerprints: (await lookIntoStore(aws, store))?.fingerprints ?? [], rules }
}

/** What {@link acceptedByFunction} needs. */
export const acceptedByFunctionNeeds = (arn: string): readonly Need[] => [
  { access: 'read', actions: ['cloudfront:DescribeFunction', 'cloudfront:GetFunction'], resources: [arn] },
  storedNeeds(arnOfKeyValueStore(parseArn(arn)?.accountId ?? '*')),
]
