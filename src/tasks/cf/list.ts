import type { Aws } from '../../aws/connect.ts'
import { explainError } from '../../aws/denial.ts'
import { listDistributions, tagsOf } from '../../resources/cloudfront/live-distribution.ts'
import { type CfCard, cardOf, type CfDetail, detailOf } from './card.ts'
import { findTargets, type MissingTarget, wholeDistributions } from './targets.ts'

/** All distributions of the account. */
export async function listCards(aws: Aws): Promise<CfCard[]> {
  try {
    return (await listDistributions(aws)).map((summary) => cardOf(summary, { ...summary }))
  } catch (error) {
    throw explainError(error, 'List the distributions')
  }
}

/**
 * The distributions that are named, in that order, each once; and what is not there.
 *
 * @throws CtlError as `findTargets`
 */
export async function details(
  aws: Aws,
  words: readonly string[],
): Promise<{ distributions: CfDetail[]; missing: MissingTarget[] }> {
  const { found, missing } = await findTargets(aws, wholeDistributions(words))
  const distinct = new Map(found.map(({ distribution }) => [distribution.id, distribution]))
  const distributions: CfDetail[] = []
  try {
    for (const live of distinct.values()) distributions.push(detailOf(live, await tagsOf(aws, live.arn)))
  } catch (error) {
    throw explainError(error, 'Read the tags of the distribution')
  }
  return { distributions, missing }
}
