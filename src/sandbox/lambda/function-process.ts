import type { ChildProcess } from 'node:child_process'

import { ChildLife } from '../containers/child-life.ts'
import { channelDescriptor, FunctionChannel } from '../containers/function-channel.ts'
import {
  isContainerMessage,
  type ContainerMessage,
  type ContainerOrder,
  type ContainerRequest,
  type ContainerSettings,
} from './function-container.ts'
import { isConnectionMessage } from './function-connections.ts'
import { FunctionNetwork, isFetchMessage } from './function-network.ts'
import { residentMemory } from '../containers/resident-memory.ts'

export type FunctionOutcome = { log: string } & (
  { kind: 'result'; payload: string } | { kind: 'error'; errorType: string; errorMessage: string; trace: string[] }
)

/** The session of a container's role. */
interface ContainerCredentials {
  readonly accessKeyId: string
  last(): boolean
}

/**
 * Lambda gives a container this long to load the function's module; where that is not enough, it is begun anew with the first
 * event, for as long as the function may take. Here it goes on in place of that.
 *
 * Source: Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle".
 */
const initMilliseconds = 10_000
/** How often the memory of a container at work is looked at. */
const memoryMilliseconds = 100
/** MiB that Node itself takes: with them, V8's own limit is met first by what is on its heap. */
const memoryOfNode = 128

/** One Node process that runs a function, one event at a time. */
export class FunctionProcess {
  readonly #child: ChildProcess
  readonly #channel: FunctionChannel
  readonly #memorySize: number
  readonly #network: FunctionNetwork
  readonly #credentials: ContainerCredentials
  readonly #life: ChildLife
  #ready = false
  #log = ''
  #working = false
  #outOfMemory = false
  #receive: (message: ContainerMessage) => void = () => undefined

  /** @param endpoint - of the sandbox, which is what the function may reach */
  constructor(child: ChildProcess, settings: ContainerSettings, endpoint: string, credentials: ContainerCredentials) {
    this.#child = child
    this.#memorySize = settings.memorySize
    this.#credentials = credentials
    this.#network = new FunctionNetwork(endpoint, (outcome) => this.#order(outcome))
    this.#channel = new FunctionChannel(
      child.stdio[channelDescriptor],
      (message) => this.#hear(message),
      () => child.kill('SIGKILL'),
    )
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#log = (this.#log + text).slice(-64 * 1024)))
    }
    this.#life = new ChildLife(child, (reason) => this.#receive(this.#exitFailure(reason)))
    const watch = setInterval(() => this.#watchMemory(), memoryMilliseconds).unref()
    void this.#life.exited.then(() => {
      clearInterval(watch)
      this.#network.close()
    })
    this.#order({ kind: 'start', settings })
  }

  #order(order: ContainerOrder): void {
    this.#channel.send(order)
  }

  /** The function's code could send anything; what the container would not is not heard. */
  #hear(message: unknown): void {
    if (isFetchMessage(message) || isConnectionMessage(message)) this.#network.receive(message)
    else if (isContainerMessage(message)) this.#receive(message)
  }

  /** May it take another event? */
  get usable(): boolean {
    return this.#life.alive && this.#credentials.last()
  }

  /** Of the session that its function calls AWS with. */
  get accessKeyId(): string {
    return this.#credentials.accessKeyId
  }

  /** V8 aborts when the heap outgrows the function's memory; Lambda's own kill comes as a signal. */
  #exitFailure(reason: string): ContainerMessage {
    if (this.#outOfMemory || this.#log.includes('heap out of memory')) {
      const errorMessage = `Runtime exited with error: signal: killed (memory size ${this.#memorySize} MB)`
      return { kind: 'error', errorType: 'Runtime.OutOfMemory', errorMessage, trace: [] }
    }
    const errorMessage = `Runtime exited with error: ${reason}`
    return { kind: 'error', errorType: 'Runtime.ExitError', errorMessage, trace: [] }
  }

  async run(request: Omit<ContainerRequest, 'deadline'>, timeout: number): Promise<FunctionOutcome> {
    this.#life.work()
    this.#log = this.#ready ? '' : this.#log
    this.#working = true
    const outcome = await this.#answer(request, timeout)
    this.#working = false
    if (outcome.kind === 'error' && /^(Sandbox\.|Runtime\.)/.test(outcome.errorType)) {
      outcome.errorMessage = `RequestId: ${request.requestId} Error: ${outcome.errorMessage}`
    }
    this.#life.rest()
    const lines = [`START RequestId: ${request.requestId}`, this.#log.trimEnd(), `END RequestId: ${request.requestId}`]
    return { ...outcome, log: `${lines.filter((line) => line !== '').join('\n')}\n` }
  }

  async #answer(
    request: Omit<ContainerRequest, 'deadline'>,
    timeout: number,
  ): Promise<Exclude<ContainerMessage, { kind: 'ready' }>> {
    if (!this.#ready) {
      const first = await this.#next(Math.max(initMilliseconds, timeout))
      if (first.kind !== 'ready') return first.kind === 'error' ? first : this.#exitReply()
      this.#ready = true
    }
    const reply = this.#next(timeout)
    this.#order({ kind: 'event', ...request, deadline: Date.now() + timeout })
    const message = await reply
    return message.kind === 'ready' ? this.#exitReply() : message
  }

  #exitReply(): Exclude<ContainerMessage, { kind: 'ready' }> {
    return { kind: 'error', errorType: 'Runtime.Unknown', errorMessage: 'The function spoke out of turn', trace: [] }
  }

  /** The next message; past the timeout the process is killed, as Lambda does. */
  async #next(timeout: number): Promise<ContainerMessage> {
    const { promise, resolve } = Promise.withResolvers<ContainerMessage>()
    if (!this.#life.alive) return this.#exitFailure('exit status 0')
    this.#receive = resolve
    const overrun = setTimeout(() => {
      const errorMessage = `Task timed out after ${(timeout / 1000).toFixed(2)} seconds`
      resolve({ kind: 'error', errorType: 'Sandbox.Timedout', errorMessage, trace: [] })
      void this.end()
    }, timeout)
    const message = await promise
    clearTimeout(overrun)
    this.#receive = () => undefined
    return message
  }

  end(): Promise<void> {
    return this.#life.end()
  }

  /** V8's limit is for its heap: what is in buffers counts for Lambda too. */
  #watchMemory(): void {
    const { pid } = this.#child
    if (!this.#working || pid === undefined) return
    if ((residentMemory(pid) ?? 0) <= this.#memorySize + memoryOfNode) return
    this.#outOfMemory = true
    this.#child.kill('SIGKILL')
  }
}
