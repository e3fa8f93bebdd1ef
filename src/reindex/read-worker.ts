/** What a thread of {@link s3Readers} runs. */
import { parentPort, workerData } from 'node:worker_threads'

import { createLeanS3, type S3Address } from '../aws/s3-lean.ts'
import type { Credentials } from '../aws/signature-v4.ts'
import { formatNamed } from '../repositories/formats.ts'
import { readPackage } from './read-package.ts'
import { serveReads, trafficTo } from './read-threads.ts'

if (parentPort === null) throw new Error('This runs in a worker thread only.')
const { bucket, address } = workerData as { bucket: string; address: S3Address }
let credentials: Credentials | undefined
const current = async (): Promise<Credentials> => {
  if (credentials === undefined) throw new Error('No credentials came before the first read.')
  return credentials
}
const s3 = createLeanS3(bucket, address, current, trafficTo(parentPort))

serveReads(parentPort, {
  read: (job) => readPackage(s3, formatNamed(job.format), job),
  renew: (next) => (credentials = next),
})
