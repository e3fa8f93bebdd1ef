/**
 * A secret as it stands in packagecloud.rb, and the bytes that it means: the same for signers and both engines, see
 * `cloudfront-function.ts` for the language that it must keep to.
 */

/** Fewer bytes than this can be guessed; above all, an empty secret must never verify anything. */
const shortestSecret = 16
const noDigit = /[^A-Za-z0-9+/_-]/

/**
 * Decodes the secret as it stands in packagecloud.rb.
 *
 * @param secret - base64 in the standard or the URL-safe alphabet, padded or not
 * @returns the bytes that key the HMAC
 * @throws TypeError if it is not base64 or shorter than 16 bytes; the message does not hold the secret
 */
export function decodeSecret(secret: string): Uint8Array {
  const padding = secret.indexOf('=')
  const digits = padding < 0 ? secret : secret.slice(0, padding)
  if (noDigit.test(digits) || digits.length % 4 === 1 || !'=='.startsWith(secret.slice(digits.length))) {
    throw new TypeError('not base64')
  }
  // Not every runtime knows the URL-safe alphabet by the name of the other.
  const bytes = Buffer.from(digits.split('-').join('+').split('_').join('/'), 'base64')
  if (bytes.length < shortestSecret) throw new TypeError(`shorter than ${shortestSecret} bytes`)
  return bytes
}
