/** A look at the front server, packagecloud itself, from where its clients are. */
import type { IncomingMessage } from 'node:http'

import { options } from '../options.ts'
import { networkAdvice, networkReason } from '../aws/network-reason.ts'
import { networkOf } from '../aws/network.ts'
import { foreignSignature } from '../edge/foreign-signature.ts'
import { encodePath, pathOfKey } from '../edge/path.ts'
import { findToken } from '../edge/token.ts'
import { parseUrl, type UrlParts } from '../edge/url-parts.ts'
import type { Settings } from '../settings/settings.ts'
import { CtlError, messageOf } from '../errors.ts'

/** What tells a redirect to S3 from one to CloudFront, as far as it is known. */
export interface FrontKnowledge {
  readonly bucket?: string | undefined
  /** Domain of the distribution, with port if there is one. */
  readonly packagesDomain?: string | undefined
  /** Hosts, with port, that stand for S3 beside those of AWS: `aws_host`, or the endpoint of a rehearsal. */
  readonly s3Hosts: readonly string[]
}

/** What the front server answered. */
export interface FrontAnswer {
  /** What was asked for. Never holds the token. */
  readonly url: string
  readonly status: number
  /** Where it sends clients, as it wrote it, made absolute where it is not. Opens the object for as long as its signature is good, so not for display. */
  readonly location: string | undefined
  /** Host of the location, with port if there is one. */
  readonly host: string | undefined
  /** `s3` only for the bucket's own URLs, where the bucket is known; `other` too for what is no redirect. */
  readonly kind: 'cloudfront' | 's3' | 'other'
  /** The server's clock, in Unix seconds, if it told. */
  readonly date: number | undefined
}

const patience = 15_000
const redirects = new Set([301, 302, 303, 307, 308])

/** What the settings and the SDK's own variables tell. A value that cannot be used is taken for not set. */
export function frontKnowledge(settings: Settings, environment: NodeJS.ProcessEnv = process.env): FrontKnowledge {
  const endpoint = environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL']
  const hosts = [endpoint === undefined ? undefined : parseUrl(endpoint)?.domain, settings.awsHost?.value]
  return {
    bucket: settings.bucket?.value,
    packagesDomain: settings.cloudfrontPackagesDomain?.value,
    s3Hosts: hosts.flatMap((host) => host?.toLowerCase() ?? []),
  }
}

/**
 * Asks the front server for an object as a package manager does: GET, and the token as user name of HTTP basic
 * authentication. The redirect is not followed, so the token goes nowhere else.
 *
 * @param front - URL of the front server; a path in it is put before the key
 * @param token - `undefined` asks without authentication
 * @param key - decoded path that clients ask for, with or without a leading slash
 * @throws CtlError of kind `usage` for a URL or key that cannot be asked for; `failed` if there is no answer
 */
export async function probeFront(
  front: string,
  token: string | undefined,
  key: string,
  known: FrontKnowledge,
): Promise<FrontAnswer> {
  const base = parseFront(front)
  const url = `${base.scheme}://${base.domain}${base.path.replace(/\/$/, '')}${encodedPath(key)}`
  const response = await get(url, token, base.domain)
  const { statusCode: status = 0, headers } = response
  const location = redirects.has(status) && headers.location !== undefined ? absolute(headers.location, url) : undefined
  const target = location === undefined ? undefined : parseUrl(location)
  const date = Date.parse(headers.date ?? '') / 1000
  return {
    url,
    status,
    location,
    host: target?.domain,
    kind: target === undefined ? 'other' : kindOf(target, known),
    date: Number.isNaN(date) ? undefined : date,
  }
}

const absolute = (location: string, base: string): string | undefined =>
  parseUrl(location) === undefined ? URL.parse(location, base)?.href : location

/**
 * Why the front server sends nobody anywhere: `FrontUnavailable` if that may pass by itself.
 *
 * @param pathFlag - flag that names another path to ask for
 */
