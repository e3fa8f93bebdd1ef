import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import type { Report } from '../../../src/reindex/report.ts'
import { awsCli } from '../../../src/resources/takedown.ts'
import type { ChecksumWishes } from '../../../src/tasks/reindex/checksums.ts'
import { hasWork, reportText } from '../../../src/tasks/reindex/report-text.ts'
import { reindexEverything, type ReindexWishes } from '../../../src/tasks/reindex/reindex-everything.ts'
import { workerTakedowns } from '../../../src/tasks/reindex/worker.ts'
import { type AwsUnderTest, noSettings, startAws } from '../../support/aws-under-test.ts'
import { jobsAtOnce } from '../../support/batch-jobs.ts'
import { clientConfig } from '../../support/clients.ts'
import { nameOfCall } from '../../support/installation.ts'
import { plainRun } from '../plain-run.ts'
import { reader } from '../repositories-under-test.ts'
import { largeDeb } from '../../repositories/apt/packages-made.ts'

const keys = ['apt/pool/a_1.0_all.deb', 'apt/pool/b c+_1.0_all.deb']

describe('checksums that S3 Batch Operations computes', function () {
  this.timeout(60_000)
  let place: AwsUnderTest
  let s3: S3Client
  let folder: string
  let count = 0
  const packages = keys.map((key, index) => [key, largeDeb(`p${index}`)] as const)
  before(async () => {
    place = await startAws({ timing: { ...jobsAtOnce } })
    s3 = new S3Client(clientConfig(place.sandbox))
  })
  after(async () => {
    s3.destroy()
    await place.close()
  })
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'pc-ctl-checksums-'))))
  afterEach(() => rm(folder, { recursive: true, force: true }))

  /** A flat repository whose index is still empty. */
  const filled = async (): Promise<string> => {
    const Bucket = `checksums-${++count}`
    await s3.send(new CreateBucketCommand({ Bucket, ObjectOwnership: 'BucketOwnerEnforced' }))
    const put = (Key: string, Body: string | Buffer) => s3.send(new PutObjectCommand({ Bucket, Key, Body }))
    for (const [key, body] of packages) await put(key, body)
    await put('apt/Packages', '\n')
    await put('apt/Release', 'Suite: x\n')
    return Bucket
  }
  const asked: string[] = []
  const yes: ChecksumWishes = { adopt: false, agree: async (questions) => asked.push(...questions) > 0 }
  const run = (bucket: string, more: Partial<ReindexWishes> = {}, host = bucket): Promise<Report> =>
    reindexEverything(
      place.aws,
      { ...noSettings, bucket: { value: bucket, source: { kind: 'default' } } },
      { ...plainRun(join(folder, host)), checksums: yes, ...more },
    )
  /** Calls that `during` made, and S3 for it: with who made them, and the status. */
  const calls = async (during: () => Promise<unknown>): Promise<string[]> => {
    const last = place.sandbox.calls.list().at(-1)?.number ?? 0
    await during()
    return place.sandbox.calls
      .list(({ number }) => number > last)
      .map((call) => `${nameOfCall(call)} ${call.resource ?? ''} ${call.caller} ${call.status}`)
  }

  it('have no package read whole, and the index is the same', async () => {
    const [alone, shared] = [await filled(), await filled()]
    await run(alone, { checksums: undefined })
    const made = await calls(() => run(shared))
    expect(asked.join()).to.match(
      /^Have S3 compute the checksums of 2 packages of [\d.]+ KB in account \d+, for about \$0\.25\?$/,
    )
    expect(made.join('\n')).to.contain('CreateJob')
    const reads = made.filter((call) => /GetObject .*\.deb .*:root /.test(call))
    expect(reads.map((call) => call.slice(-3))).to.deep.equal(['206', '206'])
    const index = reader(s3, shared)
    expect(String(await index('apt/Packages'))).to.match(/SHA256: [0-9a-f]{64}[^]*SHA256: [0-9a-f]{64}/)
    expect(await index('apt/Packages')).to.deep.equal(await reader(s3, alone)('apt/Packages'))
    // What is known stays known, and what was reported is known to a host that has lost its journal.
    asked.length = 0
    await run(shared)
    await rm(join(folder, shared), { recursive: true })
    const again = await run(shared, { full: true })
    expect(again.checksums).to.equal(undefined)
    const { checksums } = await run(shared, { dryRun: true })
    expect(checksums?.planned).to.include({ jobs: 0, objects: 0, dollars: 0 })
    expect(asked).to.deep.equal([])
    const where = { accountId: place.sandbox.accountId, region: 'us-east-1', bucket: shared }
    const takedowns = await workerTakedowns(place.aws, place.names, where, awsCli(undefined))
    const role = '--role-name packagecloud_checksum_us-east-1'
    expect(takedowns.map(({ commands }) => commands.join())).to.deep.equal([
      `aws iam delete-role-policy ${role} --policy-name packagecloud_checksum_us-east-1`,
      `aws iam delete-role ${role}`,
    ])
  })

  it('are told the price of beforehand, and nothing is made unless that is agreed to', async () => {
    const bucket = await filled()
    const changing = /(Create|Put|Update)/
    const told: Report[] = []
    const dry = await calls(async () => told.push(await run(bucket, { dryRun: true })))
    expect(dry.filter((call) => changing.test(call))).to.deep.equal([])
    const [report] = told
    const bytes = packages.reduce((sum, [, { length }]) => sum + length, 0)
    expect(report?.checksums?.planned).to.deep.include({ jobs: 1, objects: 2, bytes })
    expect(report?.checksums?.planned.dollars).to.be.closeTo(0.25, 0.001)
    expect(JSON.stringify(report && reportText(report))).to.match(
      /S3 would compute the checksums of 2 packages of [\d.]+ KB in 1 job, for about \$0\.25 \(prices as of [\d-]+\)\./,
    )
    expect(report !== undefined && hasWork(report)).to.equal(true)
    const refused: unknown = await run(bucket, { checksums: { ...yes, agree: async () => false } }).catch(
      (error: unknown) => error,
    )
    expect(refused).to.have.property('failure', 'refused')
    expect(await calls(() => run(bucket))).to.satisfy((all: string[]) => all.some((call) => /CreateJob/.test(call)))
  })

  it('are waited for by the run after one that ended in between, and tell nothing of what has changed since', async () => {
    const bucket = await filled()
    place.sandbox.faults.add('s3control:UpdateJobStatus:1:code=AccessDenied,status=403,message=no')
    const failed: unknown = await run(bucket).catch((error: unknown) => error)
    expect(failed).to.have.property('failure', 'denied')
    place.sandbox.faults.clear()
    // The role of such jobs has rights on one bucket.
    const elsewhere: unknown = await run(await filled()).catch((error: unknown) => error)
    expect(elsewhere).to.include({ failure: 'refused', code: 'JobElsewhere' })
    expect(elsewhere).to.have.property('message').that.contains(`at work on another bucket, ${bucket}:`)
    const [key = ''] = keys
    const Body = largeDeb('other')
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }))
    asked.length = 0
    // The job is found, though the journal is lost; it computes what is there now, and that is what was listed.
    const made = await calls(() => run(bucket, {}, 'another-host'))
    expect(asked[0]).to.match(/^Have the job [0-9a-f-]+ begin, which waits for that\?$/)
    expect(made.filter((call) => call.includes('CreateJob'))).to.deep.equal([])
    const index = String(await reader(s3, bucket)('apt/Packages'))
    expect(index).to.contain(createHash('sha256').update(Body).digest('hex'))
    expect(index.match(/^Package: /gm)).to.have.length(2)
  })
})
