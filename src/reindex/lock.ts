import { randomUUID } from 'node:crypto'
import { hostname, userInfo } from 'node:os'

import { nameOf } from '../aws/absent.ts'
import { statusOf } from '../aws/denial.ts'
import type { LeanS3 } from '../aws/s3-lean.ts'
import { CtlError } from '../errors.ts'
import { formatDuration } from '../ui/duration.ts'
import { readPage } from './listing/list-page.ts'
import { ownPrefix } from './selection.ts'
import type { Shard } from './shard.ts'
import { hasEnded, ownIdentity } from './process-identity.ts'
import type { JobNote } from './job-note.ts'
import { type Holder, nobody, readHolder } from './lock-holder.ts'

/** Where two runs on one bucket meet. */
export const lockKey = `${ownPrefix}lock`
/** Beside it, where several hosts share a run: one for each of their parts. */
const keyOfShard = ({ number, of }: Shard): string => `${lockKey}-shard-${number}-of-${of}`
/** In milliseconds. */
export interface LockTiming {
  readonly heartbeat: number
  /** Without a heartbeat for so long, whoever held it is taken for dead. By S3's clock alone. */
  readonly expiry: number
}

const usual: LockTiming = { heartbeat: 30_000, expiry: 5 * 60_000 }

export interface Lock {
  /** Aborted with a CtlError once somebody else has taken the lock: nothing may be written any more. */
  readonly lost: AbortSignal
  /** Who held it until now and has not let go of it, if there was somebody. */
  readonly takenFrom: string | undefined
  /** What goes on by itself of what a run before has begun. */
  readonly job: JobNote | undefined
  /** Names what will go on by itself, should this run end; undefined: nothing. */
  name(job: JobNote | undefined): Promise<void>
  /** Lets the next one in at once. It stays as an object, since nothing is ever deleted. */
  release(): Promise<void>
}

export interface LockOptions {
  readonly s3: LeanS3
  /** What it says of its encryption. */
  readonly encryption?: Readonly<Record<string, string>>
  /**
   * Id of the journal that this process has open. No other process of this host can have it open: a holder of the same
   * host and journal has died, however short a time ago.
   */
  readonly journal: string
  /** The file of that journal, for those who find the lock in their way. */
  readonly file: string
  /** Take it even from one who seems alive. */
  readonly force: boolean
  /** One of several hosts' part, beside which the others' may be held, but no whole run's; undefined: a whole run. */
  readonly shard?: Shard | undefined
  readonly timing?: LockTiming | undefined
  /**
   * Looks at what goes on by itself of what a holder has begun who is gone.
   *
   * @throws CtlError where this run may not begin beside it
   */
  readonly admit?: ((job: JobNote) => Promise<void>) | undefined
}

/** Was a run stopped because it may not write any more, and not by its operator? */
export const isLost = (signal: AbortSignal): boolean => signal.aborted && signal.reason instanceof CtlError

/**
 * Takes the lock of a bucket: conditional writes, so that of two only one succeeds.
 *
 * @throws CtlError (refused) where it is held; what S3 answers else
 */
export async function takeLock(options: LockOptions): Promise<Lock> {
  const { s3, encryption = {}, journal, file, timing = usual, shard } = options
  const host = hostname()
  const owner = `${userInfo().username}@${host} (process ${process.pid})`
  const begun = { since: Date.now(), process: ownIdentity() }
  const holder: Holder = { run: randomUUID(), owner, host, journal, file, ...begun, released: false }
  const place: Place = { s3, encryption, key: shard === undefined ? lockKey : keyOfShard(shard) }
  const mayTake = (present: Present): boolean => options.force || isDead(present, holder, timing)
  const lock = await takeOne(place, holder, mayTake, options)
  try {
    // Only now: of two that come at once, at least one sees the other.
    for (const key of await othersThan(place.key, s3, shard)) await putAside({ ...place, key }, mayTake, options)
    return lock
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** An object that is a lock. */
interface Place {
  readonly s3: LeanS3
  readonly encryption: Readonly<Record<string, string>>
  readonly key: string
}

const isDead = ({ holder: other, age }: Present, own: Holder, { expiry }: LockTiming): boolean =>
  other.released ||
  age >= expiry ||
  (other.host === own.host && other.journal === own.journal) ||
  (other.process !== undefined && hasEnded(other.process))

async function takeOne(
  place: Place,
  holder: Holder,
  mayTake: (present: Present) => boolean,
  options: LockOptions,
): Promise<Lock> {
  const { force, timing = usual } = options
  let present = await look(place)
  for (let attempt = 1; ; attempt++) {
    if (present !== undefined && !mayTake(present)) throw held(place, present)
    await admit(present, options)
    // Whoever finds this one dead is to see what may still be under way.
    const next = { ...holder, job: options.admit === undefined || force ? present?.holder.job : undefined }
    const condition: Record<string, string> =
      present === undefined ? { 'if-none-match': '*' } : { 'if-match': present.etag }
    const takenFrom = present === undefined || present.holder.released ? undefined : present.holder.owner
    try {
      return keep(place, next, await write(place, next, condition), { timing, takenFrom })
    } catch (error) {
      if (!isRefusal(error)) throw error
      // Another one was faster, or S3 had written ours although the answer was lost.
      const now = await look(place)
      if (now?.holder.run === holder.run) return keep(place, next, now.etag, { timing, takenFrom })
      // One that is to be put aside may have given a sign of life in between.
      if (!force || attempt === attempts) throw held(place, now)
      present = now
    }
  }
}

/** Locks that may not be held beside one: all others, but those of a run's other parts beside one of them. */
async function othersThan(own: string, s3: LeanS3, shard: Shard | undefined): Promise<string[]> {
  const query = { 'list-type': '2', 'encoding-type': 'url', prefix: lockKey }
  const { objects } = readPage((await s3.send({ method: 'GET', action: 's3:ListBucket', query })).body)
  const others = objects.map(({ key }) => key).filter((key) => key !== own)
  return shard === undefined ? others : others.filter((key) => !key.endsWith(`-of-${shard.of}`))
}

/** Writes over the lock of one who has died: should it only have slept, it notices, and writes no more. */
async function putAside(place: Place, mayTake: (present: Present) => boolean, options: LockOptions): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const present = await look(place)
    await admit(present, options)
    if (present === undefined || present.holder.released) return
    if (!mayTake(present) || attempt === attempts) throw held(place, present)
    try {
      await write(place, { ...present.holder, run: randomUUID(), released: true }, { 'if-match': present.etag })
      return
    } catch (error) {
      if (!isRefusal(error)) throw error
    }
  }
}

