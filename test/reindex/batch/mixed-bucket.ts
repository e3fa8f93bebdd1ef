/** A bucket of all formats, with what is odd among its objects. */
import { type HeadObjectCommandOutput, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'

import type { OpenedSigner } from '../../../src/repositories/openpgp.ts'
import { contentOf } from '../bucket-under-test.ts'
import { fillRepositories, reader } from '../repositories-under-test.ts'

export async function fillMixed(s3: S3Client, Bucket: string, signer: OpenedSigner): Promise<void> {
  await fillRepositories(s3, Bucket, signer)
  const odd = {
    'old/archived.deb': { Body: 'cold', StorageClass: 'GLACIER' },
    'el/9/a b & <ü>%2B+-1-1.rpm': { Body: 'no rpm' },
    'm/org/example/x/1.0/x-1.0.pom': { Body: '<project/>' },
    'npm/hello': { Body: '{"name":"hello","versions":{}}' },
  } as const
  for (const [Key, more] of Object.entries(odd)) await s3.send(new PutObjectCommand({ Bucket, Key, ...more }))
}

/** What a bucket has, without our own, and without what differs from one publishing to the next: times and signatures. */
export async function leftIn(s3: S3Client, bucket: string): Promise<Record<string, unknown>> {
  const content = await contentOf(s3, bucket)
  const read = reader(s3, bucket)
  for (const [key, seen] of Object.entries(content)) {
    const { ServerSideEncryption: by, ETag: etag } = seen as HeadObjectCommandOutput
    // What KMS encrypts has another ETag each time; its checksum is of the content.
    const look = { ...(seen as object), VersionId: undefined, ETag: by?.startsWith('aws:kms') === true ? '' : etag }
    content[key] = look
    if (!/Release|repomd|\.asc$/.test(key)) continue
    const text = (await read(key))
      ?.toString()
      .replace(/^Date: .*$|<revision>.*|<timestamp>.*|-----BEGIN PGP SIGNATURE[^]*/gm, '')
    content[key] = { ...look, ETag: text, ContentLength: 0, ChecksumCRC64NVME: '', ChecksumCRC32: '' }
  }
  return content
}
