import { computeChecksum } from './checksum-task.ts'
import { checksumIn } from './input.ts'
import { permanent, type Outcome } from './invocation.ts'
import { invokeFunction } from './lambda-task.ts'
import { taskKey, type Job, type Jobs, type Task } from './job.ts'
import { isBroken, RoleRefused, type JobRoles } from './job-role.ts'

/** How many tasks of a job are on their way at most. AWS goes as far as Lambda lets it. */
const parallelTasks = 16
/** A task that fails for the time being is tried again this often; AWS does not say how often. */
const redrives = 5
/** "If a job has run at least 1,000 operations, and more than 50 percent of them have failed, the job fails." */
const brake = { tasks: 1000, share: 0.5 }

interface Parts {
  readonly jobs: Jobs
  readonly roles: JobRoles
  /** Rejects when the sandbox ends. */
  pause(kind: 'redrive' | 'throttled'): Promise<void>
  /** Whether the job is to begin no more tasks for now. */
  holds(id: string): boolean
  readonly stopped: AbortSignal
}

/**
 * Runs the tasks of an active job that are left: each once, then those that failed for the time being, and so on.
 * Returns when all are done or the job is to begin no more. A task whose end is not noted is run again.
 */
export async function runTasks(parts: Parts, id: string): Promise<void> {
  const { jobs, stopped } = parts
  const places = new Places()
  for (;;) {
    const left = jobs
      .tasks(id)
      .list()
      .filter(({ state }) => state === 'waiting')
    if (left.length === 0) return
    if (left.some(({ attempts }) => attempts > 0)) await parts.pause('redrive')
    const worker = async (): Promise<void> => {
      for (let task = left.shift(); task !== undefined; task = left.shift()) {
        if (parts.holds(id) || stopped.aborted) return
        await runTask(parts, places, id, task)
      }
    }
    await Promise.all(Array.from({ length: Math.min(parallelTasks, left.length) }, worker))
    if (parts.holds(id) || stopped.aborted) return
  }
}

/** Tasks that wait for others of the job to end. */
class Places {
  readonly #waiting = new Set<() => void>()

  /** Until a task ends that no one else has waited longer for, or the pause does. */
  async next(pause: Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const wake = (): void => resolve(undefined)
    this.#waiting.add(wake)
    await Promise.race([promise, pause]).finally(() => this.#waiting.delete(wake))
  }

  free(): void {
    const [first] = this.#waiting
    if (first === undefined) return
    this.#waiting.delete(first)
    first()
  }
}

async function runTask(parts: Parts, places: Places, id: string, task: Task): Promise<void> {
  const { jobs, roles, stopped } = parts
  const job = jobs.change(id, (current) => {
    if (current.invoked) return false
    current.invoked = true
    return true
  })
  if (job === undefined) return
  for (;;) {
    const outcome = await attempt(job, task, roles)
    if (stopped.aborted) return
    if (outcome.kind !== 'throttled') {
      note(jobs, id, task, outcome)
      places.free()
      return
    }
    // Whoever waits is let go on by a task that ends; by time alone where others have taken what there was.
    await places.next(parts.pause('throttled'))
    if (parts.holds(id)) return
  }
}

/** Throws for faults of the sandbox alone. */
async function attempt(job: Job, task: Task, roles: JobRoles): Promise<Outcome> {
  const checksum = checksumIn(job.request)
  try {
    return checksum === undefined
      ? await invokeFunction(job, task, roles)
      : await computeChecksum(job, task, checksum, roles)
  } catch (error) {
    if (error instanceof RoleRefused) return permanent(error.message, 'AccessDenied', 403)
    // Whether it was done nobody knows.
    if (isBroken(error)) return { kind: 'temporary' }
    throw error
  }
}

function note(jobs: Jobs, id: string, task: Task, outcome: Exclude<Outcome, { kind: 'throttled' }>): void {
  const attempts = task.attempts + (outcome.kind === 'temporary' ? 1 : 0)
  const done = settledTask({ ...task, attempts }, outcome)
  jobs.tasks(id).put(taskKey(task.number), done)
  if (done.state === 'waiting') return
  jobs.change(id, (job) => {
    job[done.state === 'succeeded' ? 'succeeded' : 'failed'] += 1
    return true
  })
}

function settledTask(task: Task, outcome: Exclude<Outcome, { kind: 'throttled' }>): Task {
  if (outcome.kind === 'succeeded') return { ...task, state: 'succeeded', message: outcome.message }
  if (outcome.kind === 'permanent') {
    const { httpStatus, errorCode, message } = outcome
    return { ...task, state: 'failed', httpStatus, errorCode, message }
  }
  return task.attempts <= redrives ? task : { ...task, state: 'failed', httpStatus: 200, errorCode: 'TemporaryFailure' }
}

/** Whether so many tasks have failed that the whole job does. */
export const isBraked = ({ succeeded, failed }: Job): boolean =>
  succeeded + failed >= brake.tasks && failed / (succeeded + failed) > brake.share
