import { setTimeout as sleep } from 'node:timers/promises'

import { isEnded, move, taskKey, type Job, type Jobs, type JobStatus } from './job.ts'
import { createJobRoles, isBroken } from './job-role.ts'
import { prepare } from './preparation.ts'
import { writeReport } from './report.ts'
import { isBraked, runTasks } from './tasks.ts'
import type { InnerCalls } from '../contracts/inner-calls.ts'
import type { Context } from '../contracts/service.ts'

/** Takes jobs from state to state. */
export interface Runner {
  /** Has a job go on from the state that it is in, unless it is on its way or waits for somebody. */
  advance(id: string): void
  stop(): void
  settled(): Promise<void>
}

/** How often a job that waits for another one looks again. */
const turnMilliseconds = 50
/** How long a task that Lambda throttles waits at most. */
const throttledMilliseconds = 500

export function createRunner({ context, jobs, inner }: { context: Context; jobs: Jobs; inner: InnerCalls }): Runner {
  const roles = createJobRoles(context, inner)
  const underWay = new Map<string, Promise<void>>()
  const ending = new AbortController()
  const { signal } = ending
  const { timing } = context
  const now = (): number => context.now()

  const pause = (milliseconds: number): Promise<void> => sleep(milliseconds, undefined, { signal })
  const job = (id: string): Job | undefined => jobs.list().find((one) => one.id === id)
  /** Moves a job on, unless somebody has moved it elsewhere meanwhile. */
  const step = (id: string, from: JobStatus, to: JobStatus, more?: (job: Job) => void): void =>
    void jobs.change(id, (current) => {
      if (current.status !== from) return false
      more?.(current)
      move(current, to, now())
      return true
    })
  const fail = (id: string, from: JobStatus, failure: Job['failures'][number]): void =>
    step(id, from, 'Failing', (current) => void current.failures.push(failure))
  const isOutranked = ({ region, priority, id }: Job): boolean =>
    jobs.list(region).some((other) => other.id !== id && other.priority > priority && competing.has(other.status))

  const steps: Partial<Record<JobStatus, (current: Job) => Promise<void>>> = {
    async New({ id }) {
      await pause(timing.jobState)
      step(id, 'New', 'Preparing')
    },
    async Preparing(current) {
      await pause(timing.jobState)
      const prepared = await prepare(current, roles)
      if (signal.aborted) return
      const { id } = current
      if ('failure' in prepared) {
        fail(id, 'Preparing', prepared.failure)
        return
      }
      for (const task of prepared.tasks) jobs.tasks(id).put(taskKey(task.number), task)
      step(id, 'Preparing', current.confirmed ? 'Ready' : 'Suspended', (one) => (one.tasks = prepared.tasks.length))
    },
    async Ready({ id }) {
      await pause(timing.jobState)
      await turnOf(id)
      step(id, 'Ready', 'Active')
    },
    async Paused({ id }) {
      await turnOf(id)
      step(id, 'Paused', 'Active')
    },
    Pausing({ id }) {
      step(id, 'Pausing', 'Paused')
      return Promise.resolve()
    },
    async Active({ id }) {
      await runTasks({ jobs, roles, stopped: signal, holds, pause: (kind) => pause(pauses[kind]) }, id)
      if (!signal.aborted) step(id, 'Active', 'Completing')
    },
    Completing: (current) => end(current, 'Complete'),
    Failing: (current) => end(current, 'Failed'),
    Cancelling: (current) => end(current, 'Cancelled'),
  }
  const pauses = { redrive: timing.redrive, throttled: throttledMilliseconds }

  async function turnOf(id: string): Promise<void> {
    for (let current = job(id); current !== undefined && isOutranked(current); current = job(id)) {
      if (isEnded(current) || current.status === 'Cancelling') return
      await pause(turnMilliseconds)
    }
  }

  /** Looked at before each task. */
  function holds(id: string): boolean {
    const current = job(id)
    if (current?.status !== 'Active') return true
    if (isBraked(current)) {
      const FailureReason = 'More than 50 percent of at least 1,000 tasks have failed.'
      fail(id, 'Active', { FailureCode: 'TooManyTasksFailed', FailureReason })
    } else if (isOutranked(current)) step(id, 'Active', 'Pausing')
    else return false
    return true
  }

  async function end(current: Job, status: JobStatus): Promise<void> {
    await pause(timing.jobState)
    const failure = await writeReport(current, jobs.tasks(current.id).list(), roles, now())
    if (signal.aborted) return
    const last = failure === undefined || status === 'Cancelled' ? status : 'Failed'
    step(current.id, current.status, last, (one) => {
      if (failure !== undefined) one.failures.push(failure)
    })
  }

  async function run(id: string): Promise<void> {
    for (let current = job(id); current !== undefined && !signal.aborted; current = job(id)) {
      const next = steps[current.status]
      if (next === undefined) return
      await next(current).catch(async (error: unknown) => {
        // A call that broke off is made again, by AWS as here.
        if (!isBroken(error)) throw error
        await pause(timing.redrive)
      })
    }
  }

  function advance(id: string): void {
    if (signal.aborted || underWay.has(id)) return
    const running = run(id)
      .catch((error: unknown) => {
        if (!signal.aborted) broken(id, error)
      })
      .finally(() => {
        underWay.delete(id)
        // Somebody may have moved it on just when it had come to rest.
        if (!signal.aborted && steps[job(id)?.status ?? 'Complete'] !== undefined) advance(id)
      })
    underWay.set(id, running)
  }

  return {
    advance,
    stop: () => ending.abort(),
    async settled() {
      await Promise.all(underWay.values())
    },
  }

  /** The sandbox's own fault: the job says so, rather than to stand still. */
  function broken(id: string, error: unknown): void {
    jobs.change(id, (current) => {
      const reason = error instanceof Error ? error.message : String(error)
      current.failures.push({ FailureCode: 'InternalError', FailureReason: `The sandbox itself failed: ${reason}` })
      move(current, 'Failed', now())
      return true
    })
  }
}

/** What a job of a lower priority makes way for. */
const competing = new Set<JobStatus>(['Ready', 'Active'])
