/**
 * What Lambda's function does with each request at the edge: CloudFront calls it as viewer-request function, before it looks into its
 * cache, so that cached objects are guarded too.
 */
import type { EdgeRules } from './config.ts'
import { type Answer, badSignature, checkRequest, unavailable } from './guard.ts'
import { encodePath } from './path.ts'
import { type HmacKey, verify } from './signature.ts'
import type { Token } from './token.ts'

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
      return responseOf(unavailable)
    }
  }
}

async function guard(
  request: EdgeRequest,
  { secrets, rules }: Checks,
  now: number,
): Promise<EdgeRequest | EdgeResponse> {
  // Before the secrets are asked for: stale links must not cost a call to KMS.
  const found = checkRequest(request.method, { path: request.uri, querystring: request.querystring }, rules, now)
  if ('status' in found) return responseOf(found)
  const { path, token } = found
  if (!(await isSigned(token, path, secrets()))) return responseOf(badSignature)
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

const responseOf = ({ status, phrase, headers, body }: Answer): EdgeResponse => ({
  status: String(status),
  statusDescription: phrase,
  headers: Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, [{ key, value }]])),
  body,
})
