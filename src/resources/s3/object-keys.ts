import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'

import type { Aws } from '../../aws/connect.ts'
import { regionOf } from './bucket.ts'

/** An object of a bucket, as a listing tells it. */
export interface ListedObject {
  readonly key: string
  /** Bytes. */
  readonly size: number
}

/** Calls at most; large buckets would take hours. */
const mostPages = 8
const patienceMs = 15_000
/** Objects of these classes answer 403 until they are restored. */
const archives = new Set(['GLACIER', 'DEEP_ARCHIVE'])

/**
 * Up to a thousand objects of each of several folders: after a full page, what is left of its last folder is skipped, so
 * that a few calls see more than the first of a million packages. Archived objects are left out.
 *
 * @throws errors as AWS answers them, and of 15 s without an answer
 */
export async function listSomeObjects(aws: Aws, bucket: string): Promise<ListedObject[]> {
  const s3 = aws.client(S3Client, await regionOf(aws, bucket))
  const abortSignal = AbortSignal.timeout(patienceMs)
  const found: ListedObject[] = []
  let after: string | undefined
  for (let page = 0; page < mostPages; page++) {
    const command = new ListObjectsV2Command({ Bucket: bucket, ...(after === undefined ? {} : { StartAfter: after }) })
    const { Contents = [], IsTruncated } = await s3.send(command, { abortSignal })
    for (const { Key = '', Size = 0, StorageClass } of Contents) {
      if (!Key.endsWith('/') && !archives.has(StorageClass ?? '')) found.push({ key: Key, size: Size })
    }
    const last = Contents.at(-1)?.Key
    if (IsTruncated !== true || last === undefined) break
    after = behindFolderOf(last)
  }
  return found
}

/** `0` is what comes after `/` in the order of a listing. */
const behindFolderOf = (key: string): string => (key.includes('/') ? `${key.slice(0, key.lastIndexOf('/'))}0` : key)
