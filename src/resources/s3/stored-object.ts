import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3'

import { absentAs } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { regionOf } from './bucket.ts'

/** An object as S3 itself has it. */
export interface StoredObject {
  /** With its quotes, as an HTTP header has it; CloudFront hands it on as it is. */
  readonly etag: string | undefined
  /** Bytes. */
  readonly size: number | undefined
  readonly contentEncoding: string | undefined
  readonly cacheControl: string | undefined
  /** The KMS key that it is encrypted with, if it is with one. */
  readonly kmsKey?: string | undefined
}

/**
 * Asks S3 for what it knows of an object.
 *
 * @returns `undefined` if there is no such object
 * @throws errors as AWS answers them: a denied HEAD is no missing object
 */
export async function storedObject(aws: Aws, bucket: string, key: string): Promise<StoredObject | undefined> {
  const s3 = aws.client(S3Client, await regionOf(aws, bucket))
  const head = await absentAs('NotFound', () => s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key })))
  if (head === undefined) return undefined
  return {
    etag: head.ETag,
    size: head.ContentLength,
    contentEncoding: head.ContentEncoding,
    cacheControl: head.CacheControl,
    kmsKey: head.SSEKMSKeyId ?? (head.ServerSideEncryption?.startsWith('aws:kms') === true ? 'of S3' : undefined),
  }
}
