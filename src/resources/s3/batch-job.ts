import { createHash } from 'node:crypto'

import { arnOfBucket, arnOfJob, arnOfObject } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import {
  createJob,
  describeJob,
  isOver,
  isWaiting,
  type Job,
  type JobOperation,
  type Jobs,
  jobsIn,
  type JobToCreate,
  listJobs,
  underWay,
  updateJobStatus,
} from '../../aws/jobs-client.ts'
import { type Pace, pause, type Talk, until } from '../../aws/patience.ts'
import { CtlError } from '../../errors.ts'
import { create, type Decision, keep, pending, type Resource, updateIf } from '../resource.ts'
import { requestedWith, tagsWanted, type TagsWant } from '../tags.ts'

export interface BatchJobWant extends TagsWant {
  readonly accountId: string
  readonly bucket: string
  readonly manifest: { readonly key: string; readonly etag: string }
  /** Rows of the manifest. */
  readonly tasks: number
  /** What is to be done with each of them. */
  readonly operation: JobOperation
  readonly roleArn: string
  /** What of reindex-everything it is made for: jobs are found by it. */
  readonly flag: JobFlag
  /** Below it S3 reports what became of each row. */
  readonly reportPrefix: string
  /** What is to be agreed to before it begins. */
  readonly question: string
  /** Told of the job as soon as there is one. */
  readonly noted: (id: string) => Promise<void>
}

/** Flags that have jobs made. */
export type JobFlag = '--run-on' | '--checksums'

export type BatchJob = Pick<Job, 'id' | 'status'>

/** Reading a manifest of a million rows takes minutes. */
const preparing: Pace = { first: 250, most: 5_000, total: 3_600_000 }

/** A role that was just made may not be one yet for S3: milliseconds until another job is tried. */
const beforeAnother = [3_000, 8_000, 15_000]

/**
 * The job of S3 Batch Operations that has a function look at what a manifest names. It is made to wait, and begins once S3
 * has read the manifest and found in it what was written there.
 */
export function batchJob(aws: Aws, region: string): Resource<BatchJobWant, BatchJob> {
  const jobsOf = ({ accountId }: Pick<BatchJobWant, 'accountId'>): Jobs => jobsIn(aws, accountId, region)
  return {
    kind: 'S3 Batch Operations job',
    name: ({ bucket, manifest }) => `of s3://${bucket}/${manifest.key}`,
    id: ({ id }) => id,
    needs: (want) => [
      ...jobReadNeeds(want.accountId, region),
      { access: 'write', actions: ['s3:CreateJob'], resources: ['*'], condition: requestedWith(want) },
      // Creating one with tags is tagging it.
      {
        access: 'write',
        actions: ['s3:PutJobTagging'],
        resources: [arnOfJob(want.accountId, region)],
        optional: 'jobs can not be created with tags, should AWS ask for this as well',
      },
      { access: 'write', actions: ['s3:UpdateJobStatus'], resources: [arnOfJob(want.accountId, region)] },
      {
        access: 'write',
        actions: ['iam:PassRole'],
        resources: [want.roleArn],
        condition: { StringEquals: { 'iam:PassedToService': 'batchoperations.s3.amazonaws.com' } },
      },
    ],
    pattern: () => ({ id: '*', status: 'Active' }),
    ties: ({ operation, roleArn }) => [
      ...('LambdaInvoke' in operation ? [{ to: operation.LambdaInvoke.FunctionArn, as: 'invokes' }] : []),
      { to: roleArn, as: 'works as' },
    ],
    describe: (want) => findJobOf(jobsOf(want), want),

    decide({ question }, live): Decision<BatchJob> {
      if (live === undefined) return { ...create({ id: pending('job id'), status: 'Ready' }), ask: question }
      if (!isWaiting(live)) return keep(live)
      const after = { ...live, status: 'Ready' }
      return updateIf(after, [{ field: 'Status', before: live.status, after: after.status }], question)
    },

    async apply(want, live, talk) {
      const jobs = jobsOf(want)
      const { id } = live ?? (await made(jobs, want, talk))
      return beginJob(jobs, id, talk, want)
    },
  }
}

/**
 * Has a job begin that waits for that, once S3 has read its manifest.
 *
 * @param want - of one that was made of a manifest of so many rows
 * @throws CtlError (failed) for one that S3 refuses, or that is another one than it should be
 */
export async function beginJob(
  jobs: Jobs,
  id: string,
  talk: Talk,
  want?: Pick<BatchJobWant, 'tasks' | 'manifest'>,
): Promise<BatchJob> {
  const job = await prepared(jobs, id, talk)
  if (job.status === 'Failed' && want !== undefined) throw failedAtOnce(job)
  if (job.status !== 'Suspended') return job
  if (want !== undefined) await assertWhole(jobs, job, want)
  await updateJobStatus(jobs, job.id, 'Ready', 'confirmed by pc-ctl')
  return { id, status: 'Ready' }
}

/** What looking for jobs, and at one, needs. */
const jobReadNeeds = (accountId: string, region: string) =>
  [
    { access: 'read', actions: ['s3:ListJobs'], resources: ['*'] },
    { access: 'read', actions: ['s3:DescribeJob'], resources: [arnOfJob(accountId, region)] },
  ] as const

