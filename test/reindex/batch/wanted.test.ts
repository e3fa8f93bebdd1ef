/** What of a bucket is wanted of functions. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { CreateBucketCommand, PutObjectCommand, type PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import type { ReindexOptions } from '../../../src/reindex/options.ts'
import { openRun } from '../../../src/reindex/run.ts'
import { type AwsUnderTest, noSettings, startAws } from '../../support/aws-under-test.ts'
import { reindexEverything } from '../../../src/tasks/reindex/reindex-everything.ts'
import { clientConfig } from '../../support/clients.ts'
import { apkOf } from '../../repositories/alpine/made-apks.ts'
import { deb } from '../../repositories/apt/packages-made.ts'
import { gemOf } from '../../repositories/gem/made-gems.ts'
import { chartOf } from '../../repositories/helm/made-charts.ts'
import { madeRpm, plainTags } from '../../repositories/yum/made-rpm.ts'
import { contentOf, customerKey } from '../bucket-under-test.ts'
import { plainRun } from '../plain-run.ts'

describe('what is wanted of functions', function () {
  this.timeout(30_000)
  let place: AwsUnderTest
  let s3: S3Client
  let folder: string
  let count = 0
  before(async () => {
    place = await startAws()
    s3 = new S3Client(clientConfig(place.sandbox))
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-wanted-'))
  })
  after(async () => {
    s3.destroy()
    await place.close()
    await rm(folder, { recursive: true, force: true })
  })

  const filled = async (objects: Record<string, Partial<PutObjectCommandInput>>): Promise<string> => {
    const Bucket = `wanted-${++count}`
    await s3.send(new CreateBucketCommand({ Bucket, ObjectOwnership: 'BucketOwnerEnforced' }))
    for (const [Key, more] of Object.entries(objects)) await s3.send(new PutObjectCommand({ Bucket, Key, ...more }))
    return Bucket
  }
  const deb1 = (Package: string, more: Partial<PutObjectCommandInput> = {}): Partial<PutObjectCommandInput> => ({
    Body: deb({ fields: { Package } }),
    ...more,
  })
  const wanted = async (
    bucket: string,
    more: Partial<ReindexOptions> = {},
  ): Promise<[objects: number, reads: number]> => {
    const run = await openRun(place.aws, bucket, { ...plainRun(join(folder, bucket)), dryRun: true, ...more })
    try {
      await run.list(place.talk)
      const { objects, reads } = await run.elsewhere.wouldHandOver(place.talk, Infinity)
      return [objects, reads]
    } finally {
      await run.close()
    }
  }

  it('is the reading of packages of repositories that are made anew, too', async () => {
    const bucket = await filled({
      'flat/a_1_all.deb': deb1('a'),
      'flat/b_1_all.deb': deb1('b'),
      'el/9/c-1-1.noarch.rpm': { Body: madeRpm(plainTags) },
      'charts/d-1.0.0.tgz': { Body: chartOf() },
      'v3/main/x86_64/e-1-r0.apk': { Body: apkOf() },
      'g/gems/f-1.0.gem': { Body: gemOf() },
    })
    expect(await wanted(bucket)).to.deep.equal([6, 0])
    expect(await wanted(bucket, { createMissing: true })).to.deep.equal([6, 6])
  })

  it('is nothing of what nobody can read, however often', async () => {
    const bucket = await filled({
      'flat/Packages': { Body: '' },
      'flat/a_1_all.deb': deb1('a'),
      'flat/b_1_all.deb': deb1('b', { StorageClass: 'GLACIER' }),
      'flat/c_1_all.deb': deb1('c', customerKey),
      'flat/d_1_all.deb': { Body: Buffer.alloc(300_000), ...customerKey },
    })
    expect(await wanted(bucket)).to.deep.equal([4, 3])
    const settings = { ...noSettings, bucket: { value: bucket, source: { kind: 'default' } } } as const
    const report = await reindexEverything(place.aws, settings, plainRun(join(folder, bucket)))
    expect([report.failed, report.indexes.map(({ outcome, packages }) => [outcome, packages])]).to.deep.equal([
      0,
      [['written', 1]],
    ])
    const told = report.problems.filter(({ what }) => what.includes('SSE-C')).map(({ key, what }) => [key, what])
    expect(told).to.deep.equal(
      ['c', 'd'].map((name) => [
        `flat/${name}_1_all.deb`,
        'is left out of the index: it is encrypted with a key of the customer (SSE-C), and so can not be read',
      ]),
    )
    expect(await wanted(bucket)).to.deep.equal([0, 0])
    expect(Object.keys(await contentOf(s3, bucket))).to.include('flat/Packages.gz')
  })
})
