/**
 * What the deployer tells the function. The zip holds two files: `index.mjs`, always the same bytes, and `config.json`
 * beside it, since a function at the edge can have no environment variables.
 */
import { isObject } from '../json-object.ts'

/** What a URL must keep to besides being signed. Functions deployed before these rules were known have none of them. */
export interface EdgeRules {
  /** How far ahead an expiry may lie, in seconds; absent: as far as ten digits reach. */
  readonly longestLife?: number
  /** Whether HMAC-SHA1, which packagecloud's own tokens use, is accepted; absent: it is. */
  readonly sha1?: boolean
}

/** `config.json` in the zip. */
export interface EdgeConfig extends EdgeRules {
  /** Where the KMS key is. A replica runs in the region next to the viewer, so its own region is never meant. */
  region: string
  /** ARN of the KMS key. */
  keyId: string
  /** Must be the one that the secrets were encrypted with, see {@link encryptionContext}. */
  encryptionContext: Record<string, string>
  /**
   * KMS ciphertexts in base64: the current secret first, then the previous one if there is one. The plaintext is the
   * secret's text as it stands in packagecloud.rb, in UTF-8.
   */
  secrets: readonly string[]
}

/** Names of the files in the zip, and of the function's handler as Lambda wants it. */
export const edgeFiles = { bundle: 'index.mjs', config: 'config.json', handler: 'index.handler' } as const

/** Seconds that URLs live, unless whoever signs them says otherwise. */
export const urlLife = 300

/** Rules of new installations. packagecloud's own tokens are SHA-1, so that is on. */
export const firstRules = { longestLife: 7 * 86_400, sha1: true } as const satisfies EdgeRules

/** The KMS encryption context that binds a ciphertext to its installation and purpose. */
export const encryptionContext = (installation: string): Record<string, string> => ({
  'packagecloud:enterprise': installation,
  purpose: 'cloudfront_auth',
})

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isSeconds = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0
const isTextMap = (value: unknown): value is Record<string, string> =>
  isObject(value) && Object.values(value).every(isText)

/**
 * Picks the rules out of a configuration.
 *
 * @throws TypeError for rules that can't be understood: such a rule must not silently be none
 */
export function rulesIn(config: unknown): EdgeRules {
  if (!isObject(config)) throw new TypeError('the configuration is not an object')
  const { longestLife, sha1 } = config
  if (longestLife !== undefined && !isSeconds(longestLife)) throw new TypeError('longestLife is not in seconds')
  if (sha1 !== undefined && typeof sha1 !== 'boolean') throw new TypeError('sha1 is not true or false')
  return { ...(longestLife !== undefined && { longestLife }), ...(sha1 !== undefined && { sha1 }) }
}

/**
 * Reads the text of `config.json`.
 *
 * @throws SyntaxError for text that is not JSON; TypeError for JSON of another shape
 */
export function parseEdgeConfig(text: string): EdgeConfig {
  const config: unknown = JSON.parse(text)
  if (!isObject(config)) throw new TypeError('config.json is not an object')
  const { region, keyId, encryptionContext: context, secrets } = config
  if (!isText(region) || !isText(keyId)) throw new TypeError('config.json lacks region or keyId')
  if (!isTextMap(context)) throw new TypeError('config.json lacks encryptionContext')
  if (!Array.isArray(secrets) || secrets.length === 0 || !secrets.every(isText)) {
    throw new TypeError('config.json lacks secrets')
  }
  return { region, keyId, encryptionContext: context, secrets, ...rulesIn(config) }
}