/** Jobs are found by it, and by what it says of the bucket; up to 256 characters. */
const descriptionOf = (flag: JobFlag, bucket: string, key: string): string =>
  `${beginningOf(flag)}${bucket}/${key}`.slice(0, 256)

const beginningOf = (flag: JobFlag): string => `pc-ctl reindex-everything ${flag} batch: s3://`

/** The job of a manifest that is under way, if there is one; of any of the bucket where no key is given. */
export async function findJobOf(
  jobs: Jobs,
  { flag, bucket, manifest }: Pick<BatchJobWant, 'flag' | 'bucket'> & { readonly manifest?: { readonly key: string } },
): Promise<Job | undefined> {
  for await (const { id, description } of listJobs(jobs, underWay)) {
    if (!description.startsWith(descriptionOf(flag, bucket, manifest?.key ?? ''))) continue
    const job = await describeJob(jobs, id)
    const isMeant = manifest === undefined || job?.manifest.objectArn === arnOfObject(bucket, manifest.key)
    if (job !== undefined && isMeant && !isOver(job)) return job
  }
  return undefined
}

/** A job under way that works as a role, on another bucket. */
export async function findJobElsewhere(
  jobs: Jobs,
  { flag, bucket, roleArn }: Pick<BatchJobWant, 'flag' | 'bucket' | 'roleArn'>,
): Promise<Job | undefined> {
  for await (const { id, description } of listJobs(jobs, underWay)) {
    if (!description.startsWith(beginningOf(flag)) || description.startsWith(descriptionOf(flag, bucket, ''))) continue
    const job = await describeJob(jobs, id)
    if (job?.roleArn === roleArn && !isOver(job)) return job
  }
  return undefined
}

/** Creates it, and lets S3 read the manifest. */
async function made(jobs: Jobs, want: BatchJobWant, talk: Talk): Promise<Job> {
  for (let attempt = 0; ; attempt++) {
    const id = await createJob(jobs, jobToCreate(want, attempt))
    await want.noted(id)
    const job = await prepared(jobs, id, talk)
    const delay = beforeAnother[attempt]
    if (job.status !== 'Failed' || delay === undefined || !isAboutRole(job)) return job
    talk.tell('waiting until S3 can use the new role')
    await pause(delay, talk.signal)
  }
}

const isAboutRole = ({ failures, tasks }: Job): boolean =>
  tasks.succeeded + tasks.failed === 0 && /role|assum|forbidden|denied|not authorized/i.test(failures.join(' '))

async function prepared(jobs: Jobs, id: string, talk: Talk): Promise<Job> {
  const look = async (): Promise<Job | undefined> => {
    const job = await describeJob(jobs, id)
    return job === undefined || /^(New|Preparing|Failing)$/.test(job.status) ? undefined : job
  }
  try {
    return await until(`S3 to read the manifest of the job ${id}`, look, preparing, talk)
  } catch (error) {
    if (!(error instanceof CtlError) || error.failure !== 'interrupted') throw error
    throw new CtlError('interrupted', `Interrupted. The job ${id} does nothing before it is confirmed.`, {
      hint: 'The same command waits for it again, and goes on from there. What nobody confirms ends by itself after 30 days.',
      cause: error,
    })
  }
}

function jobToCreate(want: BatchJobWant, attempt: number): JobToCreate {
  const { bucket, manifest, operation, flag } = want
  return {
    // The same manifest has one job, however often it is asked for.
    token: createHash('sha256')
      .update(`${manifest.key} ${manifest.etag} ${JSON.stringify(operation)} ${attempt}`)
      .digest('hex'),
    description: descriptionOf(flag, bucket, manifest.key),
    priority: 10,
    roleArn: want.roleArn,
    operation,
    manifest: { objectArn: arnOfObject(bucket, manifest.key), etag: manifest.etag, fields: ['Bucket', 'Key'] },
    report: { bucketArn: arnOfBucket(bucket), prefix: want.reportPrefix, owner: want.accountId },
    tags: tagsWanted(want),
  }
}

/** @throws CtlError (failed) where S3 has read something else, after the job is ended */
async function assertWhole(
  jobs: Jobs,
  { id, tasks }: Job,
  { tasks: wanted, manifest }: Pick<BatchJobWant, 'tasks' | 'manifest'>,
): Promise<void> {
  if (tasks.total === wanted) return
  await updateJobStatus(jobs, id, 'Cancelled', 'pc-ctl: the manifest has another number of rows')
  throw new CtlError('failed', `S3 has found ${tasks.total} rows in ${manifest.key}, and not ${wanted}.`, {
    hint: 'The job was cancelled before it began. Run the same command again: it writes another manifest.',
    code: 'ManifestIncomplete',
  })
}

const failedAtOnce = ({ id, failures }: Job): CtlError =>
  new CtlError('failed', `The job ${id} failed before it began: ${failures.join('; ') || 'S3 says not why'}.`, {
    hint: [
      'Put right what S3 names: the bucket policy may shut S3 Batch Operations out (aws:SourceIp, VPC endpoints), a boundary or ' +
        'service control policy its role.',
      'Then run the same command again. Without --run-on batch this host does the work by itself.',
    ],
    code: 'JobFailed',
  })
