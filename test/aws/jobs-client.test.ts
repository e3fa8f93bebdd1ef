/** S3 Control as pc-ctl calls it, on the sandbox: it checks signatures, and reads documents strictly. */
import { expect } from 'chai'

import { connect } from '../../src/aws/connect.ts'
import type { Aws } from '../../src/aws/clients.ts'
import { explainError } from '../../src/aws/denial.ts'
import {
  createJob,
  describeJob,
  jobTags,
  type Jobs,
  type JobToCreate,
  listJobs,
  S3ControlClient,
  updateJobStatus,
} from '../../src/aws/jobs-client.ts'
import { noSettings } from '../support/aws-under-test.ts'
import { bucket, furnish, type JobFixture, startJobs, taskFunction } from '../support/batch-jobs.ts'

describe('jobs of Batch Operations', () => {
  let fixture: JobFixture
  let aws: Aws
  let jobs: Jobs
  let asked: JobToCreate
  const environment = { ...process.env }
  before(async () => {
    fixture = await startJobs()
    await furnish(fixture)
    Object.assign(process.env, fixture.sandbox.environment)
    aws = await connect(noSettings)
    const { accountId } = fixture.sandbox
    jobs = { client: aws.client(S3ControlClient, 'us-east-1'), accountId }
    const functionArn = await fixture.function('looks', taskFunction("return ['Succeeded', task.s3Key]"))
    const etag = await fixture.put('.pc-ctl/manifest.csv', `${bucket},%7B%22s%22%3A1%7D\n`)
    asked = {
      token: 'one',
      description: 'a & b <c>',
      priority: 10,
      roleArn: fixture.roleArn('jobs'),
      operation: {
        LambdaInvoke: { FunctionArn: functionArn, InvocationSchemaVersion: '2.0', UserArguments: { run: 'r"&1' } },
      },
      manifest: { objectArn: `arn:aws:s3:::${bucket}/.pc-ctl/manifest.csv`, etag, fields: ['Bucket', 'Key'] },
      report: { bucketArn: `arn:aws:s3:::${bucket}`, prefix: 'reports', owner: accountId },
      tags: { 'packagecloud:enterprise': 'packagecloud' },
    }
  })
  after(async () => {
    aws.close()
    process.env = environment
    await fixture.close()
  })

  it('one token makes one, which waits, is confirmed, and tells how far it is', async () => {
    const id = await createJob(jobs, asked)
    expect(await createJob(jobs, asked)).to.equal(id)
    await fixture.until(id, 'Suspended')
    expect(await describeJob(jobs, id)).to.include({ status: 'Suspended', description: 'a & b <c>' })
    expect(await jobTags(jobs, id)).to.deep.equal({ 'packagecloud:enterprise': 'packagecloud' })
    await updateJobStatus(jobs, id, 'Ready', 'confirmed: "yes"')
    await fixture.until(id, 'Complete')
    const job = await describeJob(jobs, id)
    expect(job?.tasks).to.deep.equal({ total: 1, succeeded: 1, failed: 0 })
    expect(job).to.deep.include({ userArguments: { run: 'r"&1' }, reason: 'confirmed: "yes"', failures: [] })
  })

  it('are listed by several states at once', async () => {
    const id = await createJob(jobs, { ...asked, token: 'two' })
    await fixture.until(id, 'Suspended')
    const found = async (statuses?: Parameters<typeof listJobs>[1]): Promise<string[]> => {
      const all: string[] = []
      for await (const { status } of listJobs(jobs, statuses)) all.push(status)
      return all
    }
    expect(await found(['Suspended', 'Complete'])).to.deep.equal(['Suspended', 'Complete'])
    expect(await found(['Suspended'])).to.deep.equal(['Suspended'])
    expect(await found()).to.have.length(2)
    await updateJobStatus(jobs, id, 'Cancelled')
    await fixture.until(id, 'Cancelled')
  })

  it('that there are not are not there; what is refused says why', async () => {
    expect(await describeJob(jobs, '00000000-0000-4000-8000-000000000000')).to.equal(undefined)
    const again = await createJob(jobs, { ...asked, priority: 11 }).catch((error: unknown) => error)
    expect(again).to.include({ name: 'IdempotencyException' })
    expect(explainError(again, 'Create the job').message).to.match(/s3:CreateJob\): The ClientRequestToken was used/)
  })
})
