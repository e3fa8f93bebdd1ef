/** What of reindex-everything S3 Batch Operations does, and what of it this host. */
import { randomBytes } from 'node:crypto'

import type { Aws } from '../../aws/connect.ts'
import { describeJob, isOver, type Job, type Jobs, jobsIn } from '../../aws/jobs-client.ts'
import { arnOfObject } from '../../aws/arns.ts'
import { jobNames, namesOf } from '../../aws/names.ts'
import { CtlError } from '../../errors.ts'
import { assertDone, cancelCommand, type Ended, outcomeOf } from '../../reindex/batch/watch-job.ts'
import type { Batch } from '../../reindex/batch/write-wanted.ts'
import type { Amount, ElsewhereReport } from '../../reindex/elsewhere-report.ts'
import { runOfManifest } from '../../reindex/own-keys.ts'
import { count } from '../../reindex/progress.ts'
import type { ReindexRun } from '../../reindex/run.ts'
import type { Account } from '../../aws/account.ts'
import { findJobOf } from '../../resources/s3/batch-job.ts'
import type { Settings } from '../../settings/settings.ts'
import { formatDuration } from '../../ui/duration.ts'
import type { Talk } from '../../ui/step-talk.ts'
import { say } from '../../ui/talk.ts'
import { warning } from '../../text.ts'
import { applyChain, type Chain, check, compute, type Conduct, planChain, where } from '../chain/chain.ts'
import { estimateBatch } from '../costs/batch-estimate.ts'
import { dollars } from '../costs/dollars.ts'
import { amountText } from './planned-text.ts'
import { type Agree, agreedBefore, assertFree, goOn, type Site, workChain, type WorkWishes } from './batch-work.ts'

/** What an operator says of the work elsewhere. */
export interface ElsewhereWishes extends WorkWishes {
  readonly agree: Agree
}

/** What the steps hand on, beside the run. */
export interface OnElsewhere {
  run: ReindexRun
  account: Account
  /** A job that an earlier run has begun. */
  begun: Job | undefined
  batch: Batch | undefined
  amount: Amount
  ended: Ended
  elsewhere: ElsewhereReport | undefined
}

/** The parts of a run that has functions do its work. */
export interface Elsewhere<C> {
  /** Finds out whether something is to be done, or how much, where that is to be told; writes nothing. */
  readonly look: Chain<C>
  /** Has it done, and waits until it is. */
  readonly work: (ctx: C) => Promise<void>
  /** Takes what has come of it. */
  readonly back: Chain<C>
}

/** The random part tells two apart of one second. */
export const newRun = (): string =>
  `${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '')}Z-${randomBytes(4).toString('hex')}`

/** Has functions do the work that S3 Batch Operations invokes. */
export function onBatch<C extends OnElsewhere>(
  aws: Aws,
  settings: Settings,
  wishes: ElsewhereWishes,
  conduct: Conduct & { readonly dryRun: boolean },
): Elsewhere<C> {
  const { dryRun } = conduct
  const names = namesOf(settings.installation.value)
  const jobsOf = ({ account, run }: C): Jobs => jobsIn(aws, account.id, run.bucket.region)
  const find = compute<C, 'begun'>('Look for a job that is under way', {
    async from(ctx) {
      const begun = await findBegun(ctx, jobsOf(ctx))
      if (begun === undefined)
        await assertFree(jobsOf(ctx), '--run-on', ctx.run.bucket, jobNames(names, ctx.run.bucket.region))
      return begun
    },
    as: 'begun',
    tell: (job) => (job === undefined ? 'there is none' : `${job.id} is ${job.status}`),
  })
  // Whoever is asked is told what it comes to, for which all objects are gone through.
  const isTold = dryRun || wishes.agree !== undefined
  const measure = compute<C, 'amount'>('Look for what is to be done', {
    from: ({ run }, talk) => run.elsewhere.wouldHandOver(talk, isTold ? Infinity : 1),
    as: 'amount',
    tell: (amount) => (amount.shards === 0 ? 'there is nothing to do' : isTold ? amountText(amount) : 'there is some'),
  })
  const take = check<C>('Take in what the job has found out', {
    async that(ctx, talk) {
      const { run, ended, batch } = ctx
      const of = ended === 'forgotten' ? batch?.run : runOf(ended, run.bucket.name)
      const taken = await run.elsewhere.takeBack(of, talk)
      await run.elsewhere.noteJob(undefined)
      if (ended === 'forgotten') return taken
      const { id, status, tasks } = ended
      ctx.elsewhere = { job: { id, status, shards: tasks.total, failed: tasks.failed } }
      const why = tasks.failed === 0 || of === undefined ? [] : await run.elsewhere.whyFailed(of, id)
      assertDone(ended, why)
      if (tasks.failed > 0) say(warning(halfFailed(ended, why)))
      return taken
    },
  })
  const plan = async (ctx: C): Promise<void> => {
    const { amount } = ctx
    const task = { cut: async () => undefined, question: '' }
    const chain = amount.shards === 0 ? [] : workChain(aws, names, wishes, siteOf(ctx), task)
    const planned = { ...amount, estimate: estimateBatch(amount, wishes.concurrency) }
    ctx.elsewhere = { planned: { ...planned, plan: await planChain(chain, conduct) } }
  }
  const work = async (ctx: C): Promise<void> => {
    const { begun, amount, account, run } = ctx
    if (begun !== undefined) {
      const question = waitingQuestion(begun)
      await goOn(aws, siteOf(ctx), begun, { agree: wishes.agree, question }, conduct)
    } else if (amount.shards > 0) {
      const cut = async (talk: Talk) => (ctx.batch = await run.elsewhere.handOver(newRun(), talk))
      const task = { cut, question: questionOf(amount, wishes, account) }
      await applyChain(workChain(aws, names, wishes, siteOf(ctx), task), conduct, wishes.agree ?? agreedBefore)
    }
  }
  return {
    look: [find, ...where<C>(({ begun }) => dryRun || begun === undefined, [measure])],
    work: dryRun ? plan : work,
    back: dryRun ? [] : where<C>((ctx) => 'ended' in ctx, [take]),
  }
}

