import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'

import type { CacheBehavior, DistributionConfig } from '../contracts/distribution-shape.ts'
import { type Answer, errorPage, fitted, writeAnswer } from './answer.ts'
import {
  behaviorFor,
  cacheKey,
  type CacheRules,
  cacheRulesOf,
  forwardedValues,
  type ViewerRequest,
} from './behavior.ts'
import { EdgeCache, type CachedResponse } from './cache.ts'
import { errorTtl, freshnessOf } from './freshness.ts'
import { askOrigin, type OriginResponse, OriginUnreachable, readAll } from './origin.ts'
import type { EdgeCloudFront, EdgeDistribution, EdgeLambda, EdgeS3 } from '../contracts/edge-peers.ts'
import { withPolicyHeaders } from './response-headers.ts'
import { readResult, viewerHeaders, viewerRequestEvent } from './viewer-function.ts'
import type { Context } from '../contracts/service.ts'

export interface EdgePeers {
  cloudfront: EdgeCloudFront
  lambda: EdgeLambda
  s3: EdgeS3
}

/** Objects up to this size are held in the cache; larger ones pass through. */
const objectLimit = 64 * 1024 ** 2
const urlLimit = 8192

/** What one request to the origin gave. */
interface Fetched {
  answer: Answer
  /** Others who wait for the same object may have this answer too. */
  shareable: boolean
}

/** A viewer's request with all that decides about it. */
interface Visit {
  config: DistributionConfig
  behavior: CacheBehavior
  rules: CacheRules
  request: ViewerRequest
  body: Readable
}

/** One distribution at the edge: what CloudFront documents between a viewer and the origin. */
export class EdgeServer {
  readonly #context: Context
  readonly #peers: EdgePeers
  readonly #cache: EdgeCache
  /** Requests to the origin under way, by cache key, so that the same object is fetched once. */
  readonly #underWay = new Map<string, Promise<Fetched>>()
  #distribution: EdgeDistribution
  /** What was asked for before an invalidation must not be cached after it. */
  #invalidations = 0

  constructor(context: Context, peers: EdgePeers, distribution: EdgeDistribution, cacheLimit: number) {
    this.#context = context
    this.#peers = peers
    this.#distribution = distribution
    this.#cache = new EdgeCache(cacheLimit)
  }

  /** The distribution as it is deployed from now on. The cache stays: a deployment does not empty it. */
  deploy(distribution: EdgeDistribution): void {
    this.#distribution = distribution
  }

  invalidate(paths: readonly string[]): void {
    this.#invalidations++
    this.#cache.invalidate(paths)
  }

