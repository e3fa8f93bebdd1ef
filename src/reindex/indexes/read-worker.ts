/** What a thread of {@link s3Readers} runs. */
import { parentPort, workerData } from 'node:worker_threads'

import { trust } from '../../aws/authorities.ts'
import { networkOf } from '../../aws/network.ts'
import { createLeanS3, type S3Address } from '../../aws/s3-lean.ts'
import type { Credentials } from '../../aws/signature-v4.ts'
import { formatNamed } from '../../repositories/formats.ts'
import { showDetails } from '../../ui/detail.ts'
import { readPackage } from './read-package.ts'
import { callsTo, serveReads, trafficTo } from './read-threads.ts'

/** What a thread is started with. */
export interface ReadWorkerData {
  readonly bucket: string
  readonly address: S3Address
  /** Own authorities, in PEM. */
  readonly authorities?: readonly string[]
  readonly verbose?: boolean
}

if (parentPort === null) throw new Error('This runs in a worker thread only.')
const { bucket, address, authorities = [], verbose = false } = workerData as ReadWorkerData
// Both are settings of a thread, not of the process.
trust(authorities)
showDetails(verbose)
let credentials: Credentials | undefined
const current = async (): Promise<Credentials> => {
  if (credentials === undefined) throw new Error('No credentials came before the first read.')
  return credentials
}
const s3 = createLeanS3(bucket, address, current, trafficTo(parentPort), {
  network: networkOf(),
  calls: callsTo(parentPort),
})

serveReads(parentPort, {
  read: (job) => readPackage(s3, formatNamed(job.format), job),
  renew: (next) => (credentials = next),
})
