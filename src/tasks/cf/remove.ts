import type { Aws } from '../../aws/connect.ts'
import { explainError } from '../../aws/denial.ts'
import { type Account, anyAccount, lookUpAccount } from '../../aws/account.ts'
import {
  disabledDistribution,
  type Removal,
  removeDistribution,
  type RemovalWant,
  untilDisabled,
} from '../../resources/cloudfront/distribution-removal.ts'
import { anyDistribution, getTagged, type TaggedDistribution } from '../../resources/cloudfront/live-distribution.ts'
import type { Settings } from '../../settings/settings.ts'
import { type Chain, ensure, type Step, together, wait } from '../chain/chain.ts'
import { type CfDetail, detailOf } from './card.ts'
import { findTargets, type MissingTarget, wholeDistributions } from './targets.ts'
import { trafficOf } from './traffic.ts'

export interface RemoveWishes {
  readonly force: boolean
  /** Wait until it is disabled everywhere, and delete it then. */
  readonly wait: boolean
}

/** What is to be removed, and what of it is not there (any more). */
export interface Doomed {
  readonly account: Account
  readonly distributions: readonly { readonly detail: CfDetail; readonly guards: readonly string[] }[]
  readonly missing: readonly MissingTarget[]
}

/** Whichever distribution: what `permissions` tells the needs of. */
export const anyDoomed = (accountId: string): Doomed => ({
  account: anyAccount(accountId),
  distributions: [{ detail: detailOf(anyDistribution(accountId), {}), guards: [] }],
  missing: [],
})

/** By distribution id. */
export type Removals = Record<string, Removal>

/**
 * Finds what is to be removed. What does not exist is told and does not stop the others: a removal that was cut off is
 * gone on with by the same command.
 *
 * @throws CtlError of kind `usage` for words that can't be read, or a bucket that several distributions serve
 */
export async function findDoomed(
  aws: Aws,
  settings: Settings,
  words: readonly string[],
  { force }: RemoveWishes,
): Promise<Doomed> {
  const { found, missing } = await findTargets(aws, wholeDistributions(words))
  const ids = [...new Set(found.map(({ distribution }) => distribution.id))]
  try {
    const account = await lookUpAccount(aws)
    const distributions: TaggedDistribution[] = []
    for (const id of ids) distributions.push(...((await getTagged(aws, id).then((live) => live && [live])) ?? []))
    return {
      account,
      distributions: distributions.map((live) => ({
        detail: detailOf(live, live.tags),
        guards: force ? [] : trafficOf(settings, live),
      })),
      missing,
    }
  } catch (error) {
    throw explainError(error, 'Find the distributions')
  }
}

/** Disables, waits and deletes. All that is named is disabled first, so that the waits run at the same time. */
export function removeDistributions(
  aws: Aws,
  settings: Settings,
  { account, distributions }: Doomed,
  wishes: RemoveWishes,
): Chain<Removals> {
  const wants = distributions.map(({ detail, guards }): RemovalWant => ({
    accountId: account.id,
    installation: settings.installation.value,
    id: detail.id,
    guards,
    ask: `Remove ${onOneLine(detail)}?`,
  }))
  // Not disabled everywhere, and not to be waited for.
  const later = ({ live }: Removal): boolean => !wishes.wait && live?.status !== 'Deployed'
  return [
    together<Removals>(
      'Disable',
      ...wants.map((want) =>
        ensure<Removals, string, RemovalWant>(`Disable ${want.id}`, {
          resource: disabledDistribution(aws),
          want: () => want,
          as: want.id,
        }),
      ),
    ),
    together<Removals>('Wait until it is disabled', ...wants.map(({ id }) => disabledEverywhere(aws, id, later))),
    together<Removals>('Remove', ...wants.map(({ id }) => removal(aws, id, later))),
  ]
}

const disabledEverywhere = (aws: Aws, id: string, later: (of: Removal) => boolean): Step<Removals> =>
  wait<Removals>(`Wait until ${id} is disabled at all edges`, async (ctx, talk) => {
    const removal = ctx[id]
    if (removal === undefined || removal.live === undefined) return 'gone already'
    if (later(removal)) return 'not waited for'
    await untilDisabled(aws, removal, talk)
    return 'disabled'
  })

/** Not an `ensure`: no resource but this can be told to go. */
const removal = (aws: Aws, id: string, later: (of: Removal) => boolean): Step<Removals> => ({
  title: `Remove ${id}`,
  subject: { kind: 'CloudFront distribution', name: () => id },
  async run(ctx, run) {
    const before = ctx[id]
    if (before?.live === undefined) return 'gone already'
    run.report.push({
      title: `Remove ${id}`,
      kind: 'CloudFront distribution',
      name: id,
      id,
      do: 'remove',
      because: ['once it is disabled at all edges'],
      changes: [],
    })
    if (run.mode === 'plan') return 'would remove'
    if (later(before)) return 'not yet'
    await removeDistribution(aws, id, run)
    ctx[id] = { id, live: undefined }
    return 'removed'
  },
})

/** A distribution on one line, as far as it matters to whom it is taken from. */
export const onOneLine = ({ uri, domain, origin, aliases, enabled }: CfDetail): string =>
  `${uri} (${[domain, ...aliases].join(', ')}; ${origin}; ${enabled ? 'enabled' : 'disabled'})`
