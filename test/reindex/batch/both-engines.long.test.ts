/** Whether functions leave a bucket as a host does that does all by itself, whatever lies there. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { PutBucketEncryptionCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { chooseObjects } from '../../../src/reindex/selection.ts'
import { type BothEngines, startBoth, type Told } from './both-engines.ts'
import { leftIn } from './mixed-bucket.ts'
import { OddCorpus, picker } from './odd-corpus.ts'

describe('both engines', function () {
  this.timeout(600_000)
  let folder: string
  let both: BothEngines
  let corpus: OddCorpus
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-both-'))
    both = await startBoth(folder)
    corpus = await OddCorpus.make()
  })
  after(async () => {
    await both.close()
    await rm(folder, { recursive: true, force: true })
  })

  const assertAlike = async (pair: readonly [string, string], told: readonly [Told, Told]): Promise<void> => {
    const [alone, shared] = [await leftIn(both.s3, pair[0]), await leftIn(both.s3, pair[1])]
    for (const [key, look] of Object.entries(alone)) expect(shared[key], key).to.deep.equal(look)
    expect(Object.keys(shared)).to.deep.equal(Object.keys(alone))
    for (const [name, what] of Object.entries(told[0])) expect(told[1][name], name).to.deep.equal(what)
    expect(Object.keys(told[1])).to.deep.equal(Object.keys(told[0]))
  }

  for (const algorithm of ['AES256', 'aws:kms'] as const) {
    it(`write what a policy demands that wants encryption to be named, in a bucket of ${algorithm}`, async () => {
      const pair = await both.pair()
      await both.toBoth(pair, async (Bucket) => {
        const ApplyServerSideEncryptionByDefault = { SSEAlgorithm: algorithm }
        const ServerSideEncryptionConfiguration = { Rules: [{ ApplyServerSideEncryptionByDefault }] }
        await both.s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }))
        await corpus.fill(both.s3, Bucket, picker(1), false)
        const Sid = 'Named'
        const Condition = { Null: { 's3:x-amz-server-side-encryption': 'true' } }
        const Resource = `arn:aws:s3:::${Bucket}/*`
        const Statement = [{ Sid, Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource, Condition }]
        const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
        await both.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }))
      })
      const more = { formatOptions: corpus.options, createMissing: true, allowShrink: true }
      const told = await both.run(pair, more)
      expect([told[0]['failed'], told[0]['problems']]).to.deep.equal([0, told[0]['problems']])
      await assertAlike(pair, told)
    })
  }

  const seeds = (process.env['SEEDS'] ?? '2 4 10').split(' ').map(Number)
  for (const seed of seeds) {
    it(`leave the same behind, of a bucket in which much is odd (${seed})`, async () => {
      const choose = picker(seed)
      const acl = choose(false, true)
      const pair = await both.pair({ acl, versioned: choose(false, true) })
      await both.toBoth(pair, (bucket) => corpus.fill(both.s3, bucket, picker(seed + 1000), acl))
      const more = () => ({
        choice: chooseObjects(
          choose({}, {}, { only: ['apt', 'helm'] }, { exclude: ['nest/pool/team/p3*', 'js/**'] }, { prefix: 'nest/' }),
        ),
        formatOptions: corpus.options,
        allowShrink: choose(true, false),
        strict: choose(false, true),
        createMissing: choose(false, true),
        ...choose({}, {}, {}, { attributes: false }, { indexes: false }, { full: true }),
      })
      await assertAlike(pair, await both.run(pair, more()))
      await both.toBoth(pair, (bucket) => corpus.publishAgain(both.s3, bucket, picker(seed + 2000), acl))
      await assertAlike(pair, await both.run(pair, more()))
    })
  }
})
