import { randomUUID } from 'node:crypto'
import { hostname, userInfo } from 'node:os'

import { nameOf } from '../aws/absent.ts'
import { statusOf } from '../aws/denial.ts'
import type { LeanS3 } from '../aws/s3-lean.ts'
import { CtlError } from '../ui/errors.ts'
import { formatDuration } from '../ui/duration.ts'
import { ownPrefix } from './listing/selection.ts'

/** Where two runs on one bucket meet. */
export const lockKey = `${ownPrefix}lock`
/** In milliseconds. */
export interface LockTiming {
  readonly heartbeat: number
  /** Without a heartbeat for so long, whoever held it is taken for dead. By S3's clock alone. */
  readonly expiry: number
}

const usual: LockTiming = { heartbeat: 30_000, expiry: 5 * 60_000 }

interface Holder {
  readonly run: string
  readonly owner: string
  readonly host: string
  /** Id of the journal that it has open. */
  readonly journal: string
  readonly released: boolean
}

export interface Lock {
  /** Aborted with a CtlError once somebody else has taken the lock: nothing may be written any more. */
  readonly lost: AbortSignal
  /** Lets the next one in at once. It stays as an object, since nothing is ever deleted. */
  release(): Promise<void>
}

export interface LockOptions {
  readonly s3: LeanS3
  /**
   * Id of the journal that this process has open. No other process of this host can have it open: a holder of the same
   * host and journal has died, however short a time ago.
   */
  readonly journal: string
  /** Take it even from one who seems alive. */
  readonly force: boolean
  readonly timing?: LockTiming | undefined
}

/** Was a run stopped because it may not write any more, and not by its operator? */
export const isLost = (signal: AbortSignal): boolean => signal.aborted && signal.reason instanceof CtlError

/**
 * Takes the lock of a bucket: conditional writes, so that of two only one succeeds.
 *
 * @throws CtlError (refused) where it is held; what S3 answers else
 */
export async function takeLock({ s3, journal, force, timing = usual }: LockOptions): Promise<Lock> {
  const host = hostname()
  const owner = `${userInfo().username}@${host} (process ${process.pid})`
  const holder: Holder = { run: randomUUID(), owner, host, journal, released: false }
  const isDead = ({ holder: other, age }: Present): boolean =>
    other.released || age >= timing.expiry || (other.host === host && other.journal === journal)
  const present = await look(s3)
  if (present !== undefined && !force && !isDead(present)) throw held(present)
  const condition: Record<string, string> =
    present === undefined ? { 'if-none-match': '*' } : { 'if-match': present.etag }
  let etag: string
  try {
    etag = await write(s3, holder, condition)
  } catch (error) {
    if (!isRefusal(error)) throw error
    // Another one was faster, or S3 had written ours although the answer was lost.
    const now = await look(s3)
    if (now?.holder.run !== holder.run) throw held(now)
    etag = now.etag
  }
  return keep(s3, holder, etag, timing)
}

function keep(s3: LeanS3, holder: Holder, first: string, { heartbeat, expiry }: LockTiming): Lock {
  const lost = new AbortController()
  let etag = first
  let heard = performance.now()
  let beating: Promise<void> = Promise.resolve()
  const beat = async (next: Holder): Promise<void> => {
    const at = performance.now()
    try {
      etag = await write(s3, next, { 'if-match': etag })
      heard = at
    } catch (error) {
      const now = isRefusal(error) ? await look(s3).catch(() => undefined) : undefined
      if (now?.holder.run === holder.run) {
        etag = now.etag
        heard = at
      } else if (isRefusal(error) || performance.now() - heard >= expiry) {
        clearInterval(timer)
        lost.abort(takenOver())
      }
    }
  }
  let count = 0
  const timer = setInterval(() => {
    // A body that differs each time has an ETag that differs: two heartbeats are never taken for one.
    beating = beating.then(() => (lost.signal.aborted ? undefined : beat({ ...holder, ...{ beat: ++count } })))
  }, heartbeat)
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

const takenOver = (): CtlError =>
  new CtlError('refused', 'Another run has taken over the lock of this bucket, or may have by now.', {
    hint: 'What is done is kept. Wait for that run, or run the same command again after it.',
    code: 'LockLost',
  })

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
  const nobody: Holder = { run: '', owner: 'somebody', host: '', journal: '', released: false }
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null) return nobody
    const { run, owner, host, journal, released } = parsed as Readonly<Record<string, unknown>>
    const textOf = (value: unknown, otherwise = ''): string => (typeof value === 'string' ? value : otherwise)
    return {
      run: textOf(run),
      owner: textOf(owner, 'somebody').slice(0, 200),
      host: textOf(host),
      journal: textOf(journal),
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
