import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { connect } from '../../src/aws/connect.ts'
import { lockKey } from '../../src/reindex/lock.ts'
import { reindexEverything } from '../../src/tasks/reindex/reindex-everything.ts'
import { CtlError } from '../../src/errors.ts'
import type { Call } from '../../src/sandbox/host/call-log.ts'
import { bucket, expectPlainTalk, type Installation, install } from '../support/installation.ts'
import { plainRun } from '../reindex/plain-run.ts'
import { clientView, fillRepositories, makeKey, reader } from '../reindex/repositories-under-test.ts'
import { hasTerminals, runOnTerminals, type Then } from '../support/terminals.ts'
import { noSettings } from '../support/aws-under-test.ts'

const minute = 60_000

describe('pc-ctl reindex-everything, two at once and stopped', function () {
  this.timeout(120_000)
  let place: Installation
  let key: Awaited<ReturnType<typeof makeKey>>
  let words: string[]
  before(async () => (key = await makeKey()))
  beforeEach(async () => {
    place = await install({ built: true })
    const file = join(place.folder, 'key.asc')
    await writeFile(file, key.armored)
    words = ['reindex-everything', '--signing-key', file]
    await fillRepositories(place.clients.s3, bucket, key.signer)
  })
  afterEach(() => place.close())

  const isWrite = ({ changing, resource = '' }: Call): boolean => changing && !resource.endsWith(lockKey)
  const view = () => clientView(reader(place.clients.s3, bucket), key.signer)
  /** Calls `then` when a call begins that a condition holds for, once, and has it wait. */
  const atFirst = (is: (call: Call) => boolean, then: () => Promise<unknown>): (() => void) => {
    let begun = false
    return place.sandbox.onCall(async (call, phase) => {
      if (begun || phase !== 'before' || !is(call)) return undefined
      begun = true
      await then()
      return undefined
    })
  }

  it('lets exactly one of two do its work', async () => {
    let other: Awaited<ReturnType<Installation['run']>> | undefined
    const stop = atFirst(
      ({ operation }) => operation === 'CopyObject',
      async () => {
        // Beside the first, from another folder of journals: as another host would.
        const begun = place.sandbox.calls.list().length
        other = await place.run([...words, '--state-dir', join(place.folder, 'other')])
        const writes = place.sandbox.calls.list().slice(begun).filter(isWrite)
        expect(new Set(writes.map(({ operation }) => operation))).not.to.include('PutObject')
      },
    )
    const { code, stderr } = await place.run(words)
    stop()
    expect(code, stderr).to.equal(0)
    expect(other).to.include({ code: 4, stdout: '' })
    expect(other?.stderr).to.include('Another run is at work on this bucket').and.to.include('--force-unlock')
    expectPlainTalk(other?.stderr ?? '')
    // With the same folder the journal says so before anything is asked of S3.
    const second = atFirst(
      ({ operation }) => operation === 'ListObjectsV2',
      async () => (other = await place.run(words)),
    )
    expect((await place.run(words)).code).to.equal(0)
    second()
    expect(other).to.include({ code: 4 })
    expect(other?.stderr).to.include('Another pc-ctl on this host')
  })

  it('goes on at once after a run that was killed', async () => {
    const killer = new AbortController()
    const stop = atFirst(
      ({ operation }) => operation === 'CopyObject',
      async () => {
        killer.abort()
        await killed
      },
    )
    const killed = place.run(words, { signal: killer.signal })
    expect((await killed).code).to.equal(137)
    stop()
    const elsewhere = await place.run([...words, '--state-dir', join(place.folder, 'other')])
    expect(elsewhere.code, elsewhere.stderr).to.equal(0)
    expect(elsewhere.stderr, 'with another journal').to.match(
      /Keep other runs out: taken over from .*@.* \(process \d+\)/,
    )
    const { code, stderr } = await place.run(words)
    expect(code, stderr).to.equal(0)
    expect(await view()).to.deep.equal({ complaints: [], unsigned: [] })
  })

  for (const [what, operation] of [
    ['attributes', 'HeadObject'],
    ['indexes', 'PutObject'],
  ] as const) {
    it(`writes nothing more once it has lost the lock while it writes ${what}`, async () => {
      const { sandbox, clients } = place
      const aws = await connect(
        {
          ...noSettings,
          accessKey: { value: sandbox.accessKeyId, source: { kind: 'default' } },
          secretKey: { value: sandbox.secretAccessKey, source: { kind: 'default' } },
          region: { value: 'eu-central-1', source: { kind: 'default' } },
        },
        { AWS_ENDPOINT_URL: sandbox.endpoint },
      )
      process.env['AWS_ENDPOINT_URL'] = sandbox.endpoint
      let lastBefore = 0
      let noticed: (() => void) | undefined
      const stop = atFirst(
        (call) => call.operation === operation && call.resource?.endsWith(lockKey) !== true,
        async () => {
          const heard = new Promise<void>((resolve) => (noticed = resolve))
          const Body = '{"run":"another"}'
          await clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key: lockKey, Body }))
          await heard
          lastBefore = sandbox.calls.list().at(-1)?.number ?? 0
        },
      )
      // A heartbeat is refused; then the lock is looked at, and the run knows.
      const watch = sandbox.onCall((call, phase) => {
        const look = call.operation === 'GetObject' && call.resource?.endsWith(lockKey) === true
        if (look && phase === 'after' && noticed !== undefined) setTimeout(noticed, 200)
        return undefined
      })
      const failure = await reindexEverything(
        aws,
        { ...noSettings, bucket: { value: bucket, source: { kind: 'default' } } },
        {
          ...plainRun(join(place.folder, 'state')),
          concurrency: 1,
          attributes: operation === 'HeadObject',
          signerOf: () => key.signer,
          lockTiming: { heartbeat: 10, expiry: 5 * minute },
        },
      ).then(
        () => undefined,
        (error: unknown) => error,
      )
      stop()
      watch()
      aws.close()
      Reflect.deleteProperty(process.env, 'AWS_ENDPOINT_URL')
      expect(failure).to.be.instanceOf(CtlError).and.to.include({ code: 'LockLost', exitCode: 4 })
      expect(lastBefore).to.be.greaterThan(0)
      expect(sandbox.calls.list((call) => call.number > lastBefore && isWrite(call))).to.deep.equal([])
      const { Body } = await clients.s3.send(new GetObjectCommand({ Bucket: bucket, Key: lockKey }))
      expect(await Body?.transformToString()).to.equal('{"run":"another"}')
      expect(await view()).to.deep.equal({ complaints: [], unsigned: [] })
    })
  }

  it('leaves nothing beside --report, however it is ended', async function () {
    if (!hasTerminals) this.skip()
    const { folder, env } = place
    const argv = [...words, '--report', join(folder, 'r.json'), '--state-dir', join(folder, 'state')]
    // SIGHUP as it is sent, SIGQUIT (Ctrl-\), SIGKILL.
    const ways: readonly Then['do'][] = ['hang up', 1, 3, 9]
    for (const way of ways) {
      const stop = place.sandbox.onCall((call, phase) =>
        call.operation === 'ListObjectsV2' && phase === 'before' ? sleep(500, undefined) : undefined,
      )
      const when: readonly Then[] = [{ stream: 'stderr', text: 'List', do: way }]
      const { code } = await runOnTerminals(argv, {
        env,
        cwd: folder,
        stdin: 'tty',
        stdout: 'tty',
        stderr: 'tty',
        when,
      })
      stop()
      expect(code, `ended by ${way}`).not.to.equal(0)
      expect(
        (await readdir(folder)).filter((name) => name.startsWith('r.json')),
        `ended by ${way}`,
      ).to.deep.equal([])
    }
  })

  it('ends what clients have begun to see when an operator stops it', async () => {
    const killer = new AbortController()
    const stop = atFirst(
      ({ operation, resource = '' }) => operation === 'PutObject' && resource.endsWith('el/8/repodata/repomd.xml'),
      async () => {
        killer.abort('SIGINT')
        // The signal is there before the answer.
        await sleep(300)
      },
    )
    const { code, stderr } = await place.run([...words, '--indexes-only'], { signal: killer.signal })
    stop()
    expect(code, stderr).to.equal(130)
    expect(await view()).to.deep.equal({ complaints: [], unsigned: [] })
  })
})
