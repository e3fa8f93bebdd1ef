/** What the buckets are filled with. */
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'

import { explainError } from '../../src/aws/denial.ts'
import { cacheControl } from '../../src/repositories/cache-control.ts'
import { aptRepository } from '../demo-repository.ts'
import type { Live } from './place.ts'

/** Of the repository that is reindexed. */
export const repository = 'repository/debian/'

/** Objects of their own, which no repository is made of. */
export const keys = {
  plain: 'walk/plain_1.0_all.deb',
  plus: 'walk/plus+sign_1.0+b1_all.deb',
  tilde: 'walk/tilde_1.0~rc1_all.deb',
  metadata: 'walk/dists/stable/Release',
} as const

/** What packages carry that somebody else put there: reindexing must not lose it. */
export const carried = { metadata: { origin: 'live' }, tag: { Key: 'team', Value: 'packages' } } as const

/** Fills the bucket; what a former start put there is put there again. */
export async function fillBucket(live: Live): Promise<void> {
  for (const key of Object.values(keys)) await put(live, key, contentOf(live, key))
  const { Key, Value } = carried.tag
  for (const { key, body, contentType } of aptRepository(repository).objects) {
    // Without Cache-Control, as packagecloud leaves them: that is what reindexing is for.
    await send(live, {
      Key: key,
      Body: body,
      ContentType: contentType,
      Metadata: carried.metadata,
      Tagging: `${Key}=${Value}`,
    })
  }
}

export const contentOf = ({ stamp }: Live, key: string): string => `${key} ${stamp}\n`

/** Puts an object there with the Cache-Control of its kind. */
export const put = (live: Live, key: string, content: string): Promise<void> =>
  send(live, {
    Key: key,
    Body: content,
    ContentType: 'application/octet-stream',
    CacheControl: key === keys.metadata ? cacheControl.metadata : cacheControl.package,
  })

async function send(live: Live, object: Omit<PutObjectCommand['input'], 'Bucket'>): Promise<void> {
  const s3 = live.aws.client(S3Client, live.region)
  try {
    await s3.send(new PutObjectCommand({ Bucket: live.bucket, ...object }))
  } catch (error) {
    throw explainError(error, `Fill the bucket ${live.bucket}`)
  }
}
