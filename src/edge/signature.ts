/**
 * The signature of package URLs, shared by those who sign (`sign-url`, the sandbox's front server) and the function at
 * the edge that verifies. `docs/signed-urls.md` is its specification.
 *
 *     https://DOMAIN/KEY?t=EXPIRY_SIGNATURE
 */
import type { KeyObject } from 'node:crypto'

import { encodePath, pathOfKey } from './path.ts'
import { type Algorithm, type Refusal, signedText, type Token } from './token.ts'

// Imported, it would be read as a whole, with parts of it that are loaded only when they are asked for.
const { createHmac, createSecretKey, timingSafeEqual } = process.getBuiltinModule('node:crypto')

/** What {@link sign} signs. */
export interface SignRequest {
  /** The decoded secret, see `decodeSecret`. */
  secret: Uint8Array
  /** The percent-decoded path with its leading slash. */
  path: string
  /** Unix time in whole seconds; ten digits, that is 2001 to 2286. */
  expires: number
  /** Default: sha256. */
  algorithm?: Algorithm
}

/** What {@link signUrl} signs. */
export interface SignUrlRequest extends Omit<SignRequest, 'path'> {
  /** The distribution's domain, see {@link baseUrlOf}. */
  domain: string
  /** The S3 key, literally, with or without a leading slash. */
  key: string
}

/** A valid token, and which of the secrets made it: 0 is the current one, 1 the previous one. */
export interface Match {
  secretIndex: number
}

const firstExpiry = 1_000_000_000
const lastExpiry = 9_999_999_999

/** `127.0.0.1`, `localhost` or `[::1]`, with or without a port. */
const loopback = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/
const domainShape = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[::1\])(?::\d{1,5})?$/i

/** What an HMAC is keyed with: a decoded secret, or what {@link hmacKey} has made of it. */
export type HmacKey = Uint8Array | KeyObject

/** A secret made ready for many signatures: that is a tenth of the work of each. */
export const hmacKey = (secret: Uint8Array): KeyObject => createSecretKey(secret)

/** HMAC(secret, PATH + EXPIRY), the path in UTF-8, the expiry in decimal. */
const digest = (secret: HmacKey, path: string, expires: number, algorithm: Algorithm): Buffer =>
  createHmac(algorithm, secret).update(signedText(path, expires)).digest()

/**
 * Makes a token.
 *
 * @returns `EXPIRY_HEX`, the value of the parameter `t`
 * @throws RangeError for an expiry that does not have ten digits
 */
export function sign({ secret, path, expires, algorithm = 'sha256' }: SignRequest): string {
  if (!Number.isInteger(expires) || expires < firstExpiry || expires > lastExpiry) {
    throw new RangeError(`The expiry ${expires} is not a Unix time in seconds with ten digits.`)
  }
  return `${expires}_${digest(secret, path, expires, algorithm).toString('hex')}`
}

/**
 * Scheme and authority of the URLs of a packages domain. A loopback domain is the sandbox's edge, which has one port a
 * distribution and no certificate, hence plain http; everything else is https.
 *
 * @param domain - a host name, with a port where it is not 443
 * @throws RangeError if it is anything else, such as a URL
 */
export function baseUrlOf(domain: string): string {
  if (!domainShape.test(domain)) throw new RangeError(`${JSON.stringify(domain)} is not a domain name.`)
  return `${loopback.test(domain) ? 'http' : 'https'}://${domain}`
}

/**
 * Makes a signed URL, the key encoded canonically.
 *
 * @throws RangeError for a key, domain or expiry that cannot be signed
 */
export function signUrl(request: SignUrlRequest): string {
  const path = pathOfKey(request.key)
  return `${baseUrlOf(request.domain)}${encodePath(path)}?t=${sign({ ...request, path })}`
}

/**
 * Checks a token's signature in constant time, against the current secret, then the previous one. The expiry is not
 * looked at, see `checkExpiry`.
 *
 * @param path - the percent-decoded path with its leading slash
 * @param secrets - the current one first
 */
export function verify(token: Token, path: string, secrets: readonly HmacKey[]): Match | Refusal {
  const given = Buffer.from(token.signature, 'hex')
  const secretIndex = secrets.findIndex((secret) =>
    timingSafeEqual(digest(secret, path, token.expires, token.algorithm), given),
  )
  return secretIndex === -1 ? { refused: 'bad signature', reason: 'bad signature' } : { secretIndex }
}
