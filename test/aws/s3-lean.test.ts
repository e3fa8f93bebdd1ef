import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { expect } from 'chai'

import { createLeanS3, type LeanS3 } from '../../src/aws/s3-lean.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

describe('the lean S3 client', () => {
  let server: Server
  let s3: LeanS3
  let answers: Answer[]
  let seen: IncomingMessage[]
  let slowDowns: number
  let retries: number
  beforeEach(async () => {
    ;[answers, seen, slowDowns, retries] = [[], [], 0, 0]
    server = createServer((request, response) => {
      seen.push(request)
      const answer = answers.shift()
      if (answer === undefined) response.end('ok')
      else answer(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    s3 = createLeanS3(
      'bucket',
      { protocol: 'http:', hostname: '127.0.0.1', port, base: '/bucket', region: 'us-east-1' },
      async () => ({ accessKeyId: 'a', secretAccessKey: 'b' }),
      { slowDown: () => slowDowns++, retry: () => retries++ },
    )
  })
  afterEach(() => {
    s3.close()
    server.close()
  })

  const error =
    (status: number, code: string): Answer =>
    (_request, response) => {
      response
        .writeHead(status)
        .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>why &amp; how</Message></Error>`)
    }
  const copy = { method: 'PUT', action: 's3:CopyObject', key: 'a b' } as const
  const failureOf = async (call: Promise<unknown>): Promise<Error> =>
    call.then(
      () => expect.fail('it succeeded'),
      (failure: unknown) => failure as Error,
    )

  it('takes an error in an answer 200 for one, and tries again', async () => {
    answers = [error(200, 'InternalError'), error(200, 'SlowDown')]
    expect((await s3.send(copy)).body.toString()).to.equal('ok')
    expect([retries, slowDowns]).to.deep.equal([2, 1])
  })

  it('hands over the bytes of an object that looks like an error', async () => {
    answers = [error(200, 'InternalError')]
    const { body } = await s3.send({ method: 'GET', action: 's3:GetObject', key: 'x' })
    expect(body.toString()).to.include('InternalError')
  })

  it('tries again where S3 is busy or the connection breaks', async () => {
    answers = [error(503, 'SlowDown'), (request) => request.socket.destroy(), error(500, 'InternalError')]
    await s3.send(copy)
    expect([seen.length, slowDowns, retries]).to.deep.equal([4, 1, 3])
  })

  it('never takes half of an answer for all of it', async () => {
    answers = [(request) => request.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')]
    await s3.send({ method: 'GET', action: 's3:GetObject', key: 'x' })
    expect([seen.length, retries]).to.deep.equal([2, 1])
  })

  it('does not repeat what is wrong, nor what must go once', async () => {
    answers = [error(412, 'PreconditionFailed')]
    const failure = await failureOf(s3.send(copy))
    expect([failure.name, failure.message]).to.deep.equal(['PreconditionFailed', 'why & how'])
    answers = [(request) => request.socket.destroy()]
    await failureOf(s3.send({ ...copy, once: true }))
    expect(seen).to.have.length(2)
  })

  it('sends keys as they are, dots and double slashes too', async () => {
    await s3.send({ ...copy, key: 'a/../b//c +ü.deb' })
    expect(seen[0]?.url).to.equal('/bucket/a/../b//c%20%2B%C3%BC.deb')
  })
})
