/** From what a job of S3 Batch Operations needs to its end. */
import { arnOfJob, arnOfRole } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { isWaiting, type Job, type JobOperation, type Jobs, jobsIn } from '../../aws/jobs-client.ts'
import { type Names, namesOf } from '../../aws/names.ts'
import { CtlError } from '../../errors.ts'
import { type Ended, outcomeOf, watchJob } from '../../reindex/batch/watch-job.ts'
import type { Batch } from '../../reindex/batch/write-wanted.ts'
import type { JobNote } from '../../reindex/job-note.ts'
import { manifestKey, reportPrefix } from '../../reindex/own-keys.ts'
import { type Need, pending } from '../../resources/resource.ts'
import type { Bucket } from '../../resources/s3/bucket.ts'
import {
  beginJob,
  type BatchJob,
  batchJob,
  type BatchJobWant,
  findJobElsewhere,
  type JobFlag,
} from '../../resources/s3/batch-job.ts'
import { optional, type Settings } from '../../settings/settings.ts'
import type { Talk } from '../../ui/step-talk.ts'
import { type Chain, type Conduct, ensure, runChain, type Step, wait } from '../chain/chain.ts'
import { needsOf } from '../chain/survey.ts'
import { amountText } from './planned-text.ts'
import type { PermissionScope } from '../permission-scope.ts'
import { shutOutNeeds } from './shut-out.ts'
import { type Worker, workerChain, type WorkerWishes } from './worker.ts'

/** What an operator may wish of what is made. */
export type WorkWishes = Pick<WorkerWishes, 'concurrency' | 'adopt' | 'tags' | 'boundary'>

/** Asks; answers whether to go on. Undefined: that was agreed to beforehand. */
export type Agree = ((questions: readonly string[]) => Promise<boolean>) | undefined

export const agreedBefore = async (): Promise<boolean> => true

/** Where a job works, and whom to tell of it. */
export interface Site {
  readonly bucket: string
  readonly region: string
  readonly accountId: string
  readonly noteJob: (note: JobNote) => Promise<void>
  readonly over: (ended: Ended) => void
  /** Aborted where nothing may be waited for any more, since another run holds the lock. */
  readonly lost?: AbortSignal | undefined
  /** What its tasks are called; shards if nothing is said. */
  readonly noun?: string
}

/** What a job is to do, and what is to be agreed to before. */
interface Task {
  /** Writes that down; answers with nothing where there is nothing to do. */
  readonly cut: (talk: Talk) => Promise<Batch | undefined>
  readonly question: string
}

type Written = Pick<Batch, 'run' | 'manifest' | 'shards'>

interface Working extends Worker {
  /** There once it is cut. */
  batch?: Written | undefined
  job: BatchJob
}

/** Nothing is written before it is agreed to. */
const supposed: Written = { run: 'RUN', shards: 0, manifest: { key: manifestKey('RUN'), etag: pending('manifest') } }

const whyIdle = (ctx: Working): string | undefined =>
  'batch' in ctx && ctx.batch === undefined ? 'there is nothing to do' : undefined

/** Makes what the job needs, what it is to do and the job; waits until that is over. */
export function workChain(
  aws: Aws,
  names: Names,
  wishes: WorkWishes,
  site: Site,
  { cut, question }: Task,
): Chain<Working> {
  const { bucket, region, accountId } = site
  const makeJob = ensure<Working, 'job', BatchJobWant>('Have S3 Batch Operations begin a job', {
    resource: batchJob(aws, region),
    want: ({ workerVersion, jobRole, batch: { run, manifest, shards } = supposed }) => ({
      ...{ names, tags: wishes.tags, accountId, bucket, manifest, tasks: shards, question },
      ...{ operation: invoking(workerVersion.arn, run), roleArn: jobRole.arn, flag: '--run-on' as const },
      reportPrefix: reportPrefix(run),
      noted: (id) => site.noteJob({ id, accountId, region }),
    }),
    as: 'job',
    skip: whyIdle,
  })
  return [
    ...workerChain<Working>(aws, names, { ...wishes, region, bucket, accountId }),
    // Once all is there that it takes: it may be a hundred thousand objects.
    wait('Cut what is to be done into shards', async (ctx, talk) => {
      const batch = await cut(talk)
      ctx.batch = batch
      return batch === undefined ? 'there is nothing to do' : amountText(batch)
    }),
    makeJob,
    { ...watch<Working>(aws, site, ({ job }) => job.id), skip: whyIdle },
  ]
}