export function noRedirect(
  { url, status }: FrontAnswer,
  token: string | undefined,
  pathFlag: 'key' | 'front-path',
): CtlError {
  const failed = (message: string, hint: string, code = 'FrontUnclear'): CtlError =>
    new CtlError('failed', message, { hint, code })
  if (status === 401 || status === 403) {
    const what = token === undefined ? 'asks for a token' : 'refused the token'
    return failed(
      `The front server ${what}: ${status} for ${url}.`,
      `Put an access token that may read this repository into ${options.token.variable}.`,
    )
  }
  if (status >= 500) {
    const hint = 'Look at `packagecloud-ctl status` and `packagecloud-ctl tail` on that server.'
    return failed(`The front server is not in service: ${status} for ${url}.`, hint, 'FrontUnavailable')
  }
  return failed(
    `The front server does not redirect ${url} but answers ${status}, which tells nothing.`,
    `Give --${pathFlag} PATH, the path of a package as clients ask for it.`,
  )
}

/**
 * Takes the URL of a front server apart.
 *
 * @throws CtlError of kind `usage` for what is none, or holds a token or a query; it never repeats what was given
 */
export function parseFront(text: string): UrlParts {
  const parts = URL.canParse(text) ? parseUrl(text) : undefined
  if (parts !== undefined && parts.querystring === '') return parts
  throw new CtlError('usage', '--front does not hold a plain http or https URL.', {
    hint: `Such as https://packages.example.org; the token goes into ${options.token.variable} or --token.`,
  })
}

function encodedPath(key: string): string {
  try {
    return encodePath(pathOfKey(key))
  } catch (error) {
    throw new CtlError('usage', messageOf(error), { cause: error })
  }
}

async function get(url: string, token: string | undefined, domain: string): Promise<IncomingMessage> {
  const { protocol, pathname, search } = new URL(url)
  const headers: Record<string, string> = {
    accept: '*/*',
    'user-agent': 'pc-ctl',
    ...(token !== undefined && { authorization: `Basic ${Buffer.from(`${token}:`).toString('base64')}` }),
  }
  const signal = AbortSignal.timeout(patience)
  try {
    const scheme = protocol === 'https:' ? 'https' : 'http'
    const response = await networkOf().get({ scheme, domain, target: pathname + search, headers, signal })
    response.destroy()
    return response
  } catch (error) {
    if (error instanceof CtlError) throw error
    const why = signal.aborted ? `no answer within ${patience / 1000} s` : networkReason(error)
    throw new CtlError('failed', `The front server ${domain} cannot be reached: ${why}.`, {
      hint: [
        'Look at its name and port, at firewalls in between, and whether packagecloud runs: `packagecloud-ctl status`.',
        ...networkAdvice(error),
      ],
      code: 'FrontUnreachable',
      cause: error,
    })
  }
}

function kindOf(target: UrlParts, known: FrontKnowledge): FrontAnswer['kind'] {
  const domain = known.packagesDomain?.toLowerCase()
  if (target.domain === domain || /\.cloudfront\.(?:net|cn)$/.test(target.domain)) return 'cloudfront'
  if (isOfBucket(target, known)) return 's3'
  // A name of the operator's own for the distribution, one that this configuration does not hold.
  const signed = !('refused' in findToken(target.querystring))
  return signed || foreignSignature(target.querystring)?.checkedBy === 'CloudFront' ? 'cloudfront' : 'other'
}

/**
 * Hosts of S3's REST API: regional, dual-stack, FIPS, accelerated and legacy; the bucket stands before the host or first
 * in the path. Sources: Amazon S3 User Guide, "Virtual hosting of general purpose buckets"; AWS General Reference, "Amazon
 * S3 endpoints and quotas".
 */
const s3Host = /^s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$/
const s3HostOfAnyBucket = /^(?:.+\.)?s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$/

function isOfBucket({ domain, path }: UrlParts, { bucket, s3Hosts }: FrontKnowledge): boolean {
  const isS3 = (host: string): boolean => s3Host.test(host) || s3Hosts.includes(host)
  if (bucket === undefined) {
    return s3HostOfAnyBucket.test(domain) || s3Hosts.some((host) => domain === host || domain.endsWith(`.${host}`))
  }
  if (isS3(domain)) return path.startsWith(`/${bucket}/`)
  return domain.startsWith(`${bucket}.`) && isS3(domain.slice(bucket.length + 1))
}