  async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    // A viewer that goes away is its own affair.
    outgoing.on('error', () => undefined)
    const method = incoming.method ?? 'GET'
    try {
      const answer = await this.#answer(incoming, method)
      if (!incoming.complete) outgoing.setHeader('connection', 'close')
      await writeAnswer(outgoing, fitted(answer, method, viewerHeaders(incoming.rawHeaders)), method)
    } catch (error) {
      if (outgoing.headersSent) incoming.socket.destroy()
      else await writeAnswer(outgoing, errorPage(500, 'Internal Server Error', String(error)), method)
    }
  }

  async #answer(incoming: IncomingMessage, method: string): Promise<Answer> {
    const config = this.#distribution.deployedConfig()
    if (config?.Enabled !== true || !this.#isOwnHost(config, incoming.headers.host ?? '')) return badRequest()
    const url = incoming.url ?? '/'
    if (url.length >= urlLimit) return errorPage(414, 'Request-URI Too Long', 'The request URI is too long.')
    const mark = url.indexOf('?')
    const request: ViewerRequest = {
      method,
      path: mark === -1 ? url : url.slice(0, mark),
      query: mark === -1 ? '' : url.slice(mark + 1),
      headers: viewerHeaders(incoming.rawHeaders),
    }
    const behavior = behaviorFor(config, request.path)
    const refused = refusalOf(behavior, request)
    if (refused !== undefined) return refused
    const rules = cacheRulesOf(behavior, this.#peers.cloudfront)
    if (rules === undefined) return errorPage(500, 'Internal Server Error', 'A policy of the behavior does not exist.')
    const guarded = await this.#runFunction(behavior, request, incoming)
    if ('result' in guarded) return guarded
    const visit: Visit = { config, behavior, rules, request: withRootObject(guarded, config), body: incoming }
    const answer = await this.#withErrorPage(visit, await this.#lookUp(visit))
    return withPolicyHeaders(answer, behavior, this.#peers.cloudfront)
  }

  /** CloudFront knows a distribution by Host: its own name, or one of its aliases. */
  #isOwnHost(config: DistributionConfig, host: string): boolean {
    const { domainName, port } = this.#distribution
    const name = host.toLowerCase()
    if (name === domainName || name === `localhost:${port}`) return true
    const bare = name.replace(/:\d+$/, '')
    return (config.Aliases?.Items ?? []).some(
      (alias) =>
        bare === alias.toLowerCase() || (alias.startsWith('*.') && bare.endsWith(alias.slice(1).toLowerCase())),
    )
  }

  /** Runs the viewer-request function, if there is one: the request to go on with, or the answer to give. */
  async #runFunction(
    behavior: CacheBehavior,
    request: ViewerRequest,
    incoming: IncomingMessage,
  ): Promise<ViewerRequest | Answer> {
    const associations = behavior.LambdaFunctionAssociations?.Items ?? []
    const association = associations.find(({ EventType }) => EventType === 'viewer-request')
    if (
      associations.length > (association === undefined ? 0 : 1) ||
      (behavior.FunctionAssociations?.Items ?? []).length > 0
    ) {
      // To leave out a function that may guard the content would be worse than no answer.
      return errorPage(503, 'Service Unavailable', 'This edge runs viewer-request functions of Lambda only.')
    }
    if (association === undefined) return request
    const clientIp = incoming.socket.remoteAddress ?? '127.0.0.1'
    const event = viewerRequestEvent(request, {
      distributionId: this.#distribution.id,
      distributionDomainName: this.#distribution.domainName,
      requestId: randomUUID(),
      clientIp,
      rawHeaders: incoming.rawHeaders,
    })
    const outcome = readResult(await this.#peers.lambda.invoke(association.LambdaFunctionARN, event), request, clientIp)
    switch (outcome.kind) {
      case 'request':
        return outcome.request
      case 'response': {
        const { status, reason, headers, body } = outcome
        return { status, reason, headers, body, result: 'LambdaGeneratedResponse' }
      }
      case 'failed':
        return errorPage(
          503,
          'Service Unavailable',
          'The Lambda function associated with the CloudFront distribution is invalid or doesn’t have the required permissions.',
          'LambdaExecutionError',
        )
      case 'invalid':
        return errorPage(
          502,
          'Bad Gateway',
          `The Lambda function result failed validation: ${outcome.problem}.`,
          'LambdaValidationError',
        )
    }
  }

  /** From the cache if it is there and fresh, else from the origin. */
  async #lookUp(visit: Visit): Promise<Answer> {
    const { request, behavior, rules } = visit
    const cached = behavior.AllowedMethods?.CachedMethods?.Items ?? ['GET', 'HEAD']
    if (!(cached as readonly string[]).includes(request.method)) return this.#passThrough(visit)
    const key = cacheKey(request, rules)
    const entry = this.#cache.get(key)
    const age = entry === undefined ? 0 : (this.#context.now() - entry.storedAt) / 1000
    if (entry !== undefined && age < entry.freshness.freshFor) return this.#fromCache(entry, 'Hit')
    if (entry !== undefined && age < entry.freshness.freshFor + entry.freshness.staleWhileRevalidateFor) {
      void this.#fetchOnce(visit, key, entry).catch(() => undefined)
      return this.#fromCache(entry, 'Hit')
    }
    if (request.method === 'HEAD' && entry === undefined) return this.#passThrough(visit)
    return this.#fetchOnce(visit, key, entry)
  }

  #fromCache(entry: CachedResponse, result: 'Hit' | 'RefreshHit'): Answer {
    const { status, headers, body } = entry
    const age = Math.max(0, Math.floor((this.#context.now() - entry.storedAt) / 1000))
    return { status, headers, body, result: status >= 400 ? 'Error' : result, ...(result === 'Hit' ? { age } : {}) }
  }

  /** Several viewers who want the same object wait for one request to the origin, unless its answer can't be shared. */
  async #fetchOnce(visit: Visit, key: string, entry: CachedResponse | undefined): Promise<Answer> {
    const underWay = this.#underWay.get(key)
    if (underWay !== undefined) {
      const shared = await underWay
      if (shared.shareable) return { ...shared.answer, result: shared.answer.status >= 400 ? 'Error' : 'Hit', age: 0 }
      return (await this.#fetch(visit, key, entry)).answer
    }
    const fetching = this.#fetch(visit, key, entry)
    this.#underWay.set(key, fetching)
    try {
      return (await fetching).answer
    } finally {
      this.#underWay.delete(key)
    }
  }

  /** Asks the origin for the whole object, or whether the one in the cache still is the latest. */
  async #fetch(visit: Visit, key: string, entry: CachedResponse | undefined): Promise<Fetched> {
    const conditions = entry?.freshness.revalidates === true && entry.status === 200 ? validatorsOf(entry) : {}
    const invalidations = this.#invalidations
    let response: OriginResponse
    try {
      response = await this.#askOrigin(visit, { method: 'GET', conditions })
    } catch (error) {
      if (!(error instanceof OriginUnreachable)) throw error
      if (entry !== undefined && this.#isUsableStale(entry)) return this.#stale(entry)
      const page = errorPage(502, 'Bad Gateway', 'CloudFront wasn’t able to resolve the origin domain name.')
      return { answer: page, shareable: true }
    }
    if (response.status === 304 && entry !== undefined) {
      response.body.destroy()
      return this.#refreshed(visit, key, entry, response)
    }
    if (response.status >= 500 && entry !== undefined && this.#isUsableStale(entry)) {
      response.body.destroy()
      return this.#stale(entry)
    }
    if (Number(response.headers['content-length'] ?? 0) > objectLimit) {
      response.body.destroy()
      return { answer: await this.#passThrough(visit), shareable: false }
    }
    return this.#store(visit, key, response, invalidations)
  }

  #refreshed(visit: Visit, key: string, entry: CachedResponse, response: OriginResponse): Fetched {
    const now = this.#context.now()
    // A 304 has no body, so its length says nothing about the object's.
    const headers = { ...entry.headers, ...response.headers, 'content-length': String(entry.body.length) }
    const refreshed = { ...entry, headers, storedAt: now, freshness: freshnessOf(headers, visit.rules.ttl, now) }
    this.#cache.put(key, refreshed)
    return { answer: this.#fromCache(refreshed, 'RefreshHit'), shareable: refreshed.freshness.freshFor > 0 }
  }

  #isUsableStale({ status, storedAt, freshness }: CachedResponse): boolean {
    const age = (this.#context.now() - storedAt) / 1000
    return status < 400 && freshness.staleIfErrorFor > 0 && age < freshness.freshFor + freshness.staleIfErrorFor
  }

  #stale(entry: CachedResponse): Fetched {
    return { answer: this.#fromCache(entry, 'Hit'), shareable: true }
  }

  async #store(visit: Visit, key: string, response: OriginResponse, invalidations: number): Promise<Fetched> {
    const now = this.#context.now()
    const { status, headers } = response
    const body = await readAll(response.body)
    const entry: CachedResponse = {
      path: visit.request.path,
      query: visit.request.query,
      status,
      headers,
      body,
      storedAt: now,
      freshness:
        status < 400
          ? freshnessOf(headers, visit.rules.ttl, now)
          : {
              freshFor: errorTtl(status, headers, errorSettings(visit.config, status)?.ErrorCachingMinTTL, now),
              revalidates: false,
              staleIfErrorFor: 0,
              staleWhileRevalidateFor: 0,
            },
    }
    const { freshFor, staleIfErrorFor } = entry.freshness
    const current = invalidations === this.#invalidations
    if (current && (freshFor > 0 || staleIfErrorFor > 0)) this.#cache.put(key, entry)
    else this.#cache.delete(key)
    const result = status >= 400 ? 'Error' : 'Miss'
    return { answer: { status, headers, body, result }, shareable: freshFor > 0 }
  }

  /** Sends the request on as it is and streams the answer: nothing of it is cached. */
  async #passThrough(visit: Visit): Promise<Answer> {
    const { method, headers } = visit.request
    const passed = ['range', 'if-range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since']
    const upload = ['content-type', 'content-length', 'x-amz-content-sha256', 'content-md5']
    const names = method === 'GET' || method === 'HEAD' ? passed : [...passed, ...upload]
    const conditions = Object.fromEntries(
      names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
    )
    try {
      const { status, headers: answered, body } = await this.#askOrigin(visit, { method, conditions, body: visit.body })
      return { status, headers: answered, body, result: status >= 400 ? 'Error' : 'Miss' }
    } catch (error) {
      if (!(error instanceof OriginUnreachable)) throw error
      return errorPage(502, 'Bad Gateway', 'CloudFront wasn’t able to resolve the origin domain name.')
    }
  }

  async #askOrigin(
    { config, behavior, rules, request }: Visit,
    asked: { method: string; conditions: Readonly<Record<string, string>>; body?: Readable },
  ): Promise<OriginResponse> {
    const origin = originById(config, behavior.TargetOriginId)
    if (origin === undefined) throw new OriginUnreachable(`there is no origin ${behavior.TargetOriginId}`)
    const { query, headers } = forwardedValues(request, rules)
    const access = {
      ...this.#peers,
      accountId: this.#context.accountId,
      distributionArn: this.#distribution.arn,
      now: () => this.#context.now(),
    }
    return askOrigin(access, origin, {
      method: asked.method,
      path: request.path,
      query,
      headers: { ...headers, ...asked.conditions },
      ...(asked.method === 'GET' || asked.method === 'HEAD' || asked.body === undefined ? {} : { body: asked.body }),
    })
  }

  /** Puts the distribution's own error page, if it has one, in place of the origin's. Functions do not run for it. */
  async #withErrorPage(visit: Visit, answer: Answer): Promise<Answer> {
    if (answer.status < 400 || answer.result !== 'Error') return answer
    const settings = errorSettings(visit.config, answer.status)
    const path = settings?.ResponsePagePath
    if (path === undefined || path === '') return answer
    const behavior = behaviorFor(visit.config, path)
    const rules = cacheRulesOf(behavior, this.#peers.cloudfront)
    if (rules === undefined) return answer
    const request = { method: 'GET', path, query: '', headers: visit.request.headers }
    const page = await this.#lookUp({ ...visit, behavior, rules, request })
    if (page.status >= 400) return answer
    if (!Buffer.isBuffer(answer.body)) answer.body.destroy()
    const code = settings?.ResponseCode
    return { ...page, status: code === undefined || code === '' ? answer.status : Number(code), result: 'Error' }
  }
}

