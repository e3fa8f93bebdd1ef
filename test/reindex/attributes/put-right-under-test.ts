import * as S3 from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { lookAtBucket } from '../../../src/reindex/attributes/bucket-facts.ts'
import { Journal } from '../../../src/reindex/journal/journal.ts'
import { Pace } from '../../../src/reindex/pace.ts'
import type { Attended } from '../../../src/reindex/attributes/attend.ts'
import { putRight } from '../../../src/reindex/attributes/put-right.ts'
import { copyEngine, type CopyOptions } from '../../../src/reindex/attributes/rewrite.ts'
import { scan } from '../../../src/reindex/listing/scan.ts'
import { chooseObjects } from '../../../src/reindex/selection.ts'
import { cacheControl } from '../../../src/repositories/cache-control.ts'
import type { S3Fixture } from '../../support/s3-client.ts'
import { contentOf } from '../bucket-under-test.ts'
import { leanFor } from '../lean-under-test.ts'

export interface Tried {
  readonly bucket: string
  readonly before: Record<string, unknown>
  readonly after: Record<string, unknown>
  /** By key. */
  readonly outcomes: Readonly<Record<string, Told>>
}

export interface Trial {
  readonly bucket?: Omit<S3.CreateBucketCommandInput, 'Bucket'>
  readonly prepare: (bucket: string) => Promise<unknown>
  readonly engine?: Partial<CopyOptions>
  /** Between the listing and the copying. */
  readonly meanwhile?: (bucket: string) => Promise<unknown>
}

/** What came of an object, without what is to be remembered of it, but where it was put right. */
type Told = Exclude<Attended, { kind: 'right' | 'skipped' }> | { kind: 'right' } | { kind: 'skipped'; reason: string }

function told(attended: Attended): Told {
  if (attended.kind === 'right') return { kind: 'right' }
  return attended.kind === 'skipped' ? { kind: 'skipped', reason: attended.reason } : attended
}

let count = 0

/** Makes a bucket, fills it, and puts it right. */
export async function putRightOn(fixture: S3Fixture, folder: string, trial: Trial): Promise<Tried> {
  const { bucket: options = {}, prepare, engine: engineOptions = {}, meanwhile } = trial
  const bucket = `put-right-${++count}`
  const { client } = fixture
  await client.send(new S3.CreateBucketCommand({ Bucket: bucket, ...options }))
  await prepare(bucket)
  const before = await contentOf(client, bucket)
  const s3 = leanFor(fixture.sandbox, bucket)
  const journal = new Journal(folder, bucket)
  try {
    const ownership = options.ObjectOwnership ?? 'BucketOwnerEnforced'
    const facts = { name: bucket, region: 'us-east-1', encryption: 'AES256', kmsKey: undefined, ownership }
    const { aclOwner } = await lookAtBucket(s3, facts)
    const signal = new AbortController().signal
    const shared = { s3, journal, choice: chooseObjects({}), formats: [], pace: new Pace(8), signal }
    await scan({ ...shared, seen: () => undefined })
    await meanwhile?.(bucket)
    const outcomes: Record<string, Told> = {}
    const engine = copyEngine({ s3, journal, aclOwner, ...engineOptions })
    await putRight({ ...shared, engine, done: ({ key }, outcome) => (outcomes[key] = told(outcome)) })
    expect(journal.copies.uploads()).to.deep.equal([])
    return { bucket, before, after: await contentOf(client, bucket), outcomes }
  } finally {
    journal.close()
    s3.close()
  }
}

/** That an object has the right Cache-Control, and that nothing else of it is another. */
export function expectOnlyCacheControl({ before, after }: Tried, changing: readonly string[] = []): void {
  const without = (all: Record<string, unknown>): unknown =>
    Object.entries(all).map(([key, look]) => [
      key,
      Object.entries(look as object).filter(([name]) => name !== 'CacheControl' && !changing.includes(name)),
    ])
  expect(without(after)).to.deep.equal(without(before))
  for (const [key, look] of Object.entries(after)) {
    expect(look, key).to.include({ CacheControl: cacheControl.package })
  }
}
