import { rm, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { messageOf } from '../../../src/errors.ts'
import { type BatchAnswer, handler } from '../../../src/reindex/batch/function.ts'
import { packWanted, rowOf, shardIn, type Want, type WantedHead } from '../../../src/reindex/batch/want.ts'
import type { Batch } from '../../../src/reindex/batch/write-wanted.ts'
import type { Report } from '../../../src/reindex/report.ts'
import { openRun, type ReindexRun } from '../../../src/reindex/run.ts'
import { type Found, unpackLines } from '../../../src/reindex/shards/found-lines.ts'
import type { OpenedSigner } from '../../../src/repositories/openpgp.ts'
import { type AwsUnderTest, startAws } from '../../support/aws-under-test.ts'
import { nameOfCall } from '../../support/installation.ts'
import { clientConfig } from '../../support/clients.ts'
import { plainRun } from '../plain-run.ts'
import { clientView, keyOfDeb, makeKey, reader } from '../repositories-under-test.ts'
import { packed, unpacked } from '../shards/packed-found.ts'
import { fillMixed, leftIn } from './mixed-bucket.ts'

describe('the function that S3 Batch Operations invokes', function () {
  this.timeout(60_000)
  let signer: OpenedSigner
  let place: AwsUnderTest
  let s3: S3Client
  let folder: string
  const now = Date.now()
  let later = 0
  let count = 0
  before(async () => {
    ;({ signer } = await makeKey())
    // Of one second, so that two buckets differ in nothing.
    place = await startAws({ now: () => now + later })
    s3 = new S3Client(clientConfig(place.sandbox))
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: place.sandbox.accessKeyId,
      AWS_SECRET_ACCESS_KEY: place.sandbox.secretAccessKey,
      AWS_REGION: 'us-east-1',
    })
  })
  after(async () => {
    s3.destroy()
    await place.close()
  })
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'pc-ctl-function-'))))
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const filled = async (): Promise<string> => {
    const Bucket = `batch-${++count}`
    await s3.send(new CreateBucketCommand({ Bucket, ObjectOwnership: 'BucketOwnerEnforced' }))
    later = 0
    await fillMixed(s3, Bucket, signer)
    later = 60_000
    return Bucket
  }
  /** The steps of a run, with what comes before them. */
  const runOn = async (
    bucket: string,
    host: string,
    elsewhere?: (run: ReindexRun) => Promise<void>,
  ): Promise<Report> => {
    const run = await openRun(place.aws, bucket, { ...plainRun(join(folder, host)), signerOf: () => signer })
    try {
      await run.lock()
      await run.list(place.talk)
      await elsewhere?.(run)
      await run.putAttributesRight(place.talk)
      await run.makeIndexes(place.talk)
      return await run.report()
    } finally {
      await run.close()
    }
  }
  const handedOver = async (run: ReindexRun, id = 'r1'): Promise<Batch> => {
    const batch = await run.elsewhere.handOver(id, place.talk)
    if (batch === undefined) throw new Error('there is nothing to do')
    return batch
  }
  const invoke = (bucket: string, run: string, key: string, milliseconds = 900_000): Promise<BatchAnswer> =>
    handler(
      {
        ...{ invocationSchemaVersion: '2.0', invocationId: 'i', job: { id: 'j', userArguments: { run } } },
        tasks: [{ taskId: 't', s3Key: key, s3Bucket: bucket }],
      },
      { getRemainingTimeInMillis: () => milliseconds },
    )
  /** What it throws: of that S3 reports something. */
  const failureOf = (bucket: string, run: string, key: string): Promise<string> =>
    invoke(bucket, run, key).then(
      ({ results }) => `no failure: ${JSON.stringify(results)}`,
      (error: unknown) => messageOf(error),
    )
  /** The shards that a manifest names, as S3 tells the function of them. */
  const rowsOf = async (bucket: string, { manifest }: Batch): Promise<string[]> => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: manifest.key }))
    const rows = ((await Body?.transformToString()) ?? '').trimEnd().split('\n')
    return rows.map((row) => row.split(',')[1] ?? '')
  }
  const invokeAll = async (bucket: string, batch: Batch, milliseconds?: number): Promise<string[]> => {
    const codes: string[] = []
    for (const row of await rowsOf(bucket, batch)) {
      const answer = await invoke(bucket, batch.run, row, milliseconds)
      codes.push(...answer.results.map(({ resultCode }) => resultCode))
    }
    return codes
  }
  const readings = (first: number): string[] =>
    place.sandbox.calls
      .list(({ number }) => number > first)
      .map((call) => `${nameOfCall(call)} ${call.resource ?? ''}`)
      .filter((call) => /CopyObject|(?:HeadObject|GetObject) .*\.(?:deb|rpm|whl|tgz|conda)$/.test(call))
  const lastCall = (): number => place.sandbox.calls.list().at(-1)?.number ?? 0

  it('leaves a bucket as a host does that does all by itself, which then has nothing left to read', async () => {
    const [alone, shared] = [await filled(), await filled()]
    const expected = await runOn(alone, 'alone')
    let last = 0
    const report = await runOn(shared, 'shared', async (run) => {
      const batch = await handedOver(run)
      const codes = await invokeAll(shared, batch)
      expect(codes.length).to.be.greaterThan(3)
      expect(new Set(codes)).to.deep.equal(new Set(['Succeeded']))
      await run.elsewhere.takeBack('r1', place.talk)
      last = lastCall()
    })
    expect(readings(last)).to.deep.equal([])
    const [now, wanted] = [await leftIn(s3, shared), await leftIn(s3, alone)]
    for (const [key, look] of Object.entries(wanted)) expect(now[key], key).to.deep.equal(look)
    expect(Object.keys(now)).to.deep.equal(Object.keys(wanted))
    expect({ ...report.total }).to.deep.equal({ ...expected.total })
    expect(report.wrong).to.have.deep.members([...expected.wrong])
    expect(report.indexes).to.deep.equal(expected.indexes)
    expect(report.republished).to.deep.equal(expected.republished)
    const { complaints, unsigned } = await clientView(reader(s3, shared), signer)
    expect([complaints, unsigned]).to.deep.equal([[], []])
  })

  it('is given what a plan has told of, shard by shard', async () => {
    const bucket = await filled()
    await runOn(bucket, 'plan', async (run) => {
      const told = await run.elsewhere.wouldHandOver(place.talk)
      const batch = await handedOver(run)
      expect(batch).to.deep.equal({ ...told, run: 'r1', manifest: batch.manifest })
      expect(told.reads).to.be.greaterThan(10)
    })
  })

  it('goes on where it was cut off, and does nothing twice', async () => {
    const bucket = await filled()
    await runOn(bucket, 'host', async (run) => {
      const batch = await handedOver(run)
      // Too late to begin anything.
      expect(new Set(await invokeAll(bucket, batch, 50_000))).to.deep.equal(new Set(['TemporaryFailure']))
      await invokeAll(bucket, batch)
      const last = lastCall()
      expect(new Set(await invokeAll(bucket, batch))).to.deep.equal(new Set(['Succeeded']))
      expect(readings(last)).to.deep.equal([])
    })
  })

  it('has written down what is done when its time is nearly over, whatever is still under way', async () => {
    const bucket = await filled()
    await runOn(bucket, 'host', async (run) => {
      const batch = await handedOver(run)
      const row = (await rowsOf(bucket, batch)).find((one) => shardIn(one)?.number === 1) ?? ''
      const what = { kind: 'delay', milliseconds: 1500 } as const
      place.sandbox.faults.add({ service: 's3', operation: 'CopyObject', calls: 1, what })
      const { results } = await invoke(bucket, batch.run, row, 60_700)
      place.sandbox.faults.clear()
      expect(results.map(({ resultCode }) => resultCode)).to.deep.equal(['Succeeded'])
      const { Contents = [] } = await s3.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: '.pc-ctl/batch/r1/results/000001-' }),
      )
      expect(Contents.map(({ Key }) => Key?.slice(-'1.ndjson.gz'.length))).to.deep.equal(['1.ndjson.gz', '2.ndjson.gz'])
    })
  })

  it('is believed of what was listed, and of nothing else', async () => {
    const [alone, shared] = [await filled(), await filled()]
    const expected = await runOn(alone, 'alone')
    const report = await runOn(shared, 'shared', async (run) => {
      await invokeAll(shared, await handedOver(run))
      const said = await Promise.all(
        ['000001-1', '000002-1', '000003-1', '000004-1'].map(async (name) => {
          const { Body } = await s3.send(
            new GetObjectCommand({ Bucket: shared, Key: `.pc-ctl/batch/r1/results/${name}.ndjson.gz` }),
          )
          return unpacked((await Body?.transformToByteArray()) ?? new Uint8Array())
        }),
      )
      const real = said.flat()
      const debs = real.filter(({ row }) => row.key.endsWith('.deb') && row.key.startsWith('apt/pool/main/'))
      expect(debs.length).to.be.greaterThan(2)
      const forged = debs.flatMap(({ row, ...one }, index): Found[] => [
        // Not there, as what was removed since; and a later version than was listed, with what another one says.
        { ...one, row: { ...row, key: row.key.replace('_amd64', '_arm64') } },
        { ...(debs.at(index - 1) ?? one), row: { ...row, etag: 'f'.repeat(32), modified: row.modified + 9 } },
      ])
      for (const key of ['r1/results/999999-1', 'r0/results/000001-1']) {
        const Key = `.pc-ctl/batch/${key}.ndjson.gz`
        await s3.send(new PutObjectCommand({ Bucket: shared, Key, Body: await packed(...forged) }))
      }
      const Key = '.pc-ctl/batch/r1/results/999999-2.ndjson.gz'
      await s3.send(new PutObjectCommand({ Bucket: shared, Key, Body: 'no gzip' }))
      await run.elsewhere.takeBack('r1', place.talk)
    })
    expect({ ...report.total }).to.deep.equal({ ...expected.total })
    expect(report.indexes).to.deep.equal(expected.indexes)
    expect(await leftIn(s3, shared)).to.deep.equal(await leftIn(s3, alone))
  })

  it('fails for good where it is not allowed to look, and whoever asked does it then', async () => {
    const bucket = await filled()
    const report = await runOn(bucket, 'host', async (run) => {
      const batch = await handedOver(run)
      const [row = ''] = await rowsOf(bucket, batch)
      const what = { kind: 'error', code: 'AccessDenied' } as const
      place.sandbox.faults.add({ service: 's3', operation: 'GetObject', calls: 1, what })
      expect(await failureOf(bucket, batch.run, row)).to.equal('AccessDenied: Access Denied')
      expect(await run.elsewhere.takeBack('r1', place.talk)).to.equal('0 objects')
    })
    expect([report.failed, report.total.left]).to.deep.equal([0, 0])
  })

  it('leaves alone what has changed since it was listed, and whoever asked does that', async () => {
    const bucket = await filled()
    const key = keyOfDeb('main/hello_1.0')
    const report = await runOn(bucket, 'host', async (run) => {
      const batch = await handedOver(run)
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: keyOfDeb('contrib/extra_3.0') }))
      await s3.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: (await Body?.transformToByteArray()) ?? '' }),
      )
      await invokeAll(bucket, batch)
      await run.elsewhere.takeBack('r1', place.talk)
    })
    expect(report.failed).to.equal(0)
    const list = await reader(s3, bucket)('apt/dists/stable/main/binary-amd64/Packages')
    expect(list?.toString()).to.contain('Version: 3.0')
  })

  it('does nothing of what somebody else has written where it is told what is wanted', async () => {
    const bucket = await filled()
    await runOn(bucket, 'host', async (run) => {
      const batch = await handedOver(run)
      const Key = `.pc-ctl/batch/${batch.run}/wanted/000001.ndjson.gz`
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }))
      const lines = await unpackLines((await Body?.transformToByteArray()) ?? new Uint8Array())
      const mapping = { file: 'm.json', text: '[{"pattern":"**","cacheControl":"max-age=1"}]' }
      const head = { ...(lines[0] as WantedHead), mapping }
      await s3.send(
        new PutObjectCommand({ Bucket: bucket, Key, Body: await packWanted(head, lines.slice(1) as Want[]) }),
      )
      const [row = ''] = await rowsOf(bucket, batch)
      const last = lastCall()
      expect(await failureOf(bucket, batch.run, row)).to.match(/^PreconditionFailed/)
      expect(readings(last)).to.deep.equal([])
    })
  })

  it('refuses what names no shard', async () => {
    for (const key of ['', 'a.deb', '%', '%7B%22s%22%3A%22x%22%7D', '%7B%22s%22%3A1%7D', 'null']) {
      expect(await failureOf('b', 'r', key)).to.equal(`no shard of a run: ${key}`)
    }
    expect(await failureOf('no-such-bucket', 'r', rowOf({ number: 1, etag: 'e' }))).to.match(/^NoSuchBucket/)
  })
})
