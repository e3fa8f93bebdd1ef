import { HeadObjectCommand, type HeadObjectCommandOutput, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'

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
  const looked = (await sampledHeads(aws, bucket, most)).map(({ key, head }) => ({
    key,
    right: head === undefined || isCachedRight(key, head.CacheControl),
  }))
  return {
    looked: looked.length,
    right: looked.filter(({ right }) => right).length,
    wrong: looked.flatMap(({ key, right }) => (right ? [] : key)),
  }
}

/** An object, and the KMS key that it is encrypted with. */
export interface Encrypted {
  readonly key: string
  readonly kmsKey: string
}

/** The KMS keys that the same objects are encrypted with, each with the first object that is. */
export async function sampleKeys(aws: Aws, bucket: Bucket, most = 20): Promise<Encrypted[]> {
  const found = new Map<string, string>()
  for (const { key, head } of await sampledHeads(aws, bucket, most)) {
    const kmsKey = head?.SSEKMSKeyId
    if (kmsKey !== undefined && !found.has(kmsKey)) found.set(kmsKey, key)
  }
  return [...found].map(([kmsKey, key]) => ({ key, kmsKey }))
}

async function sampledHeads(
  aws: Aws,
  bucket: Bucket,
  most: number,
): Promise<{ readonly key: string; readonly head: HeadObjectCommandOutput | undefined }[]> {
  const s3 = aws.client(S3Client, bucket.region)
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: bucket.name }))
  const keys = (Contents ?? []).flatMap(({ Key }) => Key ?? []).filter((key) => cacheControlOf(key) !== undefined)
  const step = Math.max(1, Math.floor(keys.length / most))
  const sample = keys.filter((_key, index) => index % step === 0).slice(0, most)
  return Promise.all(
    sample.map(async (key) => {
      const head = await absentAs('NotFound', () => s3.send(new HeadObjectCommand({ Bucket: bucket.name, Key: key })))
      return { key, head }
    }),
  )
}
