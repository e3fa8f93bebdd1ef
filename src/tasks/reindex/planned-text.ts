import type { Amount, ChecksumAmount, ElsewhereReport } from '../../reindex/elsewhere-report.ts'
import { count } from '../../reindex/progress.ts'
import type { Report } from '../../reindex/report.ts'
import { type Block, table } from '../../text.ts'
import { formatDuration } from '../../ui/duration.ts'
import { planText } from '../../ui/plan.ts'
import { sizeOf } from '../../ui/size.ts'
import { dollars } from '../costs/dollars.ts'

type Planned = NonNullable<ElsewhereReport['planned']>

/** What functions would do of all, and for how much. */
export function plannedText({ shards, objects, attributes, reads, bytes, estimate, plan }: Planned): Block[] {
  if (shards === 0)
    return ['There is nothing for S3 Batch Operations to do. What else there may be this host does by itself.']
  const { dollars: cost, seconds, pricesAsOf } = estimate
  return [
    table(
      [
        ['Shards', count(shards)],
        ['Objects', count(objects)],
        ['Headers to be looked at', count(attributes)],
        ['Packages to be read', `${count(reads)}, of ${sizeOf(bytes)}`],
        ['Takes (estimate)', `about ${formatDuration(seconds)}`],
        ['S3 Batch Operations (estimate)', dollars(cost.job)],
        ['Lambda (estimate)', dollars(cost.function)],
        ['Requests of S3 (estimate)', dollars(cost.requests)],
        ['Together (estimate)', dollars(cost.total)],
      ],
      ['WHAT', 'HOW MUCH'],
    ),
    `Prices are as of ${pricesAsOf}. Then this host does what is left.`,
    ...planText(plan),
  ]
}

export const amountText = ({ shards, objects }: Pick<Amount, 'shards' | 'objects'>): string =>
  `${count(shards)} ${shards === 1 ? 'shard' : 'shards'} of ${count(objects)} ${objects === 1 ? 'object' : 'objects'}`

/** What S3 would compute, and for how much. */
export function checksumsText({ checksums }: Pick<Report, 'checksums'>): Block[] {
  const planned = checksums?.planned
  if (planned === undefined || planned.objects === 0) return []
  const { jobs, pricesAsOf } = planned
  return [
    `S3 would compute the checksums of ${checksumAmountText(planned)} in ${count(jobs)} ${jobs === 1 ? 'job' : 'jobs'}, ` +
      `for about ${dollars(planned.dollars)} (prices as of ${pricesAsOf}). Indexes are looked at once they are known.`,
  ]
}

/** How much it is. */
export const checksumAmountText = ({ objects, bytes }: Pick<ChecksumAmount, 'objects' | 'bytes'>): string =>
  `${count(objects)} ${objects === 1 ? 'package' : 'packages'} of ${sizeOf(bytes)}`
