import { Agent, request } from 'node:http'
import { buffer } from 'node:stream/consumers'

import { FunctionConnections, type ConnectionMessage } from './function-connections.ts'
import { isControlPath } from '../contracts/control-path.ts'

/** Sent by a container: a request of its function's `fetch`. Bodies are base64. */
export type FetchMessage =
  | { kind: 'fetch'; id: number; method: string; url: string; headers: [string, string][]; body: string }
  /** The function has lost interest. */
  | { kind: 'fetch-abort'; id: number }

export function isFetchMessage(message: unknown): message is FetchMessage {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return false
  const { kind, id, method, url, headers, body } = message as Record<string, unknown>
  if (typeof id !== 'number') return false
  const texts = [method, url, body].every((text) => typeof text === 'string') && Array.isArray(headers)
  return kind === 'fetch-abort' || (kind === 'fetch' && texts && headers.every(isPairOfTexts))
}

const isPairOfTexts = (pair: unknown): boolean =>
  Array.isArray(pair) && pair.length === 2 && pair.every((text) => typeof text === 'string')

/** Sent to a container: how it ended. */
export type FetchOutcome =
  | { kind: 'fetched'; id: number; status: number; statusText: string; headers: [string, string][]; body: string }
  | { kind: 'fetch-failed'; id: number; code: string; message: string }

/**
 * Runs in a container before the function's code: `fetch` asks the sandbox to send the request, since Node lets a
 * confined process open connections to everywhere or nowhere. It goes over as its own source text, so it must not use
 * anything from outside its body.
 *
 * @returns takes the outcomes
 */
export function bridgeFetch(send: (message: FetchMessage) => void): (outcome: FetchOutcome) => void {
  const waiting = new Map<number, (outcome: FetchOutcome) => void>()
  let last = 0
  const sent = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const asked = new Request(input, init)
    const id = ++last
    const body = Buffer.from(await asked.arrayBuffer()).toString('base64')
    asked.signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<FetchOutcome>()
    const abort = (): void => {
      send({ kind: 'fetch-abort', id })
      reject(asked.signal.reason as Error)
    }
    waiting.set(id, resolve)
    asked.signal.addEventListener('abort', abort)
    try {
      send({ kind: 'fetch', id, method: asked.method, url: asked.url, headers: [...asked.headers], body })
      const outcome = await promise
      if (outcome.kind === 'fetch-failed') {
        throw new TypeError('fetch failed', {
          cause: Object.assign(new Error(outcome.message), { code: outcome.code }),
        })
      }
      const { status, statusText, headers } = outcome
      const bytes = Buffer.from(outcome.body, 'base64')
      const answer = new Response([204, 205, 304].includes(status) ? null : bytes, { status, statusText, headers })
      return Object.defineProperty(answer, 'url', { value: asked.url })
    } finally {
      waiting.delete(id)
      asked.signal.removeEventListener('abort', abort)
    }
  }
  globalThis.fetch = sent
  return (outcome) => waiting.get(outcome.id)?.(outcome)
}

/** What a function may reach of the network: the AWS endpoint of its own sandbox, but not what controls the sandbox. */
export class FunctionNetwork {
  readonly #endpoint: string
  readonly #send: (outcome: FetchOutcome | ConnectionMessage) => void
  readonly #connections: FunctionConnections
  readonly #aborts = new Map<number, AbortController>()
  readonly #agent = new Agent({ keepAlive: true })

  /**
   * @param endpoint - URL without a path
   * @param send - brings an outcome, or what is said of a connection, to the container
   */
  constructor(endpoint: string, send: (outcome: FetchOutcome | ConnectionMessage) => void) {
    this.#endpoint = endpoint
    this.#send = send
    this.#connections = new FunctionConnections(endpoint, send, this.#agent)
  }

  receive(message: FetchMessage | ConnectionMessage): void {
    if (message.kind !== 'fetch' && message.kind !== 'fetch-abort') {
      this.#connections.receive(message)
      return
    }
    if (message.kind === 'fetch-abort') {
      this.#aborts.get(message.id)?.abort()
      return
    }
    const abort = new AbortController()
    this.#aborts.set(message.id, abort)
    this.#fetch(message, abort.signal)
      .catch((error: unknown): FetchOutcome => {
        const { code = 'ERR_FAILED', message: reason } = error as NodeJS.ErrnoException
        return { kind: 'fetch-failed', id: message.id, code, message: reason }
      })
      .then((outcome) => {
        this.#aborts.delete(message.id)
        if (!abort.signal.aborted) this.#send(outcome)
      })
      .catch(() => undefined)
  }

  close(): void {
    for (const abort of this.#aborts.values()) abort.abort()
    this.#connections.close()
    this.#agent.destroy()
  }

  async #fetch(asked: Extract<FetchMessage, { kind: 'fetch' }>, signal: AbortSignal): Promise<FetchOutcome> {
    const url = new URL(asked.url)
    if (url.origin !== this.#endpoint || isControlPath(url.pathname)) {
      const message = `Functions in the sandbox reach ${this.#endpoint} and nothing else, not ${url.origin}`
      throw Object.assign(new Error(message), { code: 'ERR_ACCESS_DENIED' })
    }
    const { promise, resolve, reject } = Promise.withResolvers<FetchOutcome>()
    const headers = Object.fromEntries(asked.headers.filter(([name]) => !connectionHeaders.has(name.toLowerCase())))
    const body = Buffer.from(asked.body, 'base64')
    const sent = request(url, { method: asked.method, headers, agent: this.#agent, signal }, (answer) => {
      const { statusCode: status = 0, statusMessage: statusText = '', headersDistinct } = answer
      const received = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
        values.map((value): [string, string] => [name, value]),
      )
      const fetched = { kind: 'fetched', id: asked.id, status, statusText, headers: received } as const
      buffer(answer).then((bytes) => resolve({ ...fetched, body: bytes.toString('base64') }), reject)
    })
    sent.on('error', reject)
    // In one go, so that its length is sent ahead: S3 takes no chunks.
    sent.end(body)
    return promise
  }
}

/** What concerns the connection is the sender's: with these one could hide a second request in the first. */
const connectionHeaders = new Set([
  ...['connection', 'content-length', 'expect', 'host', 'keep-alive', 'proxy-connection', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade'],
])
