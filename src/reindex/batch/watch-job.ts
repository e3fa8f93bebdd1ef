/** Waits for a job of S3 Batch Operations, and ends it where too much fails. */
import { describeJob, isOver, type Job, type Jobs, updateJobStatus } from '../../aws/jobs-client.ts'
import { mayPass } from '../../aws/no-answer.ts'
import { looking, patiently, type Pace, type Talk } from '../../aws/patience.ts'
import { CtlError, messageOf } from '../../errors.ts'
import { commandLine } from '../../shell.ts'
import type { JobNote } from '../job-note.ts'
import { Progress, count } from '../progress.ts'
import { formatDuration } from '../../ui/duration.ts'
import { say } from '../../ui/talk.ts'
import { warning } from '../../text.ts'

/** A job that is not confirmed fails after 30 days; one at work ends long before. */
const pace: Pace = { first: 500, most: 10_000, total: 40 * 24 * 3_600_000 }

/** S3's own brake takes a thousand tasks, and half of them to fail. */
const brake = { share: 0.05, least: 3, most: 100 } as const

const isTooMuch = ({ total, failed }: Job['tasks']): boolean =>
  failed >= brake.most || (failed >= brake.least && failed > total * brake.share)

const ownReason = 'pc-ctl: too many tasks have failed'

/** What has become of a job. */
export type Ended = Job | 'forgotten'

/** How long AWS may give no answer about a job: it goes on meanwhile, and networks and services come back. */
const silence: Pace = { first: 1_000, most: 30_000, total: 30 * 60_000 }

export interface WatchOptions {
  readonly talk: Talk
  /** What its tasks are called. */
  readonly noun?: string | undefined
  /** Aborted where there is no use in waiting any more. */
  readonly lost?: AbortSignal | undefined
}

/**
 * Waits until a job is over, however that comes.
 *
 * @throws CtlError (interrupted), which says that the job goes on; the reason of `lost`; what AWS answers, after it was told
 *   that the job goes on
 */
export async function watchJob(jobs: Jobs, note: JobNote, options: WatchOptions): Promise<Ended> {
  try {
    return await watch(jobs, note, options)
  } catch (error) {
    if (error instanceof CtlError && error.failure === 'interrupted') throw goesOn(note, error)
    say(warning(`the job ${note.id} goes on by itself. ${nextOf(note).join(' ')}`))
    throw error
  }
}

async function watch(jobs: Jobs, note: JobNote, { talk, noun = 'shards', lost }: WatchOptions): Promise<Ended> {
  const again = looking(pace, talk)
  const progress = new Progress()
  let [isBraked, isBegun, seen] = [false, false, 0]
  for (;;) {
    const job = await patiently(() => describeJob(jobs, note.id), whyNoAnswer, silence, talk)
    if (job === undefined) return 'forgotten'
    if (isOver(job)) return job
    lost?.throwIfAborted()
    const { succeeded, failed, total } = job.tasks
    // One that was taken up again is at work for some time.
    if (!isBegun && job.status === 'Active') {
      isBegun = true
      seen = succeeded + failed
      progress.begin({ noun, total, before: seen })
    }
    progress.add(succeeded + failed - seen)
    seen = succeeded + failed
    if (!isBraked && isTooMuch(job.tasks)) {
      isBraked = true
      await updateJobStatus(jobs, note.id, 'Cancelled', ownReason)
    }
    await again(told(job, progress))
  }
}

const whyNoAnswer = (error: unknown): string | undefined =>
  mayPass(error) ? `AWS gives no answer about the job at the moment (${messageOf(error)}), which goes on` : undefined

function told({ status, tasks }: Job, progress: Progress): string {
  const failed = tasks.failed === 0 ? '' : `, ${count(tasks.failed)} failed`
  if (status === 'Active') return `${progress.line()}${failed}`
  const why = /^Paus/.test(status) ? ': a job of a higher priority goes first, then it goes on by itself' : ''
  return `the job is ${status}${why}${failed}`
}

/** The command that ends a job. */
export const cancelCommand = ({ id, accountId, region }: JobNote): string =>
  commandLine([
    ...['aws', 's3control', 'update-job-status', '--region', region, '--account-id', accountId],
    ...['--job-id', id, '--requested-job-status', 'Cancelled'],
  ])

const nextOf = (note: JobNote): [string, string] => [
  'The same command waits for it again, and goes on from there.',
  `To end it: \`${cancelCommand(note)}\``,
]

const goesOn = (note: JobNote, cause: unknown): CtlError =>
  new CtlError('interrupted', `Interrupted. The job ${note.id} goes on by itself.`, { hint: nextOf(note), cause })

/** What a job came to, as far as it came to its end: in words. */
export function outcomeOf({ tasks, activeSeconds }: Job, noun = 'shards'): string {
  const failed = tasks.failed === 0 ? '' : `, ${count(tasks.failed)} failed`
  return `${count(tasks.succeeded)} of ${count(tasks.total)} ${noun}${failed}, at work for ${formatDuration(activeSeconds)}`
}

/**
 * What a job that did not come to its end leaves to be done, once what it has found out is taken in. Of one that did this
 * host does the little that has failed.
 *
 * @param why - tasks have failed, in the words of the report
 * @throws CtlError (failed)
 */
export function assertDone(ended: Job, why: readonly string[]): void {
  const { id, status, failures, reason, tasks } = ended
  if (status === 'Complete' && !isTooMuch(tasks)) return
  const share = `${count(tasks.failed)} of ${count(tasks.total)} shards have failed`
  const isOurs = reason === ownReason || status === 'Complete'
  const [what, code] = isOurs
    ? [`${status === 'Complete' ? 'is over' : 'was cancelled'}: ${share}`, 'JobBraked']
    : status === 'Cancelled'
      ? [`was cancelled${reason === undefined ? '' : `: ${reason}`}`, 'JobCancelled']
      : [`has failed: ${failures.join('; ') || 'S3 does not say why'}`, 'JobFailed']
  const first = why.length === 0 ? '' : ` The first: ${why[0] ?? ''}`
  throw new CtlError('failed', `The job ${id} ${what}.${first}`, {
    hint: [
      ...(code === 'JobCancelled' ? [] : ['Put right what is said to be wrong.']),
      'What the job has done is kept. The same command has another job do what is left; without --run-on batch this host does.',
    ],
    code,
  })
}
