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
        /"ArnNotEquals":\{"aws:PrincipalArn":\["arn:aws:iam::\d+:role\/packagecloud\/enterprise\/packagecloud_reindex_jobs","arn:aws:iam::\d+:role\/packagecloud\/enterprise\/packagecloud_reindex"\]\}/,
      )
      expect(said).to.contain('OnlyKms of the policy').and.contain('By it this host can not write what is to be done')
      expect(said).to.contain(`"NotResource": "arn:aws:s3:::${bucket}/.pc-ctl/*"`)
    }))
})
