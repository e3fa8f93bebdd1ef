import { randomUUID } from 'node:crypto'
import { hostname, userInfo } from 'node:os'

import { nameOf } from '../aws/absent.ts'
import { statusOf } from '../aws/denial.ts'
import type { LeanS3 } from '../aws/s3-lean.ts'
import { CtlError } from '../ui/errors.ts'
import { formatDuration } from '../ui/duration.ts'
import { ownPrefix } from './selection.ts'

/** Where two runs on one bucket meet. */
export const lockKey = `${ownPrefix}lock`
const heartbeatMs = 30_000
/** Without a heartbeat for so long, whoever held it is taken for dead. By S3's clock alone. */
const expiryMs = 5 * 60_000

interface Holder {
  readonly run: string
  readonly owner: string
  readonly released: boolean
}

export interface Lock {
  /** Aborted once somebody else has taken the lock: nothing may be written any more. */
  readonly lost: AbortSignal
  /** Lets the next one in at once. It stays as an object, since nothing is ever deleted. */
  release(): Promise<void>
}

/**
 * Takes the lock of a bucket: conditional writes, so that of two only one succeeds.
 *
 * @param force - take it even from one who seems alive
 * @throws CtlError (refused) where it is held; what S3 answers else
 */
export async function takeLock(s3: LeanS3, force: boolean): Promise<Lock> {
  const run = randomUUID()
  const owner = `${userInfo().username}@${hostname()} (process ${process.pid})`
  const present = await look(s3)
  if (present !== undefined && !present.holder.released && present.age < expiryMs && !force) throw held(present)
  const condition: Record<string, string> =
    present === undefined ? { 'if-none-match': '*' } : { 'if-match': present.etag }
  let etag: string
  try {
    etag = await write(s3, { run, owner, released: false }, condition)
  } catch (error) {
    if (!isRefusal(error)) throw error
    // Another one was faster, or S3 had written ours although the answer was lost.
    const now = await look(s3)
    if (now?.holder.run !== run) throw held(now)
    etag = now.etag
  }
  return keep(s3, { run, owner, released: false }, etag)
}

function keep(s3: LeanS3, holder: Holder, first: string): Lock {
  const lost = new AbortController()
  let etag = first
  let beating: Promise<void> = Promise.resolve()
  const beat = async (next: Holder): Promise<void> => {
    try {
      etag = await write(s3, next, { 'if-match': etag })
    } catch (error) {
      if (!isRefusal(error)) return
      const now = await look(s3).catch(() => undefined)
      if (now?.holder.run === holder.run) etag = now.etag
      else lost.abort(new CtlError('refused', 'Another run has taken over the lock of this bucket.', takenOver))
    }
  }
  let count = 0
  const timer = setInterval(() => {
    // A body that differs each time has an ETag that differs: two heartbeats are never taken for one.
    beating = beating.then(() => beat({ ...holder, ...{ beat: ++count } }))
  }, heartbeatMs)
  timer.unref()
  return {
    lost: lost.signal,
    async release() {
      clearInterval(timer)
      await beating
      if (!lost.signal.aborted) await beat({ ...holder, released: true })
    },
  }
}

const takenOver = {
  hint: 'What is done is kept. Wait for that run, or run the same command again after it.',
  code: 'LockLost',
}

interface Present {
  readonly holder: Holder
  readonly etag: string
  /** Milliseconds since it was written, by S3's clock. */
  readonly age: number
}

async function look(s3: LeanS3): Promise<Present | undefined> {
  try {
    const { headers, body } = await s3.send({ method: 'GET', action: 's3:GetObject', key: lockKey })
    const [now, written] = [Date.parse(headers['date'] ?? ''), Date.parse(headers['last-modified'] ?? '')]
    const age = (Number.isNaN(now) ? Date.now() : now) - written
    return { holder: readHolder(body.toString('utf8')), etag: headers['etag'] ?? '', age }
  } catch (error) {
    if (nameOf(error) === 'NoSuchKey') return undefined
    throw error
  }
}

async function write(s3: LeanS3, holder: Holder, condition: Record<string, string>): Promise<string> {
  const headers = { ...condition, 'content-type': 'application/json', 'cache-control': 'no-store' }
  const body = Buffer.from(JSON.stringify(holder))
  const answer = await s3.send({ method: 'PUT', action: 's3:PutObject', key: lockKey, headers, body })
  return answer.headers['etag'] ?? ''
}

const isRefusal = (error: unknown): boolean => [404, 409, 412].includes(statusOf(error) ?? 0)

/** What is there but was not written by us counts as held, until it is old. */
function readHolder(text: string): Holder {
  const nobody = { run: '', owner: 'somebody', released: false }
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null) return nobody
    const { run, owner, released } = parsed as Readonly<Record<string, unknown>>
    return {
      run: typeof run === 'string' ? run : '',
      owner: typeof owner === 'string' ? owner.slice(0, 200) : 'somebody',
      released: released === true,
    }
  } catch {
    return nobody
  }
}

function held(present: Present | undefined): CtlError {
  const ago = present === undefined ? '' : `, last heard of ${formatDuration(Math.max(0, present.age / 1000))} ago`
  const who = present?.holder.owner ?? 'somebody'
  return new CtlError('refused', `Another run is at work on this bucket: ${who}${ago} (s3 object ${lockKey}).`, {
    hint: [
      `Wait until it has ended. Five minutes after its last sign of life it is taken for dead.`,
      'If you know that it is dead, run the same command with --force-unlock.',
    ],
    code: 'Locked',
  })
}
