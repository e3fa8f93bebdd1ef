import { nameOf } from '../../aws/absent.ts'
import { isBadIdentity, statusOf } from '../../aws/denial.ts'
import { isPassing } from '../../aws/s3-answer.ts'
import type { LeanS3 } from '../../aws/s3-lean.ts'
import { messageOf } from '../../errors.ts'
import { readPage } from '../listing/list-page.ts'
import { resultKey, resultsOf, wantedKey } from '../own-keys.ts'
import type { Pace } from '../pace.ts'
import { packageSource } from '../indexes/package-source.ts'
import { type Found, FoundLines, FoundUnreadable, readFound } from '../shards/found-lines.ts'
import { carryOut, type CarriedOut } from './carry-out.ts'
import { type Shard, unpackWanted, type Want, type WantedHead } from './want.ts'

/** How a task ended, in the words of S3 Batch Operations, and what there is to say of it. */
export interface TaskOutcome {
  readonly resultCode: 'Succeeded' | 'TemporaryFailure' | 'PermanentFailure'
  readonly resultString: string
}

export interface TaskOptions {
  readonly s3: LeanS3
  readonly run: string
  readonly shard: Shard
  readonly pace: Pace
  /** Aborted when there is only time left to say what was done. */
  readonly signal: AbortSignal
}

/** A share of a shard's objects; where more fail in passing, S3 is to try it again later, and not this function now. */
const tooMany = 0.1

/**
 * Does what is wanted of the objects of one shard, and writes down what is known of them then. Done once more, it goes on:
 * what was written down before it was cut off is not done again.
 */
export async function doTask(options: TaskOptions): Promise<TaskOutcome> {
  try {
    const { s3, run, shard } = options
    const key = wantedKey(run, shard.number)
    const headers = { 'if-match': `"${shard.etag}"` }
    const { body } = await s3.send({ method: 'GET', action: 's3:GetObject', key, headers })
    const { head, wants } = await unpackWanted(body)
    const { keys, parts } = await doneBefore(options)
    const left = wants.filter(({ row: { key } }) => !keys.has(key))
    if (left.length === 0) return { resultCode: 'Succeeded', resultString: `${keys.size} done before` }
    const results = new Results(options, head.encryption, parts + 1)
    // Whatever is still under way then may take longer than there is time.
    options.signal.addEventListener('abort', () => results.flush())
    try {
      return outcomeOf(await carryOut(left, { ...options, head, found: (found) => results.add(found) }), left)
    } finally {
      await results.end()
    }
  } catch (error) {
    const isLasting = [403, 404, 412].includes(statusOf(error) ?? 500) || isBadIdentity(error)
    const passes = !isLasting && isPassing(error)
    return { resultCode: passes ? 'TemporaryFailure' : 'PermanentFailure', resultString: inShort(error) }
  }
}

function outcomeOf({ found, rewritten, read, failed, left }: CarriedOut, wanted: readonly Want[]): TaskOutcome {
  const passing = failed.filter(({ error }) => isPassing(error)).length
  const [first] = failed
  const why = first === undefined ? '' : `, ${failed.length} failed, first ${inShort(first.error)}`
  const resultString = `${found} of ${wanted.length} looked at, ${rewritten} put right, ${read} read${why}`.slice(
    0,
    500,
  )
  if (left > 0 || passing > wanted.length * tooMany) return { resultCode: 'TemporaryFailure', resultString }
  // Whoever gathers this does what has failed by itself, and says why where it can't.
  if (failed.length > 0 && found === 0) return { resultCode: 'PermanentFailure', resultString }
  return { resultCode: 'Succeeded', resultString }
}

/** What earlier tries have written down. */
async function doneBefore({ s3, run, shard }: TaskOptions): Promise<{ keys: Set<string>; parts: number }> {
  const query = { 'list-type': '2', 'encoding-type': 'url', prefix: resultsOf(run, shard.number) }
  const { objects } = readPage((await s3.send({ method: 'GET', action: 's3:ListBucket', query })).body)
  const keys = new Set<string>()
  for (const { key, size, etag } of objects) {
    try {
      for await (const found of readFound(packageSource(s3, { key, size, etag, first: 0 }, {}).stream())) {
        for (const { row } of found) keys.add(row.key)
      }
    } catch (error) {
      // Whoever gathers results does not believe it either.
      if (!(error instanceof FoundUnreadable)) throw error
    }
  }
  return { keys, parts: objects.length }
}

/** Writes down what was found out, in parts: as soon as there is enough for one, and what there is when it is to end. */
class Results {
  readonly #options: TaskOptions
  readonly #encryption: WantedHead['encryption']
  readonly #lines = new FoundLines()
  #part: number
  #written: Promise<void> = Promise.resolve()

  constructor(options: TaskOptions, encryption: WantedHead['encryption'], part: number) {
    this.#options = options
    this.#encryption = encryption
    this.#part = part
  }

  async add(found: Found): Promise<void> {
    this.#lines.add(found)
    if (this.#lines.isFull) this.flush()
    // No more is found out meanwhile than there is room for; what is wrong is told at the end.
    await this.#written.catch(() => undefined)
  }

  /** Begins to write down what there is. */
  flush(): void {
    if (this.#lines.length === 0) return
    const packed = this.#lines.pack()
    this.#written = this.#written.then(async () => this.#write(await packed))
    this.#written.catch(() => undefined)
  }

  /** @throws what S3 has answered */
  async end(): Promise<void> {
    this.flush()
    await this.#written
  }

  async #write(body: Buffer): Promise<void> {
    const { s3, run, shard } = this.#options
    const plain = { 'content-type': 'application/gzip', 'cache-control': 'no-store', 'if-none-match': '*' }
    const headers = { ...this.#encryption, ...plain }
    for (;;) {
      const key = resultKey(run, shard.number, this.#part++)
      try {
        await s3.send({ method: 'PUT', action: 's3:PutObject', key, headers, body, isMark: true })
        return
      } catch (error) {
        // Another try of the same shard may be at work, too: nothing is written over.
        if (statusOf(error) !== 412) throw error
      }
    }
  }
}

const inShort = (error: unknown): string => `${nameOf(error)}: ${messageOf(error)}`.slice(0, 300)
