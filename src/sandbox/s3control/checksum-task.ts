import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'

import type { Checksummed } from './input.ts'
import { permanent, type Outcome } from './invocation.ts'
import type { Job, Task } from './job.ts'
import { errorIn, type JobRoles } from './job-role.ts'
import { objectPath } from './preparation.ts'
import type { AwsResponse } from '../contracts/service.ts'

/** Reads the object of a task, as it is when its turn comes, and tells its checksum ("Compute checksums", S3 User Guide). */
export async function computeChecksum(job: Job, task: Task, asked: Checksummed, roles: JobRoles): Promise<Outcome> {
  const key = decodeURIComponent(task.key.replaceAll('+', ' '))
  const answer = await roles.ask(job, 's3', {
    method: 'GET',
    path: objectPath(task.bucket, key),
    ...(task.versionId === undefined ? {} : { query: { versionId: task.versionId } }),
  })
  if (answer.status >= 500) return { kind: 'temporary' }
  if (answer.status !== 200) return refused(answer)
  const digest = await digestOf(asked.ChecksumAlgorithm, answer)
  const told = {
    checksum_base64: digest.toString('base64'),
    etag: (answer.headers?.['etag'] ?? '').replaceAll('"', ''),
    checksumAlgorithm: asked.ChecksumAlgorithm,
    checksumType: 'FULL_OBJECT',
    checksum_hex: digest.toString('hex').toUpperCase(),
  }
  return { kind: 'succeeded', message: JSON.stringify(told).replaceAll('=', String.raw`\u003d`) }
}

/** What AWS's examples have of refusals; the last of them is S3's own name of the error. */
const reasons: Readonly<Record<string, string>> = {
  NoSuchKey: 'Key not found',
  InvalidRequest: 'SSE-C encryption type is not supported for this operation',
}

function refused(answer: AwsResponse): Outcome {
  const code = errorIn(answer)
  const details = { failureMessage: `Task ${reasons[code] ?? code}`, errorCode: String(answer.status) }
  return permanent(`error details: ${JSON.stringify(details)}`)
}

async function digestOf(algorithm: Checksummed['ChecksumAlgorithm'], { body = '' }: AwsResponse): Promise<Buffer> {
  const pieces = body instanceof Readable ? (body as AsyncIterable<Buffer>) : [Buffer.from(body)]
  if (algorithm === 'CRC32') {
    let sum = 0
    for await (const piece of pieces) sum = crc32(piece, sum)
    const digest = Buffer.alloc(4)
    digest.writeUInt32BE(sum)
    return digest
  }
  const hash = createHash(algorithm.toLowerCase())
  for await (const piece of pieces) hash.update(piece)
  return hash.digest()
}
