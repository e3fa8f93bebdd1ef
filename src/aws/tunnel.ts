import { Agent as HttpAgent, type AgentOptions, type ClientRequestArgs, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { isIP, isIPv6, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

import { CtlError, messageOf } from '../errors.ts'
import { networkAdvice, networkReason } from './network-reason.ts'
import type { Proxies, Proxy } from './proxy.ts'

/*
 * Tunnels are Node's own (`http.request` with CONNECT). Its agents' `proxyEnv` is not used: it is there from 22.21 and 24.5 on
 * only, reads NO_PROXY without networks, and knows no exception for the endpoints of credentials. Agents from npm answer a
 * request with the proxy's refusal, as if it were the server's.
 */

/** How long a proxy may take until the tunnel stands, in milliseconds. */
const patienceMs = 30_000

/** Proxies that have let a connection through. What then fails is trouble that passes. */
const proven = new Set<string>()

/** What is between here and where a connection was to go. */
export class ProxyFailure extends CtlError {
  /** The status that the proxy answered; `undefined` where it did not. */
  readonly status: number | undefined
  /** By which the SDK, too, knows that it is worth another try. */
  readonly $retryable?: { readonly throttling: boolean }

  constructor(
    proxy: Proxy,
    message: string,
    { code, hint, status }: { code: string; hint: readonly string[]; status?: number },
  ) {
    super('failed', message, { code, hint })
    this.status = status
    const passing = status === undefined || status >= 500
    if (passing && proven.has(proxy.name)) this.$retryable = { throttling: false }
  }
}

/** As messages name a proxy: never with its password. */
const nameOf = ({ name, variable }: Proxy): string => `The proxy ${name} (${variable})`

/** The connection by which a proxy is tried that has let none through yet. */
interface Trial {
  readonly authority: string
  readonly tunnel: Promise<Socket>
}

const trials = new Map<string, Trial>()

/**
 * Opens a connection to a host through a proxy (RFC 9110, section 9.3.6, CONNECT).
 *
 * Until a proxy has let a connection through, it is asked for one at a time: what is wrong with the first would be so with
 * all that wait for it, and several times a wrong password at once locks accounts.
 *
 * @param host - with or without brackets; the proxy looks it up
 * @throws ProxyFailure if the proxy is gone, refuses, or asks for a password
 */
export async function openTunnel(proxy: Proxy, host: string, port: number): Promise<Socket> {
  const authority = `${isIPv6(host) ? `[${host}]` : host}:${port}`
  const id = `${proxy.variable} ${proxy.name} ${proxy.authorization ?? ''}`
  for (let trial = trials.get(id); trial !== undefined; trial = trials.get(id)) {
    const failure = await failureOf(trial)
    if (failure !== undefined && isSharedBy(failure, trial.authority, authority)) throw failure
  }
  const tunnel = connectThrough(proxy, authority)
  if (proven.has(proxy.name)) return tunnel
  trials.set(id, { authority, tunnel })
  try {
    return await tunnel
  } finally {
    trials.delete(id)
  }
}

const failureOf = ({ tunnel }: Trial): Promise<Error | undefined> =>
  tunnel.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error : new Error(messageOf(error))),
  )

/** Whether what kept one connection from being made keeps another one from it: a refusal may be for its host alone. */
const isSharedBy = (failure: Error, tried: string, authority: string): boolean =>
  tried === authority || !(failure instanceof ProxyFailure) || failure.status === undefined || failure.status === 407

async function connectThrough(proxy: Proxy, authority: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const request = (proxy.secure ? requestHttps : requestHttp)({
    host: proxy.hostname,
    port: proxy.port,
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...authorizationFor(proxy) },
    // Else Node takes the name in the header for that of the proxy.
    ...serverNameOf(proxy),
    agent: false,
    timeout: patienceMs,
  })
  request.on('timeout', () => request.destroy(new Error(`no answer within ${patienceMs / 1000} s`)))
  request.on('error', (error) => reject(unreachable(proxy, error)))
  request.on('connect', ({ statusCode: status = 0, statusMessage = '', headers }, socket, head) => {
    if (status < 200 || status > 299) {
      socket.destroy()
      reject(refusal(proxy, authority, { status, statusMessage, schemes: headers['proxy-authenticate'] }))
      return
    }
    proven.add(proxy.name)
    socket.setTimeout(0)
    if (head.length > 0) socket.unshift(head)
    resolve(socket)
  })
  request.end()
  return promise
}

/** What the certificate of a proxy is for, where it is spoken to over TLS. */
export const serverNameOf = ({ secure, hostname }: Proxy): { servername?: string } =>
  secure ? { servername: isIP(hostname) === 0 ? hostname : '' } : {}

export const authorizationFor = ({ authorization }: Proxy): Record<string, string> =>
  authorization === undefined ? {} : { 'proxy-authorization': authorization }

