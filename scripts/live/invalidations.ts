/** Whether invalidations drop what they name, in the spellings that pc-ctl sends. */
import {
  CloudFrontClient,
  CreateInvalidationCommand,
  type CreateInvalidationCommandInput,
} from '@aws-sdk/client-cloudfront'

import { explainError } from '../../src/aws/denial.ts'
import { edgeRegion } from '../../src/aws/names.ts'
import { untilCompleted } from '../../src/resources/cloudfront/invalidation.ts'
import { talkNow } from '../../src/ui/step-talk.ts'
import { getOften, inSeconds, signedUrl } from './edge.ts'
import { keys, put } from './objects.ts'
import type { Live } from './place.ts'
import { refusalOf } from './refusal.ts'

/** How often an object is asked for before and after. */
const times = 4

export async function invalidate(live: Live): Promise<void> {
  const { findings } = live
  const path = `/${keys.plus.replace('+', '%2B').replace('+', '%2B')}`
  const batch = batchOf(`live ${live.stamp}`, [path])
  let seconds = 0
  const byPath = await isDropped(live, keys.plus, async () => {
    const begun = performance.now()
    await create(live, batch)
    seconds = (performance.now() - begun) / 1000
  })
  findings.note('A26', byPath.seen, byPath.dropped)
  findings.note('A17', `Completed after ${inSeconds(seconds)}`, seconds <= 600)
  await repeat(live, batch)
  const byWildcard = await isDropped(live, keys.tilde, () => live.pcCtl('invalidate', `/${keys.tilde}`))
  findings.note('A27', byWildcard.seen, byWildcard.dropped)
}

/** Has the edge take the object, changes it in the bucket, invalidates, and looks what the edge serves. */
async function isDropped(
  live: Live,
  key: string,
  invalidating: () => Promise<unknown>,
): Promise<{ readonly seen: string; readonly dropped: boolean }> {
  const url = await signedUrl(live, key)
  await getOften(live, url, times)
  const content = `${key} changed ${live.stamp}\n`
  await put(live, key, content)
  const before = await getOften(live, url, times)
  await invalidating()
  const after = await getOften(live, url, times)
  const old = (answers: readonly { text: string }[]): number => answers.filter(({ text }) => text !== content).length
  const seen = `${old(before)} of ${times} the old one before, ${old(after)} after`
  return { seen, dropped: old(after) === 0 }
}

type Batch = CreateInvalidationCommandInput['InvalidationBatch']

const batchOf = (CallerReference: string, Items: string[]): Batch => ({
  CallerReference,
  Paths: { Quantity: Items.length, Items },
})

async function create(live: Live, batch: Batch): Promise<void> {
  try {
    const made = await send(live, batch)
    const { Id: id = '', Status: status = '', CreateTime: created } = made.Invalidation ?? {}
    const distributionId = await distributionOf(live)
    await untilCompleted(live.aws, [{ id, distributionId, status, created, paths: [], reference: '' }], {
      ...talkNow(),
      signal: live.signal,
    })
  } catch (error) {
    throw explainError(error, 'Invalidate a path')
  }
}

async function send({ aws, ...live }: Live, InvalidationBatch: Batch) {
  const DistributionId = await distributionOf(live)
  return aws
    .client(CloudFrontClient, edgeRegion)
    .send(new CreateInvalidationCommand({ DistributionId, InvalidationBatch }))
}

const distributionOf = async ({ settings }: Pick<Live, 'settings'>): Promise<string> =>
  (await settings()).cloudfrontDistributionId?.value ?? ''

/** What a call that is repeated, because its answer was lost, is answered with. */
async function repeat(live: Live, batch: Batch): Promise<void> {
  const same = await refusalOf(() => send(live, batch))
  live.findings.note('A28', same ?? 'answered with one', same === undefined)
  const other = await refusalOf(() => send(live, batchOf(batch?.CallerReference ?? '', ['/walk/other'])))
  live.findings.note('A29', other ?? 'not refused', /caller reference that was used/i.test(other ?? ''))
}
