import { request } from 'node:http'
import { text } from 'node:stream/consumers'

import { expect } from 'chai'

import { startSandbox, type Sandbox } from '../../../src/sandbox/host/sandbox.ts'

describe('/_sandbox', () => {
  let sandbox: Sandbox
  let own: string
  before(async () => {
    sandbox = await startSandbox()
    own = new URL(sandbox.endpoint).host
  })
  beforeEach(() => sandbox.faults.clear())
  after(() => sandbox.close())

  /** The raw request; a header with several values is sent several times. */
  const send = async (method: string, path: string, headers: Record<string, string | string[]>, body?: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>()
    const sent = request(`${sandbox.endpoint}${path}`, { method, headers, setHost: false }, (answer) => {
      text(answer).then((read) => resolve({ status: answer.statusCode ?? 0, body: read }), reject)
    })
    sent.on('error', reject)
    sent.end(body)
    return promise
  }
  const port = (): string => own.split(':')[1] ?? ''

  it('answers to the names of loopback with its own port', async () => {
    for (const host of [own, `localhost:${port()}`, `LocalHost:${port()}`, `[::1]:${port()}`]) {
      expect((await send('GET', '/_sandbox', { host })).status, host).to.equal(200)
    }
  })

  it('does not answer to a name that was rebound to loopback, nor to another port', async () => {
    const others = [
      `evil.example:${port()}`,
      `127.0.0.1.evil.example:${port()}`,
      `localhost.evil.example:${port()}`,
      `127.0.0.1:${port()}.evil.example`,
      `localhost.:${port()}`,
      `localhost@evil.example:${port()}`,
      '127.0.0.1',
      '127.0.0.1:1',
      `0.0.0.0:${port()}`,
      '',
    ]
    for (const host of others) {
      for (const [method, path] of [
        ['GET', '/_sandbox'],
        ['GET', '/_sandbox/calls'],
        ['DELETE', '/_sandbox/faults'],
        ['POST', '/_sandbox/front/restart'],
      ] as const) {
        const { status, body } = await send(method, path, { host })
        expect(status, `${method} ${path} of ${host}`).to.equal(403)
        expect(body).not.to.contain('calls')
      }
    }
  })

  it('takes nothing from pages of other origins', async () => {
    const fault = 'kms:*:drop'
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost:3000' },
      { origin: `https://${own}` },
      { origin: `http://${own}.evil.example` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'unheard-of' },
      { origin: `http://${own}`, 'sec-fetch-site': 'cross-site' },
    ]
    for (const headers of foreign) {
      for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
        const answer = await send('POST', '/_sandbox/faults', { host: own, 'content-type': type, ...headers }, fault)
        expect(answer.status, JSON.stringify(headers)).to.equal(403)
      }
      expect((await send('GET', '/_sandbox/calls', { host: own, ...headers })).status).to.equal(403)
      expect((await send('DELETE', '/_sandbox/calls', { host: own, ...headers })).status).to.equal(403)
    }
    expect(sandbox.faults.list()).to.deep.equal([])
  })

  it('lets no page ask whether it might', async () => {
    const headers = { host: own, origin: 'https://evil.example', 'access-control-request-method': 'DELETE' }
    const preflight = await fetch(`${sandbox.endpoint}/_sandbox/calls`, { method: 'OPTIONS', headers })
    expect(preflight.status).to.equal(403)
    expect([...preflight.headers.keys()].filter((name) => name.startsWith('access-control'))).to.deep.equal([])
  })

  it('takes faults as curl, fetch and a page of its own send them, and no other kind of body', async () => {
    const post = (type: string | undefined, more: Record<string, string> = {}, body = 'kms:*:drop') =>
      send(
        'POST',
        '/_sandbox/faults',
        { host: own, ...(type === undefined ? {} : { 'content-type': type }), ...more },
        body,
      )
    for (const [type, more] of [
      ['application/x-www-form-urlencoded', {}],
      ['text/plain;charset=UTF-8', { 'sec-fetch-mode': 'cors' }],
      [undefined, {}],
      ['text/plain', { origin: `http://${own}`, 'sec-fetch-site': 'same-origin' }],
      ['text/plain', { 'sec-fetch-site': 'none' }],
    ] as const) {
      expect((await post(type, more)).status, type).to.equal(200)
    }
    for (const type of ['multipart/form-data; boundary=x', 'application/json', 'image/png']) {
      expect((await post(type)).status, type).to.equal(415)
    }
    expect(sandbox.faults.list()).to.have.length(5)
    expect((await post('text/plain', {}, 'kms:*:drop\n'.repeat(10_000))).status).to.equal(413)
    expect(sandbox.faults.list()).to.have.length(5)
  })
})