/** The proxy can't be spoken to. */
export function unreachable(proxy: Proxy, error: unknown): ProxyFailure {
  const speaksNoTls = proxy.secure && messageOf(error).includes('wrong version number')
  const why = speaksNoTls ? 'it does not speak TLS, as https:// in the variable says' : networkReason(error)
  return new ProxyFailure(proxy, `${nameOf(proxy)} can't be reached: ${why}.`, {
    code: 'ProxyUnreachable',
    hint: [
      `Check ${proxy.variable} and the proxy. NO_PROXY names what is reached without it.`,
      ...networkAdvice(error),
    ],
  })
}

interface Refused {
  readonly status: number
  readonly statusMessage: string
  /** Value of Proxy-Authenticate. */
  readonly schemes?: string | string[] | undefined
}

/**
 * The proxy does not let a connection through.
 *
 * @param authority - host and port
 */
export function refusal(proxy: Proxy, authority: string, { status, statusMessage, schemes }: Refused): ProxyFailure {
  const answered = `${status} ${statusMessage}`.trim()
  if (status === 407) return unauthorized(proxy, answered, [schemes ?? []].flat().join(', '))
  if (status >= 500) {
    return new ProxyFailure(proxy, `${nameOf(proxy)} could not reach ${authority}: ${answered}.`, {
      code: 'ProxyGateway',
      status,
      hint: ['Check the name, and whether the proxy may reach it. NO_PROXY names what is reached without it.'],
    })
  }
  return new ProxyFailure(proxy, `${nameOf(proxy)} refuses to connect to ${authority}: ${answered}.`, {
    code: 'ProxyRefused',
    status,
    hint: [
      'Whoever runs the proxy must allow CONNECT to that name and port.',
      'If it can be reached without the proxy, add it to NO_PROXY.',
    ],
  })
}

function unauthorized(proxy: Proxy, answered: string, schemes: string): ProxyFailure {
  const given = proxy.authorization !== undefined
  const wanted = given ? 'does not accept the user and password that it was given' : 'asks for a user and password'
  const others = /basic/i.test(schemes) || schemes === '' ? undefined : schemes.replace(/ [^,]*/g, '')
  const hint =
    others === undefined
      ? [
          `Put them into the variable: ${proxy.variable}=http${proxy.secure ? 's' : ''}://USER:PASSWORD@${proxy.name}`,
          'All but letters and digits is percent-encoded there: %40 is @, %2F is /.',
        ]
      : [`It takes ${others} only, which pc-ctl can not: run a relay beside it that can, such as cntlm or px.`]
  return new ProxyFailure(proxy, `${nameOf(proxy)} ${wanted}: ${answered}.`, {
    code: 'ProxyAuthenticationRequired',
    status: 407,
    hint,
  })
}

type Created = (error: Error | null, stream: Duplex) => void

/** Where a connection is to go, as Node hands it to an agent. */
const targetOf = ({ host, port }: ClientRequestArgs, otherwise: number): [host: string, port: number] => [
  host ?? 'localhost',
  Number(port ?? otherwise),
]

const failing = (callback: Created | undefined, error: unknown): undefined => {
  // Node's own callback looks at nothing else once there is an error.
  callback?.(error instanceof Error ? error : new Error(messageOf(error)), undefined as never)
}

/** How a connection is made without a proxy, and of the tunnel through one. */
interface Ways {
  readonly direct: () => Connection
  readonly over: (tunnel: Socket) => Connection
}

type Connection = Duplex | null | undefined

/** Opens a connection as `createConnection` of Node's agents does: at once, or by the callback. */
function connectBy(
  proxies: Proxies,
  scheme: 'http' | 'https',
  options: ClientRequestArgs,
  callback: Created | undefined,
  { direct, over }: Ways,
): Connection {
  const [host, port] = targetOf(options, scheme === 'http' ? 80 : 443)
  try {
    const proxy = proxies.for(scheme, host, port)
    if (proxy === undefined) return direct()
    openTunnel(proxy, host, port)
      .then((tunnel) => {
        const opened = over(tunnel)
        if (opened) callback?.(null, opened)
      })
      .catch((error: unknown) => failing(callback, error))
  } catch (error) {
    process.nextTick(failing, callback, error)
  }
  return undefined
}

/**
 * An agent for one scheme: Node's own, unless a variable names a proxy. Then it opens connections through that where there is
 * one for their host: by tunnels, also without TLS. In the other form of RFC 9112, section 3.2.2, proxies write
 * Cache-Control anew (squid does), which breaks signatures at best, and at worst is what S3 then keeps.
 */
export function agentThrough(secure: boolean, proxies: Proxies, options: AgentOptions): HttpAgent {
  const agent = secure ? new HttpsAgent(options) : new HttpAgent(options)
  if (!proxies.any) return agent
  // No class of its own: to extend Node's would load TLS where nobody speaks it.
  const createConnection = agent.createConnection.bind(agent)
  agent.createConnection = (options, callback) =>
    connectBy(proxies, secure ? 'https' : 'http', options, callback, {
      direct: () => createConnection(options, callback),
      over(tunnel) {
        const tunnelled: ClientRequestArgs & { socket: Socket } = { ...options, socket: tunnel }
        return secure ? createConnection(tunnelled) : tunnel
      },
    })
  return agent
}
