import type { Engine } from '../../edge/engine.ts'
import { type Block, item, table } from '../../text.ts'
import { dollars } from './dollars.ts'
import type { Estimate, Estimated } from './estimate.ts'

const engines = { lambda: 'Lambda@Edge', function: 'CloudFront Function' } as const satisfies Record<Engine, string>

/** An estimate as a table, and what it is made of. */
export const estimateText = ({ ways, downloads, gigabytes, s3AtMost, pricesAsOf, sources }: Estimate): Block[] => [
  `A month with ${downloads.toLocaleString('en-US')} downloads, indexes among them, of ${gigabytes.toLocaleString('en-US')} GB together:`,
  '',
  table(ways.map(rowOf), ['ENGINE OR PLAN', 'TOTAL', 'TRAFFIC', 'REQUESTS', 'CHECK', 'KEY']),
  '',
  ...ways.flatMap((way) =>
    way.notPossible.length === 0 ? [] : [item('refused', `${nameOf(way)} ${way.notPossible.join(', ')}.`)],
  ),
  'New installations get Lambda@Edge; with `pc-ctl bootstrap-cloudfront --engine function` it is a CloudFront Function, whose ' +
    'secrets are in a KeyValueStore. Flat-rate plans take only that.',
  `S3 takes ${dollars(s3AtMost)} at most for the requests of edges: what they hold they do not ask for. Traffic from S3 to them is free.`,
  `Prices of the United States as of ${pricesAsOf}, without taxes; what is free each month (1,000 GB, 10 M requests) is taken off. From:`,
  ...sources.map((source) => item('note', source)),
]

const nameOf = ({ engine, plan }: Estimated): string => (plan === null ? engines[engine] : `Plan ${plan}`)

function rowOf(way: Estimated): string[] {
  const { plan, traffic, requests, check, key, total, notPossible } = way
  if (notPossible.length > 0) return [nameOf(way), 'no']
  const parts = plan === null ? [traffic, requests, check, key].map(dollars) : Array<string>(4).fill('included')
  return [nameOf(way), dollars(total), ...parts]
}
