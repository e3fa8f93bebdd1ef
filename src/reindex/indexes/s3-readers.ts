import { join } from 'node:path'

import type { LeanS3, Traffic } from '../../aws/s3-lean.ts'
import { formatNamed } from '../../repositories/formats.ts'
import { areDetailsShown } from '../../ui/detail.ts'
import { isBundled, packageRoot } from '../../ui/package-root.ts'
import { readPackage } from './read-package.ts'
import { readInThreads, type Readers } from './read-threads.ts'
import type { ReadWorkerData } from './read-worker.ts'

/** Threads take a moment to start and to warm up, which a few packages are not worth. */
const fewPackages = 200

const script = isBundled
  ? join(packageRoot, 'dist/reindex/indexes/read-worker.js')
  : join(packageRoot, 'src/reindex/indexes/read-worker.ts')

/** Reads packages from S3: the first ones here, and as soon as there are many, in threads. */
export function s3Readers(s3: LeanS3, traffic: Traffic): Readers {
  let read = 0
  let threads: Readers | undefined
  return {
    read(job) {
      if (++read <= fewPackages) return readPackage(s3, formatNamed(job.format), job)
      const { bucket, address, authorities } = s3
      const data: ReadWorkerData = { bucket, address, authorities, verbose: areDetailsShown() }
      threads ??= readInThreads({
        script,
        data,
        traffic,
        noteCall: (call) => s3.noteCall(call),
        credentials: () => s3.credentials(),
      })
      return threads.read(job)
    },
    close: () => threads?.close(),
  }
}
