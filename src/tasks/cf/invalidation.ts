import { createHash } from 'node:crypto'

import type { Aws } from '../../aws/connect.ts'
import { websiteNeeds } from '../../resources/s3/bucket-website.ts'
import {
  invalidation,
  type Invalidation,
  type InvalidationWant,
  untilCompleted,
} from '../../resources/cloudfront/invalidation.ts'
import { anyDistribution, type LiveDistribution } from '../../resources/cloudfront/live-distribution.ts'
import { type Chain, compute, ensure, wait } from '../chain/chain.ts'
import { type DefaultObjects, defaultObjects, pathsOf } from './invalidation-paths.ts'
import { collapse, fits, inBatches, quota, withoutCovered } from './invalidation-quota.ts'
import type { Asked } from './invalidation-words.ts'
import { resolveTargets } from './targets.ts'

export interface InvalidationWishes {
  /** Put wildcards in the place of more paths than CloudFront takes at a time. */
  readonly collapse: boolean
  /** Rather make several invalidations than collapse paths into a wildcard that names everything. */
  readonly neverEverything?: boolean
  /** Invalidate the folder, too, whose index document is named. */
  readonly indexFolders: boolean
  /** Keys that a distribution does not serve, for its origin is a folder of the bucket, may be among them: left out. */
  readonly othersToo?: boolean
}

/** What is to be invalidated at one distribution. */
export interface InvalidationGroup {
  readonly distribution: Pick<LiveDistribution, 'id' | 'arn' | 'domain'>
  /** The target as it was named, and what was named of it. */
  readonly targets: readonly string[]
  /** In the spelling that CloudFront takes. */
  readonly paths: readonly string[]
  /** What the operator should know. */
  readonly notes: readonly string[]
}

/** Everything of whichever distribution: what `permissions` tells the needs of. */
export const anyGroup = (accountId: string): InvalidationGroup => ({
  distribution: anyDistribution(accountId),
  targets: [],
  paths: ['/*'],
  notes: [],
})

/** Steps that find out what is to be invalidated where; nothing is written. */
export const findInvalidations = (
  aws: Aws,
  asked: readonly Asked[],
  wishes: InvalidationWishes,
): Chain<{ groups: InvalidationGroup[] }> => [
  compute('Find the distributions', {
    from: () => groupByDistribution(aws, asked, wishes),
    as: 'groups',
    needs: () => asked.flatMap((one) => (one.kind === 'key' && wishes.indexFolders ? websiteNeeds(one.bucket) : [])),
    tell: (groups) => groups.map(({ distribution: { id } }) => `cf://${id}`).join(', '),
  }),
]

async function groupByDistribution(
  aws: Aws,
  asked: readonly Asked[],
  wishes: InvalidationWishes,
): Promise<InvalidationGroup[]> {
  const words = [...new Set(asked.map(({ target }) => target))]
  const resolved = await resolveTargets(aws, words)
  const byId = new Map(resolved.map(({ distribution }) => [distribution.id, distribution]))
  const groups: InvalidationGroup[] = []
  for (const distribution of byId.values()) {
    const targets = words.filter((_word, index) => resolved[index]?.distribution.id === distribution.id)
    const mine = asked.filter(({ target }) => targets.includes(target))
    const defaults = await defaultObjects(aws, distribution, wishes.indexFolders)
    groups.push(groupOf(distribution, targets, mine, defaults, wishes))
  }
  return groups
}

/**
 * What is to be invalidated at a distribution.
 *
 * @param targets - what names it, as it was given
 * @throws CtlError of kind `usage` for what can't be a path, or is not served by it
 */
export function groupOf(
  distribution: LiveDistribution,
  targets: readonly string[],
  asked: readonly Asked[],
  defaults: DefaultObjects,
  wishes: InvalidationWishes,
): InvalidationGroup {
  const found = asked.flatMap((one) => pathsOf(one, distribution, defaults, wishes.othersToo))
  const all = withoutCovered(found.flatMap(({ paths }) => paths))
  const paths = joined(all, wishes)
  const notes = [
    ...shortened(found.flatMap(({ note }) => note ?? [])),
    ...quotaNotes(distribution.id, all, paths, wishes),
  ]
  const { id, arn, domain } = distribution
  return { distribution: { id, arn, domain }, targets, paths, notes }
}

function joined(all: readonly string[], wishes: InvalidationWishes): readonly string[] {
  if (!wishes.collapse) return all
  const fewer = collapse(all)
  return wishes.neverEverything === true && fewer.includes('/*') ? all : fewer
}

const shownNotes = 10

const shortened = (notes: readonly string[]): string[] =>
  notes.length <= shownNotes
    ? [...notes]
    : [...notes.slice(0, shownNotes), `and ${notes.length - shownNotes} more paths with ~ likewise`]

function quotaNotes(
  id: string,
  all: readonly string[],
  paths: readonly string[],
  { neverEverything }: InvalidationWishes,
): string[] {
  const batches = inBatches(paths).length
  if (batches > 1) {
    return [
      `CloudFront takes ${quota.paths} paths at a time, ${quota.wildcards} of them with a wildcard: the ${paths.length} paths of cf://${id} ` +
        `go in ${batches} invalidations one after the other, minutes each` +
        (neverEverything === true ? '' : '. --collapse makes it one, of fewer, wider paths'),
    ]
  }
  if (fits(all)) return []
  const wildcards = paths.filter((path) => !all.includes(path))
  return [`${all.length} paths of cf://${id} are collapsed into ${paths.length}: ${wildcards.join(' ')}`]
}

/** The invalidations as they are made, in order. */
export type Invalidated = Record<string, Invalidation>

/**
 * Steps that make the invalidations, a first one of each distribution before the second of any.
 *
 * @param now - part of their references: the same paths can be invalidated again, but a call that is repeated because
 *   its answer was lost makes no second one
 */
export function invalidate(
  aws: Aws,
  groups: readonly InvalidationGroup[],
  wish: { readonly wait: boolean },
  now: Date,
): Chain<Invalidated> {
  const resource = invalidation(aws)
  const batches = groups.flatMap(({ distribution: { id, arn }, paths }) =>
    inBatches(paths).map((batch, index, all) => ({
      turn: index,
      title: `Invalidate ${countOf(batch)} of cf://${id}${all.length === 1 ? '' : ` (${index + 1} of ${all.length})`}`,
      want: { distributionId: id, arn, paths: batch, reference: referenceOf(id, batch, now) },
    })),
  )
  const steps = batches
    .toSorted((a, b) => a.turn - b.turn)
    .map(({ title, want }) =>
      ensure<Invalidated, string, InvalidationWant>(title, { resource, want: () => want, as: want.reference }),
    )
  if (!wish.wait) return steps
  const done = wait<Invalidated>('Wait until the edges have dropped them', async (made, talk) => {
    for (const one of await untilCompleted(aws, Object.values(made), talk)) made[one.reference] = one
    return 'Completed'
  })
  return [...steps, done]
}

export const countOf = ({ length }: readonly string[]): string => (length === 1 ? '1 path' : `${length} paths`)

function referenceOf(id: string, paths: readonly string[], now: Date): string {
  const hash = createHash('sha256')
    .update([id, ...paths].join('\n'))
    .digest('hex')
  return `pc-ctl-${hash.slice(0, 16)}-${now.toISOString()}`
}
