/** A sandbox in a process of its own, with a bucket of packages that carry all that an upload can. */
import { CreateBucketCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'

import { cacheControl } from '../../src/repositories/cache-control.ts'
import { startSandbox } from '../../src/sandbox/host/sandbox.ts'

const [count = 0, latency = 0] = process.argv.slice(2).map(Number)
const sandbox = await startSandbox({ timing: { principal: 0 }, latency })
const { endpoint, accessKeyId, secretAccessKey } = sandbox
const client = new S3Client({
  region: 'us-east-1',
  credentials: { accessKeyId, secretAccessKey },
  endpoint,
  forcePathStyle: true,
})
const Bucket = 'bench'
await client.send(new CreateBucketCommand({ Bucket }))

const carried = {
  ContentType: 'application/vnd.debian.binary-package',
  ContentDisposition: 'attachment; filename="hello_1.0_amd64.deb"',
  Metadata: { uploader: 'somebody' },
  StorageClass: 'STANDARD_IA',
} as const
const Body = Buffer.alloc(10_240, 'x')
const keys = Array.from(
  { length: count },
  (_object, index) => `pool/main/hello-${String(index).padStart(6, '0')}_1_all.deb`,
)

const fill = async (): Promise<void> => {
  await Promise.all(keys.map((Key) => client.send(new PutObjectCommand({ Bucket, Key, Body, ...carried }))))
}

const look = async (): Promise<{ right: number; kept: number }> => {
  const found = { right: 0, kept: 0 }
  for (const head of await Promise.all(keys.map((Key) => client.send(new HeadObjectCommand({ Bucket, Key }))))) {
    if (head.CacheControl === cacheControl.package) found.right++
    const { ContentType, ContentDisposition, StorageClass } = head
    const same = JSON.stringify({ ContentType, ContentDisposition, Metadata: head.Metadata, StorageClass })
    if (same === JSON.stringify(carried)) found.kept++
  }
  return found
}

process.send?.({ endpoint, accessKeyId, secretAccessKey })
process.on('message', (question) => {
  const answer = async (): Promise<void> => {
    if (question === 'fill') await fill()
    process.send?.(question === 'look' ? await look() : { right: 0, kept: 0 })
  }
  void answer()
})
process.on('disconnect', () => process.exit())
