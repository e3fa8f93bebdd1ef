import {
  DescribeFunctionCommand,
  GetDistributionConfigCommand,
  PublishFunctionCommand,
  UpdateDistributionCommand,
  UpdateFunctionCommand,
  type DistributionConfig,
} from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'

import { startEdgeFixture, type EdgeFixture } from '../../support/edge-fixture.ts'
import { keysPath, sendSigned } from '../../support/signed-keys.ts'

const guard = `
  function handler(event) {
    var request = event.request
    if (request.uri === '/refused') {
      return {
        statusCode: 403,
        statusDescription: 'No entry',
        headers: { 'cache-control': { value: 'no-store' } },
        body: { encoding: 'base64', data: 'bm8=' },
      }
    }
    if (request.uri === '/echo') return { statusCode: 200, body: JSON.stringify(event) }
    if (request.uri === '/raw') return { statusCode: 200, body: String(request.rawQueryString()) }
    if (request.uri === '/throws') throw new Error('broken')
    if (request.uri === '/loops') for (;;);
    if (request.uri === '/nothing') return undefined
    if (request.uri === '/host') request.headers.host = { value: 'elsewhere' }
    if (request.uri === '/via') request.headers.via = { value: 'me' }
    if (request.uri === '/unasked') request.headers['x-edge-own'] = { value: 'me' }
    if (request.uri === '/name') request.headers['X-Own'] = { value: 'me' }
    if (request.uri === '/line') request.headers['x-own'] = { value: 'a\\r\\nb: c' }
    if (request.uri === '/method') request.method = 'POST'
    if (request.uri === '/blank') request.uri = '/a b'
    if (request.uri === '/rewritten') request.uri = '/a%2Bb.deb'
    request.querystring = {}
    return request
  }`

/** Status, X-Cache in one word, and body. */
async function get(url: string, init: RequestInit = {}): Promise<{ status: number; cache: string; body: string }> {
  const response = await fetch(url, { redirect: 'manual', ...init })
  const cache = (response.headers.get('x-cache') ?? '').replace(' from cloudfront', '')
  return { status: response.status, cache, body: await response.text() }
}

const withFunction = (FunctionARN: string) => (config: DistributionConfig) => {
  if (config.DefaultCacheBehavior === undefined) return
  config.DefaultCacheBehavior.LambdaFunctionAssociations = { Quantity: 0 }
  config.DefaultCacheBehavior.FunctionAssociations = {
    Quantity: 1,
    Items: [{ FunctionARN, EventType: 'viewer-request' }],
  }
}

const withLambda = (LambdaFunctionARN: string) => (config: DistributionConfig) => {
  if (config.DefaultCacheBehavior === undefined) return
  config.DefaultCacheBehavior.FunctionAssociations = { Quantity: 0 }
  config.DefaultCacheBehavior.LambdaFunctionAssociations = {
    Quantity: 1,
    Items: [{ LambdaFunctionARN, EventType: 'viewer-request', IncludeBody: false }],
  }
}

