import {
  GetObjectAclCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3'

import { statusOf } from '../../src/aws/denial.ts'
import { cacheControl } from '../../src/repositories/cache-control.ts'

/** A bucket with repositories of several formats, with all that objects can carry. */
export const objects: readonly (Omit<PutObjectCommandInput, 'Bucket'> & { Key: string })[] = [
  {
    Key: 'apt/pool/main/h/hello_1.0_amd64.deb',
    Body: 'a package',
    ContentType: 'application/x-debian-package',
    ContentDisposition: 'attachment; filename="hello  1.0+.deb"',
    ContentEncoding: 'identity',
    ContentLanguage: 'de',
    Expires: new Date('2031-02-03T04:05:06Z'),
    Metadata: { uploader: '=?UTF-8?B?SsO2cmc=?=', 'x-y': 'plain' },
    Tagging: 'team=core&kind=a%20b',
  },
  { Key: 'apt/pool/main/h/hello+data~1_2.0_all.deb', Body: 'another', StorageClass: 'STANDARD_IA' },
  { Key: 'apt/dists/stable/InRelease', Body: 'index', CacheControl: 'max-age=60' },
  { Key: 'apt/dists/stable/main/binary-amd64/Packages.gz', Body: 'index' },
  { Key: 'el/9/repodata/repomd.xml', Body: '<repomd/>', CacheControl: cacheControl.metadata },
  { Key: 'el/9/a b & <ü>%2B+-1-1.rpm', Body: 'rpm', WebsiteRedirectLocation: '/elsewhere' },
  {
    Key: 'el/9/right-1-1.noarch.rpm',
    Body: 'rpm',
    ContentType: 'application/x-rpm',
    CacheControl: cacheControl.package,
  },
  { Key: 'el/9/x/../y//z-1-1.noarch.rpm', Body: 'dots', ServerSideEncryption: 'AES256' },
  { Key: 'py/simple/foo/', Body: '<a>' },
  { Key: 'old/archived.deb', Body: 'cold', StorageClass: 'GLACIER' },
  { Key: 'readme.txt', Body: 'neither', CacheControl: 'max-age=1' },
]

export async function fillBucket(s3: S3Client, Bucket: string): Promise<void> {
  await Promise.all(objects.map((object) => s3.send(new PutObjectCommand({ Bucket, ...object }))))
}

/** All that can be seen of the objects of a bucket, but for when they were written. */
export async function contentOf(
  s3: S3Client,
  Bucket: string,
  ignored = /^\.pc-ctl\//,
): Promise<Record<string, unknown>> {
  const content: Record<string, unknown> = {}
  let ContinuationToken: string | undefined
  do {
    const more = ContinuationToken === undefined ? {} : { ContinuationToken }
    const page = await s3.send(new ListObjectsV2Command({ Bucket, ...more }))
    for (const { Key = '' } of page.Contents ?? []) if (!ignored.test(Key)) content[Key] = await lookOf(s3, Bucket, Key)
    ContinuationToken = page.NextContinuationToken
  } while (ContinuationToken !== undefined)
  return content
}

/** What objects of these tests are encrypted with where they are by a key of the customer's own (SSE-C). */
export const customerKey = { SSECustomerAlgorithm: 'AES256', SSECustomerKey: 'k'.repeat(32) } as const

async function lookOf(s3: S3Client, Bucket: string, Key: string): Promise<unknown> {
  const head = await headOf(s3, Bucket, Key)
  const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket, Key }))
  const { Grants } = await s3.send(new GetObjectAclCommand({ Bucket, Key }))
  return { ...head, $metadata: undefined, LastModified: undefined, TagSet, Grants }
}

async function headOf(s3: S3Client, Bucket: string, Key: string): Promise<HeadObjectCommandOutput> {
  const input = { Bucket, Key, ChecksumMode: 'ENABLED' } as const
  try {
    return await s3.send(new HeadObjectCommand(input))
  } catch (error) {
    // It has no body to say so: the key is missing.
    if (statusOf(error) !== 400) throw error
    return s3.send(new HeadObjectCommand({ ...input, ...customerKey }))
  }
}
