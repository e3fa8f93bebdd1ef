import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import { expect } from 'chai'

import {
  FunctionNetwork,
  isFetchMessage,
  type FetchMessage,
  type FetchOutcome,
} from '../../../src/sandbox/lambda/function-network.ts'

type Ask = Extract<FetchMessage, { kind: 'fetch' }>

describe('what a function may reach', () => {
  let server: Server
  let endpoint: string
  let respond: (incoming: IncomingMessage, outgoing: ServerResponse) => void
  let received: string[]

  before(async () => {
    server = createServer((incoming, outgoing) => {
      received.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`)
      respond(incoming, outgoing)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  beforeEach(() => {
    received = []
    respond = (_, outgoing) => outgoing.end('answer')
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  const ask = async (more: Partial<Ask> = {}, then?: (network: FunctionNetwork) => void): Promise<FetchOutcome> => {
    const { promise, resolve } = Promise.withResolvers<FetchOutcome>()
    const network = new FunctionNetwork(endpoint, (said) => {
      if (said.kind === 'fetched' || said.kind === 'fetch-failed') resolve(said)
    })
    network.receive({ kind: 'fetch', id: 7, method: 'GET', url: `${endpoint}/path?q`, headers: [], body: '', ...more })
    then?.(network)
    const outcome = await promise
    network.close()
    return outcome
  }

  it('is the endpoint, with all that HTTP carries', async () => {
    let sent = ''
    respond = (incoming, outgoing) => {
      void text(incoming).then((body) => {
        sent = `${incoming.headers['x-one'] as string} ${body}`
        outgoing.writeHead(418, 'Teapot', { 'x-two': ['a', 'b'] }).end(Buffer.from([0, 255]))
      })
    }
    const outcome = await ask({ method: 'POST', headers: [['x-one', '1']], body: Buffer.from('ü').toString('base64') })
    expect(sent).to.equal('1 ü')
    expect(outcome).to.include({ kind: 'fetched', id: 7, status: 418, statusText: 'Teapot', body: 'AP8=' })
    expect(outcome).to.have.property('headers').that.deep.includes(['x-two', 'b'])
    expect(received).to.deep.equal(['POST /path?q'])
  })

  it('is nothing else', async () => {
    const others = [
      'http://127.0.0.1:9/',
      endpoint.replace('127.0.0.1', 'localhost'),
      endpoint.replace('http:', 'https:'),
      endpoint.replace('127.0.0.1', 'user@127.0.0.1.evil.example'),
      `${endpoint}.evil.example/`,
      'file:///etc/passwd',
      'not a URL',
      `${endpoint}/_sandbox`,
      `${endpoint}/_sandbox/faults`,
      `${endpoint}/x/../_sandbox/calls`,
    ]
    for (const url of others) expect((await ask({ url })).kind, url).to.equal('fetch-failed')
    expect(received).to.deep.equal([])
  })

  it('is no second request that hides in the first', async () => {
    const hidden = Buffer.from('0\r\n\r\nDELETE /_sandbox/calls HTTP/1.1\r\nhost: x\r\n\r\n').toString('base64')
    let host
    respond = (incoming, outgoing) => {
      host = incoming.headers.host
      incoming.resume().on('end', () => outgoing.end())
    }
    for (const headers of [
      [['Transfer-Encoding', 'chunked']],
      [['content-length', '0']],
      [
        ['connection', 'keep-alive, x'],
        ['host', 'evil.example'],
      ],
      [['expect', '100-continue']],
    ] as [string, string][][]) {
      const { kind } = await ask({ method: 'POST', headers, body: hidden })
      expect([kind, host]).to.deep.equal(['fetched', new URL(endpoint).host])
    }
    for (const headers of [[['x', 'a\r\nb: c']], [['x y', 'z']]] as [string, string][][]) {
      expect((await ask({ headers })).kind).to.equal('fetch-failed')
    }
    expect((await ask({ method: 'GET /_sandbox HTTP/1.1\r\n' })).kind).to.equal('fetch-failed')
    expect(received).to.deep.equal(Array.from({ length: 4 }, () => 'POST /path?q'))
  })

  it('is given up when the function does, and when it ends', async () => {
    for (const stop of [
      (network: FunctionNetwork) => network.receive({ kind: 'fetch-abort', id: 7 }),
      (network: FunctionNetwork) => network.close(),
    ]) {
      const gone = new Promise<void>((resolve) => {
        respond = (incoming) => incoming.socket.once('close', () => resolve())
      })
      const network = new FunctionNetwork(endpoint, () => expect.fail('nobody waits for it'))
      network.receive({ kind: 'fetch', id: 7, method: 'GET', url: endpoint, headers: [], body: '' })
      while (received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      stop(network)
      await gone
      network.close()
      received = []
    }
  })

  it('tells of a connection that broke', async () => {
    respond = (incoming) => incoming.socket.destroy()
    expect(await ask()).to.include({ kind: 'fetch-failed', code: 'ECONNRESET' })
  })

  it('listens to nothing but what a container says', () => {
    const message = { kind: 'fetch', id: 1, method: 'GET', url: 'x', headers: [['a', 'b']], body: '' }
    expect(isFetchMessage(message)).to.equal(true)
    expect(isFetchMessage({ kind: 'fetch-abort', id: 1 })).to.equal(true)
    for (const other of [
      null,
      1,
      'fetch',
      [],
      {},
      { ...message, kind: 'result' },
      { ...message, id: '1' },
      { ...message, url: null },
      { ...message, headers: [['a']] },
      { ...message, headers: [['a', 1]] },
      { ...message, headers: 'a' },
      { ...message, body: undefined },
    ]) {
      expect(isFetchMessage(other), JSON.stringify(other)).to.equal(false)
    }
  })
})