describe('the edge with a CloudFront Function', () => {
  let fixture: EdgeFixture
  let url: string
  before(async () => {
    fixture = await startEdgeFixture()
    await fixture.put('a+b.deb', 'package')
    await fixture.put('.metadata/x', 'y')
    ;({ url } = await fixture.distribute(withFunction(await fixture.publishFunction('guard', guard))))
  })
  after(() => fixture.close())

  it('goes on with the request that it returns, and looks into the cache after it', async () => {
    expect(await get(`${url}/a%2Bb.deb?t=1`)).to.include({ status: 200, body: 'package' })
    expect(await get(`${url}/a%2Bb.deb?t=2`)).to.include({ status: 200, cache: 'Hit' })
    expect(await get(`${url}/rewritten?t=3`)).to.include({ status: 200, cache: 'Hit', body: 'package' })
  })

  it('gives the answer that it returns, and does not cache it', async () => {
    for (let round = 0; round < 2; round++) {
      const response = await fetch(`${url}/refused`)
      expect([response.status, response.statusText, await response.text()]).to.deep.equal([403, 'No entry', 'no'])
      expect(response.headers.get('x-cache')).to.equal('FunctionGeneratedResponse from cloudfront')
      expect(response.headers.get('cache-control')).to.equal('no-store')
    }
  })

  it('shows it the event as CloudFront does', async () => {
    const headers = { 'X-Own': 'v', cookie: 'a=1; b=2; a=3', connection: 'close' }
    const { body } = await get(`${url}/echo?a=%20b&c&__proto__=x&a=2`, { headers })
    const event = JSON.parse(body) as Record<string, Record<string, unknown>>
    expect(event['version']).to.equal('1.0')
    expect(event['context']).to.include({ eventType: 'viewer-request' })
    expect(event['viewer']).to.deep.equal({ ip: '127.0.0.1' })
    expect(event['request']).to.include({ method: 'GET', uri: '/echo' })
    const querystring = event['request']?.['querystring']
    expect(JSON.stringify(querystring)).to.equal(
      '{"a":{"value":"%20b","multiValue":[{"value":"%20b"},{"value":"2"}]},"c":{"value":""},"__proto__":{"value":"x"}}',
    )
    expect(event['request']?.['headers']).to.include.keys('host', 'x-own').and.not.include.keys('cookie', 'connection')
    expect(event['request']?.['cookies']).to.deep.equal({
      a: { value: '1', multiValue: [{ value: '1' }, { value: '3' }] },
      b: { value: '2' },
    })
  })

  it('tells it the query string as it came', async () => {
    for (const [query, told] of [
      ['', 'undefined'],
      ['?', ''],
      ['?t=%zz&&t', 't=%zz&&t'],
    ] as const) {
      expect((await get(`${url}/raw${query}`)).body).to.equal(told)
    }
  })

  it('answers 503 if it fails, and 502 if CloudFront does not take what it returns', async () => {
    expect(await get(`${url}/throws`)).to.include({ status: 503, cache: 'FunctionExecutionError' })
    expect(await get(`${url}/loops`)).to.include({ status: 503, cache: 'FunctionThrottledError' })
    for (const path of ['nothing', 'host', 'via', 'unasked', 'name', 'line', 'method', 'blank']) {
      expect(await get(`${url}/${path}`), path).to.include({ status: 502, cache: 'FunctionValidationError' })
    }
  })

  it('runs what is LIVE, and 503 is the answer where its text is no program', async () => {
    const reply = (body: string) => `function handler() { return { statusCode: 200, body: '${body}' } }`
    const { url: served } = await fixture.distribute(
      withFunction(await fixture.publishFunction('changing', reply('one'))),
    )
    const change = async (source: string): Promise<void> => {
      const { ETag, FunctionSummary } = await fixture.cloudfront.send(new DescribeFunctionCommand({ Name: 'changing' }))
      await fixture.cloudfront.send(
        new UpdateFunctionCommand({
          Name: 'changing',
          IfMatch: ETag,
          FunctionCode: Buffer.from(source),
          FunctionConfig: FunctionSummary?.FunctionConfig,
        }),
      )
    }
    const publish = async (): Promise<void> => {
      const { ETag } = await fixture.cloudfront.send(new DescribeFunctionCommand({ Name: 'changing' }))
      await fixture.cloudfront.send(new PublishFunctionCommand({ Name: 'changing', IfMatch: ETag }))
    }
    expect((await get(served)).body).to.equal('one')
    await change(reply('two'))
    expect((await get(served)).body).to.equal('one')
    await publish()
    expect((await get(served)).body).to.equal('two')
    await change('class A {}')
    await publish()
    expect(await get(served)).to.include({ status: 503, cache: 'FunctionExecutionError' })
  })

  it('lets one change the response, beside one that lets the request in', async () => {
    const arn = await fixture.publishFunction(
      'responding',
      `function handler(event) {
        var response = event.response, uri = event.request.uri
        if (uri === '/a%2Bb.deb') response.headers['x-seen'] = { value: event.context.eventType + ' ' + response.statusCode }
        if (uri === '/short') { response.statusCode = 202; response.body = 'short' }
        if (uri === '/via') response.headers.via = { value: 'me' }
        if (uri === '/request') return event.request
        return response
      }`,
    )
    for (const key of ['short', 'via', 'request']) await fixture.put(key, 'a longer text')
    const guardArn = await fixture.publishFunction('letting', 'function handler(event) { return event.request }')
    const { url: changed } = await fixture.distribute((config) => {
      if (config.DefaultCacheBehavior === undefined) return
      config.DefaultCacheBehavior.FunctionAssociations = {
        Quantity: 2,
        Items: [
          { FunctionARN: arn, EventType: 'viewer-response' },
          { FunctionARN: guardArn, EventType: 'viewer-request' },
        ],
      }
    })
    const seen = await fetch(`${changed}/a%2Bb.deb`)
    expect(seen.headers.get('x-seen')).to.equal('viewer-response 200')
    expect([seen.status, await seen.text()]).to.deep.equal([200, 'package'])
    expect((await fetch(`${changed}/a%2Bb.deb`)).headers.get('x-cache')).to.equal('Hit from cloudfront')
    expect(await get(`${changed}/short`)).to.include({ status: 202, body: 'short' })
    for (const path of ['via', 'request']) {
      expect(await get(`${changed}/${path}`), path).to.include({ status: 502, cache: 'FunctionValidationError' })
    }
    expect(await get(`${changed}/missing`)).to.include({ status: 404, cache: 'Error' })
  })

  it('lets it read its store, as the store is now', async () => {
    const store = await fixture.makeStore('words')
    const arn = await fixture.publishFunction(
      'reading',
      `import cf from 'cloudfront'
      const store = cf.kvs()
      async function handler() {
        const is = await store.exists('word')
        return { statusCode: 200, body: is ? await store.get('word') : 'nothing' }
      }`,
      store,
    )
    const { url: reading } = await fixture.distribute(withFunction(arn))
    expect((await get(reading)).body).to.equal('nothing')
    const { sandbox } = fixture
    for (const word of ['first', 'second']) {
      const { etag = '' } = await sendSigned(sandbox, sandbox, { method: 'GET', path: keysPath(store) })
      await sendSigned(sandbox, sandbox, {
        method: 'POST',
        path: `${keysPath(store)}/keys`,
        body: { Puts: [{ Key: 'word', Value: word }] },
        headers: { 'if-match': etag },
      })
      expect((await get(reading)).body).to.equal(word)
    }
  })
})

