import { timingSafeEqual } from 'node:crypto'

import { decodeSecret } from '../edge/secret-text.ts'
import { signUrl } from '../edge/signature.ts'
import type { Front, FrontSurroundings, StartFront } from '../sandbox/host/front.ts'
import { closeServer, listen, portOf, type Arrival } from '../sandbox/wire/server.ts'
import type { AwsResponse } from '../sandbox/contracts/service.ts'
import type { FrontSettings } from './front-settings.ts'
import { presignedUrl } from './presigned-url.ts'
import { sha256, uriEncode } from '../sandbox/wire/signature.ts'

export interface FrontOptions extends Omit<FrontSurroundings, 'credentials'> {
  readSettings: () => Promise<FrontSettings>
}

/**
 * A front server for a sandbox.
 *
 * @param config - the packagecloud.rb that it reads, now and whenever it is restarted
 */
export const frontReading =
  (config: string): StartFront =>
  ({ credentials, ...surroundings }) =>
    startFront({
      ...surroundings,
      // Loaded here: settings bring a Ruby parser, which a front server without a file does not need.
      readSettings: async () => (await import('./front-settings.ts')).readFrontSettings(config, credentials),
    })

/** Seconds that a redirect's target is good for; what packagecloud servers are seen to give. */
const life = 300

/**
 * Starts the front server on loopback: basic auth, then 302 to a signed URL of the distribution, or, while CloudFront
 * is disabled, to a presigned URL of S3. The path is the object's key.
 */
export async function startFront(options: FrontOptions): Promise<Front> {
  let settings: FrontSettings | undefined
  let trouble = 'the settings have not been read'
  const restart = async (): Promise<void> => {
    try {
      settings = await options.readSettings()
    } catch (error) {
      settings = undefined
      trouble = error instanceof Error ? error.message : String(error)
      throw error
    }
  }
  // Started with settings that are not complete yet, it says so to its clients; a restart reads them again.
  await restart().catch(() => undefined)
  const server = await listen(options.port, (arrival) => {
    if (settings === undefined) return Promise.resolve(text(503, `Not configured: ${trouble}\n`))
    return Promise.resolve(redirect(arrival, settings, options))
  })
  const port = portOf(server)
  return { url: `http://127.0.0.1:${port}`, port, restart, close: () => closeServer(server) }
}

function redirect(arrival: Arrival, settings: FrontSettings, options: FrontOptions): AwsResponse {
  if (arrival.method !== 'GET' && arrival.method !== 'HEAD') {
    return text(405, 'Only GET and HEAD.\n', { allow: 'GET, HEAD' })
  }
  if (!isAuthorized(arrival.headers['authorization'], options.token)) {
    return text(401, 'HTTP Basic: Access denied.\n', { 'www-authenticate': 'Basic realm="packagecloud"' })
  }
  const key = keyOf(arrival.rawPath)
  if (key === undefined) return text(404, 'Not found.\n')
  const headers = { location: locationOf(key, settings, options.endpoint), 'cache-control': 'no-cache' }
  return { status: 302, headers: { ...headers, 'content-type': 'text/html' }, body: '' }
}

/** The token is the user name; a password is not looked at. */
function isAuthorized(header: string | undefined, token: string): boolean {
  const credentials = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(header ?? '')?.[1]
  if (credentials === undefined) return false
  const [user = ''] = Buffer.from(credentials, 'base64').toString('utf8').split(':')
  return timingSafeEqual(Buffer.from(sha256(user)), Buffer.from(sha256(token)))
}

function keyOf(rawPath: string): string | undefined {
  try {
    const key = decodeURIComponent(rawPath.slice(1))
    return key === '' ? undefined : key
  } catch {
    return undefined
  }
}

function locationOf(key: string, settings: FrontSettings, endpoint: string): string {
  const { edge, bucket } = settings
  const now = Date.now()
  if (edge === undefined) {
    const path = `/${bucket}/${key.split('/').map(uriEncode).join('/')}`
    return presignedUrl(endpoint, path, settings, life, now)
  }
  const expires = Math.floor(now / 1000) + life
  // SHA-1, as in the URLs of packagecloud servers.
  return signUrl({ domain: edge.domain, key, secret: decodeSecret(edge.secret), expires, algorithm: 'sha1' })
}

const text = (status: number, body: string, headers: Record<string, string> = {}): AwsResponse => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
  body,
})
