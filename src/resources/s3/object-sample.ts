import { HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'

import { arnOfObject } from '../../aws/arns.ts'
import { absentAs } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { cacheControlOf, isCachedRight } from '../../repositories/cache-control.ts'
import type { Bucket } from './bucket.ts'
import type { Need } from '../resource.ts'

/** What a few of a bucket's objects say about caching. */
export interface ObjectSample {
  readonly looked: number
  readonly right: number
  /** Keys of objects whose Cache-Control is missing or wrong. */
  readonly wrong: readonly string[]
}

export const sampleNeeds = (bucket: string): Need => ({
  access: 'read',
  actions: ['s3:GetObject'],
  resources: [arnOfObject(bucket)],
})

/**
 * Looks at the Cache-Control of up to `most` packages and metadata objects among the first thousand keys: enough to see
 * whether reindex-everything has been run, cheap enough for a status.
 */
export async function sampleObjects(aws: Aws, bucket: Bucket, most = 20): Promise<ObjectSample> {
  const s3 = aws.client(S3Client, bucket.region)
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: bucket.name }))
  const keys = (Contents ?? []).flatMap(({ Key }) => Key ?? []).filter((key) => cacheControlOf(key) !== undefined)
  const step = Math.max(1, Math.floor(keys.length / most))
  const sample = keys.filter((_key, index) => index % step === 0).slice(0, most)
  const looked = await Promise.all(
    sample.map(async (Key) => {
      const head = await absentAs('NotFound', () => s3.send(new HeadObjectCommand({ Bucket: bucket.name, Key })))
      return { Key, right: head === undefined || isCachedRight(Key, head.CacheControl) }
    }),
  )
  return {
    looked: looked.length,
    right: looked.filter(({ right }) => right).length,
    wrong: looked.flatMap(({ Key, right }) => (right ? [] : Key)),
  }
}
