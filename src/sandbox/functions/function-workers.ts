import { spawn, type ChildProcess } from 'node:child_process'

import { ChildLife } from '../containers/child-life.ts'
import { channelDescriptor, FunctionChannel } from '../containers/function-channel.ts'
import { confinedToNothing } from '../containers/function-confinement.ts'
import { residentMemory } from '../containers/resident-memory.ts'
import { isWorkerMessage, workerProgram, type WorkerMessage, type WorkerOrder } from './function-worker.ts'
import type { RealmRun } from './realm.ts'

/** A function that is ready to be run; `id` stands for its text. */
export interface Program {
  readonly id: string
  readonly text: string
}

export type RunEnd = Extract<WorkerMessage, { kind: 'end' }> | { kind: 'killed'; why: 'time' | 'memory' }

/** Answers a question to the key value store. */
export type AnswerQuestion = (question: string) => string | undefined

/** Processes that run functions of a sandbox, however many functions there are. */
const maxWorkers = 2
/** What no counting of steps ends: expressions and built-ins that take forever. */
const longestRun = 5000
const longestStart = 30_000
/** MiB: of objects, as V8 counts them, and of the process. */
const heapSize = 128
const largestProcess = 512
/** How often the memory of a worker at work is looked at. */
const memoryMilliseconds = 100

/** The workers of a sandbox. */
export class FunctionWorkers {
  readonly #idle: FunctionWorker[] = []
  readonly #all = new Set<FunctionWorker>()
  readonly #waiting: (() => void)[] = []
  #closed = false

  /** Rejects only if no worker can be had. */
  async run(program: Program, run: RealmRun, answer: AnswerQuestion): Promise<RunEnd> {
    const worker = await this.#take()
    try {
      return await worker.run(program, run, answer)
    } finally {
      if (worker.alive) this.#idle.push(worker)
      else this.#all.delete(worker)
      this.#waiting.shift()?.()
    }
  }

  async #take(): Promise<FunctionWorker> {
    for (;;) {
      if (this.#closed) throw new Error('The sandbox has ended.')
      const idle = this.#idle.pop()
      if (idle?.alive === true) return idle
      if (idle !== undefined) this.#all.delete(idle)
      else if (this.#all.size < maxWorkers) break
      else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    const worker = new FunctionWorker()
    this.#all.add(worker)
    return worker
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const wake of this.#waiting.splice(0)) wake()
    await Promise.all([...this.#all].map((worker) => worker.end()))
  }
}

const variables = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'en_US.UTF-8', TZ: ':UTC' }

/** One process, which runs one function at a time. */
class FunctionWorker {
  readonly #child: ChildProcess
  readonly #channel: FunctionChannel
  readonly #life: ChildLife
  readonly #programs = new Set<string>()
  #ready = false
  #hear: (message: WorkerMessage | RunEnd) => void = () => undefined

  constructor() {
    const flags = [`--max-old-space-size=${heapSize}`, ...confinedToNothing]
    this.#child = spawn(process.execPath, [...flags, '--eval', workerProgram], {
      cwd: '/',
      env: variables,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    })
    this.#channel = new FunctionChannel(
      this.#child.stdio[channelDescriptor],
      (message) => {
        if (isWorkerMessage(message)) this.#hear(message)
      },
      () => this.#child.kill('SIGKILL'),
    )
    // A heap that is full ends the process.
    this.#life = new ChildLife(this.#child, () => this.#hear({ kind: 'killed', why: 'memory' }))
  }

  get alive(): boolean {
    return this.#life.alive
  }

  async run({ id, text }: Program, run: RealmRun, answer: AnswerQuestion): Promise<RunEnd> {
    this.#life.work()
    try {
      if (!this.#ready) await this.#becomeReady()
      if (!this.#programs.has(id)) this.#order({ kind: 'program', id, text })
      this.#programs.add(id)
      const ended = this.#end(answer)
      this.#order({ kind: 'run', id, run })
      return await ended
    } finally {
      this.#life.rest()
    }
  }

  #order(order: WorkerOrder): void {
    this.#channel.send(order)
  }

  async #becomeReady(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<WorkerMessage | RunEnd>()
    this.#hear = resolve
    const late = setTimeout(() => void this.end(), longestStart)
    const { kind } = await promise
    clearTimeout(late)
    if (kind !== 'ready') throw new Error('The process that runs CloudFront Functions does not start.')
    this.#ready = true
  }

  async #end(answer: AnswerQuestion): Promise<RunEnd> {
    const { promise, resolve } = Promise.withResolvers<RunEnd>()
    const kill = (why: 'time' | 'memory'): void => {
      resolve({ kind: 'killed', why })
      void this.end()
    }
    this.#hear = (message) => {
      if (message.kind === 'question') {
        this.#order({ kind: 'answer', turn: message.turn, value: answer(message.question) })
      } else if (message.kind !== 'ready') resolve(message)
    }
    const late = setTimeout(() => kill('time'), longestRun)
    const watch = setInterval(() => {
      if ((residentMemory(this.#child.pid ?? 0) ?? 0) > largestProcess) kill('memory')
    }, memoryMilliseconds)
    const end = await promise
    clearTimeout(late)
    clearInterval(watch)
    this.#hear = () => undefined
    return end
  }

  end(): Promise<void> {
    return this.#life.end()
  }
}
