import { setTimeout as sleep } from 'node:timers/promises'

import { isEnded, move, taskKey, type Job, type JobFailure, type Jobs, type JobStatus } from './job.ts'
import { createJobRoles, isBroken, type JobRoles } from './job-role.ts'
import { prepare } from './preparation.ts'
import { writeReport } from './report.ts'
import { isBraked, runTasks } from './tasks.ts'
import type { InnerCalls } from '../contracts/inner-calls.ts'
import type { Context } from '../contracts/service.ts'

/** How often a job that waits for another one looks again. */
const turnMilliseconds = 50
/** How long a task that Lambda throttles waits at most. */
const throttledMilliseconds = 500

/** What a job of a lower priority makes way for. */
const competing = new Set<JobStatus>(['Ready', 'Active'])

/** Takes jobs from state to state. Each state is read from the store anew, for callers move jobs as well. */
export class JobRunner {
  readonly #context: Context
  readonly #jobs: Jobs
  readonly #roles: JobRoles
  readonly #underWay = new Map<string, Promise<void>>()
  readonly #ending = new AbortController()
  /** What happens in the states that a job leaves by itself. */
  readonly #steps: Partial<Record<JobStatus, (job: Job) => Promise<void>>> = {
    New: async ({ id }) => {
      await this.#pause(this.#context.timing.jobState)
      this.#step(id, 'New', 'Preparing')
    },
    Preparing: (job) => this.#prepare(job),
    Ready: async ({ id }) => {
      await this.#pause(this.#context.timing.jobState)
      await this.#turnOf(id)
      this.#step(id, 'Ready', 'Active')
    },
    Active: (job) => this.#work(job),
    Pausing: async ({ id }) => this.#step(id, 'Pausing', 'Paused'),
    Paused: async ({ id }) => {
      await this.#turnOf(id)
      this.#step(id, 'Paused', 'Active')
    },
    Completing: (job) => this.#end(job, 'Complete'),
    Failing: (job) => this.#end(job, 'Failed'),
    Cancelling: (job) => this.#end(job, 'Cancelled'),
  }

  constructor(context: Context, jobs: Jobs, inner: InnerCalls) {
    this.#context = context
    this.#jobs = jobs
    this.#roles = createJobRoles(context, inner)
  }

  /** Has a job go on from the state that it is in, unless it is on its way or waits for somebody. */
  advance(id: string): void {
    if (this.#isEnding || this.#underWay.has(id)) return
    const running = this.#run(id)
      .catch((error: unknown) => {
        if (!this.#isEnding) this.#broken(id, error)
      })
      .finally(() => {
        this.#underWay.delete(id)
        // Somebody may have moved it on just when it had come to rest.
        if (!this.#isEnding && this.#steps[this.#job(id)?.status ?? 'Complete'] !== undefined) this.advance(id)
      })
    this.#underWay.set(id, running)
  }

  /** Nothing more is begun or noted. */
  stop(): void {
    this.#ending.abort()
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay.values())
  }

  get #isEnding(): boolean {
    return this.#ending.signal.aborted
  }

  #job(id: string): Job | undefined {
    return this.#jobs.list().find((one) => one.id === id)
  }

  /** Rejects when the sandbox ends. */
  #pause(milliseconds: number): Promise<void> {
    return sleep(milliseconds, undefined, { signal: this.#ending.signal })
  }

  async #run(id: string): Promise<void> {
    for (let job = this.#job(id); job !== undefined && !this.#isEnding; job = this.#job(id)) {
      const next = this.#steps[job.status]
      if (next === undefined) return
      await next(job).catch(async (error: unknown) => {
        // A call that broke off is made again, by AWS as here.
        if (!isBroken(error)) throw error
        await this.#pause(this.#context.timing.redrive)
      })
    }
  }

  /** Moves a job on, unless somebody has moved it elsewhere meanwhile. */
  #step(id: string, from: JobStatus, to: JobStatus, more?: (job: Job) => void): void {
    this.#jobs.change(id, (job) => {
      if (job.status !== from) return false
      more?.(job)
      move(job, to, this.#context.now())
      return true
    })
  }

  #fail(id: string, from: JobStatus, failure: JobFailure): void {
    this.#step(id, from, 'Failing', (job) => void job.failures.push(failure))
  }

  async #prepare(job: Job): Promise<void> {
    await this.#pause(this.#context.timing.jobState)
    const prepared = await prepare(job, this.#roles)
    if (this.#isEnding) return
    if ('failure' in prepared) {
      this.#fail(job.id, 'Preparing', prepared.failure)
      return
    }
    const tasks = this.#jobs.tasks(job.id)
    for (const task of prepared.tasks) tasks.put(taskKey(task.number), task)
    const next = job.confirmed ? 'Ready' : 'Suspended'
    this.#step(job.id, 'Preparing', next, (one) => (one.tasks = prepared.tasks.length))
  }

  async #work({ id }: Job): Promise<void> {
    const pauses = { redrive: this.#context.timing.redrive, throttled: throttledMilliseconds }
    await runTasks(
      {
        ...{ jobs: this.#jobs, roles: this.#roles, stopped: this.#ending.signal },
        pause: (kind) => this.#pause(pauses[kind]),
        holds: (one) => this.#holds(one),
      },
      id,
    )
    if (!this.#isEnding) this.#step(id, 'Active', 'Completing')
  }

  /** Looked at before each task: whether the job is to begin no more for now. */
  #holds(id: string): boolean {
    const job = this.#job(id)
    if (job?.status !== 'Active') return true
    if (isBraked(job)) {
      const FailureReason = 'More than 50 percent of at least 1,000 tasks have failed.'
      this.#fail(id, 'Active', { FailureCode: 'TooManyTasksFailed', FailureReason })
    } else if (this.#isOutranked(job)) this.#step(id, 'Active', 'Pausing')
    else return false
    return true
  }

  #isOutranked({ region, priority, id }: Job): boolean {
    return this.#jobs
      .list(region)
      .some((other) => other.id !== id && other.priority > priority && competing.has(other.status))
  }

  /** Until no job of a higher priority is there, or this one has been moved. */
  async #turnOf(id: string): Promise<void> {
    for (let job = this.#job(id); job !== undefined && this.#isOutranked(job); job = this.#job(id)) {
      if (isEnded(job) || job.status === 'Cancelling') return
      await this.#pause(turnMilliseconds)
    }
  }

  async #end(job: Job, status: JobStatus): Promise<void> {
    await this.#pause(this.#context.timing.jobState)
    const failure = await writeReport(job, this.#jobs.tasks(job.id).list(), this.#roles, this.#context.now())
    if (this.#isEnding) return
    const last = failure === undefined || status === 'Cancelled' ? status : 'Failed'
    this.#step(job.id, job.status, last, (one) => {
      if (failure !== undefined) one.failures.push(failure)
    })
  }

  /** The sandbox's own fault: the job says so, rather than to stand still. */
  #broken(id: string, error: unknown): void {
    this.#jobs.change(id, (job) => {
      const reason = error instanceof Error ? error.message : String(error)
      job.failures.push({ FailureCode: 'InternalError', FailureReason: `The sandbox itself failed: ${reason}` })
      move(job, 'Failed', this.#context.now())
      return true
    })
  }
}
