import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import type { Aws } from '../../src/aws/connect.ts'

interface Request {
  readonly method: string
  readonly hostname: string
  readonly path: string
  readonly query?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}
interface Response {
  readonly statusCode: number
  readonly body: unknown
}
interface Handler {
  handle(request: Request, options?: unknown): Promise<{ response: Response }>
}

/** An answer that was recorded. */
export interface Recorded {
  readonly response: Response
  readonly body: string
}

/**
 * Records the answers that clients get, and gives them again without asking: as they were, or with another body. Clients
 * that were made before keep to it too.
 */
export class AnswerTape {
  readonly aws: Aws
  #mode: 'off' | 'record' | 'play' = 'off'
  #others: ReadonlyMap<string, string> = new Map()
  readonly #recorded = new Map<string, Recorded>()
  readonly #taped = new WeakSet<object>()

  constructor(aws: Aws) {
    this.aws = {
      ...aws,
      client: (Class, region, once) => {
        const client = aws.client(Class, region, once)
        if (!this.#taped.has(client))
          client.config.requestHandler = this.#taping(client.config.requestHandler as Handler)
        this.#taped.add(client)
        return client
      },
    }
  }

  /** Runs something, and keeps the answers that were no errors, by what was asked. */
  async record(act: () => Promise<unknown>): Promise<ReadonlyMap<string, Recorded>> {
    this.#recorded.clear()
    this.#mode = 'record'
    await act().finally(() => (this.#mode = 'off'))
    return new Map(this.#recorded)
  }

  /** Runs something on what was recorded, with other bodies in the place of some; what was not recorded is asked for. */
  async play<T>(others: ReadonlyMap<string, string>, act: () => Promise<T>): Promise<T> {
    this.#others = others
    this.#mode = 'play'
    return act().finally(() => (this.#mode = 'off'))
  }

  #taping(handler: Handler): Handler {
    const handle: Handler['handle'] = async (request, options) => {
      const asked = keyOf(request)
      const known = this.#mode === 'play' ? this.#recorded.get(asked) : undefined
      if (known !== undefined) return { response: withBody(known.response, this.#others.get(asked) ?? known.body) }
      const { response } = await handler.handle(request, options)
      if (this.#mode !== 'record' || response.statusCode >= 300) return { response }
      const body = (await buffer(response.body as AsyncIterable<Uint8Array>)).toString('utf8')
      this.#recorded.set(asked, { response, body })
      return { response: withBody(response, body) }
    }
    // What else a handler has stays its own.
    return new Proxy(handler, {
      get: (target, member) => (member === 'handle' ? handle : (Reflect.get(target, member, target) as unknown)),
    })
  }
}

const keyOf = ({ method, hostname, path, query, headers, body }: Request): string =>
  JSON.stringify([method, hostname, path, query, headers?.['x-amz-target'], typeof body === 'string' ? body : ''])

const withBody = (response: Response, body: string): Response =>
  Object.assign(Object.create(Object.getPrototypeOf(response) as object) as Response, response, {
    body: Readable.from([Buffer.from(body)]),
  })
