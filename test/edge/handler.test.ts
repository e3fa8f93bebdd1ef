import { expect } from 'chai'

import { createHandler, type EdgeEvent, type EdgeResponse } from '../../src/edge/handler.ts'
import { decodeSecret, sign } from '../../src/edge/signature.ts'
import { viewerRequest } from './viewer-request.ts'

const secret = decodeSecret('MDI2ZDhhYmMxYThiMjVmMTBlODM4OWNmZWZiZmI2NWI')
const now = 1_700_000_000
const target = `/pool/a+b.deb?t=${sign({ secret, path: '/pool/a+b.deb', expires: now + 300 })}`
const handler = createHandler(
  async () => [secret],
  () => now * 1000,
)

/** The answer to a request that must not pass. */
async function refusal(event: EdgeEvent, by = handler): Promise<EdgeResponse> {
  const answer = await by(event)
  if (!('status' in answer)) throw new Error(`passed: ${answer.uri}`)
  return answer
}

describe('handler', () => {
  it('forwards the canonical path, without query string and otherwise as it came', async () => {
    const event = viewerRequest(target)
    const before = structuredClone(event.Records[0].cf.request)
    expect(await handler(event)).to.deep.equal({ ...before, uri: '/pool/a%2Bb.deb', querystring: '' })
  })

  it('says why, in the body and in the status line, and lets nobody cache it', async () => {
    expect(await refusal(viewerRequest('/pool/a+b.deb'))).to.deep.equal({
      status: '403',
      statusDescription: 'Forbidden (missing token)',
      headers: {
        'content-type': [{ key: 'content-type', value: 'text/plain; charset=utf-8' }],
        'cache-control': [{ key: 'cache-control', value: 'no-store' }],
      },
      body: 'missing token\n',
    })
  })

  it('names the methods it knows', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'get']) {
      const answer = await refusal(viewerRequest(target, method))
      expect(answer.status, method).to.equal('405')
      expect(answer.headers['allow']).to.deep.equal([{ key: 'allow', value: 'GET, HEAD' }])
    }
  })

  it('asks for the secrets only when a request might be valid', async () => {
    let asked = 0
    const counting = createHandler(
      async () => {
        asked++
        return [secret]
      },
      () => now * 1000,
    )
    const expired = sign({ secret, path: '/x', expires: now - 1 })
    for (const useless of ['/', '/x', '/x?t=1', `/x?t=${expired}`, '/%?t=1'])
      await refusal(viewerRequest(useless), counting)
    expect(asked).to.equal(0)
    await counting(viewerRequest(target))
    expect(asked).to.equal(1)
  })

  describe('when something is wrong inside', () => {
    const { error } = console
    const logged: unknown[] = []
    before(() => (console.error = (...words: unknown[]) => void logged.push(...words)))
    after(() => (console.error = error))

    it('answers 503 and recovers with the next request', async () => {
      let broken = true
      const flaky = createHandler(
        async () => {
          if (broken) throw new Error('KMS is away')
          return [secret]
        },
        () => now * 1000,
      )
      const answer = await refusal(viewerRequest(target), flaky)
      expect(answer.status).to.equal('503')
      expect(answer.body).not.to.include('KMS')
      expect(answer.headers).to.have.all.keys('content-type', 'cache-control', 'retry-after')
      expect(answer.headers['cache-control']).to.deep.equal([{ key: 'cache-control', value: 'no-store' }])
      expect(String(logged.at(-1))).to.include('KMS is away')
      broken = false
      expect(await flaky(viewerRequest(target))).to.have.property('uri')
    })

    it('answers 503 to an event it does not understand', async () => {
      for (const event of [{}, { Records: [] }, { Records: [{}] }, null]) {
        expect(await refusal(event as unknown as EdgeEvent)).to.have.property('status', '503')
      }
    })
  })
})
