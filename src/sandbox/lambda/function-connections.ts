import { createServer, request, type Agent, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Duplex } from 'node:stream'

import { isControlPath } from '../contracts/control-path.ts'

/** What is said of a connection, by either end. Bytes are base64. */
export type ConnectionMessage =
  | { kind: 'connect'; id: number; host: string; port: number }
  | { kind: 'bytes'; id: number; bytes: string }
  /** Nothing more is sent by this end. */
  | { kind: 'bytes-end'; id: number }
  | { kind: 'disconnect'; id: number; code?: string; message?: string }

export function isConnectionMessage(message: unknown): message is ConnectionMessage {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return false
  const { kind, id, host, port, bytes } = message as Record<string, unknown>
  if (typeof id !== 'number') return false
  if (kind === 'connect') return typeof host === 'string' && typeof port === 'number'
  return kind === 'bytes' ? typeof bytes === 'string' : kind === 'bytes-end' || kind === 'disconnect'
}

/**
 * Runs in a container before the function's code, where Node closes the network to it: what `node:http` connects to is
 * then reached through the sandbox. It goes over as its own source text, so it must not use anything from outside its
 * body.
 *
 * @returns takes what the sandbox says
 */
export function bridgeConnections(send: (message: ConnectionMessage) => void): (message: ConnectionMessage) => void {
  if (!process.allowedNodeEnvironmentFlags.has('--allow-net')) return () => undefined
  const { Duplex: Stream } = process.getBuiltinModule('node:stream')
  const http = process.getBuiltinModule('node:http')
  const open = new Map<number, Duplex>()
  let last = 0
  const connect = (options: { host?: string; port?: number | string }): Duplex => {
    const id = ++last
    const socket = new Stream({
      read: () => undefined,
      write(chunk: Buffer, _encoding, done) {
        send({ kind: 'bytes', id, bytes: chunk.toString('base64') })
        done()
      },
      final(done) {
        send({ kind: 'bytes-end', id })
        done()
      },
      destroy(error, done) {
        if (open.delete(id)) send({ kind: 'disconnect', id })
        done(error)
      },
    })
    const itself = (): Duplex => socket
    const methods = ['setNoDelay', 'setKeepAlive', 'setTimeout', 'ref', 'unref']
    Object.assign(socket, Object.fromEntries(methods.map((name) => [name, itself])))
    open.set(id, socket)
    send({ kind: 'connect', id, host: options.host ?? 'localhost', port: Number(options.port ?? 80) })
    return socket
  }
  Object.assign(http.Agent.prototype, { createConnection: connect })
  return (message) => {
    const socket = open.get(message.id)
    if (socket === undefined) return
    if (message.kind === 'bytes') socket.push(Buffer.from(message.bytes, 'base64'))
    if (message.kind === 'bytes-end') socket.push(null)
    if (message.kind !== 'disconnect') return
    open.delete(message.id)
    const { code, message: reason } = message
    socket.destroy(code === undefined ? undefined : Object.assign(new Error(reason), { code }))
  }
}

/**
 * The sandbox's end: serves connections of `node:http` with what the sandbox's endpoint answers, but for what controls
 * the sandbox.
 */
export class FunctionConnections {
  readonly #endpoint: URL
  readonly #send: (message: ConnectionMessage) => void
  readonly #agent: Agent
  readonly #open = new Map<number, Duplex>()
  /** Listens nowhere: it is handed connections. */
  readonly #server: Server

  /**
   * @param endpoint - URL without a path
   * @param send - brings a message to the container
   * @param agent - of connections to the endpoint
   */
  constructor(endpoint: string, send: (message: ConnectionMessage) => void, agent: Agent) {
    this.#endpoint = new URL(endpoint)
    this.#send = send
    this.#agent = agent
    this.#server = createServer((asked, answer) => this.#pass(asked, answer))
  }

  receive(message: ConnectionMessage): void {
    if (message.kind === 'connect') {
      this.#connect(message)
      return
    }
    const stream = this.#open.get(message.id)
    if (message.kind === 'bytes') stream?.push(Buffer.from(message.bytes, 'base64'))
    else if (message.kind === 'bytes-end') stream?.push(null)
    else stream?.destroy()
  }

  close(): void {
    for (const stream of this.#open.values()) stream.destroy()
    this.#server.close()
  }

  #connect({ id, host, port }: Extract<ConnectionMessage, { kind: 'connect' }>): void {
    if (host !== this.#endpoint.hostname || port !== Number(this.#endpoint.port)) {
      const message = `Functions in the sandbox reach ${this.#endpoint.origin} and nothing else, not ${host}:${port}`
      this.#send({ kind: 'disconnect', id, code: 'ERR_ACCESS_DENIED', message })
      return
    }
    const stream = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        this.#send({ kind: 'bytes', id, bytes: chunk.toString('base64') })
        done()
      },
      final: (done) => {
        this.#send({ kind: 'bytes-end', id })
        done()
      },
      destroy: (error, done) => {
        this.#open.delete(id)
        this.#send({ kind: 'disconnect', id })
        done(error)
      },
    })
    stream.on('error', () => undefined)
    const itself = (): Duplex => stream
    const methods = ['setNoDelay', 'setKeepAlive', 'setTimeout', 'ref', 'unref', 'destroySoon']
    Object.assign(stream, Object.fromEntries(methods.map((name) => [name, itself])))
    this.#open.set(id, stream)
    this.#server.emit('connection', stream)
  }

  #pass(asked: IncomingMessage, answer: ServerResponse): void {
    const path = asked.url ?? '/'
    const url = URL.parse(path, this.#endpoint.href)
    if (url === null || isControlPath(url.pathname)) {
      asked.socket.destroy()
      return
    }
    const { hostname: host, port } = this.#endpoint
    const { method = 'GET', rawHeaders: headers } = asked
    const sent = request({ host, port, path, method, headers, agent: this.#agent }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.statusMessage, got.rawHeaders)
      got.on('error', () => asked.socket.destroy())
      got.pipe(answer)
    })
    sent.on('error', () => asked.socket.destroy())
    asked.on('error', () => sent.destroy())
    asked.pipe(sent)
  }
}
