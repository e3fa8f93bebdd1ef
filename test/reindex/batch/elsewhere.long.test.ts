/** What can become of a job of a run, on the sandbox: a shard has one object, so that there are some. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { CtlError } from '../../../src/errors.ts'
import type { Report } from '../../../src/reindex/report.ts'
import type { ElsewhereWishes } from '../../../src/tasks/reindex/elsewhere.ts'
import { reindexEverything, type ReindexWishes } from '../../../src/tasks/reindex/reindex-everything.ts'
import type { Call } from '../../../src/sandbox/host/call-log.ts'
import { type AwsUnderTest, noSettings, startAws } from '../../support/aws-under-test.ts'
import { clientConfig } from '../../support/clients.ts'
import { documentOf, jobClient, jobsAtOnce, valueIn } from '../../support/batch-jobs.ts'
import { nameOfCall } from '../../support/installation.ts'
import { plainRun } from '../plain-run.ts'

const objects = 6

describe('a run on S3 Batch Operations whose job', function () {
  this.timeout(300_000)
  let place: AwsUnderTest
  let s3: S3Client
  let folder: string
  let count = 0
  let bucket: string
  before(async () => {
    place = await startAws({ timing: { ...jobsAtOnce } })
    s3 = new S3Client(clientConfig(place.sandbox))
  })
  after(async () => {
    s3.destroy()
    await place.close()
  })
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-elsewhere-'))
    bucket = `states-${++count}`
    await s3.send(new CreateBucketCommand({ Bucket: bucket, ObjectOwnership: 'BucketOwnerEnforced' }))
    for (let number = 1; number <= objects; number++) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `pool/hello_${number}.deb`, Body: `deb ${number}` }))
    }
  })
  afterEach(async () => {
    place.sandbox.faults.clear()
    await rm(folder, { recursive: true, force: true })
  })

  const yes: ElsewhereWishes = { concurrency: 4, adopt: false, agree: async () => true }
  const runOn = (more: Partial<ReindexWishes> = {}, host = 'host'): Promise<Report> =>
    reindexEverything(
      place.aws,
      { ...noSettings, bucket: { value: bucket, source: { kind: 'default' } } },
      { ...plainRun(join(folder, host)), indexes: false, shardObjects: 1, ...more },
    )
  const failureOf = async (run: Promise<unknown>): Promise<CtlError> => {
    try {
      await run
    } catch (error) {
      if (error instanceof CtlError) return error
      throw error
    }
    throw new Error('the run came to its end')
  }
  /** How many objects are as they should be. */
  const right = async (): Promise<number> => {
    let number = 0
    for (let each = 1; each <= objects; each++) {
      const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: `pool/hello_${each}.deb` }))
      if (head.CacheControl?.includes('immutable') === true) number++
    }
    return number
  }
  const jobs = (): ReturnType<typeof jobClient> => jobClient(place.sandbox)
  const newestJob = async (): Promise<{ id: string; status: string }> => {
    const { text } = await jobs()('GET', '?maxResults=1')
    return { id: valueIn(text, 'JobId'), status: valueIn(text, 'Status') }
  }
  const until = async (status: string): Promise<void> => {
    while ((await newestJob()).status !== status) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  /** Does something once a call of a name is made. */
  const at = (name: string, act: () => unknown): void => {
    let done = false
    const stop = place.sandbox.onCall(async (call: Call, phase) => {
      if (done || phase !== 'before' || nameOfCall(call) !== name) return undefined
      done = true
      stop()
      await act()
      return undefined
    })
  }
  /** Stops a run when its job has begun to work, and holds that up. */
  const stopped = async (): Promise<CtlError> => {
    const operator = new AbortController()
    place.sandbox.faults.add({ service: 's3', operation: 'CopyObject', what: { kind: 'delay', milliseconds: 1_500 } })
    at('s3:CopyObject', () => operator.abort())
    return failureOf(runOn({ elsewhere: yes, signal: operator.signal }))
  }

  it('is only planned is not made, nor anything for it', async () => {
    const before = place.sandbox.calls.list().at(-1)?.number ?? 0
    const report = await runOn({ dryRun: true, elsewhere: yes })
    expect(report.elsewhere?.planned).to.include({ shards: objects, objects, attributes: objects, reads: 0 })
    expect(report.elsewhere?.planned?.estimate.dollars.total).to.be.within(0.25, 0.26)
    const plan = report.elsewhere?.planned?.plan.map(({ kind, name }) => `${kind} ${name}`)
    expect(plan?.slice(0, 2)).to.deep.equal([
      'IAM role packagecloud_reindex_us-east-1',
      'IAM role packagecloud_batch_us-east-1',
    ])
    expect(plan?.at(-1)).to.equal(`S3 Batch Operations job of s3://${bucket}/.pc-ctl/batch/RUN/manifest.csv`)
    const changing = place.sandbox.calls
      .list()
      .filter(({ number, operation }) => number > before && /^(Put|Create|Update)/.test(operation))
    expect(changing).to.deep.equal([])
  })

  it('nobody agrees to is not made', async () => {
    const { failure } = await failureOf(runOn({ elsewhere: { ...yes, agree: async () => false } }))
    expect(failure).to.equal('refused')
    expect((await newestJob()).id).to.equal('')
    const listed = new ListObjectsV2Command({ Bucket: bucket, Prefix: '.pc-ctl/batch/' })
    expect((await s3.send(listed)).KeyCount).to.equal(0)
    expect(await right()).to.equal(0)
  })

  it('goes on when its run is stopped keeps other runs out, and is waited for by the next', async () => {
    const { failure, message, hint } = await stopped()
    expect([failure, message]).to.deep.equal([
      'interrupted',
      `Interrupted. The job ${(await newestJob()).id} goes on by itself.`,
    ])
    expect(hint.join(' ')).to.match(/aws s3control update-job-status .* --requested-job-status Cancelled/)
    const beside = await failureOf(runOn({}, 'another host'))
    expect([beside.failure, beside.code]).to.deep.equal(['refused', 'JobAtWork'])
    const report = await runOn({ elsewhere: yes })
    expect(report.elsewhere?.job).to.deep.equal({ ...(await newestJob()), shards: objects, failed: 0 })
    expect(await right()).to.equal(objects)
    // Nothing keeps anybody out any more.
    expect((await runOn({}, 'another host')).total.rewritten).to.equal(0)
  })

  it('works on another bucket keeps its function, and the rights of that', async () => {
    await stopped()
    const [first, { id }] = [bucket, await newestJob()]
    bucket = `${first}-other`
    await s3.send(new CreateBucketCommand({ Bucket: bucket, ObjectOwnership: 'BucketOwnerEnforced' }))
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'pool/hello_1.deb', Body: 'deb' }))
    const { failure, code, message } = await failureOf(runOn({ elsewhere: yes }, 'another host'))
    expect([failure, code]).to.deep.equal(['refused', 'JobElsewhere'])
    expect(message).to.contain(`at work on another bucket, ${first}:`)
    // In another region there are a function and roles of its own.
    bucket = `${first}-far`
    const region = 'eu-west-1'
    const there = new S3Client({ ...clientConfig(place.sandbox), region })
    const CreateBucketConfiguration = { LocationConstraint: region } as const
    await there.send(
      new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration, ObjectOwnership: 'BucketOwnerEnforced' }),
    )
    await there.send(new PutObjectCommand({ Bucket: bucket, Key: 'pool/hello_1.deb', Body: 'deb' }))
    there.destroy()
    const far = await runOn({ elsewhere: yes }, 'a third host')
    expect(far.elsewhere?.job).to.include({ status: 'Complete', shards: 1, failed: 0 })
    bucket = first
    await runOn({ elsewhere: yes })
    expect(valueIn((await jobs()('GET', `/${id}`)).text, 'NumberOfTasksSucceeded')).to.equal(String(objects))
    expect(await right()).to.equal(objects)
  })

  it('is found again without journal and without lock', async () => {
    await stopped()
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: '.pc-ctl/lock' }))
    const { id } = await newestJob()
    const report = await runOn({ elsewhere: yes }, 'another host')
    expect(report.elsewhere?.job?.id).to.equal(id)
    expect(await right()).to.equal(objects)
  })

  it('is paused by one of a higher priority is waited for', async () => {
    let first = ''
    place.sandbox.faults.add({ service: 's3', operation: 'CopyObject', what: { kind: 'delay', milliseconds: 500 } })
    at('s3:CopyObject', async () => {
      first = (await newestJob()).id
      const { text } = await jobs()('GET', `/${first}`)
      // The same once more: each shard is done once.
      const asked = { functionArn: valueIn(text, 'FunctionArn'), userArguments: { run: valueIn(text, 'value') } }
      const of = { manifest: valueIn(text, 'ObjectArn'), etag: valueIn(text, 'ETag'), role: valueIn(text, 'RoleArn') }
      const report = '<Enabled>false</Enabled>'
      const made = await jobs()('POST', '', documentOf({ ...asked, ...of, report, priority: 100 }, ''))
      expect(made.status, made.text).to.equal(200)
    })
    const seen = new Set<string>()
    const running = runOn({ elsewhere: yes })
    const watch = setInterval(() => {
      if (first !== '') void jobs()('GET', `/${first}`).then(({ text }) => seen.add(valueIn(text, 'Status')))
    }, 20)
    const report = await running.finally(() => clearInterval(watch))
    expect([...seen]).to.include('Paused')
    expect(report.elsewhere?.job).to.deep.equal({ id: first, status: 'Complete', shards: objects, failed: 0 })
    expect(await right()).to.equal(objects)
  })

  it('waits to be confirmed is asked about again', async () => {
    const operator = new AbortController()
    at('s3control:UpdateJobStatus', () => operator.abort())
    place.sandbox.faults.add({
      service: 's3control',
      operation: 'UpdateJobStatus',
      calls: [1, 8],
      what: { kind: 'error', code: 'InternalError' },
    })
    await failureOf(runOn({ elsewhere: yes, signal: operator.signal }))
    place.sandbox.faults.clear()
    const { id, status } = await newestJob()
    expect(status).to.equal('Suspended')
    const asked: string[] = []
    const agree = async (questions: readonly string[]): Promise<boolean> => asked.push(...questions) > 0
    const report = await runOn({ elsewhere: { ...yes, agree } })
    expect(asked).to.deep.equal([`Have the job ${id} begin, which waits for that, with ${objects} shards?`])
    expect(report.elsewhere?.job?.id).to.equal(id)
    expect(await right()).to.equal(objects)
  })

  it('somebody cancels is told of, and another one does what is left', async () => {
    at('s3:CopyObject', async () => {
      await jobs()('POST', `/${(await newestJob()).id}/status?requestedJobStatus=Cancelled&statusUpdateReason=lunch`)
    })
    const { failure, code, message, hint } = await failureOf(runOn({ elsewhere: yes }))
    expect([failure, code]).to.deep.equal(['failed', 'JobCancelled'])
    expect(message).to.match(/^The job [\w-]+ was cancelled: lunch\./)
    expect(hint.join(' ')).to.match(/another job do what is left/)
    expect((await runOn({ elsewhere: yes })).failed).to.equal(0)
    expect(await right()).to.equal(objects)
  })

  it('fails in too many shards is ended, and says why', async () => {
    place.sandbox.faults.add({ service: 's3', operation: 'CopyObject', what: { kind: 'error', code: 'AccessDenied' } })
    const { code, message } = await failureOf(runOn({ elsewhere: yes }))
    expect(code).to.equal('JobBraked')
    expect(message).to.match(/(was cancelled|is over): \d of 6 shards have failed\. The first: .*AccessDenied/)
    place.sandbox.faults.clear()
    const report = await runOn({ elsewhere: yes })
    expect([report.failed, await right()]).to.deep.equal([0, objects])
  })

  it('fails in one shard leaves that to this host', async () => {
    place.sandbox.faults.add({
      service: 's3',
      operation: 'CopyObject',
      calls: 1,
      what: { kind: 'error', code: 'AccessDenied' },
    })
    const report = await runOn({ elsewhere: yes })
    expect(report.elsewhere?.job).to.include({ status: 'Complete', failed: 1 })
    expect([report.failed, report.total.rewritten, await right()]).to.deep.equal([0, objects, objects])
  })

  it('has its function killed does what was left once more', async () => {
    place.sandbox.faults.add({ service: 's3', operation: 'CopyObject', calls: [1, 2], what: { kind: 'kill' } })
    const report = await runOn({ elsewhere: yes })
    expect([report.failed, await right()]).to.deep.equal([0, objects])
  })

  it('S3 refuses is told of with its reason', async () => {
    at('s3control:CreateJob', () => {
      const what = { kind: 'error', code: 'NoSuchKey' } as const
      place.sandbox.faults.add({ service: 's3', operation: 'GetObject', calls: 1, what })
    })
    const { code, message } = await failureOf(runOn({ elsewhere: yes }))
    expect([code, message]).to.deep.equal(['JobFailed', message])
    expect(message).to.match(/failed before it began: ManifestNotReadable: The manifest can't be read: NoSuchKey/)
  })

  it('ended so long ago that AWS has forgotten it is of no more account', async () => {
    await stopped()
    await until('Complete')
    place.sandbox.faults.clear()
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: '.pc-ctl/lock' }))
    const lock = JSON.parse((await Body?.transformToString()) ?? '{}') as { job: object }
    const forgotten = { ...lock, job: { ...lock.job, id: '00000000-0000-4000-8000-000000000000' } }
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: '.pc-ctl/lock', Body: JSON.stringify(forgotten) }))
    const report = await runOn({ elsewhere: yes }, 'another host')
    expect([report.elsewhere, report.failed, await right()]).to.deep.equal([undefined, 0, objects])
  })
})