const invoking = (functionArn: string, run: string): JobOperation => ({
  LambdaInvoke: { FunctionArn: functionArn, InvocationSchemaVersion: '2.0', UserArguments: { run } },
})

/**
 * Does what is left of a job that was begun before: the version of the function that it names is not touched.
 *
 * @param question - what is to be agreed to where it has not begun yet
 * @throws CtlError (refused) where that is not
 */
export async function goOn(
  aws: Aws,
  site: Site,
  begun: Job,
  { question, agree }: { readonly question: string; readonly agree: Agree },
  conduct: Conduct,
): Promise<void> {
  if (isWaiting(begun) && agree !== undefined && !(await agree([question]))) throw notAgreed()
  const chain: Chain<object> = [
    wait('Have the job begin', async (_, talk) => (await beginJob(jobsOf(aws, site), begun.id, talk)).status),
    watch(aws, site, () => begun.id),
  ]
  await runChain(chain, 'apply', conduct)
}

/**
 * Keeps the rights of what a job works with where they are: it has those on one bucket.
 *
 * @param ofRole - the names of the role that jobs of a flag work as
 * @throws CtlError (refused)
 */
export async function assertFree(
  jobs: Jobs,
  flag: JobFlag,
  { name: bucket }: Pick<Bucket, 'name'>,
  ofRole: Names,
): Promise<void> {
  const job = await findJobElsewhere(jobs, { flag, bucket, roleArn: arnOfRole(ofRole, jobs.accountId) })
  if (job === undefined) return
  const of = job.manifest.objectArn.replace(/^arn:[^:]*:s3:::|\/.*$/g, '')
  throw new CtlError('refused', `The job ${job.id} is at work on another bucket, ${of}: it is ${job.status}.`, {
    hint: [
      `In a region ${ofRole.installation} has rights for jobs on one bucket at a time: that job would fail from now on.`,
      'Run the same command again when it is over, or give this bucket another --installation.',
    ],
    code: 'JobElsewhere',
  })
}

const notAgreed = (): CtlError =>
  new CtlError('refused', 'Not agreed, so nothing was changed.', {
    hint: 'The job goes on waiting, for 30 days at most. The same command asks again.',
  })

/** Waits until a job is over. */
export const watch = <C>(aws: Aws, site: Site, idOf: (ctx: C) => string): Step<C> =>
  wait<C>('Wait until the job is over', async (ctx, talk) => {
    const { accountId, region, noun, lost } = site
    const note = { id: idOf(ctx), accountId, region }
    await site.noteJob(note)
    const ended = await watchJob(jobsOf(aws, site), note, { talk, noun, lost })
    site.over(ended)
    return ended === 'forgotten' ? 'AWS has forgotten it' : outcomeOf(ended, noun)
  })

const jobsOf = (aws: Aws, { accountId, region }: Site): Jobs => jobsIn(aws, accountId, region)

/** What it takes to see whether a job is over that a run before has left. */
export const leftJobNeed = (settings: Settings, { accountId }: PermissionScope): Need => ({
  access: 'read',
  actions: ['s3:DescribeJob'],
  resources: [arnOfJob(accountId, optional(settings, 'region') ?? '*')],
  optional: 'reindex-everything can not tell whether a job is over that a run with --run-on batch has left',
})

/** What it takes to have functions do the work, beside what it takes to do it. */
export function workNeeds(aws: Aws, settings: Settings, scope: PermissionScope): Need[] {
  const { accountId, bucket, tags, boundary } = scope
  const region = optional(settings, 'region') ?? '*'
  const site = { bucket, region, accountId, noteJob: async () => undefined, over: () => undefined }
  const task = { cut: async () => undefined, question: '' }
  const wishes = { concurrency: 1, adopt: false, tags, boundary }
  const chain = workChain(aws, namesOf(settings.installation.value), wishes, site, task)
  return [shutOutNeeds(bucket), ...needsOf(chain, { batch: supposed })]
}
