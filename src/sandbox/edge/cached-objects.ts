import type { Readable } from 'node:stream'

import type { CacheBehavior, DistributionConfig } from '../contracts/distribution-shape.ts'
import { type Answer, errorPage } from './answer.ts'
import { cacheKey, type CacheRules, forwardedValues, type ViewerRequest } from './behavior.ts'
import { EdgeCache, type CachedResponse } from './cache.ts'
import { errorTtl, freshnessOf } from './freshness.ts'
import { askOrigin, type OriginAccess, type OriginResponse, OriginUnreachable, readAll } from './origin.ts'

/** Objects up to this size are held in the cache; larger ones pass through. */
const objectLimit = 64 * 1024 ** 2

/** What one request to the origin gave. */
interface Fetched {
  answer: Answer
  /** Others who wait for the same object may have this answer too. */
  shareable: boolean
}

/** A viewer's request with all that decides about it. */
export interface Visit {
  config: DistributionConfig
  behavior: CacheBehavior
  rules: CacheRules
  request: ViewerRequest
  body: Readable
}

/** The objects of one distribution, as its edge has them: from its cache, or from their origin. */
export class CachedObjects {
  readonly #access: OriginAccess
  readonly #cache: EdgeCache
  /** Requests to the origin under way, by cache key, so that the same object is fetched once. */
  readonly #underWay = new Map<string, Promise<Fetched>>()
  /** What was asked for before an invalidation must not be cached after it. */
  #invalidations = 0

  /** @param cacheLimit - bytes */
  constructor(access: OriginAccess, cacheLimit: number) {
    this.#access = access
    this.#cache = new EdgeCache(cacheLimit)
  }

  /** Drops what the paths of an invalidation batch name. */
  invalidate(paths: readonly string[]): void {
    this.#invalidations++
    this.#cache.invalidate(paths)
  }

  /** From the cache if it is there and fresh, else from the origin. */
  async lookUp(visit: Visit): Promise<Answer> {
    const { request, behavior, rules } = visit
    const cached = behavior.AllowedMethods?.CachedMethods?.Items ?? ['GET', 'HEAD']
    if (!(cached as readonly string[]).includes(request.method)) return this.#passThrough(visit)
    const key = cacheKey(request, rules)
    const entry = this.#cache.get(key)
    const age = entry === undefined ? 0 : (this.#access.now() - entry.storedAt) / 1000
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
    const age = Math.max(0, Math.floor((this.#access.now() - entry.storedAt) / 1000))
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
    const now = this.#access.now()
    // A 304 has no body, so its length says nothing about the object's.
    const headers = { ...entry.headers, ...response.headers, 'content-length': String(entry.body.length) }
    const refreshed = { ...entry, headers, storedAt: now, freshness: freshnessOf(headers, visit.rules.ttl, now) }
    this.#cache.put(key, refreshed)
    return { answer: this.#fromCache(refreshed, 'RefreshHit'), shareable: refreshed.freshness.freshFor > 0 }
  }

  #isUsableStale({ status, storedAt, freshness }: CachedResponse): boolean {
    const age = (this.#access.now() - storedAt) / 1000
    return status < 400 && freshness.staleIfErrorFor > 0 && age < freshness.freshFor + freshness.staleIfErrorFor
  }

  #stale(entry: CachedResponse): Fetched {
    return { answer: this.#fromCache(entry, 'Hit'), shareable: true }
  }

  async #store(visit: Visit, key: string, response: OriginResponse, invalidations: number): Promise<Fetched> {
    const now = this.#access.now()
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
              freshFor: this.#errorTtl(visit, response, now),
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

  #errorTtl({ config }: Visit, { status, headers }: OriginResponse, now: number): number {
    const configured = errorSettings(config, status)?.ErrorCachingMinTTL
    return errorTtl(status, headers, configured, now, this.#access.timing.error / 1000)
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
    return askOrigin(this.#access, origin, {
      method: asked.method,
      path: request.path,
      query,
      headers: { ...headers, ...asked.conditions },
      ...(asked.method === 'GET' || asked.method === 'HEAD' || asked.body === undefined ? {} : { body: asked.body }),
    })
  }
}

/** What the distribution does about an error of its origin. */
export const errorSettings = (
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
