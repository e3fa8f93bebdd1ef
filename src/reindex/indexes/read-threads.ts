/**
 * Packages are read in worker threads: hashing, decompressing and parsing are most of the work of a run, and the
 * requests for them most of the rest. What is asked and answered is plain data.
 */
import { availableParallelism } from 'node:os'
import type { MessagePort } from 'node:worker_threads'
import { Worker } from 'node:worker_threads'

import { nameOf } from '../../aws/absent.ts'
import { requestIdsOf, statusOf } from '../../aws/aws-error.ts'
import type { CallSums, EndedCall } from '../../aws/call-trace.ts'
import { noteError } from '../../aws/operation.ts'
import { S3Error, type Traffic } from '../../aws/s3-lean.ts'
import type { Credentials } from '../../aws/signature-v4.ts'
import { CtlError, type Failure as Kind, messageOf } from '../../errors.ts'
import { Verbatim, verbatim } from '../../text.ts'
import type { ReadJob, ReadResult } from './read-package.ts'

/** Reads packages somewhere. */
export interface Readers {
  /** @throws what S3 answers, or the network throws */
  read(job: ReadJob): Promise<ReadResult>
  /** Ends what is under way: its callers get an error. */
  close(): void
}

/** More threads than this would read faster than one more can write into the journal. */
const mostThreads = 4

/** What a thread reads lives for a millisecond: more room for it would only make the process larger. */
const youngMegabytes = 16

/** An error without its class, which does not travel. */
interface Failure {
  readonly name: string
  readonly message: string
  readonly status?: number | undefined
  readonly requestId?: string | undefined
  readonly hostId?: string | undefined
  /** What makes a CtlError of it, where it was one. */
  readonly expected?: {
    readonly kind: Kind
    /** What is to be typed, as its lines. */
    readonly hint: readonly (string | readonly string[])[]
    readonly code: string
  }
}

type ToThread = { readonly id: number; readonly job: ReadJob } | { readonly credentials: Credentials }
type FromThread =
  | { readonly id: number; readonly result: ReadResult }
  | Packed
  | { readonly id: number; readonly failure: Failure }
  | { readonly traffic: keyof Traffic }
  | { readonly call: EndedCall }

/** What was read of a package; its facts are part of bytes that go along with all answers of a batch. */
interface Packed {
  readonly id: number
  readonly about: string
  readonly start: number
  readonly end: number
}

/** Answers of a thread. */
interface Batch {
  readonly messages: readonly FromThread[]
  /** Of all packages among them. */
  readonly facts: Uint8Array
}

interface Waiting {
  readonly resolve: (result: ReadResult) => void
  readonly reject: (error: unknown) => void
}

/**
 * Gathers messages and sends them together: each sending wakes another thread, which costs more than what is sent, and
 * as much as reading a package.
 */
class Outbox<T> {
  #gathered: T[] = []
  readonly #send: (messages: T[]) => void

  constructor(send: (messages: T[]) => void) {
    this.#send = send
  }

  put(message: T): void {
    this.#gathered.push(message)
  }

  get length(): number {
    return this.#gathered.length
  }

