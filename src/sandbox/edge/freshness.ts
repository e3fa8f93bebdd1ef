/** Seconds, of a cache policy or of a behavior's legacy settings. */
export interface TtlLimits {
  min: number
  default: number
  max: number
}

/** How long the edge may use a response. Times in seconds. */
export interface Freshness {
  /** It is served without asking the origin. */
  freshFor: number
  /** When it is no longer fresh, the origin is asked with If-None-Match instead of for the whole. */
  revalidates: boolean
  /** After that it may be served while the origin answers 5xx. */
  staleIfErrorFor: number
  /** After that it may be served while the origin is asked in the background. */
  staleWhileRevalidateFor: number
}

type Headers = Readonly<Record<string, string>>

/** Directives of Cache-Control, lower-case, without quotes around their values (RFC 9111, 5.2). */
export function parseCacheControl(header: string | undefined): ReadonlyMap<string, string> {
  const directives = new Map<string, string>()
  for (const [, name = '', quoted, plain] of (header ?? '').matchAll(
    /([^\s,;="]+)\s*(?:=\s*(?:"([^"]*)"|([^\s,;]*)))?/g,
  )) {
    const key = name.toLowerCase()
    // A directive that comes twice counts once (RFC 9111, 4.2.1).
    if (!directives.has(key)) directives.set(key, quoted ?? plain ?? '')
  }
  return directives
}

const seconds = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Math.min(Number(text), 2 ** 31) : undefined

/**
 * How long a response may be used: the table in "Manage how long content stays in the cache (expiration)" of the
 * CloudFront Developer Guide. With a minimum TTL of 0, `no-cache`, `no-store` and `private` are respected: the origin is
 * asked each time. Even then CloudFront keeps the response (if the maximum TTL is not 0 too) for the time in which the
 * origin can't be reached, unless the origin sends `stale-if-error=0`.
 *
 * @param now - milliseconds, to reckon `Expires` from
 */
export function freshnessOf(headers: Headers, ttl: TtlLimits, now: number): Freshness {
  const directives = parseCacheControl(headers['cache-control'])
  const forbidden = ['no-cache', 'no-store', 'private'].some((name) => directives.has(name))
  const asked = seconds(directives.get('s-maxage')) ?? seconds(directives.get('max-age')) ?? untilExpiry(headers, now)
  const staleIfError = seconds(directives.get('stale-if-error'))
  const usable = ttl.min > 0 || ttl.max > 0
  return {
    freshFor: forbidden ? ttl.min : clamp(asked ?? ttl.default, ttl),
    revalidates: ttl.min > 0 || !(directives.has('no-store') || directives.has('private')),
    staleIfErrorFor: usable ? (staleIfError ?? Infinity) : 0,
    staleWhileRevalidateFor: forbidden ? 0 : Math.min(seconds(directives.get('stale-while-revalidate')) ?? 0, ttl.max),
  }
}

function untilExpiry(headers: Headers, now: number): number | undefined {
  const { expires } = headers
  if (expires === undefined) return undefined
  const time = Date.parse(expires)
  // What can't be read as a date has expired (RFC 9111, 5.3).
  return Number.isNaN(time) ? 0 : Math.max(0, Math.floor((time - now) / 1000))
}

const clamp = (value: number, { min, max }: TtlLimits): number => Math.max(min, Math.min(value, Math.max(max, min)))

/** Always cached; the other errors only if the origin says for how long (HTTP 4xx and 5xx status codes). */
const cachedErrors = new Set([404, 414, 500, 501, 502, 503, 504])
const errorsCachedOnRequest = new Set([400, 403, 405, 412, 415])
const defaultErrorTtl = 10

/**
 * How many seconds an error is cached; 0: not at all.
 *
 * @param configured - ErrorCachingMinTTL of the status, where the distribution has a custom error response for it
 * @param least - for which errors of S3 stay even where the distribution says 0: a second
 */
export function errorTtl(
  status: number,
  headers: Headers,
  configured: number | undefined,
  now: number,
  least = 1,
): number {
  const directives = parseCacheControl(headers['cache-control'])
  const asked = seconds(directives.get('s-maxage')) ?? seconds(directives.get('max-age')) ?? untilExpiry(headers, now)
  if (cachedErrors.has(status)) {
    return Math.max(least, configured ?? defaultErrorTtl, asked ?? 0)
  }
  if (errorsCachedOnRequest.has(status) && asked !== undefined) return Math.max(configured ?? defaultErrorTtl, asked)
  return 0
}
