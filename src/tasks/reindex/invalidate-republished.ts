import type { Aws } from '../../aws/connect.ts'
import type { Talk } from '../../aws/patience.ts'
import { explainError } from '../../aws/denial.ts'
import { isServing, listDistributions, serving, targetNeeds } from '../../resources/cloudfront/live-distribution.ts'
import type { Need } from '../../resources/resource.ts'
import { optional, type Settings } from '../../settings/settings.ts'
import { anyGroup, countOf, findInvalidations, invalidate } from '../cf/invalidation.ts'
import { noDistribution, resolveTargets } from '../cf/targets.ts'
import { runChain } from '../chain/chain.ts'
import { needsOf } from '../chain/survey.ts'

/**
 * Where edges may hold what was published before: the distribution that is configured, where it serves the bucket, else all
 * that do.
 *
 * @throws CtlError (failed) where there is none
 */
export async function findEdges(aws: Aws, settings: Settings, bucket: string): Promise<readonly string[]> {
  const configured = optional(settings, 'cloudfrontDistributionId')
  const [found] = configured === undefined ? [] : await resolveTargets(aws, [`cf://${configured}`])
  if (found !== undefined && isServing(found.distribution.config, bucket)) return [`cf://${found.distribution.id}`]
  const all = serving(await listed(aws), bucket)
  if (all.length === 0) throw noDistribution({ kind: 'bucket', word: `s3://${bucket}`, bucket, key: '' })
  return all.map(({ Id }) => `cf://${Id ?? ''}`)
}

const listed = (aws: Aws): ReturnType<typeof listDistributions> =>
  listDistributions(aws).catch((error: unknown) => {
    throw explainError(error, 'Find the distribution')
  })

/**
 * Has edges drop keys, in as few invalidations as CloudFront's quota allows. Wildcards take the place of more than one
 * invalidation holds, but never one that stands for everything.
 *
 * @param targets - as {@link findEdges} answers them
 * @returns what was done, in words
 */
export async function dropAtEdges(
  aws: Aws,
  targets: readonly string[],
  { bucket, keys }: { readonly bucket: string; readonly keys: readonly string[] },
  talk: Talk,
): Promise<string> {
  if (keys.length === 0) return 'nothing was published again'
  const conduct = { show: 'nothing' as const, signal: talk.signal }
  const asked = targets.flatMap((target) => keys.map((key) => ({ kind: 'key' as const, target, bucket, key })))
  const wishes = { collapse: true, neverEverything: true, indexFolders: false, othersToo: true }
  const { groups } = (await runChain(findInvalidations(aws, asked, wishes), 'plan', conduct)).ctx
  const { ctx } = await runChain(invalidate(aws, groups, { wait: false }, new Date()), 'apply', conduct)
  const made = Object.values(ctx)
  if (made.length === 0) return 'no distribution serves what was published again'
  const paths = made.flatMap((one) => one.paths)
  return `${countOf(paths)}, ${made.map(({ id, distributionId }) => `cf://${distributionId}/${id}`).join(', ')}`
}

/** What it takes to have edges drop what was published again. */
export function dropNeeds(aws: Aws, accountId: string): Need[] {
  const make = needsOf(invalidate(aws, [anyGroup(accountId)], { wait: false }, new Date(0)))
  return [...targetNeeds(accountId), ...make].map((need) => ({
    ...need,
    optional: 'reindex-everything --invalidate can not have edges drop what was published again',
  }))
}
