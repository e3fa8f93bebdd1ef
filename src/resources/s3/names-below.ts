import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'

import type { Aws } from '../../aws/connect.ts'
import { regionOf } from './bucket.ts'

/**
 * What is right below a folder, of what a page of S3's tells: the keys of objects, and of folders with a slash at the end.
 *
 * @param folder - ends in a slash, or is empty for the bucket itself
 */
export async function namesBelow(aws: Aws, bucket: string, folder: string): Promise<string[]> {
  const listed = new ListObjectsV2Command({ Bucket: bucket, Prefix: folder, Delimiter: '/' })
  const { CommonPrefixes = [], Contents = [] } = await aws
    .client(S3Client)
    .send(listed)
    // The bucket is elsewhere than the settings say, or they say nothing.
    .catch(async () => aws.client(S3Client, await regionOf(aws, bucket)).send(listed))
  const keys = [...CommonPrefixes.map(({ Prefix }) => Prefix), ...Contents.map(({ Key }) => Key)]
  return keys.flatMap((key) => (key === undefined || key === folder ? [] : key))
}

/** What begins alike in a bucket, as far as a page of S3's tells. */
export interface Beginning {
  readonly keys: readonly string[]
  /** Whether there are more. */
  readonly more: boolean
}

/**
 * The first thousand keys that begin so.
 *
 * @throws errors as AWS answers them
 */
export async function keysBeginning(aws: Aws, bucket: string, prefix: string): Promise<Beginning> {
  const s3 = aws.client(S3Client, await regionOf(aws, bucket))
  const { Contents = [], IsTruncated } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }))
  return { keys: Contents.flatMap(({ Key }) => Key ?? []), more: IsTruncated === true }
}
