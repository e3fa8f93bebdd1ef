import type { LeanS3 } from '../../aws/s3-lean.ts'
import { filesIn } from '../batch/job-report.ts'
import { packageSource } from '../indexes/package-source.ts'
import type { Journal } from '../journal/journal.ts'
import { checksumFolder, isChecksumReport } from '../own-keys.ts'
import { listedBelow } from '../shards/take-in.ts'
import { readChecksumLine } from './checksum-line.ts'

export interface TakeChecksumsOptions {
  readonly s3: LeanS3
  readonly journal: Journal
  readonly signal: AbortSignal
}

/**
 * Takes into the journal what jobs have reported of checksums, each report once. To be done once the bucket is listed:
 * what is told of another version than the one that is there counts for nothing.
 *
 * @returns of how many objects something was taken in
 * @throws what S3 answers
 */
export async function takeChecksums({ s3, journal, signal }: TakeChecksumsOptions): Promise<number> {
  let objects = 0
  for await (const { key, etag, size } of listedBelow(s3, checksumFolder)) {
    if (signal.aborted) break
    if (!isChecksumReport(key) || size > mostOfManifest || journal.shared.isTaken(key, etag)) continue
    for await (const line of linesOf(s3, key, signal)) if (noteLine(journal, line, s3.bucket)) objects++
    // Cut off, it is taken in once more.
    if (!isAborted(signal)) journal.shared.noteTaken(key, etag)
  }
  journal.commit()
  return objects
}

/** It names some files. */
const mostOfManifest = 16 * 1_048_576
/** A line has a key and a digest; what does not end is none of S3's. */
const longestLine = 65_536

const isAborted = (signal: AbortSignal): boolean => signal.aborted

function noteLine(journal: Journal, line: string, bucket: string): boolean {
  const checksum = readChecksumLine(line, bucket)
  if (checksum === undefined || journal.get(checksum.key)?.etag !== checksum.etag) return false
  journal.digests.note(checksum.key, checksum.etag, checksum.sha256)
  return true
}

/** Lines of tasks that did well. Of one report they may be hundreds of megabytes. */
async function* linesOf(s3: LeanS3, manifest: string, signal: AbortSignal): AsyncGenerator<string> {
  const { body } = await s3.send({ method: 'GET', action: 's3:GetObject', key: manifest })
  const folder = manifest.slice(0, manifest.lastIndexOf('/') + 1)
  for (const { status, key, md5 } of filesIn(body.toString('utf8'))) {
    if (status !== 'succeeded' || !key.startsWith(folder)) continue
    const { headers } = await s3.send({ method: 'HEAD', action: 's3:GetObject', key })
    const etag = (headers['etag'] ?? '').replaceAll('"', '')
    // S3 encrypts reports so that their ETags are their MD5s.
    if (etag !== md5) continue
    const file = { key, etag, size: Number(headers['content-length']), first: 0 }
    let rest = ''
    for await (const piece of packageSource(s3, file, {}).stream()) {
      if (signal.aborted) return
      const lines = (rest + Buffer.from(piece).toString('latin1')).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
      if (rest.length > longestLine) break
    }
    yield rest
  }
}
