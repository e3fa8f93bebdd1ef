import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'

import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3'
import { expect } from 'chai'

import type { LeanS3 } from '../../src/aws/s3-lean.ts'
import { isLost, type Lock, lockKey, type LockOptions, takeLock } from '../../src/reindex/lock.ts'
import type { Call } from '../../src/sandbox/host/call-log.ts'
import { CtlError } from '../../src/errors.ts'
import { type S3Fixture, startS3 } from '../support/s3-client.ts'
import { leanFor } from './lean-under-test.ts'

const minute = 60_000
/** So that nothing beats and nothing expires while a test runs, unless it says otherwise. */
const never = { heartbeat: 60 * minute, expiry: 60 * minute }

describe('the lock of a bucket', () => {
  let fixture: S3Fixture
  let s3: LeanS3
  let later = 0
  let count = 0
  const taken: Lock[] = []
  before(async () => (fixture = await startS3({ now: () => Date.now() + later })))
  after(() => fixture.close())
  beforeEach(async () => {
    const Bucket = `lock-${++count}`
    later = 0
    await fixture.client.send(new CreateBucketCommand({ Bucket }))
    s3 = leanFor(fixture.sandbox, Bucket)
  })
  afterEach(async () => {
    for (const lock of taken.splice(0)) await lock.release()
    s3.close()
  })

  const take = async (options: Partial<LockOptions> = {}): Promise<Lock> => {
    const lock = await takeLock({
      s3,
      journal: 'mine',
      file: '/var/lib/mine.sqlite',
      force: false,
      timing: never,
      ...options,
    })
    taken.push(lock)
    return lock
  }
  const refusal = async (options: Partial<LockOptions> = {}): Promise<CtlError> => {
    try {
      await take(options)
    } catch (error) {
      if (error instanceof CtlError) return error
      throw error
    }
    throw new Error('the lock was taken')
  }
  const text = async (): Promise<string> => {
    const { Body } = await fixture.client.send(new GetObjectCommand({ Bucket: s3.bucket, Key: lockKey }))
    return (await Body?.transformToString()) ?? ''
  }
  const overwrite = (Body = '{"run":"another","owner":"another@host"}'): Promise<unknown> =>
    fixture.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: lockKey, Body }))
  /** Resolves once calls of a kind have been answered. */
  const seen = (howMany: number, is: (call: Call) => boolean): Promise<void> =>
    new Promise((resolve) => {
      let left = howMany
      const stop = fixture.sandbox.onCall((call, phase) => {
        if (phase === 'after' && is(call) && --left === 0) {
          stop()
          resolve()
        }
        return undefined
      })
    })

  it('is held by one, until it is released', async () => {
    const lock = await take()
    const { failure, message, hint, code } = await refusal({ journal: 'other' })
    expect([failure, code]).to.deep.equal(['refused', 'Locked'])
    expect(message).to.include(`@${hostname()} (process ${process.pid})`).and.to.include('ago')
    expect(hint.join()).to.include('--force-unlock')
    await lock.release()
    await take({ journal: 'other' })
  })

  it('is shared by the parts of one run, and by nothing else', async () => {
    const shard = (number: number, of: number): Partial<LockOptions> => ({
      journal: `${number}-of-${of}`,
      shard: { number, of },
    })
    const parts = await Promise.all([take(shard(1, 3)), take(shard(2, 3)), take(shard(3, 3))])
    const others = [{ ...shard(2, 3), journal: 'another' }, shard(1, 2), { journal: 'whole' }]
    for (const other of others) expect((await refusal(other)).message).to.contain('.pc-ctl/lock-shard-')
    for (const part of parts) await part.release()
    const whole = await take({ journal: 'whole' })
    expect((await refusal(shard(1, 3))).message).to.contain(`(s3 object ${lockKey})`)
    await whole.release()
    await take(shard(1, 2))
  })

  it('is lost to a part that had only slept when a whole run came', async () => {
    const timing = { heartbeat: 60 * minute, expiry: 5 * minute }
    await take({ journal: 'part', shard: { number: 1, of: 2 }, timing })
    const [asleep] = taken
    later = 6 * minute
    await take({ journal: 'whole', timing })
    await asleep?.release()
    expect(asleep && isLost(asleep.lost)).to.equal(true)
  })

  it('goes to one at most of a part and a whole run that want it at once', async () => {
    for (let round = 0; round < 10; round++) {
      const outcomes = await Promise.allSettled([
        take({ journal: `whole-${round}` }),
        take({ journal: `part-${round}`, shard: { number: 1, of: 2 } }),
      ])
      const got = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
      expect(got.length).to.be.lessThan(2)
      for (const lock of got) await lock.release()
    }
  })

  it('goes to exactly one of many who want it at once', async () => {
    const timing = { heartbeat: 60 * minute, expiry: 5 * minute }
    // There is none yet; one that was released; one that has expired.
    for (const prepare of [() => undefined, () => overwrite('{"released":true}'), () => overwrite()]) {
      await prepare()
      later += 6 * minute
      const wanting = Array.from({ length: 8 }, (_one, index) => take({ journal: `${index}`, timing }))
      const outcomes = await Promise.allSettled(wanting)
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1)
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).to.include({ code: 'Locked' })
      }
      later -= 6 * minute
    }
  })

  it('beats as long as it is held, each time with another body', async () => {
    const bodies = new Set<string>()
    const beats = new Promise<void>((resolve) => {
      const stop = fixture.sandbox.onCall(async ({ operation }, phase) => {
        if (operation !== 'PutObject' || phase !== 'after' || bodies.add(await text()).size < 4) return undefined
        stop()
        resolve()
        return undefined
      })
    })
    const lock = await take({ timing: { ...never, heartbeat: 5 } })
    await beats
    await lock.release()
    expect(JSON.parse(await text())).to.deep.include({ released: true })
    expect(lock.lost.aborted).to.equal(false)
  })

  it('expires by the clock of S3, whatever ours says', async () => {
    const timing = { heartbeat: 60 * minute, expiry: 5 * minute }
    await take({ timing })
    later = 4 * minute
    const refused = await refusal({ journal: 'other', timing })
    expect(refused.message).to.match(/last heard of 4 min( \d+ s)? ago/)
    later = 6 * minute
    await take({ journal: 'other', timing })
    // Written by a clock that is ahead of ours: fresh all the same.
    expect((await refusal({ journal: 'third', timing })).code).to.equal('Locked')
  })

  it('is alive as long as it beats', async () => {
    const timing = { heartbeat: 5, expiry: 5 * minute }
    await take({ timing })
    later = 10 * minute
    await seen(2, ({ operation }) => operation === 'PutObject')
    expect((await refusal({ journal: 'other', timing })).code).to.equal('Locked')
  })

  it('goes at once to whoever has the journal of one who died', async () => {
    await take()
    // Its copy on another host proves nothing.
    await overwrite((await text()).replace(JSON.stringify(hostname()), '"elsewhere"'))
    expect((await refusal()).code).to.equal('Locked')
    await overwrite(JSON.stringify({ run: 'x', owner: 'x', host: hostname(), journal: 'mine', released: false }))
    await take()
  })

  it('goes at once to whoever sees that its holder has ended, whatever journal that had', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'])
    const ended = once(child, 'exit')
    await take()
    const mine = JSON.parse(await text()) as { process: { pid: number; started: string } }
    const stat = await readFile(`/proc/${child.pid}/stat`, 'latin1')
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    const its = { ...mine, run: 'its', process: { ...mine.process, pid: child.pid, started } }
    await overwrite(JSON.stringify(its))
    const alive = await refusal({ journal: 'other' })
    expect(alive.message).to.match(/since \d{4}-.*Z, last heard of .* ago, journal \/var\/lib\/mine\.sqlite/)
    child.kill('SIGKILL')
    await ended
    // Of another machine or container nothing is known, and the same number may mean somebody else there.
    for (const other of [{ boot: 'other' }, { namespace: 'pid:[1]' }]) {
      await overwrite(JSON.stringify({ ...its, process: { ...its.process, ...other } }))
      expect((await refusal({ journal: 'other' })).code).to.equal('Locked')
    }
    await overwrite(JSON.stringify(its))
    expect((await take({ journal: 'other' })).takenFrom).to.include(`@${hostname()}`)
  })

  it('is lost to one who forces it, and not released then', async () => {
    const first = await take({ timing: { ...never, heartbeat: 200 } })
    await take({ journal: 'other', force: true })
    const held = await text()
    if (!first.lost.aborted) await once(first.lost, 'abort')
    expect(isLost(first.lost)).to.equal(true)
    expect(first.lost.reason).to.include({ failure: 'refused', code: 'LockLost' })
    await first.release()
    expect(await text()).to.equal(held)
  })

  it('is lost where it was removed, or could not be told for too long', async () => {
    const removed = await take({ timing: { ...never, heartbeat: 5 } })
    await fixture.client.send(new DeleteObjectCommand({ Bucket: s3.bucket, Key: lockKey }))
    if (!removed.lost.aborted) await once(removed.lost, 'abort')
    fixture.sandbox.faults.add('s3:PutObject:2-999:AccessDenied')
    const mute = await take({ timing: { heartbeat: 5, expiry: 20 } })
    if (!mute.lost.aborted) await once(mute.lost, 'abort')
    fixture.sandbox.faults.clear()
    expect(isLost(mute.lost)).to.equal(true)
  })

  it('is ours although the answer was lost', async () => {
    fixture.sandbox.faults.add('s3:PutObject:1:after:drop')
    const lock = await take()
    fixture.sandbox.faults.clear()
    expect((await refusal({ journal: 'other' })).code).to.equal('Locked')
    await lock.release()
    await take({ journal: 'other' })
  })

  it('is taken in a bucket that locks whatever is written', async () => {
    const Bucket = `locking-${count}`
    await fixture.client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }))
    const Rule = { DefaultRetention: { Mode: 'GOVERNANCE' as const, Days: 1 } }
    const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled' as const, Rule }
    await fixture.client.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }))
    const locking = leanFor(fixture.sandbox, Bucket)
    const lock = await take({ s3: locking })
    await lock.release()
    expect((await locking.send({ method: 'HEAD', action: 's3:GetObject', key: lockKey })).headers).to.include({
      'x-amz-object-lock-mode': 'GOVERNANCE',
    })
    locking.close()
  })

  it('takes what is no lock for somebody, until it is old', async () => {
    await overwrite('not JSON')
    expect((await refusal()).message).to.include('somebody')
    later = 6 * minute
    await take({ timing: { ...never, expiry: 5 * minute } })
  })
})
