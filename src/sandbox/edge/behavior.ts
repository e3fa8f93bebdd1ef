import type { CacheBehavior, DistributionConfig } from '../contracts/distribution-shape.ts'
import type { EdgeCloudFront } from '../contracts/edge-peers.ts'
import type { TtlLimits } from './freshness.ts'

/** A request on its way through the edge, after the viewer-request function. */
export interface ViewerRequest {
  method: string
  /** Percent-encoded, without the query. */
  path: string
  /** Raw, without the question mark. */
  query: string
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>
}

/** The behavior of the first path pattern that matches, else the default one. */
export function behaviorFor(config: DistributionConfig, path: string): CacheBehavior {
  const matching = config.CacheBehaviors?.Items?.find(({ PathPattern }) => matchesPattern(PathPattern, path))
  return matching ?? config.DefaultCacheBehavior
}

/** `*` stands for any characters, `?` for one; case counts; the leading slash may be missing (path pattern). */
export function matchesPattern(pattern: string, path: string): boolean {
  const source = pattern.replace(/^\//, '').replace(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^/${source.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(path)
}

/** Which values of a kind count: those named, all but those, all or none. */
interface Selection {
  behavior: 'none' | 'whitelist' | 'allExcept' | 'all'
  names: readonly string[]
}

/** What a behavior puts into the cache key, and what it sends to the origin besides. */
interface Rules {
  queryStrings: Selection
  headers: Selection
  cookies: Selection
}

/** How a behavior caches, whichever of the two ways it says it. */
export interface CacheRules {
  ttl: TtlLimits
  key: Rules
  /** Codings that are part of the key if the viewer accepts them. */
  codings: readonly string[]
  /** Of the origin request policy. */
  forwarded: Rules
}

const none: Selection = { behavior: 'none', names: [] }
const nothing: Rules = { queryStrings: none, headers: none, cookies: none }
const dayTtl = 86_400
const yearTtl = 31_536_000

interface Names {
  Items?: string[] | undefined
}
const selection = (behavior: Selection['behavior'], names: Names | undefined): Selection => ({
  behavior,
  names: names?.Items ?? [],
})

/** Undefined if a policy that the behavior names is gone. */
export function cacheRulesOf(behavior: CacheBehavior, cloudfront: EdgeCloudFront): CacheRules | undefined {
  const forwarded = forwardedRulesOf(behavior, cloudfront)
  if (forwarded === undefined) return undefined
  if (behavior.CachePolicyId === undefined || behavior.CachePolicyId === '') {
    return { ttl: legacyTtl(behavior), key: legacyRules(behavior), codings: [], forwarded }
  }
  const policy = cloudfront.cachePolicy(behavior.CachePolicyId)
  if (policy === undefined) return undefined
  const parameters = policy.ParametersInCacheKeyAndForwardedToOrigin
  const ttl = ttlOf(policy)
  if (parameters === undefined) return { ttl, key: nothing, codings: [], forwarded }
  const { HeadersConfig, CookiesConfig, QueryStringsConfig } = parameters
  return {
    ttl,
    key: {
      headers: selection(HeadersConfig.HeaderBehavior, HeadersConfig.Headers),
      cookies: selection(CookiesConfig.CookieBehavior, CookiesConfig.Cookies),
      queryStrings: selection(QueryStringsConfig.QueryStringBehavior, QueryStringsConfig.QueryStrings),
    },
    codings: [
      ...(parameters.EnableAcceptEncodingGzip ? ['gzip'] : []),
      ...(parameters.EnableAcceptEncodingBrotli === true ? ['br'] : []),
    ],
    forwarded,
  }
}

/** Defaults as the API reference of CachePolicyConfig gives them. */
function ttlOf(policy: { MinTTL: number; DefaultTTL?: number | undefined; MaxTTL?: number | undefined }): TtlLimits {
  const standard = policy.DefaultTTL ?? Math.max(dayTtl, policy.MinTTL)
  return { min: policy.MinTTL, default: standard, max: policy.MaxTTL ?? Math.max(yearTtl, standard) }
}

const legacyTtl = ({ MinTTL, DefaultTTL, MaxTTL }: CacheBehavior): TtlLimits =>
  ttlOf({ MinTTL: MinTTL ?? 0, DefaultTTL, MaxTTL })

function legacyRules({ ForwardedValues: values }: CacheBehavior): Rules {
  if (values === undefined) return nothing
  const cookieNames = values.Cookies.WhitelistedNames
  const allHeaders = values.Headers?.Items?.includes('*') === true
  const keys = values.QueryStringCacheKeys?.Items ?? []
  return {
    queryStrings: values.QueryString ? { behavior: keys.length === 0 ? 'all' : 'whitelist', names: keys } : none,
    headers: allHeaders ? { behavior: 'all', names: [] } : selection('whitelist', values.Headers),
    cookies: selection(values.Cookies.Forward, cookieNames),
  }
}

function forwardedRulesOf(behavior: CacheBehavior, cloudfront: EdgeCloudFront): Rules | undefined {
  const id = behavior.OriginRequestPolicyId
  if (id === undefined || id === '') return nothing
  const policy = cloudfront.originRequestPolicy(id)
  if (policy === undefined) return undefined
  const { HeadersConfig, CookiesConfig, QueryStringsConfig } = policy
  const headerBehavior = HeadersConfig.HeaderBehavior
  return {
    headers: selection(
      headerBehavior === 'allViewer' || headerBehavior === 'allViewerAndWhitelistCloudFront' ? 'all' : headerBehavior,
      HeadersConfig.Headers,
    ),
    cookies: selection(CookiesConfig.CookieBehavior, CookiesConfig.Cookies),
    queryStrings: selection(QueryStringsConfig.QueryStringBehavior, QueryStringsConfig.QueryStrings),
  }
}

function selects({ behavior, names }: Selection, name: string, sameName: (a: string, b: string) => boolean): boolean {
  if (behavior === 'all') return true
  if (behavior === 'none') return false
  return names.some((listed) => sameName(listed, name)) === (behavior === 'whitelist')
}

const exactly = (a: string, b: string): boolean => a === b
const caseless = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** Query parameters as they came, those that a selection takes, in their order. */
function selectQuery(query: string, rules: Selection): string {
  if (rules.behavior === 'all') return query
  return query
    .split('&')
    .filter((pair) => pair !== '' && selects(rules, pair.split('=', 1)[0] ?? '', exactly))
    .join('&')
}

function selectCookies(header: string | undefined, rules: Selection): string {
  return (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '' && selects(rules, pair.split('=', 1)[0] ?? '', exactly))
    .join('; ')
}

function selectHeaders(request: ViewerRequest, rules: Selection): Record<string, string> {
  const selected = Object.entries(request.headers).filter(
    ([name]) => name !== 'cookie' && selects(rules, name, caseless),
  )
  return Object.fromEntries(selected.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** What the viewer's Accept-Encoding amounts to (compressed objects and the cache key). */
const acceptedCodings = (request: ViewerRequest, codings: readonly string[]): string =>
  codings.filter((coding) => new RegExp(`\\b${coding}\\b`).test(request.headers['accept-encoding'] ?? '')).join(',')

/** Two requests with the same key get the same cached response. */
export function cacheKey(request: ViewerRequest, { key, codings }: CacheRules): string {
  return JSON.stringify([
    request.method === 'OPTIONS' ? 'OPTIONS' : 'GET',
    request.path,
    selectQuery(request.query, key.queryStrings),
    selectHeaders(request, key.headers),
    selectCookies(request.headers['cookie'], key.cookies),
    acceptedCodings(request, codings),
  ])
}

/** What goes to the origin of the viewer's query, headers and cookies. */
export function forwardedValues(
  request: ViewerRequest,
  { key, codings, forwarded }: CacheRules,
): { query: string; headers: Record<string, string> } {
  const union = (a: string, b: string, separator: string): string =>
    [...new Set([...a.split(separator), ...b.split(separator)])].filter((part) => part !== '').join(separator)
  const cookies = union(
    selectCookies(request.headers['cookie'], key.cookies),
    selectCookies(request.headers['cookie'], forwarded.cookies),
    '; ',
  )
  const accepted = acceptedCodings(request, codings)
  return {
    query: union(selectQuery(request.query, key.queryStrings), selectQuery(request.query, forwarded.queryStrings), '&'),
    headers: {
      ...selectHeaders(request, key.headers),
      ...selectHeaders(request, forwarded.headers),
      ...(cookies === '' ? {} : { cookie: cookies }),
      ...(accepted === '' ? {} : { 'accept-encoding': accepted }),
    },
  }
}
