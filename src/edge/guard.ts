/**
 * What becomes of a request, but for its signature, and the answers to those that are turned away. Both engines run this,
 * see `cloudfront-function.ts` for the language that it must keep to.
 */
import type { EdgeRules } from './config.ts'
import { decodePath, reservedPath } from './path.ts'
import { checkExpiry, checkRules, findToken, type Refusal, type Token } from './token.ts'

/** Path and query string as they came over the wire. */
export interface Asked {
  readonly path: string
  readonly querystring: string
}

/** A request that is to be let through if its signature is good, which alone has not been looked at. */
export interface Candidate {
  /** Decoded. */
  readonly path: string
  readonly token: Token
}

/** An answer that is given at the edge. */
export interface Answer {
  readonly status: number
  readonly phrase: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The decoded path, or why nothing is served there. */
export function findPath(received: string): string | Refusal {
  const path = decodePath(received)
  if (path === undefined) return { refused: 'malformed path', reason: 'malformed path' }
  if (path === '/') return { refused: 'root', reason: 'nothing is served at /' }
  return path.startsWith(reservedPath)
    ? { refused: 'reserved', reason: `nothing is served below ${reservedPath}` }
    : path
}

/** All that can be checked without the secrets, in this order. `now` is Unix time in seconds. */
export function checkUrl(asked: Asked, rules: EdgeRules, now: number): Candidate | Refusal {
  const path = findPath(asked.path)
  if (typeof path !== 'string') return path
  const token = findToken(asked.querystring)
  if ('refused' in token) return token
  return checkExpiry(token, now) ?? checkRules(token, now, rules) ?? { path: path, token: token }
}

/** As {@link checkUrl}, as the edge answers it. */
export function checkRequest(method: string, asked: Asked, rules: EdgeRules, now: number): Candidate | Answer {
  if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed
  const found = checkUrl(asked, rules, now)
  return 'refused' in found ? forbidden(found.reason) : found
}

function answer(status: number, phrase: string, body: string): Answer & { headers: Record<string, string> } {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
  return { status: status, phrase: phrase, headers: headers, body: `${body}\n` }
}

/** apt and yum show the status line but never the body, so the reason stands in both. */
const forbidden = (reason: string): Answer => answer(403, `Forbidden (${reason})`, reason)

/** What none of the secrets has signed. */
export const badSignature: Answer = forbidden('bad signature')

const methodNotAllowed = answer(405, 'Method Not Allowed', 'only GET and HEAD')
methodNotAllowed.headers['allow'] = 'GET, HEAD'

const away = answer(503, 'Service Unavailable', 'the signature cannot be checked at the moment')
away.headers['retry-after'] = '2'

/** Where a secret that may have made the signature is not known. */
export const unavailable: Answer = away
