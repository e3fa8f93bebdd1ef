/** Buckets that demand something of who writes into them, and what a job and its function make of it. */
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteBucketEncryptionCommand,
  DeleteBucketPolicyCommand,
  HeadObjectCommand,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { expect } from 'chai'

import { bucket, furnish, startJobs, taskFunction, valueIn, type JobFixture } from '../../support/batch-jobs.ts'
import { clientConfig } from '../../support/clients.ts'
import { failureOf } from '../../support/s3-client.ts'

const objects = `arn:aws:s3:::${bucket}/*`

describe('a bucket that demands something of its writers', () => {
  let fixture: JobFixture
  let functionArn: string
  /** With the rights of the function's role. */
  let writer: S3Client

  before(async () => {
    fixture = await startJobs()
    await furnish(fixture)
    functionArn = await fixture.function('plain', taskFunction("return ['Succeeded', '']"))
    const { iam, sandbox } = fixture
    await iam.send(new CreateUserCommand({ UserName: 'writer' }))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'writer' }))
    const Statement = [{ Effect: 'Allow', Action: 's3:*', Resource: ['arn:aws:s3:::*'] }]
    await iam.send(
      new PutUserPolicyCommand({
        ...{ UserName: 'writer', PolicyName: 'own' },
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
      }),
    )
    const keys = { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
    writer = new S3Client({ ...clientConfig(sandbox, keys), maxAttempts: 1 })
  })
  after(async () => {
    writer.destroy()
    await fixture.close()
  })
  afterEach(async () => {
    await fixture.s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }))
    await fixture.s3.send(new DeleteBucketEncryptionCommand({ Bucket: bucket }))
  })

  const demand = (Condition: object): Promise<unknown> => {
    const statement = { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: objects, Condition }
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
    return fixture.s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }))
  }
  const put = (Key: string, more: object = {}) =>
    writer.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'packages,a\n', ...more }))

  it('has conditional puts alone, and lets parts of an upload pass', async () => {
    await demand({ Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } })
    expect(await failureOf(put('a'))).to.include({ name: 'AccessDenied', status: 403 })
    await put('a', { IfNoneMatch: '*' })
    expect(await failureOf(put('a', { IfNoneMatch: '*' }))).to.include({ status: 412 })
    const named = { Bucket: bucket, Key: 'parts' }
    const { UploadId } = await writer.send(new CreateMultipartUploadCommand(named))
    const { ETag } = await writer.send(new UploadPartCommand({ ...named, UploadId, PartNumber: 1, Body: 'x' }))
    const completed = { ...named, UploadId, MultipartUpload: { Parts: [{ ETag, PartNumber: 1 }] } }
    expect(await failureOf(writer.send(new CompleteMultipartUploadCommand(completed)))).to.include({ status: 403 })
    await writer.send(new CompleteMultipartUploadCommand({ ...completed, IfNoneMatch: '*' }))
  })

  it('gets no report, for jobs write theirs without conditions and with keys of S3', async () => {
    for (const condition of [
      { Null: { 's3:if-none-match': 'true' } },
      { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } },
    ]) {
      const etag = await fixture.put('.pc-ctl/manifest.csv', 'packages,a\n')
      await demand(condition)
      const answer = await fixture.ask('POST', '', fixture.document({ functionArn, etag }))
      const text = await fixture.until(valueIn(answer.text, 'JobId'), 'Failed')
      expect(valueIn(text, 'FailureCode')).to.equal('ReportNotWritten')
      expect(valueIn(text, 'NumberOfTasksSucceeded')).to.equal('1')
    }
  })

  it('encrypts with its own key what does not say otherwise, and so no job can read a manifest that does not', async () => {
    const kms = new KMSClient(clientConfig(fixture.sandbox))
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
    kms.destroy()
    const key = KeyMetadata?.Arn ?? ''
    const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key } } as const
    await fixture.s3.send(
      new PutBucketEncryptionCommand({ Bucket: bucket, ServerSideEncryptionConfiguration: { Rules: [rule] } }),
    )
    expect((await failureOf(put('encrypted'))).name).to.equal('AccessDenied')
    const Key = '.pc-ctl/manifest.csv'
    const asked = async (ETag = ''): Promise<string> => {
      const etag = ETag.replaceAll('"', '')
      const answer = await fixture.ask('POST', '', fixture.document({ functionArn, etag }))
      return fixture.until(valueIn(answer.text, 'JobId'), 'Failed', 'Complete')
    }
    const byDefault = await fixture.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'packages,a\n' }))
    expect(byDefault.ServerSideEncryption).to.equal('aws:kms')
    expect(valueIn(await asked(byDefault.ETag), 'Status')).to.equal('Failed')
    const plain = await put(Key, { ServerSideEncryption: 'AES256' })
    const text = await asked(plain.ETag)
    expect(valueIn(text, 'Status')).to.equal('Complete')
    const [reported = ''] = await fixture.keys(`reports/job-${valueIn(text, 'JobId')}/manifest`)
    const head = await fixture.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: reported }))
    expect(head.ServerSideEncryption).to.equal('AES256')
  })

  it('is not told that somebody who assumed a role is inside AWS', async () => {
    const { iam, sandbox } = fixture
    const trust = { Effect: 'Allow', Principal: { AWS: sandbox.accountId }, Action: 'sts:AssumeRole' }
    const RoleArn = await fixture.role('people', JSON.stringify({ Version: '2012-10-17', Statement: [trust] }), [
      { Effect: 'Allow', Action: 's3:PutObject', Resource: objects },
    ])
    await iam.send(
      new PutUserPolicyCommand({
        ...{ UserName: 'writer', PolicyName: 'assume' },
        PolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: RoleArn }],
        }),
      }),
    )
    const sts = new STSClient(clientConfig(sandbox, await writer.config.credentials()))
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'me' }))
    const keys = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    }
    const person = new S3Client(clientConfig(sandbox, keys))
    await demand({ NotIpAddress: { 'aws:SourceIp': '127.0.0.1' } })
    await person.send(new PutObjectCommand({ Bucket: bucket, Key: 'mine', Body: 'x' }))
    person.destroy()
    sts.destroy()
  })
})
