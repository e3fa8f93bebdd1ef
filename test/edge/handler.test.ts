import { expect } from 'chai'

import type { EdgeRules } from '../../src/edge/config.ts'
import { type Checks, createHandler, type EdgeEvent, type EdgeResponse } from '../../src/edge/handler.ts'
import { decodeSecret } from '../../src/edge/secret-text.ts'
import { sign } from '../../src/edge/signature.ts'
import { viewerRequest } from './viewer-request.ts'

const secret = decodeSecret('MDI2ZDhhYmMxYThiMjVmMTBlODM4OWNmZWZiZmI2NWI')
const now = 1_700_000_000
const target = `/pool/a+b.deb?t=${sign({ secret, path: '/pool/a+b.deb', expires: now + 300 })}`
const handlerOf = (secrets: Checks['secrets'], rules: EdgeRules = {}) =>
  createHandler({ secrets, rules }, () => now * 1000)
const handler = handlerOf(() => [Promise.resolve(secret)])

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
    const counting = handlerOf(() => {
      asked++
      return [Promise.resolve(secret)]
    })
    const expired = sign({ secret, path: '/x', expires: now - 1 })
    for (const useless of ['/', '/x', '/x?t=1', `/x?t=${expired}`, '/%?t=1'])
      await refusal(viewerRequest(useless), counting)
    expect(asked).to.equal(0)
    await counting(viewerRequest(target))
    expect(asked).to.equal(1)
  })

  it('refuses what lives longer than it may, by any secret', async () => {
    const strict = handlerOf(() => [Promise.resolve(secret)], { longestLife: 600 })
    const living = (life: number) => viewerRequest(`/x?t=${sign({ secret, path: '/x', expires: now + life })}`)
    expect(await strict(living(600))).to.have.property('uri')
    expect(await refusal(living(601), strict)).to.include({ status: '403', body: 'expires too far ahead\n' })
    expect(await handler(living(8_000_000_000))).to.have.property('uri')
  })

  it('accepts HMAC-SHA1 unless it is switched off', async () => {
    const sha1 = viewerRequest(`/x?t=${sign({ secret, path: '/x', expires: now + 300, algorithm: 'sha1' })}`)
    const without = handlerOf(() => [Promise.resolve(secret)], { sha1: false })
    expect(await refusal(sha1, without)).to.include({ status: '403', body: 'SHA-1 signatures are not accepted\n' })
    expect(await without(viewerRequest(target))).to.have.property('uri')
    expect(await handlerOf(() => [Promise.resolve(secret)], { sha1: true })(structuredClone(sha1))).to.have.property(
      'uri',
    )
  })

  describe('when something is wrong inside', () => {
    const { error } = console
    const logged: unknown[] = []
    before(() => (console.error = (...words: unknown[]) => void logged.push(...words)))
    after(() => (console.error = error))

    it('answers 503 and recovers with the next request', async () => {
      let broken = true
      const flaky = handlerOf(() => [broken ? Promise.reject(new Error('KMS is away')) : Promise.resolve(secret)])
      const answer = await refusal(viewerRequest(target), flaky)
      expect(answer.status).to.equal('503')
      expect(answer.body).not.to.include('KMS')
      expect(answer.headers).to.have.all.keys('content-type', 'cache-control', 'retry-after')
      expect(answer.headers['cache-control']).to.deep.equal([{ key: 'cache-control', value: 'no-store' }])
      expect(String(logged.at(-1))).to.include('KMS is away')
      broken = false
      expect(await flaky(viewerRequest(target))).to.have.property('uri')
    })

    it('serves what a known secret has signed, whatever became of the other', async () => {
      const other = decodeSecret('b2xkLXNlY3JldC1vbGQtc2VjcmV0LW9sZC1zZWNyZXQ=')
      const broken = () => Promise.reject<Uint8Array>(new Error('no such ciphertext'))
      const foreign = `/x?t=${sign({ secret: other, path: '/x', expires: now + 300 })}`
      for (const secrets of [() => [Promise.resolve(secret), broken()], () => [broken(), Promise.resolve(secret)]]) {
        expect(await handlerOf(secrets)(viewerRequest(target))).to.have.property('uri')
        // It may be signed with the secret that is not known: that is no 403.
        expect(await refusal(viewerRequest(foreign), handlerOf(secrets))).to.have.property('status', '503')
      }
    })

    it('answers 503 to an event it does not understand', async () => {
      for (const event of [{}, { Records: [] }, { Records: [{}] }, null]) {
        expect(await refusal(event as unknown as EdgeEvent)).to.have.property('status', '503')
      }
    })
  })
})
