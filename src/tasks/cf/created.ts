import type { PlanLine } from '../../ui/plan.ts'
import { s3cmdLines } from '../../ui/s3cmd-labels.ts'
import { type Block, heading, type Line, verbatim } from '../../text.ts'
import { kmsWarning } from '../connected.ts'
import { type CfDetail, createdFields, detailOf, detailTable } from './card.ts'
import { type CreateLook, type CreateWishes, type Creation, titleFor } from './create.ts'
import { type DnsRecord, dnsRecord, dnsText } from '../names/dns.ts'

/** What became of one bucket. */
export interface CfCreated extends CfDetail {
  readonly bucket: string
  readonly outcome: 'created' | 'exists' | 'modified'
  readonly dns: readonly DnsRecord[]
  /** What to do next, and what does not work yet. */
  readonly advice: readonly Line[]
}

/** What to warn of before anything is made. */
export const warnings = ({ buckets }: CreateLook): string[] =>
  buckets.flatMap(({ bucket: { name }, unreadable }) =>
    unreadable.length === 0
      ? []
      : [
          `objects of s3://${name} will answer 403: ${unreadable.join(', and ')}. ` +
            'With --private CloudFront can read them without the world being let into the bucket.',
        ],
  )

/** Sums up a carried-out chain, bucket by bucket. */
export const created = (
  { buckets }: CreateLook,
  { edit, origin }: CreateWishes,
  { done, report }: { done: Creation; report: readonly PlanLine[] },
): CfCreated[] =>
  buckets.flatMap(({ bucket, existing }) => {
    const made = done[`distribution ${bucket.name}`]
    if (made === undefined) return []
    const verb = report.find(({ title }) => title === titleFor(bucket.name))?.do
    const detail = detailOf(made, made.tags)
    const dns = edit.addAliases.map((alias) => dnsRecord(alias, made.domain))
    const kms = kmsWarning({ access: origin === 'private' ? 'oac' : 'oai', distribution: made, bucket }, bucket.kmsKey)
    return [
      {
        ...detail,
        bucket: bucket.name,
        outcome:
          verb === 'create' ? ('created' as const) : verb === 'update' ? ('modified' as const) : ('exists' as const),
        dns,
        advice: [
          ...(existing !== undefined && !detail.enabled
            ? [`It is disabled; \`pc-ctl cfmodify --enable ${detail.uri}\` has it serve again.`]
            : []),
          ...dnsText(dns),
          ...kms.map((warning) => `Warning: ${warning}`),
        ],
      },
    ]
  })

const heads = {
  created: 'Distribution created:',
  exists: 'Distribution exists already:',
  modified: 'Distribution modified:',
}

export const createdText = (of: CfCreated, format: 's3cmd' | 'table'): Block[] =>
  format === 'table'
    ? [heading(heads[of.outcome]), detailTable(of)]
    : [verbatim(heads[of.outcome]), s3cmdLines(createdFields(of))]
