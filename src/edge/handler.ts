/**
 * What happens to each request at the edge: CloudFront calls it as viewer-request function, before it looks into its
 * cache, so that cached objects are guarded too.
 */
import { decodePath, encodePath } from './path.ts'
import { checkExpiry, findToken, verify } from './signature.ts'

type Headers = Record<string, { key?: string; value: string }[]>

/** The request inside CloudFront's event (lambda-event-structure.html). Path and query string are raw. */
export interface EdgeRequest {
  readonly clientIp: string
  readonly method: string
  uri: string
  querystring: string
  headers: Headers
}

/** CloudFront's viewer-request event. */
export interface EdgeEvent {
  Records: { cf: { config: { eventType: string }; request: EdgeRequest } }[]
}

/** An answer made at the edge (lambda-generating-http-responses.html). */
export interface EdgeResponse {
  status: string
  statusDescription: string
  headers: Headers
  body: string
}

/** Handler of viewer-request events: the request to go on with, or the answer to give instead. Never rejects. */
export type EdgeHandler = (event: EdgeEvent) => Promise<EdgeRequest | EdgeResponse>

/**
 * Makes the handler.
 *
 * @param secrets - the decoded secrets, the current one first; asked for only by requests that need them. A rejection
 *   is answered with 503 and the next request asks again
 * @param now - the time in milliseconds
 */
export function createHandler(
  secrets: () => Promise<readonly Uint8Array[]>,
  now: () => number = Date.now,
): EdgeHandler {
  return async (event) => {
    try {
      const [record] = event.Records
      if (record === undefined) throw new TypeError('the event holds no record')
      return await guard(record.cf.request, secrets, now() / 1000)
    } catch (error) {
      // A function that throws is a 502 for the viewer, with CloudFront's own page and without a Retry-After.
      console.error(error)
      return unavailable
    }
  }
}

async function guard(
  request: EdgeRequest,
  secrets: () => Promise<readonly Uint8Array[]>,
  now: number,
): Promise<EdgeRequest | EdgeResponse> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return methodNotAllowed
  const path = decodePath(request.uri)
  if (path === undefined) return forbidden('malformed path')
  if (path === '/') return forbidden('nothing is served at /')
  const token = findToken(request.querystring)
  if ('refused' in token) return forbidden(token.reason)
  // Before the secrets are asked for: stale links must not cost a call to KMS.
  const expired = checkExpiry(token, now)
  if (expired !== undefined) return forbidden(expired.reason)
  const verdict = verify(token, path, await secrets())
  if ('refused' in verdict) return forbidden(verdict.reason)
  request.uri = encodePath(path)
  request.querystring = ''
  return request
}

function answer(status: number, phrase: string, body: string, more: Record<string, string> = {}): EdgeResponse {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', ...more }
  return {
    status: String(status),
    statusDescription: phrase,
    headers: Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, [{ key, value }]])),
    body: `${body}\n`,
  }
}

/** apt and yum show the status line but never the body, so the reason stands in both. */
const forbidden = (reason: string) => answer(403, `Forbidden (${reason})`, reason)
const methodNotAllowed = answer(405, 'Method Not Allowed', 'only GET and HEAD', { allow: 'GET, HEAD' })
const unavailable = answer(503, 'Service Unavailable', 'the signature cannot be checked at the moment', {
  'retry-after': '2',
})
