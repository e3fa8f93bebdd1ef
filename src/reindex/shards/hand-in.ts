import type { LeanS3 } from '../../aws/s3-lean.ts'
import type { Journal } from '../journal/journal.ts'
import type { Known } from '../journal/shared.ts'
import type { Stretch } from '../journal/stretch.ts'
import { shardsPrefix } from '../own-keys.ts'
import type { Choice } from '../selection.ts'
import { type Found, FoundLines, foundOf } from './found-lines.ts'
import type { Shard } from '../shard.ts'

export interface HandInOptions {
  readonly s3: Pick<LeanS3, 'send'>
  /** What new objects say of their encryption. */
  readonly encryption: Readonly<Record<string, string>>
  readonly journal: Journal
  readonly choice: Choice
  readonly signal: AbortSignal
  readonly done: (objects: number) => void
}

/**
 * Writes what the journal knows of a stretch into the bucket, where the host that makes the indexes finds it. What was
 * handed in before is written over; what is left of it is of no harm, since it holds for versions that are no longer there.
 *
 * @returns how many objects something is known of
 * @throws what S3 answers
 */
export async function handIn(shard: Shard, stretch: Stretch, options: HandInOptions): Promise<number> {
  const { s3, encryption, journal, choice, signal } = options
  const lines = new FoundLines()
  let [pieces, objects] = [0, 0]
  const flush = async (): Promise<void> => {
    if (lines.length === 0 || signal.aborted) return
    const { length } = lines
    const key = `${shardsPrefix}${shard.number}-of-${shard.of}/${String(++pieces).padStart(6, '0')}.ndjson.gz`
    const headers = { ...encryption, 'content-type': 'application/gzip', 'cache-control': 'no-store' }
    const body = await lines.pack()
    await s3.send({ method: 'PUT', action: 's3:PutObject', key, headers, body, isMark: true })
    objects += length
    options.done(length)
  }
  for (const known of journal.shared.known(stretch)) {
    if (!isChosen(known, choice)) continue
    lines.add(told(known, journal))
    if (lines.isFull) await flush()
  }
  await flush()
  return objects
}

const isChosen = ({ row: { key } }: Known, choice: Choice): boolean =>
  key.startsWith(choice.prefix) && !choice.excludes(key)

function told(known: Known, { republished }: Journal): Found {
  const { key } = known.row
  const changed = republished.isSure(key) ? 'surely' : republished.isSuspected(key) ? 'perhaps' : undefined
  return { ...foundOf(known), republished: changed }
}
