import type { LeanS3 } from '../../aws/s3-lean.ts'
import type { Journal } from '../journal/journal.ts'
import { manifestKey, wantedKey } from '../own-keys.ts'
import type { Pace } from '../pace.ts'
import { packWanted, rowOf, type Want, type WantedHead } from './want.ts'
import type { Amount } from '../elsewhere-report.ts'
import { addTo, nothingYet } from './wants.ts'

/** What was handed over. */
export interface Batch extends Amount {
  /** Of all that was written for it. */
  readonly run: string
  readonly manifest: { readonly key: string; readonly etag: string }
}

export interface WriteWantedOptions {
  readonly s3: LeanS3
  readonly journal: Journal
  readonly pace: Pace
  readonly head: WantedHead
  readonly run: string
  readonly signal: AbortSignal
  readonly done: (objects: number) => void
}

/** S3 Batch Operations can't read manifests that KMS encrypts, whatever the bucket's default is. */
const plain = { 'x-amz-server-side-encryption': 'AES256', 'cache-control': 'no-store', 'if-none-match': '*' }

/** So many are on their way at a time. */
const atOnce = 16

/**
 * Writes what is wanted of each shard into the bucket, and at last the manifest that names them.
 *
 * @returns undefined where nothing is wanted
 * @throws what S3 answers; the reason of the signal
 */
export async function writeWanted(
  shards: AsyncIterable<readonly Want[]>,
  options: WriteWantedOptions,
): Promise<Batch | undefined> {
  const { s3, journal, pace, head, run, signal } = options
  const rows: string[] = []
  const amount = nothingYet()
  const under = new Set<Promise<unknown>>()
  for await (const wants of shards) {
    signal.throwIfAborted()
    const number = rows.push('')
    addTo(amount, wants)
    noteCopies(journal, wants)
    const body = await packWanted(head, wants)
    const write = async (): Promise<void> => {
      const etag = await pace.run(() => putPlain(s3, wantedKey(run, number), 'application/gzip', body))
      rows[number - 1] = `${s3.bucket},${rowOf({ number, etag })}\n`
      options.done(wants.length)
    }
    const noted = write().finally(() => under.delete(noted))
    under.add(noted)
    if (under.size >= atOnce) await Promise.race(under)
  }
  await Promise.all(under)
  // Shards end early then: a manifest would name only some.
  signal.throwIfAborted()
  journal.commit()
  if (rows.length === 0) return undefined
  const key = manifestKey(run)
  const etag = await putPlain(s3, key, 'text/csv', Buffer.from(rows.join('')))
  return { run, ...amount, manifest: { key, etag } }
}

/** A copy gives some objects another ETag, of which this host only hears later. */
function noteCopies({ copies }: Journal, wants: readonly Want[]): void {
  for (const { row, attributes } of wants) {
    if (attributes && !/^[0-9a-f]{32}$/.test(row.etag)) copies.begun(row.key, row.etag)
  }
}

export async function putPlain(s3: LeanS3, key: string, type: string, body: Buffer): Promise<string> {
  const headers = { ...plain, 'content-type': type }
  const { headers: answered } = await s3.send({
    method: 'PUT',
    action: 's3:PutObject',
    key,
    headers,
    body,
    isMark: true,
  })
  return (answered['etag'] ?? '').replaceAll('"', '')
}
