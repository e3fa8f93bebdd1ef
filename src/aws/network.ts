import http, {
  Agent as HttpAgent,
  type AgentOptions,
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
} from 'node:http'
import { request as requestHttps } from 'node:https'
import { connect as connectSocket, type Socket } from 'node:net'

import type { Settings } from '../settings/settings.ts'
import { type AuthorityFile, authorityFile, readAuthorities, trust } from './authorities.ts'
import { type Proxies, proxiesOf, type Proxy } from './proxy.ts'
import { readSharedConfiguration, type SharedConfiguration } from './shared-profile.ts'
import {
  agentThrough,
  authorizationFor,
  openTunnel,
  ProxyFailure,
  refusal,
  serverNameOf,
  unreachable,
} from './tunnel.ts'

/** A request without a body. */
interface Get {
  readonly scheme: 'http' | 'https'
  /** Host, with port if it is not the scheme's. */
  readonly domain: string
  /** Path and query, sent as given. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** How this process reaches others: every connection but those to credential endpoints is opened here. */
export interface Network {
  readonly proxies: Proxies
  /** Own authorities that are trusted, in PEM, for the threads that can't read settings. */
  readonly authorities: readonly string[]
  /** An agent that keeps connections, for one scheme. */
  agent(secure: boolean, options?: AgentOptions): HttpAgent
  /**
   * GETs on a connection of its own; redirects are not followed.
   *
   * @throws ProxyFailure; Error of the network
   */
  readonly get: (request: Get) => Promise<IncomingMessage>
  /** Opens a connection for TLS that the caller looks at itself. */
  connect(host: string, port: number): Promise<Socket>
}

/**
 * How long an answer of AWS may be without a byte, in milliseconds, until the call counts as lost: what stands between swallows
 * connections, and nothing else would end the wait. Slow lines must empty their buffers in that time.
 */
export const idleMs = 120_000

/** Proxies that took a request in the other form, by host. */
const forwarded = new Set<string>()

/** @param authorities - trusted already, see {@link openNetwork} */
export function networkOf(proxies: Proxies = proxiesOf(), authorities: readonly string[] = []): Network {
  const agent = (secure: boolean, options: AgentOptions = {}): HttpAgent =>
    agentThrough(secure, proxies, { keepAlive: true, scheduling: 'lifo', ...options })
  return {
    proxies,
    authorities,
    agent,
    async get(request) {
      const { host, port } = addressOf(request)
      const proxy = proxies.for(request.scheme, host, port)
      if (proxy === undefined) return send(request, { host, port, agent: false })
      const place = `${proxy.name} ${request.domain}`
      if (!forwarded.has(place)) {
        try {
          return await send(request, { host, port, agent: agent(request.scheme === 'https', { keepAlive: false }) })
        } catch (error) {
          if (request.scheme === 'https' || !forwards(error)) throw error
          forwarded.add(place)
        }
      }
      return forward(request, proxy)
    },
    async connect(host, port) {
      const proxy = proxies.for('https', host, port)
      if (proxy !== undefined) return openTunnel(proxy, host, port)
      const { promise, resolve, reject } = Promise.withResolvers<Socket>()
      const socket = connectSocket({ host, port })
      socket.once('connect', () => resolve(socket)).once('error', reject)
      try {
        return await promise
      } finally {
        socket.off('error', reject)
      }
    },
  }
}

/**
 * Reads what the environment and the profile in use say about the network, and trusts own authorities from now on.
 *
 * @throws CtlError of kind `configuration` for authorities that can't be read
 */
export async function openNetwork(
  settings: Pick<Settings, 'profile'>,
  environment: NodeJS.ProcessEnv = process.env,
  shared?: SharedConfiguration,
): Promise<Network> {
  const found = await findAuthorities(settings, environment, shared)
  const authorities = found === undefined ? [] : readAuthorities(found)
  trust(authorities)
  // With NODE_USE_ENV_PROXY, Node would send the SDK's requests for a machine's credentials to the proxy.
  http.globalAgent = new HttpAgent({ keepAlive: true })
  return networkOf(proxiesOf(environment), authorities)
}

/** The file of own authorities, if there is one. */
export async function findAuthorities(
  settings: Pick<Settings, 'profile'>,
  environment: NodeJS.ProcessEnv = process.env,
  shared?: SharedConfiguration,
): Promise<AuthorityFile | undefined> {
  const { name, profiles } = shared ?? (await readSharedConfiguration(settings, environment))
  return authorityFile({ name, caBundle: profiles[name]?.['ca_bundle'] }, environment)
}

function addressOf({ scheme, domain }: Get): { host: string; port: number } {
  const { hostname, port } = new URL(`${scheme}://${domain}`)
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || (scheme === 'https' ? 443 : 80)) }
}

interface Way {
  readonly host: string
  readonly port: number
  readonly agent: HttpAgent | false
}

function send({ scheme, target, headers, signal }: Get, { host, port, agent }: Way): Promise<IncomingMessage> {
  return answerTo(scheme === 'https', {
    host,
    port,
    path: target,
    headers: { ...headers },
    agent,
    ...(signal && { signal }),
  })
}

function answerTo(secure: boolean, options: RequestOptions): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  ;(secure ? requestHttps : requestHttp)(options, resolve).on('error', reject).end()
  return promise
}

/** Most proxies open tunnels to port 443 alone, and take other requests in another form. */
const forwards = (error: unknown): boolean =>
  error instanceof ProxyFailure && error.status !== undefined && error.status !== 407 && error.status < 500

/** The form in which proxies take requests over plain HTTP (RFC 9112, section 3.2.2). */
async function forward({ domain, target, headers, signal }: Get, proxy: Proxy): Promise<IncomingMessage> {
  const answer = await answerTo(proxy.secure, {
    host: proxy.hostname,
    port: proxy.port,
    path: `http://${domain}${target}`,
    headers: { host: domain, ...headers, ...authorizationFor(proxy) },
    ...serverNameOf(proxy),
    agent: false,
    ...(signal && { signal }),
  }).catch((error: unknown) => {
    throw signal?.aborted === true ? error : unreachable(proxy, error)
  })
  const { statusCode: status = 0, statusMessage = '', headers: answered } = answer
  const isProxys = status === 407 || answered['x-squid-error'] !== undefined
  if (!isProxys) return answer
  answer.destroy()
  throw refusal(proxy, domain, { status, statusMessage, schemes: answered['proxy-authenticate'] })
}
