import { nameOf } from '../../aws/absent.ts'
import { isBadIdentity, statusOf } from '../../aws/denial.ts'
import { isPassing } from '../../aws/s3-answer.ts'
import type { LeanS3 } from '../../aws/s3-lean.ts'
import { messageOf } from '../../errors.ts'
import { readPage } from '../listing/list-page.ts'
import { resultKey, resultsOf, wantedKey } from '../own-keys.ts'
import type { Pace } from '../pace.ts'
import { type Found, isFound, packLines, unpackLines } from '../shards/found-lines.ts'
import { carryOut, type CarriedOut } from './carry-out.ts'
import { unpackWanted, type Want } from './want.ts'

/** How a task ended, in the words of S3 Batch Operations, and what there is to say of it. */
export interface TaskOutcome {
  readonly resultCode: 'Succeeded' | 'TemporaryFailure' | 'PermanentFailure'
  readonly resultString: string
}

export interface TaskOptions {
  readonly s3: LeanS3
  readonly run: string
  readonly shard: number
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
    const { body } = await s3.send({ method: 'GET', action: 's3:GetObject', key: wantedKey(run, shard) })
    const { head, wants } = await unpackWanted(body)
    const { keys, parts } = await doneBefore(options)
    const left = wants.filter(({ row: { key } }) => !keys.has(key))
    if (left.length === 0) return { resultCode: 'Succeeded', resultString: `${keys.size} done before` }
    const carried = await carryOut(left, { ...options, head })
    await writeDown(carried.found, parts + 1, options)
    return outcomeOf(carried, left)
  } catch (error) {
    const isLasting = statusOf(error) === 403 || isBadIdentity(error) || (statusOf(error) ?? 500) === 404
    const passes = !isLasting && isPassing(error)
    return { resultCode: passes ? 'TemporaryFailure' : 'PermanentFailure', resultString: inShort(error) }
  }
}

function outcomeOf({ found, failed, left }: CarriedOut, wanted: readonly Want[]): TaskOutcome {
  const rewritten = found.filter((one) => one.rewritten !== undefined).length
  const read = found.filter(({ packages }) => packages.length > 0).length
  const passing = failed.filter(({ error }) => isPassing(error)).length
  const [first] = failed
  const why = first === undefined ? '' : `, ${failed.length} failed, first ${inShort(first.error)}`
  const resultString =
    `${found.length} of ${wanted.length} looked at, ${rewritten} put right, ${read} read${why}`.slice(0, 500)
  if (left > 0 || passing > wanted.length * tooMany) return { resultCode: 'TemporaryFailure', resultString }
  // Whoever gathers this does what has failed by itself, and says why where it can't.
  if (failed.length > 0 && found.length === 0) return { resultCode: 'PermanentFailure', resultString }
  return { resultCode: 'Succeeded', resultString }
}

/** What earlier tries have written down. */
async function doneBefore({ s3, run, shard }: TaskOptions): Promise<{ keys: Set<string>; parts: number }> {
  const query = { 'list-type': '2', 'encoding-type': 'url', prefix: resultsOf(run, shard) }
  const { objects } = readPage((await s3.send({ method: 'GET', action: 's3:ListBucket', query })).body)
  const keys = new Set<string>()
  for (const { key } of objects) {
    const { body } = await s3.send({ method: 'GET', action: 's3:GetObject', key })
    for (const line of await unpackLines(body)) if (isFound(line)) keys.add(line.row.key)
  }
  return { keys, parts: objects.length }
}

/** Another try of the same shard may be at work, too: nothing is written over. */
async function writeDown(found: readonly Found[], first: number, { s3, run, shard }: TaskOptions): Promise<void> {
  if (found.length === 0) return
  const body = await packLines(found)
  const headers = { 'content-type': 'application/gzip', 'cache-control': 'no-store', 'if-none-match': '*' }
  for (let part = first; ; part++) {
    const key = resultKey(run, shard, part)
    try {
      await s3.send({ method: 'PUT', action: 's3:PutObject', key, headers, body, isMark: true })
      return
    } catch (error) {
      if (statusOf(error) !== 412) throw error
    }
  }
}

const inShort = (error: unknown): string => `${nameOf(error)}: ${messageOf(error)}`.slice(0, 300)
