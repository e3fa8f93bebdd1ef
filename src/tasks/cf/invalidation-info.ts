import type { Aws } from '../../aws/connect.ts'
import { interruption } from '../../aws/patience.ts'
import {
  getInvalidation,
  type Invalidation,
  listInvalidations,
  newestInvalidations,
} from '../../resources/cloudfront/invalidation.ts'
import { CtlError } from '../../errors.ts'
import { didYouMean } from '../../ui/near.ts'
import { verbatim } from '../../text.ts'
import { type Chain, compute } from '../chain/chain.ts'
import { findTargets, type FoundTargets, noDistribution, type ResolvedTarget } from './targets.ts'

/** Invalidations, and of what was named that which is not there. */
interface FoundInvalidations {
  readonly found: Invalidation[]
  readonly missing: CtlError[]
}

export interface InvalidationLook {
  targets: FoundTargets
  invalidations: FoundInvalidations
}

/**
 * Steps that look at invalidations: the one that a target names, else the newest of its distribution.
 *
 * @param words - `cf://ID/INVALIDATION`, `cf://ID`, `ID`, a domain name or `s3://BUCKET`
 * @param limit - of each distribution; CloudFront keeps all there ever were
 */
export const lookAtInvalidations = (aws: Aws, words: readonly string[], limit: number): Chain<InvalidationLook> => [
  compute('Find the distributions', { from: () => findTargets(aws, words), as: 'targets' }),
  compute('Look at the invalidations', {
    async from({ targets }, talk) {
      const found: Invalidation[] = []
      const missing = targets.missing.map(noDistribution)
      // One after the other: CloudFront throttles early.
      for (const target of targets.found) {
        for await (const one of invalidationsOf(aws, target, limit)) {
          if (one instanceof CtlError) missing.push(one)
          else talk.tell(`${found.push(one)} seen`)
          if (talk.signal.aborted) throw interruption()
        }
      }
      return { found, missing }
    },
    as: 'invalidations',
    tell: ({ found }) => `${found.length} found`,
  }),
]

async function* invalidationsOf(
  aws: Aws,
  { target, distribution: { id: distributionId } }: ResolvedTarget,
  limit: number,
): AsyncGenerator<Invalidation | CtlError> {
  if (target.kind !== 'bucket' && target.invalidation !== undefined) {
    const named = await getInvalidation(aws, distributionId, target.invalidation)
    yield named ?? (await noInvalidation(aws, distributionId, target.invalidation))
    return
  }
  let seen = 0
  for await (const id of listInvalidations(aws, distributionId)) {
    if (seen++ === limit) return
    const found = await getInvalidation(aws, distributionId, id)
    if (found !== undefined) yield found
  }
}

async function noInvalidation(aws: Aws, distributionId: string, id: string): Promise<CtlError> {
  const uri = `cf://${distributionId}`
  const there = await newestInvalidations(aws, distributionId).catch(() => [])
  const ids = there.map((one) => one.id)
  return new CtlError('failed', `The invalidation ${uri}/${id} does not exist.`, {
    hint: [
      ...didYouMean(id, ids, (near) => `${uri}/${near}`),
      'Those there are:',
      verbatim(`pc-ctl cfinvalinfo ${uri}`),
    ],
    code: 'NoSuchInvalidation',
  })
}
