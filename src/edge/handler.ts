/**
 * What happens to each request at the edge: CloudFront calls it as viewer-request function, before it looks into its
 * cache, so that cached objects are guarded too.
 */
import type { EdgeRules } from './config.ts'
import { decodePath, encodePath } from './path.ts'
import { checkExpiry, checkRules, findToken, type HmacKey, type Token, verify } from './signature.ts'

type Headers = Record<string, { key?: string; value: string }[]>

/** The request inside CloudFront's event (lambda-event-structure.html). Path and query string are raw. */
interface EdgeRequest {
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

/** What a function has been told to check by. */
export interface Checks {
  /**
   * The decoded secrets, each by itself, the current one first; asked for only by requests that need them. What matches
   * one that is known is served, whatever became of the others; what matches none is answered with 503 if one of them is
   * not known.
   */
  readonly secrets: () => readonly Promise<HmacKey>[]
  readonly rules: EdgeRules
}

/**
 * Makes the handler.
 *
 * @param now - the time in milliseconds
 */
export function createHandler(checks: Checks, now: () => number = Date.now): EdgeHandler {
  return async (event) => {
    try {
      const [record] = event.Records
      if (record === undefined) throw new TypeError('the event holds no record')
      return await guard(record.cf.request, checks, now() / 1000)
    } catch (error) {
      // A function that throws is a 502 for the viewer, with CloudFront's own page and without a Retry-After.
      console.error(error)
      return unavailable
    }
  }
}

async function guard(
  request: EdgeRequest,
  { secrets, rules }: Checks,
  now: number,
): Promise<EdgeRequest | EdgeResponse> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return methodNotAllowed
  const path = decodePath(request.uri)
  if (path === undefined) return forbidden('malformed path')
  if (path === '/') return forbidden('nothing is served at /')
  const token = findToken(request.querystring)
  if ('refused' in token) return forbidden(token.reason)
  // Before the secrets are asked for: stale links must not cost a call to KMS.
  const refusal = checkExpiry(token, now) ?? checkRules(token, now, rules)
  if (refusal !== undefined) return forbidden(refusal.reason)
  if (!(await isSigned(token, path, secrets()))) return forbidden('bad signature')
  request.uri = encodePath(path)
  request.querystring = ''
  return request
}

/** @throws what a secret was rejected with, where none of those that are known made the signature */
async function isSigned(token: Token, path: string, secrets: readonly Promise<HmacKey>[]): Promise<boolean> {
  const troubles: unknown[] = []
  for (const pending of secrets) {
    try {
      if (!('refused' in verify(token, path, [await pending]))) return true
    } catch (error) {
      troubles.push(error)
    }
  }
  if (troubles.length > 0) throw troubles[0]
  return false
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