const badRequest = (): Answer =>
  errorPage(
    403,
    'Forbidden',
    'Bad request. We can’t connect to the server for this app or website at this time. There might be too much traffic or a configuration error.',
  )

/** What a behavior does not let in: methods, bodies on GET, requests without a trusted signer's signature. */
function refusalOf(behavior: CacheBehavior, request: ViewerRequest): Answer | undefined {
  const allowed: readonly string[] = behavior.AllowedMethods?.Items ?? ['GET', 'HEAD']
  if (!allowed.includes(request.method)) {
    return errorPage(
      403,
      'Forbidden',
      'This distribution is not configured to allow the HTTP request method that was used for this request. The distribution supports only cachable requests.',
    )
  }
  const length = request.headers['content-length']
  if (request.method === 'GET' && ((length ?? '0') !== '0' || request.headers['transfer-encoding'] !== undefined)) {
    return errorPage(403, 'Forbidden', 'Bad request. A GET request must not have a body.')
  }
  if (behavior.TrustedSigners?.Enabled === true || behavior.TrustedKeyGroups?.Enabled === true) {
    const body =
      '<?xml version="1.0" encoding="UTF-8"?><Error><Code>MissingKey</Code><Message>Missing Key-Pair-Id query parameter or cookie value</Message></Error>'
    return {
      status: 403,
      headers: { 'content-type': 'text/xml', server: 'CloudFront' },
      body: Buffer.from(body),
      result: 'Error',
    }
  }
  return undefined
}

function withRootObject(request: ViewerRequest, config: DistributionConfig): ViewerRequest {
  const root = config.DefaultRootObject ?? ''
  return request.path === '/' && root !== '' ? { ...request, path: `/${root}` } : request
}

const errorSettings = (
  config: DistributionConfig,
  status: number,
): NonNullable<NonNullable<DistributionConfig['CustomErrorResponses']>['Items']>[number] | undefined =>
  config.CustomErrorResponses?.Items?.find(({ ErrorCode }) => ErrorCode === status)

/** An origin by id; of an origin group, the first member. */
function originById(
  config: DistributionConfig,
  id: string,
): NonNullable<typeof config.Origins.Items>[number] | undefined {
  const group = config.OriginGroups?.Items?.find(({ Id }) => Id === id)
  const wanted = group?.Members.Items?.[0]?.OriginId ?? id
  return config.Origins.Items?.find(({ Id }) => Id === wanted)
}

function validatorsOf({ headers }: CachedResponse): Record<string, string> {
  const { etag, 'last-modified': modified } = headers
  if (etag !== undefined) return { 'if-none-match': etag }
  return modified === undefined ? {} : { 'if-modified-since': modified }
}
