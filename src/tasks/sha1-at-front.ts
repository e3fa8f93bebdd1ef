import type { Aws } from '../aws/connect.ts'
import { findToken } from '../edge/token.ts'
import { parseUrl } from '../edge/url-parts.ts'
import type { Settings } from '../settings/settings.ts'
import { CtlError } from '../errors.ts'
import { findSamples } from './doctor/keys.ts'
import { frontKnowledge, probeFront } from './front-server.ts'

/** Where to look at what the front server signs with. */
export interface FrontAsked {
  readonly front?: string | undefined
  readonly token?: string | undefined
  /** What to ask for, where the front server's paths are not the keys of the bucket. */
  readonly path?: string | undefined
}

/**
 * Finds out whether the front server signs with HMAC-SHA1, which packagecloud's own tokens use.
 *
 * @returns why it must not be switched off, or `undefined` where a URL signed with HMAC-SHA256 was seen
 * @throws CtlError of kind `usage` for a front server that is no URL
 */
export async function whySha1Stays(aws: Aws, settings: Settings, asked: FrontAsked): Promise<string | undefined> {
  const { front, token } = asked
  if (front === undefined) return unchecked('no --front was given to look at')
  const path = asked.path ?? (await findSamples(aws, settings, [])).samples.any?.key
  if (path === undefined) return unchecked('no object is known to ask it for; name one with --front-path')
  try {
    const { location, kind, status } = await probeFront(front, token, path, frontKnowledge(settings))
    const signed = location === undefined ? undefined : findToken(parseUrl(location)?.querystring ?? '')
    if (signed === undefined || kind !== 'cloudfront' || 'refused' in signed) {
      return unchecked(`it answered ${status} without a URL signed for CloudFront`)
    }
    return signed.algorithm === 'sha1'
      ? `${front} signs with HMAC-SHA1, so all its downloads would be refused`
      : undefined
  } catch (error) {
    if (!(error instanceof CtlError) || error.failure === 'usage') throw error
    return unchecked(error.message)
  }
}

const unchecked = (why: string): string => `whether the front server signs with HMAC-SHA1 is not known: ${why}`