  flush(): void {
    if (this.#gathered.length > 0) this.#send(this.#gathered.splice(0))
  }
}

interface Thread {
  readonly worker: Worker
  readonly outbox: Outbox<ToThread>
  readonly waiting: Map<number, Waiting>
  /** The ones that it was given last. */
  credentials?: Credentials
  /** It answers no more. */
  ended?: true
}

export interface ThreadOptions {
  /** What each thread runs: it has to call {@link serveReads}. */
  readonly script: string | URL
  /** Goes to each thread as its `workerData`. */
  readonly data: unknown
  readonly traffic: Traffic
  /** Told of each call that a thread has made, if the threads tell. */
  readonly noteCall?: (call: EndedCall) => void
  /** Undefined where the threads need none. */
  readonly credentials?: () => Promise<Credentials>
  readonly threads?: number
}

/** Starts threads that read packages. Whoever has least to do gets the next one. */
export function readInThreads(options: ThreadOptions): Readers {
  const {
    script,
    data,
    traffic,
    noteCall = () => undefined,
    credentials,
    threads: wanted = Math.min(mostThreads, availableParallelism()),
  } = options
  const threads = Array.from({ length: Math.max(1, wanted) }, (): Thread => start(script, data, { traffic, noteCall }))
  let last = 0
  let sending: NodeJS.Immediate | undefined
  const flush = (): void => {
    sending = undefined
    for (const { outbox } of threads) outbox.flush()
  }
  return {
    async read(job) {
      const now = await credentials?.()
      const thread = threads
        .filter(({ ended }) => ended !== true)
        .reduce<Thread | undefined>(
          (best, one) => (best && best.waiting.size <= one.waiting.size ? best : one),
          undefined,
        )
      if (thread === undefined) throw new Error('all threads that read packages have ended')
      if (now !== undefined && now !== thread.credentials) {
        const { accessKeyId, secretAccessKey, sessionToken } = now
        thread.outbox.put({ credentials: { accessKeyId, secretAccessKey, sessionToken } })
        thread.credentials = now
      }
      const id = ++last
      return new Promise((resolve, reject) => {
        thread.waiting.set(id, { resolve, reject })
        thread.outbox.put({ id, job })
        sending ??= setImmediate(flush)
      })
    },
    close() {
      for (const { worker } of threads) void worker.terminate()
    },
  }
}

type Heard = Required<Pick<ThreadOptions, 'traffic' | 'noteCall'>>

function start(script: string | URL, data: unknown, { traffic, noteCall }: Heard): Thread {
  const worker = new Worker(script, { workerData: data, resourceLimits: { maxYoungGenerationSizeMb: youngMegabytes } })
  const waiting = new Map<number, Waiting>()
  const thread: Thread = { worker, waiting, outbox: new Outbox((messages) => worker.postMessage(messages)) }
  const end = (error: unknown): void => {
    thread.ended = true
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  const take = (message: FromThread, facts: Uint8Array): void => {
    if ('traffic' in message) {
      traffic[message.traffic]()
      return
    }
    if ('call' in message) {
      noteCall(message.call)
      return
    }
    const { resolve, reject } = waiting.get(message.id) ?? {}
    waiting.delete(message.id)
    if ('about' in message) {
      resolve?.({ about: message.about, facts: facts.subarray(message.start, message.end) })
    } else if ('result' in message) resolve?.(message.result)
    else reject?.(errorOf(message.failure))
  }
  worker.on('message', ({ messages, facts }: Batch) => {
    for (const message of messages) take(message, facts)
  })
  worker.on('error', end)
  worker.on('exit', () => end(new Error('the thread that read it has ended')))
  return thread
}

function failureOf(error: unknown): Failure {
  const failure = { name: nameOf(error), message: messageOf(error), status: statusOf(error), ...requestIdsOf(error) }
  if (!(error instanceof CtlError)) return failure
  const hint = error.hint.map((line) => (line instanceof Verbatim ? line.lines : line))
  return { ...failure, expected: { kind: error.failure, hint, code: error.code } }
}

function errorOf({ name, message, status, requestId, hostId, expected }: Failure): Error {
  if (expected !== undefined) {
    const hint = expected.hint.map((line) => (typeof line === 'string' ? line : verbatim(...line)))
    return new CtlError(expected.kind, message, { hint, code: expected.code })
  }
  const ids = { ...(requestId !== undefined && { requestId }), ...(hostId !== undefined && { hostId }) }
  const error =
    status === undefined ? Object.assign(new Error(message), { name }) : new S3Error(name, status, message, ids)
  noteError(error, 's3:GetObject')
  return error
}

/** How a thread reads; `credentials` are the ones to use from now on. */
export interface ServedReader {
  read(job: ReadJob): Promise<ReadResult>
  renew(credentials: Credentials): void
}

/** How long an answer may wait for others, in milliseconds. */
const gathering = 2
/** So many are worth the sending: while the main thread is at work on them, this one is at work on others. */
const enough = 8

/** Sends answers, and all facts in them as one piece that is handed over and not copied. */
function post(port: MessagePort, answers: readonly FromThread[]): void {
  const pieces: Uint8Array[] = []
  let end = 0
  const messages = answers.map((answer): FromThread => {
    if (!('result' in answer) || !('facts' in answer.result)) return answer
    const { about, facts } = answer.result
    pieces.push(facts)
    const start = end
    end += facts.length
    return { id: answer.id, about, start, end }
  })
  const facts = new Uint8Array(end)
  pieces.reduce((at, piece) => {
    facts.set(piece, at)
    return at + piece.length
  }, 0)
  port.postMessage({ messages, facts } satisfies Batch, [facts.buffer])
}

/** The thread's side: answers what {@link readInThreads} asks. */
export function serveReads(port: MessagePort, reader: ServedReader): void {
  const answers = new Outbox<FromThread>((messages) => post(port, messages))
  let pending = 0
  let timer: NodeJS.Timeout | undefined
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    answers.flush()
  }
  const serve = async ({ id, job }: { id: number; job: ReadJob }): Promise<void> => {
    pending++
    const answer = await reader.read(job).then(
      (result): FromThread => ({ id, result }),
      (error: unknown): FromThread => ({ id, failure: failureOf(error) }),
    )
    answers.put(answer)
    if (--pending === 0 || answers.length >= enough) flush()
    else timer ??= setTimeout(flush, gathering)
  }
  port.on('message', (messages: readonly ToThread[]) => {
    for (const message of messages) {
      if ('credentials' in message) reader.renew(message.credentials)
      else void serve(message)
    }
  })
}

/** Tells the main thread what happens on the wire. */
export const trafficTo = (port: MessagePort): Traffic => ({
  slowDown: () => post(port, [{ traffic: 'slowDown' }]),
  retry: () => post(port, [{ traffic: 'retry' }]),
})

/** Tells the main thread of calls, which sums them up for all threads. */
export const callsTo = (port: MessagePort): Pick<CallSums, 'note' | 'end'> => ({
  note: (call) => post(port, [{ call }]),
  end: () => undefined,
})
