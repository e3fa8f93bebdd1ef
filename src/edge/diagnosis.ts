/** Guesses what a signer did wrong, by doing likewise and comparing. */
import { createHmac } from 'node:crypto'

import { decodePath, encodePath } from './path.ts'
import { decodeSecret } from './secret-text.ts'
import type { Token } from './token.ts'
import type { UrlParts } from './url-parts.ts'

/** A secret as it stands in packagecloud.rb. */
export interface NamedSecret {
  name: 'current' | 'previous'
  text: string
}

interface Signed {
  parts: UrlParts
  /** Decoded. */
  path: string
  expires: number
}

/** What front servers have been known to sign, or might, and what to say about it. */
const mistakenMessages: readonly [string, (signed: Signed) => string][] = [
  [
    'over the path as it stands in the URL, still escaped, not over the decoded one',
    ({ parts, expires }) => `${parts.path}${expires}`,
  ],
  ['over the escaped path, not over the decoded one', ({ path, expires }) => `${encodePath(path)}${expires}`],
  [
    'over the path escaped with "+" kept, not over the decoded one',
    ({ path, expires }) => `${encodePath(path).replaceAll('%2B', '+')}${expires}`,
  ],
  ['over the path without its leading slash', ({ path, expires }) => `${path.slice(1)}${expires}`],
  ['over a path with two leading slashes', ({ path, expires }) => `/${path}${expires}`],
  [
    'for the path with spaces where this one has "+": somewhere "+" was read as a space',
    ({ path, expires }) => `${path.replaceAll('+', ' ')}${expires}`,
  ],
  [
    'for the path with "+" where this one has spaces: somewhere "+" was read as a space',
    ({ path, expires }) => `${path.replaceAll(' ', '+')}${expires}`,
  ],
  ['over the path decoded twice', ({ path, expires }) => `${decodePath(path) ?? path}${expires}`],
  [
    'over the whole URL, not over the path alone',
    ({ parts, path, expires }) => `${parts.scheme}://${parts.domain}${path}${expires}`,
  ],
  ['over domain and path, not over the path alone', ({ parts, path, expires }) => `${parts.domain}${path}${expires}`],
  ['with "_" between path and expiry; nothing belongs there', ({ path, expires }) => `${path}_${expires}`],
  ['with "?t=" between path and expiry; nothing belongs there', ({ path, expires }) => `${path}?t=${expires}`],
  ['with a line break at its end', ({ path, expires }) => `${path}${expires}\n`],
  ['over the expiry followed by the path; the path comes first', ({ path, expires }) => `${expires}${path}`],
  ['over the path alone, without the expiry', ({ path }) => path],
]

/** How the secret is turned into the key of the HMAC: right, and wrong. */
const keys: readonly [string, (text: string) => Uint8Array][] = [
  ['', decodeSecret],
  ["with the secret's text as the key, not the bytes that it decodes to", (text) => Buffer.from(text)],
  ["with the secret's text and a line break as the key", (text) => Buffer.from(`${text}\n`)],
]

/**
 * Explains a bad signature, if one of the usual mistakes makes it.
 *
 * @returns a sentence, or undefined: another secret, a changed path or expiry, or a mistake that is not known here
 */
export function diagnoseSignature(
  token: Token,
  path: string,
  parts: UrlParts,
  secrets: readonly NamedSecret[],
): string | undefined {
  const signed = { parts, path, expires: token.expires }
  const messages = [
    ['', `${path}${token.expires}`] as const,
    ...mistakenMessages.map(([why, make]) => [why, make(signed)] as const),
  ]
  for (const { name, text } of secrets) {
    for (const [keyMistake, makeKey] of keys) {
      const key = makeKey(text)
      for (const [messageMistake, message] of messages) {
        if (createHmac(token.algorithm, key).update(message).digest('hex') !== token.signature) continue
        const mistakes = [keyMistake, messageMistake].filter((mistake) => mistake !== '').join(', and ')
        return `It was signed ${mistakes} (${name} secret).`
      }
    }
  }
  return undefined
}

/** Explains why the value of `t` does not have its shape. */
export function diagnoseToken(querystring: string): string | undefined {
  const values = querystring.split('&').filter((parameter) => parameter.startsWith('t='))
  const [value = ''] = values.map((parameter) => parameter.slice(2))
  if (values.length > 1) return 'There is more than one token.'
  if (value === '') return 'The token is empty.'
  if (value.includes('%')) return 'The token is percent-encoded: something on the way escaped it once more.'
  if (/^\d{13}_/.test(value)) return 'The expiry is in milliseconds; it must be in seconds.'
  const [, expires = '', signature = ''] = /^(\d*)_(.*)$/s.exec(value) ?? []
  if (expires === '') return 'It is not EXPIRY_SIGNATURE.'
  if (expires.length !== 10) return `The expiry has ${expires.length} digits; it must have ten.`
  if (/^[0-9a-f]+$/.test(signature)) {
    return `The signature has ${signature.length} hex digits; HMAC-SHA256 has 64, HMAC-SHA1 has 40. It may be cut off.`
  }
  if (/^[0-9a-f]+$/i.test(signature)) return 'The signature is in upper case; it must be lower-case hex.'
  return 'The signature is not lower-case hex; it may be base64, or have something appended.'
}