describe('the edge between Lambda@Edge and CloudFront Functions', () => {
  it('has both at once, edge by edge, and refuses nobody whom both let in', async () => {
    let time = Date.now()
    const fixture = await startEdgeFixture(60_000, () => time, true)
    try {
      await fixture.put('a.deb', 'package')
      const lambda = await fixture.publish(
        'mixed',
        `export const handler = async (event) => {
          const { request } = event.Records[0].cf
          if (request.querystring !== 't=good') return { status: 403, body: 'lambda' }
          request.querystring = ''
          return request
        }`,
      )
      const edgeFunction = await fixture.publishFunction(
        'mixed',
        `function handler(event) {
          if (event.request.rawQueryString() !== 't=good') return { statusCode: 403, body: 'function' }
          event.request.querystring = {}
          return event.request
        }`,
      )
      time += 60_000
      const { id, url } = await fixture.distribute(withLambda(lambda))
      time += 60_000
      const move = async (change: (config: DistributionConfig) => void): Promise<void> => {
        const { DistributionConfig, ETag } = await fixture.cloudfront.send(new GetDistributionConfigCommand({ Id: id }))
        if (DistributionConfig === undefined) throw new Error('no config')
        change(DistributionConfig)
        await fixture.cloudfront.send(new UpdateDistributionCommand({ Id: id, IfMatch: ETag, DistributionConfig }))
      }
      const seen = async (): Promise<string> => {
        const good = await Promise.all(Array.from({ length: 64 }, () => get(`${url}/a.deb?t=good`)))
        expect([...new Set(good.map(({ status, body }) => `${status} ${body}`))]).to.deep.equal(['200 package'])
        const bad = await Promise.all(Array.from({ length: 64 }, () => get(`${url}/a.deb?t=bad`)))
        return [...new Set(bad.map(({ status, body }) => `${status} ${body}`))].sort().join()
      }
      expect(await seen()).to.equal('403 lambda')
      for (const [change, mixed, after] of [
        [withFunction(edgeFunction), '403 function,403 lambda', '403 function'],
        [withLambda(lambda), '403 function,403 lambda', '403 lambda'],
      ] as const) {
        await move(change)
        time += 30_000
        expect(await seen()).to.equal(mixed)
        time += 30_000
        expect(await seen()).to.equal(after)
      }
    } finally {
      await fixture.close()
    }
  })
})
