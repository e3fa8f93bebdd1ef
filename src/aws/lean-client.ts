/**
 * A client of an API for which AWS's own will not do, made, observed and remembered as the SDK's clients are. Those for
 * key value stores and S3 Control put the account before the host even of a custom endpoint, such as 127.0.0.1; the one
 * for STS would be waited for.
 */
import { buffer } from 'node:stream/consumers'

import { resolveEndpointConfig } from '@smithy/core/endpoints'
import { HttpRequest } from '@smithy/core/protocols'
import { isThrottlingError, isTransientError } from '@smithy/core/retry'
import { NodeHttpHandler } from '@smithy/node-http-handler'

import { isBadClock } from './aws-error.ts'
import type { Client, ClientConfig } from './clients.ts'
import type { Middleware } from './operation.ts'
import type { Credentials, Query, Unsigned } from './signature-v4.ts'

/** What all calls have. */
export interface LeanCall {
  readonly operation: string
}

/** A call as it is sent, before it is signed. */
export interface LeanRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** AWS's own endpoint, where no other is configured. */
  readonly endpoint: string
  /** Percent-encoded. */
  readonly path: string
  readonly query?: Query
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
}

export interface LeanMetadata {
  readonly httpStatusCode: number
  readonly requestId?: string
  readonly extendedRequestId?: string
  readonly attempts: number
}

/** What AWS has answered. */
export interface LeanAnswer {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly $metadata: LeanMetadata
}

interface SendOptions {
  /** Ends it. */
  readonly abortSignal?: AbortSignal
}

/** What the API is called. */
interface Service {
  /** As the SDK's own client has it: variables and profiles name endpoints by it. */
  readonly id: string
  readonly clientName: string
}

/** A clock that is off by less is right enough, for AWS too. */
const toleratedMs = 300_000

/** To be extended for one API. */
export abstract class LeanClient<
  Call extends LeanCall,
  Output extends { readonly $metadata: LeanMetadata },
> implements Client {
  readonly config: Client['config'] & { requestHandler: NodeHttpHandler }
  readonly middlewareStack: Client['middlewareStack'] & { add(layer: Middleware): void }
  readonly #layers: Middleware[] = []
  readonly #given: ClientConfig
  readonly #clientName: string
  readonly #endpoint: () => Promise<string | undefined>
  /** By how many milliseconds AWS's clock is ahead of ours. */
  #ahead = 0

  protected constructor(given: ClientConfig, { id: serviceId, clientName }: Service) {
    this.#given = given
    this.#clientName = clientName
    this.config = { region: given.region, serviceId, requestHandler: new NodeHttpHandler(given.requestHandler) }
    this.middlewareStack = { add: (layer: Middleware) => void this.#layers.push(layer) }
    // Variables and profiles that name endpoints are the SDK's matter.
    this.#endpoint = customEndpoint(serviceId)
  }

  /** @throws what AWS answered, what the network threw */
  async send(call: Call, options: SendOptions = {}): Promise<Output> {
    const context = { clientName: this.#clientName, commandName: `${call.operation}Command` }
    const layered = this.#layers.reduceRight<ReturnType<Middleware>>(
      (next, layer) => layer(next, context),
      async () => ({ output: await this.#patiently(call, options) }),
    )
    // The layers hand on what is at their core.
    return (await layered({ input: { aboutArn: this.arnOf(call) } })).output as Output
  }

  destroy(): void {
    this.config.requestHandler.destroy()
  }

  /** What a call is about, for those whom it is denied. */
  protected abstract arnOf(call: Call): string | undefined
  protected abstract requestFor(call: Call): LeanRequest
  protected abstract sign(request: Unsigned, credentials: Credentials, now: Date): Record<string, string>
  /** @throws the error that an answer is */
  protected abstract outputOf(answer: LeanAnswer, call: Call, credentials: Credentials): Output

  async #patiently(call: Call, options: SendOptions): Promise<Output> {
    const { retryStrategy } = this.#given
    let token = await retryStrategy.acquireInitialRetryToken('')
    for (let attempts = 1; ; attempts++) {
      try {
        return await this.#once(call, options, attempts)
      } catch (error) {
        const passing = passingIn(error)
        if (passing === undefined) throw error
        token = await retryStrategy.refreshRetryTokenForRetry(token, passing).catch(() => {
          throw error
        })
      }
    }
  }

  async #once(call: Call, options: SendOptions, attempts: number): Promise<Output> {
    const credentials = await this.#credentials()
    const { response } = await this.config.requestHandler.handle(await this.#signed(call, credentials), options)
    const body = response.body === undefined ? Buffer.of() : await buffer(response.body as AsyncIterable<Uint8Array>)
    const isCorrected = this.#noteClock(response.headers['date'])
    const { headers, statusCode: httpStatusCode } = response
    const requestId = headers['x-amzn-requestid'] ?? headers['x-amz-request-id']
    const extendedRequestId = headers['x-amz-id-2']
    const $metadata = {
      ...{ httpStatusCode, attempts },
      ...(requestId === undefined ? {} : { requestId }),
      ...(extendedRequestId === undefined ? {} : { extendedRequestId }),
    }
    try {
      return this.outputOf({ headers, body, $metadata }, call, credentials)
    } catch (error) {
      throw isCorrected && error instanceof Error && isBadClock(error)
        ? Object.assign(error, { $retryable: {} })
        : error
    }
  }

  async #credentials(): Promise<Credentials> {
    const { credentials } = this.#given
    if (credentials === undefined) throw new Error('This client is made with credentials.')
    return typeof credentials === 'function' ? credentials() : credentials
  }

  /** @returns whether ours has turned out to be wrong, and is now put right */
  #noteClock(date: string | undefined): boolean {
    const ahead = Date.parse(date ?? '') - Date.now()
    if (Number.isNaN(ahead) || Math.abs(ahead - this.#ahead) < toleratedMs) return false
    this.#ahead = ahead
    return true
  }

  async #signed(call: Call, credentials: Credentials): Promise<HttpRequest> {
    const { method, endpoint, path: below, query = {}, headers: given, body } = this.requestFor(call)
    const url = new URL((await this.#endpoint()) ?? endpoint)
    const path = url.pathname.replace(/\/$/, '') + below
    const headers = { host: url.host, 'user-agent': this.#given.customUserAgent, ...given }
    const now = new Date(Date.now() + this.#ahead)
    const signed = this.sign({ method, path, query, headers, body }, credentials, now)
    return new HttpRequest({
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      ...{ method, path, query: sendable(query) },
      headers: { ...signed, ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }) },
      body,
    })
  }
}

const sendable = (query: Query): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  )

function customEndpoint(serviceId: string): () => Promise<string | undefined> {
  const resolved: { readonly serviceConfiguredEndpoint?: unknown } = resolveEndpointConfig({ serviceId } as never)
  return resolved.serviceConfiguredEndpoint as () => Promise<string | undefined>
}

/** As the SDK tells them apart; only these two kinds are tried again. */
function passingIn(
  error: unknown,
): Parameters<ClientConfig['retryStrategy']['refreshRetryTokenForRetry']>[1] | undefined {
  if (!(error instanceof Error)) return undefined
  const known = error as Parameters<typeof isTransientError>[0]
  if (isThrottlingError(known)) return { error: known, errorType: 'THROTTLING' }
  return isTransientError(known) ? { error: known, errorType: 'TRANSIENT' } : undefined
}