/** Where a job of the run works, and whom to tell of it. */
const siteOf = (ctx: OnElsewhere): Site => ({
  bucket: ctx.run.bucket.name,
  region: ctx.run.bucket.region,
  accountId: ctx.account.id,
  noteJob: (note) => ctx.run.elsewhere.noteJob(note),
  over: (ended) => (ctx.ended = ended),
  lost: ctx.run.elsewhere.lost,
})

/** One that was noted, else one that AWS tells of: a journal can be lost. */
async function findBegun({ run, account }: OnElsewhere, jobs: Jobs): Promise<Job | undefined> {
  const { name, region } = run.bucket
  for (const note of run.elsewhere.notedJobs()) {
    if (note.accountId !== account.id || note.region !== region) continue
    const job = await describeJob(jobs, note.id)
    if (job !== undefined && !isOver(job)) return job
    say(warning(overMeanwhile(note.id, job)))
    await run.elsewhere.noteJob(undefined)
  }
  return findJobOf(jobs, { flag: '--run-on', bucket: name })
}

const overMeanwhile = (id: string, job: Job | undefined): string =>
  job === undefined
    ? `AWS has forgotten the job ${id}, as it does 90 days after the end. What it had found out was taken in.`
    : `the job ${id} is over meanwhile, ${job.status}: ${[outcomeOf(job), ...job.failures].join('; ')}. ` +
      'What it had found out was taken in.'

/**
 * Keeps a run from work that a job does which may have outlived the run that began it.
 *
 * @throws CtlError (refused)
 */
export const besideNoJob =
  (aws: Aws) =>
  async ({ id, accountId, region }: { id: string; accountId: string; region: string }): Promise<void> => {
    const job = await describeJob(jobsIn(aws, accountId, region), id)
    if (job === undefined || isOver(job)) return
    throw new CtlError(
      'refused',
      `The job ${id} of S3 Batch Operations is at work on this bucket: it is ${job.status}.`,
      {
        hint: [
          'A run before has begun it. `pc-ctl reindex-everything --run-on batch` waits for it, and goes on from there.',
          `To end it: \`${cancelCommand({ id, accountId, region })}\``,
        ],
        code: 'JobAtWork',
      },
    )
  }

/** The run of a job's manifest. */
function runOf({ manifest }: Job, bucket: string): string | undefined {
  const prefix = arnOfObject(bucket, '')
  return manifest.objectArn.startsWith(prefix) ? runOfManifest(manifest.objectArn.slice(prefix.length)) : undefined
}

const waitingQuestion = ({ id, tasks }: Job): string =>
  `Have the job ${id} begin, which waits for that${tasks.total === 0 ? '' : `, with ${count(tasks.total)} shards`}?`

function questionOf(amount: Amount, { concurrency }: ElsewhereWishes, { id }: Account): string {
  const { dollars: cost, seconds } = estimateBatch(amount, concurrency)
  return `Have S3 Batch Operations do ${amountText(amount)} in account ${id}, for about ${dollars(cost.total)} and ${formatDuration(seconds)}?`
}

const halfFailed = ({ id, tasks }: Job, why: readonly string[]): string =>
  `${count(tasks.failed)} of ${count(tasks.total)} shards of the job ${id} have failed; this host does them now. ` +
  why.join('; ')
