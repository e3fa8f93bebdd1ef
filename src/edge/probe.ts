/** Asks the real CDN for a URL, as a package manager would, but for one byte. */
import type { IncomingMessage } from 'node:http'

import type { Engine } from './engine.ts'
import type { UrlParts } from './url-parts.ts'

/** What the CDN answered. */
export interface Probe {
  status: number
  statusText: string
  /** Whether the object is served: 2xx, or 416, which is what an empty object answers to the range asked for. */
  served: boolean
  /** Those headers that say who answered, from where, and how it is cached; lower-case names. */
  headers: Record<string, string>
  /** Of a refusal: the edge's reason, S3's error code, or that it is CloudFront's own page. */
  reason?: string
  /** Which engine gave this answer, or failed to, as `X-Cache` tells: what is let through is none's answer. */
  engine?: Engine
  /** How many seconds this machine's clock is ahead of the CDN's. */
  clockAhead?: number
}

const shown = [
  'x-cache',
  'age',
  'cache-control',
  'content-type',
  'content-length',
  'content-range',
  'etag',
  'last-modified',
  'location',
  'retry-after',
  'via',
  'x-amz-cf-pop',
  'x-amz-cf-id',
]
const patienceMs = 15_000
const longestReason = 4096

/** GETs something on a connection of its own, without following redirects. */
export type Get = (request: {
  readonly scheme: 'http' | 'https'
  /** Host, with port if there is one. */
  readonly domain: string
  /** Path and query, sent as given. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}) => Promise<IncomingMessage>

/**
 * GETs the first byte: GET because a HEAD's answer has no body to give the reason in, one byte because packages are
 * large. Redirects are not followed.
 *
 * @param parts - sent as given; only what no HTTP request may hold is escaped
 * @param get - how to get out
 * @throws Error of the network: unknown host, refused, timeout
 */
export async function probe({ scheme, domain, path, querystring }: UrlParts, get: Get): Promise<Probe> {
  const target = escapeUnsendable(querystring === '' ? path : `${path}?${querystring}`)
  const signal = AbortSignal.timeout(patienceMs)
  const response = await get({ scheme, domain, target, headers: { range: 'bytes=0-0' }, signal })
  try {
    return await read(response)
  } finally {
    response.destroy()
  }
}

async function read(response: IncomingMessage): Promise<Probe> {
  const { statusCode: status = 0, statusMessage: statusText = '' } = response
  const headers = Object.fromEntries(
    shown.flatMap((name) => {
      const value = response.headers[name]
      return value === undefined ? [] : [[name, String(value)]]
    }),
  )
  const served = (status >= 200 && status < 300) || status === 416
  const reason = status >= 400 && !served ? reasonIn(await beginning(response)) : undefined
  const engine = engineIn(headers['x-cache'] ?? '')
  const clockAhead = aheadOf(response.headers.date, response.headers.age)
  return {
    status,
    statusText,
    served,
    headers,
    ...(reason !== undefined && { reason }),
    ...(engine !== undefined && { engine }),
    ...(clockAhead !== undefined && { clockAhead }),
  }
}

async function beginning(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) {
    text += String(chunk)
    if (text.length > longestReason) break
  }
  return text
}

/** Three parties can refuse: our function in plain text, S3 in XML, CloudFront in HTML. */
export function reasonIn(body: string): string | undefined {
  const [, code] = /<Error>.*?<Code>([^<]+)<\/Code>/s.exec(body) ?? []
  if (code !== undefined) return `S3 says ${code}`
  if (/<html/i.test(body)) return "CloudFront's own error page"
  const text = body.trim()
  return text === '' || text.includes('\n') ? undefined : text.slice(0, 200)
}

/** Such as `LambdaGeneratedResponse from cloudfront`, `FunctionThrottledError from cloudfront`. */
function engineIn(xCache: string): Engine | undefined {
  const [, word] = /^(Lambda|Function)[A-Z]/.exec(xCache) ?? []
  return word === undefined ? undefined : word === 'Lambda' ? 'lambda' : 'function'
}

/** A cached answer has the Date of its origin's answer and the Age since then. */
function aheadOf(date: string | undefined, age: string | undefined): number | undefined {
  const ahead = Math.round((Date.now() - Date.parse(date ?? '')) / 1000 - Number(age ?? 0))
  return Number.isNaN(ahead) ? undefined : ahead
}

/** curl and package managers would send bytes that Node refuses to; escaped, they mean the same. */
const escapeUnsendable = (target: string): string =>
  target.toWellFormed().replace(/[^\u0021-\u007e]/gu, (character) => encodeURIComponent(character))
