/**
 * The token of a signed URL as far as it can be judged without the secret. Both engines run this, see
 * `cloudfront-function.ts` for the language that it must keep to.
 */
import type { EdgeRules } from './config.ts'

/** The hash under the HMAC. The edge tells them apart by the signature's length. */
export type Algorithm = 'sha256' | 'sha1'

/** A well-formed token; says nothing about whether it is valid. */
export interface Token {
  /** Unix time in seconds; the token is good up to and including this second. */
  expires: number
  algorithm: Algorithm
  /** Lower-case hex. */
  signature: string
}

/** Why a request is turned away, in words for the person who made it. */
export interface Refusal {
  refused:
    | 'malformed path'
    | 'root'
    | 'reserved'
    | 'missing token'
    | 'malformed token'
    | 'expired'
    | 'too far ahead'
    | 'SHA-1'
    | 'bad signature'
  /** What the edge answers. */
  reason: string
}

/**
 * Exactly ten digits make PATH + EXPIRY unambiguous; only `[0-9a-f_]` survives every client's re-quoting. Neither may
 * be loosened.
 */
const tokenShape = /^([0-9]{10})_([0-9a-f]{64}|[0-9a-f]{40})$/

/** Reads the value of `t`; undefined if it is not exactly of the form `EXPIRY_HEX`. */
export function parseToken(text: string): Token | undefined {
  const found = tokenShape.exec(text)
  const signature = found?.[2]
  // In the runtime of CloudFront Functions `$` also stands before a line feed at the end.
  if (found === null || signature === undefined || found[0] !== text) return undefined
  return { expires: Number(found[1]), algorithm: signature.length === 64 ? 'sha256' : 'sha1', signature: signature }
}

/**
 * The token of a raw query string. Strict on `t`: it stands there once, unescaped. Other parameters are nobody's
 * business here; the edge drops them all.
 */
export function findToken(querystring: string): Token | Refusal {
  const values = querystring.split('&').filter((parameter) => parameter === 't' || parameter.startsWith('t='))
  const first = values[0]
  if (first === undefined) return { refused: 'missing token', reason: 'missing token' }
  const token = values.length === 1 ? parseToken(first.slice(2)) : undefined
  return token ?? { refused: 'malformed token', reason: 'malformed token' }
}

/** Refuses a token whose time is over. `now` is Unix time in seconds. */
export function checkExpiry(token: Token, now: number): Refusal | undefined {
  const late = Math.floor(now) - token.expires
  return late > 0 ? { refused: 'expired', reason: `expired ${late} s ago` } : undefined
}

/** Refuses a token that the installation's rules forbid, whoever has signed it. `now` is Unix time in seconds. */
export function checkRules(token: Token, now: number, rules: EdgeRules): Refusal | undefined {
  if (token.algorithm === 'sha1' && rules.sha1 === false) {
    return { refused: 'SHA-1', reason: 'SHA-1 signatures are not accepted' }
  }
  return rules.longestLife !== undefined && token.expires - now > rules.longestLife
    ? { refused: 'too far ahead', reason: 'expires too far ahead' }
    : undefined
}

/** What the HMAC is taken of: the decoded path, in UTF-8, and the expiry in decimal. */
export const signedText = (path: string, expires: number): string => `${path}${expires}`
