/** A reading thread that reads files of this machine instead of S3: only the work on packages is measured. */
import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'

import { serveReads } from '../../src/reindex/indexes/read-threads.ts'
import { type ReadJob, type ReadResult, resultOf } from '../../src/reindex/indexes/read-package.ts'
import type { PackageSource } from '../../src/repositories/format.ts'
import { formatNamed } from '../../src/repositories/formats.ts'

if (parentPort === null) throw new Error('This runs in a worker thread only.')
const { folder } = workerData as { folder: string }
const chunk = 64 * 1024
/** Nobody but the file system should have to make room for what is read. */
const free: Buffer[] = []

async function read(job: ReadJob): Promise<ReadResult> {
  const { key, size, etag, first, known } = job
  const file = openSync(join(folder, key), 'r')
  const bytesAt = (start: number, length: number): Buffer => {
    const bytes = Buffer.allocUnsafe(length)
    return bytes.subarray(0, readSync(file, bytes, 0, length, start))
  }
  const buffer = free.pop() ?? Buffer.allocUnsafeSlow(chunk)
  const source: PackageSource = {
    ...{ key, size, etag, known },
    modified: first * 1000,
    // The first read has what is wanted of most packages.
    range: async (start, end) =>
      start === 0 && end <= chunk
        ? buffer.subarray(0, readSync(file, buffer, 0, Math.min(end, size), 0))
        : bytesAt(start, Math.min(end, size) - start),
    async *stream() {
      for (let at = 0; at < size; at += chunk) yield buffer.subarray(0, readSync(file, buffer, 0, chunk, at))
    },
  }
  try {
    return resultOf(await formatNamed(job.format).readPackage(source))
  } finally {
    free.push(buffer)
    closeSync(file)
  }
}

serveReads(parentPort, { read, renew: () => undefined })
