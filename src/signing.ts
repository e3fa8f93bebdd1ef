/**
 * `pc-ctl/signing`: signed package URLs for front servers of one's own, as `docs/signed-urls.md` specifies them.
 *
 * This file's types are published as they stand here, so it takes none from elsewhere.
 */
import { urlLife } from './edge/config.ts'
import { checkUrl } from './edge/guard.ts'
import { decodeSecret } from './edge/secret-text.ts'
import { signUrl as signWith, verify } from './edge/signature.ts'
import { parseUrl } from './edge/url-parts.ts'

/** The hash under the HMAC. */
export type Algorithm = 'sha256' | 'sha1'

/** What {@link signUrl} signs. */
export interface SignUrlOptions {
  /** `cloudfront_secret` as it stands in packagecloud.rb: base64, standard or URL-safe, padded or not. */
  secret: string
  /** `cloudfront_packages_domain`: a host name, with a port where it is not 443. */
  domain: string
  /** The S3 key, taken literally, with or without a leading slash. */
  key: string
  /** Unix time in seconds up to which the URL is good. Default: 300 seconds from now. */
  expires?: number | undefined
  /** Default: `sha256`. */
  algorithm?: Algorithm | undefined
}

/** What {@link verifyUrl} measures a URL against. */
export interface VerifyUrlOptions {
  /** `cloudfront_secret` as it stands in packagecloud.rb. */
  secret: string
  /** `cloudfront_previous_secret`, while a secret is being replaced. */
  previousSecret?: string | undefined
  /** Unix time in seconds. Default: this machine's clock. */
  now?: number | undefined
  /** How many seconds ahead an expiry may lie. Default: no limit. */
  longestLife?: number | undefined
  /** Whether HMAC-SHA1 is accepted. Default: true. */
  sha1?: boolean | undefined
}

/** What the edge would say to a URL. */
export type Verdict =
  | {
      accepted: true
      /** The S3 key that is fetched. */
      key: string
      /** Unix time in seconds up to which the URL is good. */
      expires: number
      algorithm: Algorithm
      signedWith: 'current' | 'previous'
    }
  | {
      accepted: false
      /** As the edge words it, such as `expired 7 s ago`. */
      reason: string
    }

/**
 * Makes a signed URL.
 *
 * @returns `https://DOMAIN/KEY?t=EXPIRY_SIGNATURE`, the key encoded canonically; http where the domain is loopback
 * @throws TypeError for a secret that is not base64 or shorter than 16 bytes; the message does not hold it
 * @throws RangeError for a domain, a key or an expiry that no URL can be signed with
 */
export function signUrl(options: SignUrlOptions): string {
  const { domain, key, expires = Math.floor(Date.now() / 1000) + urlLife, algorithm = 'sha256' } = options
  return signWith({ secret: bytesOf('secret', options.secret), domain, key, expires, algorithm })
}

/**
 * Checks a signed URL as the edge does, in its order.
 *
 * @param url - absolute, or path and query string alone, as a server gets them
 * @throws TypeError for secrets as {@link signUrl} does, and for what is no URL
 */
export function verifyUrl(url: string, options: VerifyUrlOptions): Verdict {
  const { secret, previousSecret, now = Date.now() / 1000, longestLife, sha1 } = options
  const secrets = [bytesOf('secret', secret)]
  if (previousSecret !== undefined) secrets.push(bytesOf('previousSecret', previousSecret))
  const parts = parseUrl(url.startsWith('/') ? `https://localhost${url}` : url)
  if (parts === undefined) throw new TypeError(`${JSON.stringify(url)} is not an http or https URL.`)
  const rules = { ...(longestLife !== undefined && { longestLife }), ...(sha1 !== undefined && { sha1 }) }
  const found = checkUrl(parts, rules, now)
  if ('refused' in found) return refused(found.reason)
  const { path, token } = found
  const match = verify(token, path, secrets)
  if ('refused' in match) return refused(match.reason)
  const { expires, algorithm } = token
  const signedWith = match.secretIndex === 0 ? 'current' : 'previous'
  return { accepted: true, key: path.slice(1), expires, algorithm, signedWith }
}

const refused = (reason: string): Verdict => ({ accepted: false, reason })

function bytesOf(name: string, secret: string): Uint8Array {
  try {
    return decodeSecret(secret)
  } catch (error) {
    throw new TypeError(`The ${name} is ${error instanceof Error ? error.message : 'unusable'}.`)
  }
}
