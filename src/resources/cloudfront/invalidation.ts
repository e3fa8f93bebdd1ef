import {
  CloudFrontClient,
  CreateInvalidationCommand,
  GetInvalidationCommand,
  type Invalidation as CloudFrontInvalidation,
  ListInvalidationsCommand,
  paginateListInvalidations,
} from '@aws-sdk/client-cloudfront'

import { absentAs, nameOf } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion } from '../../aws/names.ts'
import { type Pace, patiently, type Talk, until } from '../../aws/patience.ts'
import { messageOf } from '../../errors.ts'
import { create, type Need, pending, type Resource } from '../resource.ts'

export interface InvalidationWant {
  readonly distributionId: string
  /** Of the distribution. */
  readonly arn: string
  /** As CloudFront takes them, within its quota. */
  readonly paths: readonly string[]
  /** Tells a call that is repeated from another invalidation of the same paths. */
  readonly reference: string
}

export interface Invalidation {
  readonly id: string
  readonly distributionId: string
  /** `InProgress` or `Completed`. */
  readonly status: string
  readonly created: Date | undefined
  readonly paths: readonly string[]
  readonly reference: string
}

/** Paths in progress must be done before more are taken; that takes minutes, and others may go first. */
const quotaFree: Pace = { first: 1_000, most: 20_000, total: 2 * 3_600_000 }
/** Usually a minute or two, but more than ten have been seen, which is where AWS's own waiter gives up. */
const completion: Pace = { first: 250, most: 10_000, total: 2 * 3_600_000 }

/** An invalidation: made anew each time, for what is at the edges changes under the same paths. */
export function invalidation(aws: Aws): Resource<InvalidationWant, Invalidation> {
  const client = aws.client(CloudFrontClient, edgeRegion)
  return {
    kind: 'CloudFront invalidation',
    name: ({ distributionId, paths }) => `of ${distributionId} (${paths.length} paths)`,
    id: ({ id }) => id,
    needs: ({ arn }) => [
      ...invalidationNeeds(arn),
      { access: 'write', actions: ['cloudfront:CreateInvalidation'], resources: [arn] },
    ],
    pattern: (want) => requested(want, '*'),
    // Nobody has made it before us. That our own first call came through is found out where the second one fails.
    describe: async () => undefined,
    decide: (want) => create(requested(want, pending('invalidation id'))),

    async apply(want, _live, talk) {
      const { distributionId, paths, reference } = want
      const command = new CreateInvalidationCommand({
        DistributionId: distributionId,
        InvalidationBatch: { CallerReference: reference, Paths: { Quantity: paths.length, Items: [...paths] } },
      })
      const waiting = `waiting until invalidations of ${distributionId} that are in progress are done, as the quota wants it`
      const passing = (error: unknown) => (nameOf(error) === 'TooManyInvalidationsInProgress' ? waiting : undefined)
      try {
        const { Invalidation: made } = await patiently(() => client.send(command), passing, quotaFree, talk)
        return toInvalidation(distributionId, made)
      } catch (error) {
        if (!/caller reference that was used/i.test(messageOf(error))) throw error
        const found = await findByReference(aws, distributionId, reference)
        if (found === undefined) throw error
        return found
      }
    },
  }
}

const requested = ({ distributionId, paths, reference }: InvalidationWant, id: string): Invalidation => ({
  id,
  distributionId,
  status: 'InProgress',
  created: undefined,
  paths,
  reference,
})

/** What looking at a distribution's invalidations needs. */
const invalidationNeeds = (arn: string): readonly Need[] => [
  { access: 'read', actions: ['cloudfront:ListInvalidations', 'cloudfront:GetInvalidation'], resources: [arn] },
]

/** @returns `undefined` if there is none of this id */
export async function getInvalidation(aws: Aws, distributionId: string, id: string): Promise<Invalidation | undefined> {
  const command = new GetInvalidationCommand({ DistributionId: distributionId, Id: id })
  const answer = await absentAs('NoSuchInvalidation', () => aws.client(CloudFrontClient, edgeRegion).send(command))
  return answer === undefined ? undefined : toInvalidation(distributionId, answer.Invalidation)
}

/** Ids of a distribution's invalidations, the newest first, page after page. */
export async function* listInvalidations(aws: Aws, distributionId: string): AsyncGenerator<string> {
  const client = aws.client(CloudFrontClient, edgeRegion)
  for await (const page of paginateListInvalidations({ client }, { DistributionId: distributionId })) {
    for (const { Id } of page.InvalidationList?.Items ?? []) if (Id !== undefined) yield Id
  }
}

/** The newest of a distribution, as far as a page of CloudFront's tells. */
export async function newestInvalidations(aws: Aws, distributionId: string): Promise<{ id: string; status: string }[]> {
  const listed = new ListInvalidationsCommand({ DistributionId: distributionId })
  const { InvalidationList } = await aws.client(CloudFrontClient, edgeRegion).send(listed)
  return (InvalidationList?.Items ?? []).flatMap(({ Id: id, Status: status = '' }) =>
    id === undefined ? [] : { id, status },
  )
}

/** Lists don't tell references; ours is among the newest. */
async function findByReference(aws: Aws, distributionId: string, reference: string): Promise<Invalidation | undefined> {
  let looked = 0
  for await (const id of listInvalidations(aws, distributionId)) {
    const found = await getInvalidation(aws, distributionId, id)
    if (found?.reference === reference) return found
    if (++looked === 20) break
  }
  return undefined
}

/**
 * Waits until all are Completed: until then edges may still serve what they had.
 *
 * @returns them as they are then
 */
export async function untilCompleted(aws: Aws, all: readonly Invalidation[], talk: Talk): Promise<Invalidation[]> {
  const done: Invalidation[] = []
  for (const [index, { distributionId, id }] of all.entries()) {
    const count = all.length === 1 ? '' : ` (${index} of ${all.length} done)`
    const completed = await until(
      `cf://${distributionId}/${id} to reach all edges${count}`,
      async () => {
        const found = await getInvalidation(aws, distributionId, id)
        return found?.status === 'Completed' ? found : undefined
      },
      completion,
      talk,
    )
    done.push(completed)
  }
  return done
}

function toInvalidation(distributionId: string, found: CloudFrontInvalidation | undefined): Invalidation {
  if (found?.Id === undefined) throw new Error('CloudFront answered without an invalidation.')
  return {
    id: found.Id,
    distributionId,
    status: found.Status ?? '',
    created: found.CreateTime,
    paths: found.InvalidationBatch?.Paths?.Items ?? [],
    reference: found.InvalidationBatch?.CallerReference ?? '',
  }
}
