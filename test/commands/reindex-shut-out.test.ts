import { CreateBucketCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { withInstallation } from '../support/installation.ts'

const bucket = 'shut-example-org'
const dryRun = ['reindex-everything', '--run-on', 'batch', '--dry-run', '--bucket', bucket]

describe('pc-ctl reindex-everything --run-on batch', function () {
  this.timeout(60_000)

  it("tells what of the bucket's policy shuts S3 Batch Operations out, with an exception for its roles", () =>
    withInstallation({}, async (place) => {
      const { s3 } = place.clients
      await s3.send(new CreateBucketCommand({ Bucket: bucket }))
      const free = await place.run(dryRun)
      expect(free.stderr).to.contain('nothing in it shuts S3 Batch Operations out')
      const put = { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: `arn:aws:s3:::${bucket}/*` }
      const Statement = [
        {
          ...{ Sid: 'OnlyFromOffice', Effect: 'Deny', Principal: '*', Action: 's3:*' },
          Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
          Condition: { StringNotEqualsIfExists: { 'aws:SourceVpce': 'vpce-1' } },
        },
        {
          ...{ Sid: 'OnlyKms', ...put },
          Condition: { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } },
        },
      ]
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
      await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }))
      const { code, stderr } = await place.run(dryRun)
      const said = stderr.replaceAll(/\s+/g, ' ')
      expect(code).to.equal(0)
      expect(said).to.contain(
        `The statement OnlyFromOffice of the policy of bucket ${bucket} is in the way (aws:SourceVpce). By it S3 can not read the ` +
          'manifest of its job, S3 can not report what became of its job, packages can not be read, objects can not be put right ' +
          'and the function can not write down what it has found out.',
      )
      expect(said).to.match(
        /"ArnNotEquals":\{"aws:PrincipalArn":\["arn:aws:iam::\d+:role\/packagecloud\/enterprise\/packagecloud_batch_eu-central-1","arn:aws:iam::\d+:role\/packagecloud\/enterprise\/packagecloud_reindex_eu-central-1"\]\}/,
      )
      expect(said)
        .to.contain('OnlyKms of the policy')
        .and.contain('By it this host can not keep other runs out, this host can not write what is to be done')
      expect(said).to.contain(`"NotResource": "arn:aws:s3:::${bucket}/.pc-ctl/*"`)
      // Each is told once, although it is looked at twice.
      expect(said.match(/OnlyKms of the policy/g)).to.have.length(1)
    }))

  const batch = ['reindex-everything', '--bucket', bucket, '--yes']
  const all = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`]
  const deny = { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: `arn:aws:s3:::${bucket}/*` }
  const isAbsent = (...keys: string[]) => ({ Null: Object.fromEntries(keys.map((key) => [`s3:${key}`, 'true'])) })
  const cases = [
    {
      what: 'networks that S3 and Lambda do not come from',
      flags: ['--run-on', 'batch'],
      statement: {
        ...deny,
        Action: 's3:*',
        Resource: all,
        Condition: { StringNotEqualsIfExists: { 'aws:SourceVpce': 'v' } },
      },
      says: [
        /aws:SourceVpce/,
        /"ArnNotEquals":\{"aws:PrincipalArn":/,
        /Without --run-on batch this host does the work/,
      ],
    },
    {
      what: 'SSE-KMS of all that is written',
      flags: ['--run-on', 'batch'],
      statement: { ...deny, Condition: { StringNotEqualsIfExists: { 's3:x-amz-server-side-encryption': 'aws:kms' } } },
      says: [/this host can not write what is to be done/, /"NotResource": "arn:aws:s3:::[\w-]+\/\.pc-ctl\/\*"/],
    },
    {
      what: 'a condition of each write',
      flags: ['--run-on', 'batch'],
      statement: { ...deny, Condition: isAbsent('if-none-match', 'if-match') },
      says: [/S3 can not report what became of its job/, /"NotResource"/, /Without --run-on batch/],
    },
    {
      what: 'networks, of jobs that compute checksums',
      flags: ['--checksums', 'batch'],
      statement: { ...deny, Action: 's3:*', Resource: all, Condition: { Null: { 'aws:SourceVpce': 'true' } } },
      says: [/packages can not be read/, /Without --checksums batch this host reads packages whole/],
    },
  ]

  it('is refused before anything is written where nothing could come of it, with what to put in its place', () =>
    withInstallation({}, async (place) => {
      const { s3 } = place.clients
      await s3.send(new CreateBucketCommand({ Bucket: bucket }))
      for (const { what, flags, statement, says } of cases) {
        const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ Sid: 'Theirs', ...statement }] })
        await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }))
        const run = place.run([...batch, ...flags])
        expect(await place.changes(() => run), what).to.deep.equal([])
        const { code, stderr } = await run
        expect([code, stderr], what).to.deep.equal([5, stderr])
        const said = stderr.replaceAll(/\s+/g, ' ')
        expect(said, what).to.contain(
          'S3 Batch Operations is shut out, so nothing was changed. The statement Theirs of',
        )
        for (const each of says) expect(said, what).to.match(each)
      }
    }))
})
