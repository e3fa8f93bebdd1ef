/**
 * A run whose work a job of S3 Batch Operations does, on the sandbox: its real function in its real zip, over HTTP. It is
 * made of what was built.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import type { Report } from '../../../src/reindex/report.ts'
import type { OpenedSigner } from '../../../src/repositories/openpgp.ts'
import { awsCli } from '../../../src/resources/takedown.ts'
import { workerTakedowns } from '../../../src/tasks/reindex/worker.ts'
import type { ElsewhereWishes } from '../../../src/tasks/reindex/elsewhere.ts'
import { reindexEverything, type ReindexWishes } from '../../../src/tasks/reindex/reindex-everything.ts'
import { type AwsUnderTest, noSettings, startAws } from '../../support/aws-under-test.ts'
import { clientConfig } from '../../support/clients.ts'
import { jobsAtOnce } from '../../support/batch-jobs.ts'
import { plainRun } from '../plain-run.ts'
import { makeKey } from '../repositories-under-test.ts'
import { fillMixed, leftIn } from './mixed-bucket.ts'
import { nestedApt, picker } from './odd-corpus.ts'

describe('a run on S3 Batch Operations', function () {
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
    place = await startAws({ now: () => now + later, timing: { ...jobsAtOnce } })
    s3 = new S3Client(clientConfig(place.sandbox))
  })
  after(async () => {
    s3.destroy()
    await place.close()
  })
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'pc-ctl-elsewhere-'))))
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const filled = async (): Promise<string> => {
    const Bucket = `elsewhere-${++count}`
    await s3.send(new CreateBucketCommand({ Bucket, ObjectOwnership: 'BucketOwnerEnforced' }))
    later = 0
    await fillMixed(s3, Bucket, signer)
    // Packages that two indexes list, of which one is older than the other.
    for (const { key: Key, body: Body } of nestedApt(picker(1))) {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body }))
    }
    later = 60_000
    return Bucket
  }
  const yes: ElsewhereWishes = { concurrency: 4, adopt: false, agree: async () => true }
  const runOn = (bucket: string, more: Partial<ReindexWishes> = {}, host = bucket): Promise<Report> =>
    reindexEverything(
      place.aws,
      { ...noSettings, bucket: { value: bucket, source: { kind: 'default' } } },
      { ...plainRun(join(folder, host)), signerOf: () => signer, ...more },
    )

  it('leaves a bucket as a host does that does all by itself', async () => {
    const [alone, shared] = [await filled(), await filled()]
    const expected = await runOn(alone)
    const asked: string[] = []
    const agree = async (questions: readonly string[]): Promise<boolean> => asked.push(...questions) > 0
    const report = await runOn(shared, { elsewhere: { ...yes, agree } })
    expect(report.elsewhere?.job).to.include({ status: 'Complete', failed: 0 })
    expect(asked.join()).to.match(
      /^Have S3 Batch Operations do \d+ shards of \d+ objects in account \d+, for about \$0\.25/,
    )
    expect(await leftIn(s3, shared)).to.deep.equal(await leftIn(s3, alone))
    expect({ ...report.total }).to.deep.equal({ ...expected.total })
    expect(report.indexes).to.deep.equal(expected.indexes)
    const where = { accountId: place.sandbox.accountId, region: 'us-east-1', bucket: shared }
    const takedowns = await workerTakedowns(place.aws, place.names, where, awsCli(undefined))
    expect(takedowns.map(({ commands }) => commands.join())).to.deep.equal([
      'aws lambda delete-function --region us-east-1 --function-name packagecloud_reindex',
      'aws logs delete-log-group --region us-east-1 --log-group-name /aws/lambda/packagecloud_reindex',
      'aws iam delete-role-policy --role-name packagecloud_batch_us-east-1 --policy-name packagecloud_batch_us-east-1',
      'aws iam delete-role --role-name packagecloud_batch_us-east-1',
      'aws iam delete-role-policy --role-name packagecloud_reindex_us-east-1 --policy-name packagecloud_reindex_us-east-1',
      'aws iam delete-role --role-name packagecloud_reindex_us-east-1',
    ])
    const again = await runOn(shared, { elsewhere: yes })
    expect([again.elsewhere, again.total.rewritten]).to.deep.equal([undefined, 0])
  })
})
