import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, request, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** A proxy as companies have them, and what went through it. */
export interface ConnectProxy {
  readonly port: number
  /** Value for HTTPS_PROXY, with user and password where it asks for them. */
  readonly url: string
  /** The same without user and password. */
  readonly bareUrl: string
  /** Where tunnels were asked to, in order, such as `aws.example.org:443`. */
  readonly tunnels: string[]
  /** URLs of requests that came in absolute form. */
  readonly forwarded: string[]
  /** Connections that were let through and are open. */
  readonly open: ReadonlySet<Duplex>
  close(): Promise<void>
}

export interface ConnectProxyOptions {
  /** Asked for, if given. */
  readonly user?: string
  readonly password?: string
  /** Where a name is: the proxy alone knows. Others are as they are. */
  readonly hosts?: Readonly<Record<string, { host?: string; port?: number }>>
  /** Answers a tunnel with this status in place of opening it. */
  readonly refuse?: number | ((authority: string) => number | undefined)
  /** Whether it takes requests in absolute form. */
  readonly forwards?: boolean
  /** Key and certificate, where the proxy itself is spoken to over TLS. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

const reasons: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  405: 'Method Not Allowed',
  503: 'Service Unavailable',
}

/** Starts a proxy on loopback that opens tunnels (RFC 9110, CONNECT), written without looking at how they are asked for. */
export async function startProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const { user, password = '', hosts = {}, refuse, forwards = false, tls } = options
  const tunnels: string[] = []
  const forwarded: string[] = []
  const open = new Set<Duplex>()
  const wanted = user === undefined ? undefined : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const lacksPassword = (incoming: IncomingMessage): boolean =>
    wanted !== undefined && incoming.headers['proxy-authorization'] !== wanted
  const placeOf = (host: string, port: number): { host: string; port: number } => ({ host, port, ...hosts[host] })

  const server: Server = tls === undefined ? createHttpServer() : createHttpsServer(tls)
  server.on('connect', (incoming: IncomingMessage, client: Duplex, head: Buffer) => {
    client.on('error', () => undefined)
    const authority = incoming.url ?? ''
    tunnels.push(authority)
    if (lacksPassword(incoming)) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="proxy"\r\n\r\n')
      return
    }
    const status = typeof refuse === 'function' ? refuse(authority) : refuse
    if (status !== undefined) {
      client.end(`HTTP/1.1 ${status} ${reasons[status] ?? ''}\r\n\r\n`)
      return
    }
    const { hostname, port } = new URL(`http://${authority}`)
    const target: Socket = connect(placeOf(hostname.replace(/^\[(.*)\]$/, '$1'), Number(port || 80)), () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      target.write(head)
      target.pipe(client).pipe(target)
      open.add(client)
    })
    target.on('error', () => client.end('HTTP/1.1 503 Service Unavailable\r\n\r\n'))
    target.on('close', () => client.destroy())
    client.on('close', () => {
      open.delete(client)
      target.destroy()
    })
  })
  server.on('request', (incoming, outgoing) => {
    forwarded.push(incoming.url ?? '')
    if (lacksPassword(incoming)) {
      outgoing.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end()
      return
    }
    const url = URL.parse(incoming.url ?? '')
    if (!forwards || url === null) {
      outgoing.writeHead(405).end()
      return
    }
    const headers = { ...incoming.headers }
    delete headers['proxy-authorization']
    const { method } = incoming
    const path = url.pathname + url.search
    const asked = request({ ...placeOf(url.hostname, Number(url.port || 80)), method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    asked.on('error', () => outgoing.writeHead(503).end())
    incoming.pipe(asked)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  const scheme = tls === undefined ? 'http' : 'https'
  const place = `localhost:${address.port}`
  const credentials = user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`
  return {
    port: address.port,
    url: `${scheme}://${credentials}${place}`,
    bareUrl: `${scheme}://${place}`,
    tunnels,
    forwarded,
    open,
    async close() {
      for (const client of open) client.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
