/** What a run costs, told before it begins. */
import { dollars } from '../../src/tasks/costs/dollars.ts'
import { prices } from '../../src/tasks/costs/prices.ts'
import type { Block } from '../../src/text.ts'
import type { Live } from './place.ts'

/** More than a run makes, resumed ones included. */
const atMost = { downloads: 500, milliseconds: 50, reads: 2_000, writes: 500, invalidatedPaths: 20 }

/** US dollars. */
function budget(): { readonly key: number; readonly requests: number } {
  const { cloudfront, lambdaEdge, s3, kms } = prices
  const each = (atMost.milliseconds / 1000) * (128 / 1024) * lambdaEdge.perGigabyteSecond
  const million = 1_000_000
  return {
    key: kms.perKeyAndMonth,
    requests:
      (atMost.downloads / million) * (cloudfront.perMillionHttpsRequests + lambdaEdge.perMillionRequests) +
      atMost.downloads * each +
      (atMost.reads / million) * s3.perMillionGets +
      (atMost.writes / million) * s3.perMillionPuts +
      atMost.invalidatedPaths * cloudfront.perInvalidationPath,
  }
}

export function budgetText(live: Live, resumed: boolean): Block[] {
  const { key, requests } = budget()
  const where = process.env['AWS_ENDPOINT_URL']
  return [
    `${resumed ? 'Goes on with' : 'Makes'} the installation ${live.names.installation} in account ${live.account.id}` +
      `${where === undefined ? '' : ` at ${where}`}: the buckets ${live.bucket} and ${live.site} in ${live.region}, a role, ` +
      'a KMS key, an edge function, an origin access identity, a cache policy, two distributions. Nothing else is touched.',
    `Budget: ${dollars(key)} a month for the KMS key until its deletion is scheduled, and at most ${dollars(requests)} for ` +
      `all requests of a run (prices of ${prices.asOf}). Half an hour to an hour, most of it waiting for CloudFront.`,
    'What is made stays, but for the second distribution; at the end stands how to remove it.',
  ]
}
