/**
 * CloudFront's key value stores, as far as what is in them is concerned. AWS's own client of this API needs another
 * signer, which takes fifty milliseconds a signature or is a native module, and puts the account before the host even of
 * a custom endpoint. So there is this one. It is made, observed and remembered as the SDK's clients are.
 *
 * Source: Amazon CloudFront KeyValueStore API Reference.
 */
import { buffer } from 'node:stream/consumers'

import { resolveEndpointConfig } from '@smithy/core/endpoints'
import { HttpRequest } from '@smithy/core/protocols'
import { isThrottlingError, isTransientError } from '@smithy/core/retry'
import { NodeHttpHandler } from '@smithy/node-http-handler'

import { parseArn } from './arns.ts'
import { isBadClock } from './aws-error.ts'
import type { Client, ClientConfig } from './clients.ts'
import { documentIn, errorIn, explainSession } from './key-value-store-answer.ts'
import type { Middleware } from './operation.ts'
import { type Credentials, encodeComponent, encodePath } from './signature-v4.ts'
import { createRequestSigner4a } from './signature-v4a.ts'

const serviceId = 'CloudFront KeyValueStore'

/** An operation on one store. */
export interface StoreCall {
  readonly operation: 'DescribeKeyValueStore' | 'GetKey' | 'UpdateKeys'
  /** The store's. */
  readonly arn: string
  /** For GetKey. */
  readonly key?: string
  /** For UpdateKeys: the version that is to be changed, as the last look at the store told it. */
  readonly etag?: string
  /** For UpdateKeys. */
  readonly puts?: readonly { readonly Key: string; readonly Value: string }[]
}

export interface StoreAnswer {
  /** Of the store's contents; not the one that CloudFront's own API tells of the store. */
  readonly etag: string
  readonly document: Readonly<Record<string, unknown>>
  readonly $metadata: { readonly httpStatusCode: number; readonly requestId?: string; readonly attempts: number }
}

/** A clock that is off by less is right enough, for AWS too. */
const toleratedMs = 300_000

const sign = createRequestSigner4a('cloudfront-keyvaluestore')

/** Stands beside the SDK's clients: `aws.client(KeyValueStoreClient, edgeRegion)`. */
export class KeyValueStoreClient implements Client {
  readonly config: Client['config'] & { requestHandler: NodeHttpHandler }
  readonly middlewareStack: Client['middlewareStack'] & { add(layer: Middleware): void }
  readonly #layers: Middleware[] = []
  readonly #given: ClientConfig
  readonly #endpoint: () => Promise<string | undefined>
  /** By how many milliseconds AWS's clock is ahead of ours. */
  #ahead = 0

  constructor(given: ClientConfig) {
    this.#given = given
    this.config = { region: given.region, serviceId, requestHandler: new NodeHttpHandler(given.requestHandler) }
    this.middlewareStack = { add: (layer: Middleware) => void this.#layers.push(layer) }
    // Variables and profiles that name endpoints are the SDK's matter.
    this.#endpoint = customEndpoint()
  }

  /** @throws StoreError, what the network threw, or CtlError for a session that this API does not take */
  async send(call: StoreCall): Promise<StoreAnswer> {
    const context = { clientName: 'CloudFrontKeyValueStoreClient', commandName: `${call.operation}Command` }
    const layered = this.#layers.reduceRight<ReturnType<Middleware>>(
      (next, layer) => layer(next, context),
      async () => ({ output: await this.#patiently(call) }),
    )
    try {
      // The layers hand on what is at their core.
      return (await layered({ input: { KvsARN: call.arn } })).output as StoreAnswer
    } catch (error) {
      throw explainSession(error)
    }
  }

  destroy(): void {
    this.config.requestHandler.destroy()
  }

  async #patiently(call: StoreCall): Promise<StoreAnswer> {
    const { retryStrategy } = this.#given
    let token = await retryStrategy.acquireInitialRetryToken('')
    for (let attempts = 1; ; attempts++) {
      try {
        return await this.#once(call, attempts)
      } catch (error) {
        const passing = passingIn(error)
        if (passing === undefined) throw error
        token = await retryStrategy.refreshRetryTokenForRetry(token, passing).catch(() => {
          throw error
        })
      }
    }
  }

  async #once(call: StoreCall, attempts: number): Promise<StoreAnswer> {
    const credentials = await this.#credentials()
    const { response } = await this.config.requestHandler.handle(await this.#signed(call, credentials))
    const body = response.body === undefined ? Buffer.of() : await buffer(response.body as AsyncIterable<Uint8Array>)
    const isCorrected = this.#noteClock(response.headers['date'])
    const requestId = response.headers['x-amzn-requestid'] ?? response.headers['x-amz-request-id']
    const $metadata = {
      httpStatusCode: response.statusCode,
      attempts,
      ...(requestId === undefined ? {} : { requestId }),
    }
    if (response.statusCode < 300) {
      return { etag: response.headers['etag'] ?? '', document: documentIn(body), $metadata }
    }
    const hasSession = credentials.sessionToken !== undefined
    const error = errorIn({ type: response.headers['x-amzn-errortype'], body, $metadata, hasSession })
    throw isCorrected && isBadClock(error) ? Object.assign(error, { $retryable: {} }) : error
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

  async #signed(call: StoreCall, credentials: Credentials): Promise<HttpRequest> {
    const custom = await this.#endpoint()
    const url = new URL(custom ?? `https://${parseArn(call.arn)?.accountId ?? ''}.cloudfront-kvs.global.api.aws`)
    const path = url.pathname.replace(/\/$/, '') + pathOf(call)
    const method = call.operation === 'UpdateKeys' ? 'POST' : 'GET'
    const body = method === 'GET' ? undefined : Buffer.from(JSON.stringify({ Puts: call.puts ?? [] }))
    const headers = {
      host: url.host,
      'user-agent': this.#given.customUserAgent,
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'if-match': call.etag ?? '' }),
    }
    const now = new Date(Date.now() + this.#ahead)
    const signed = sign({ method, path, query: {}, headers, body }, credentials, now)
    return new HttpRequest({
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      method,
      path,
      headers: { ...signed, ...(body === undefined ? {} : { 'content-length': String(body.length) }) },
      body,
    })
  }
}

function customEndpoint(): () => Promise<string | undefined> {
  const resolved: { readonly serviceConfiguredEndpoint?: unknown } = resolveEndpointConfig({ serviceId } as never)
  return resolved.serviceConfiguredEndpoint as () => Promise<string | undefined>
}

function pathOf({ operation, arn, key = '' }: StoreCall): string {
  const store = `/key-value-stores/${encodeComponent(arn)}`
  if (operation === 'DescribeKeyValueStore') return store
  return operation === 'UpdateKeys' ? `${store}/keys` : `${store}/keys/${encodePath(key).replaceAll('/', '%2F')}`
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
