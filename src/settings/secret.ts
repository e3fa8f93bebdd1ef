import { createHash } from 'node:crypto'

import { CtlError } from '../errors.ts'

const base64 = /^[A-Za-z0-9+/_-]+={0,2}$/
const shortest = 16

/**
 * Checks a CloudFront secret as it stands in packagecloud.rb.
 *
 * @param value - base64 in the standard or the URL-safe alphabet, padded or not
 * @returns the bytes that it decodes to, at least 16
 * @throws CtlError of kind `configuration`, which does not hold the value
 */
export function checkSecret(value: string): Uint8Array {
  const bytes = decode(value)
  if (bytes === undefined) throw malformed('is not base64')
  if (bytes.length < shortest) throw malformed(`decodes to ${bytes.length} bytes, fewer than ${shortest}`)
  return bytes
}

function decode(value: string): Uint8Array | undefined {
  const digits = value.replace(/=+$/, '').length
  return base64.test(value) && digits % 4 !== 1 ? Buffer.from(value, 'base64') : undefined
}

const malformed = (why: string): CtlError =>
  new CtlError('configuration', `The CloudFront secret ${why}.`, {
    hint: '`pc-ctl generate-cloudfront-secret` makes a good one, 43 characters long.',
  })

/** A secret as it may be shown: two equal ones look alike, and nothing of it can be read. */
export function maskSecret(value: string): string {
  const fingerprint = createHash('sha256').update(value).digest('hex').slice(0, 8)
  const length = Array.from(value).length
  return `******** (${length} ${length === 1 ? 'character' : 'characters'}, fingerprint ${fingerprint})`
}

/** The ends of an access key, by which operators know it; all of a short one is hidden. */
export const maskAccessKey = (value: string): string =>
  value.length < 12 ? '********' : `${value.slice(0, 4)}…${value.slice(-4)}`