/** A job may outlive its run, and the lock of that. */
async function admit(present: Present | undefined, { force, admit }: LockOptions): Promise<void> {
  if (present?.holder.job !== undefined && !force) await admit?.(present.holder.job)
}

/** How often a lock is taken from one that still beats. */
const attempts = 5

function keep(
  place: Place,
  holder: Holder,
  first: string,
  { timing: { heartbeat, expiry }, takenFrom }: { timing: LockTiming; takenFrom: string | undefined },
): Lock {
  const lost = new AbortController()
  let current = holder
  let etag = first
  let heard = performance.now()
  let beating: Promise<void> = Promise.resolve()
  const beat = async (next: Holder): Promise<void> => {
    const at = performance.now()
    try {
      etag = await write(place, next, { 'if-match': etag })
      heard = at
    } catch (error) {
      const now = isRefusal(error) ? await look(place).catch(() => undefined) : undefined
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
    beating = beating.then(() => (lost.signal.aborted ? undefined : beat({ ...current, ...{ beat: ++count } })))
  }, heartbeat)
  timer.unref()
  return {
    lost: lost.signal,
    takenFrom,
    job: holder.job,
    async name(job) {
      current = { ...current, job }
      beating = beating.then(() => (lost.signal.aborted ? undefined : beat(current)))
      await beating
    },
    async release() {
      clearInterval(timer)
      await beating
      if (!lost.signal.aborted) await beat({ ...current, released: true })
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

async function look({ s3, key }: Place): Promise<Present | undefined> {
  try {
    const { headers, body } = await s3.send({ method: 'GET', action: 's3:GetObject', key })
    const [now, written] = [Date.parse(headers['date'] ?? ''), Date.parse(headers['last-modified'] ?? '')]
    const age = (Number.isNaN(now) ? Date.now() : now) - written
    return { holder: readHolder(body.toString('utf8')), etag: headers['etag'] ?? '', age }
  } catch (error) {
    if (nameOf(error) === 'NoSuchKey') return undefined
    throw error
  }
}

async function write(
  { s3, encryption, key }: Place,
  holder: Holder,
  condition: Record<string, string>,
): Promise<string> {
  const headers = { ...encryption, ...condition, 'content-type': 'application/json', 'cache-control': 'no-store' }
  const body = Buffer.from(JSON.stringify(holder))
  const answer = await s3.send({ method: 'PUT', action: 's3:PutObject', key, headers, body, isMark: true })
  return answer.headers['etag'] ?? ''
}

const isRefusal = (error: unknown): boolean => [404, 409, 412].includes(statusOf(error) ?? 0)

function held({ key }: Place, present: Present | undefined): CtlError {
  const { owner, file, since, job } = present?.holder ?? nobody
  const told = [
    ...(since > 0 && since <= maxDate ? [`since ${new Date(since).toISOString().slice(0, 19)}Z`] : []),
    ...(present === undefined ? [] : [`last heard of ${formatDuration(Math.max(0, present.age / 1000))} ago`]),
    ...(file === '' ? [] : [`journal ${file}`]),
    ...(job === undefined ? [] : [`job ${job.id}`]),
  ]
  return new CtlError(
    'refused',
    `Another run is at work on this bucket: ${[owner, ...told].join(', ')} (s3 object ${key}).`,
    {
      hint: [
        'Wait until it has ended. Five minutes after its last sign of life it is taken for dead, on its own host at once.',
        'If you know that it is dead, run the same command with --force-unlock.',
      ],
      code: 'Locked',
    },
  )
}

/** Source: ECMA-262, "Time Values and Time Range". */
const maxDate = 8.64e15
