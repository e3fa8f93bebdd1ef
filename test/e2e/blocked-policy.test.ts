import {
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { bucket, expectPlainTalk, withInstallation } from '../support/installation.ts'

const old = {
  Sid: 'OldWebsite',
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: `arn:aws:s3:::${bucket}/*`,
}

const write = (s3: S3Client, statement: object): Promise<unknown> =>
  s3.send(
    new PutBucketPolicyCommand({
      Bucket: bucket,
      Policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
    }),
  )

describe('BlockPublicPolicy beside a public statement that was there before', function () {
  this.timeout(60_000)

  it('is no missing permission: the statement is named, and the same command goes on once it is bound', () =>
    withInstallation({}, async (place) => {
      const { s3 } = place.clients
      const block = (BlockPublicPolicy: boolean): Promise<unknown> => {
        const PublicAccessBlockConfiguration = { BlockPublicPolicy }
        return s3.send(new PutPublicAccessBlockCommand({ Bucket: bucket, PublicAccessBlockConfiguration }))
      }
      await block(false)
      await write(s3, old)
      await block(true)
      const next = await place.bootstrap()
      for (const words of [next, [...next, '--origin-access', 'oac']]) {
        const { code, stderr, stdout } = await place.run(words)
        expect({ code, stdout }, stderr).to.deep.equal({ code: 1, stdout: '' })
        const said = stderr.replace(/\s+/g, ' ')
        expect(said)
          .to.include('Block Public Access, BlockPublicPolicy); public is: OldWebsite.')
          .and.include('request id')
        expect(said).not.to.include('Add this statement')
        expectPlainTalk(stderr)
      }
      await write(s3, { ...old, Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } })
      await place.succeed(next)
      const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket: bucket }))
      expect(Policy).to.include('OldWebsite').and.include('PackagecloudEnterprise')
    }))
})
