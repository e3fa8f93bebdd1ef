import { request as httpRequest } from 'node:http'

import {
  CreateInvalidationCommand,
  GetDistributionConfigCommand,
  UpdateDistributionCommand,
} from '@aws-sdk/client-cloudfront'
import { GetBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { bucket, type EdgeFixture, region, startEdgeFixture } from '../../support/edge-fixture.ts'

/** Status, X-Cache in one word, and body. */
async function get(
  url: string,
  init: RequestInit = {},
): Promise<{ status: number; cache: string; body: string; headers: Headers }> {
  const response = await fetch(url, { redirect: 'manual', ...init })
  const cache = (response.headers.get('x-cache') ?? '').replace(' from cloudfront', '')
  return { status: response.status, cache, body: await response.text(), headers: response.headers }
}

describe('the edge', () => {
  let fixture: EdgeFixture
  let url: string
  let id: string

  before(async () => {
    fixture = await startEdgeFixture()
    const distribution = await fixture.distribute()
    url = distribution.url
    id = distribution.id
  })
  after(() => fixture.close())

  it('fetches as the origin access identity, then serves from its cache', async () => {
    await fixture.put('a.deb', 'package', { CacheControl: 'public, max-age=31536000, immutable' })
    const miss = await get(`${url}/a.deb`)
    expect([miss.status, miss.cache, miss.body]).to.deep.equal([200, 'Miss', 'package'])
    expect(miss.headers.get('via')).to.match(/^1\.1 .*\.cloudfront\.net \(CloudFront\)$/)
    expect(miss.headers.get('x-amz-cf-id')).to.be.a('string')
    expect(miss.headers.get('age')).to.equal(null)
    await fixture.put('a.deb', 'changed')
    const hit = await get(`${url}/a.deb`)
    expect([hit.status, hit.cache, hit.body]).to.deep.equal([200, 'Hit', 'package'])
    expect(hit.headers.get('age')).to.match(/^\d+$/)
  })

  it('revalidates what is no-cache and does not revalidate what is no-store', async () => {
    await fixture.put('index', 'one', { CacheControl: 'no-cache' })
    expect((await get(`${url}/index`)).cache).to.equal('Miss')
    expect((await get(`${url}/index`)).cache).to.equal('RefreshHit')
    await fixture.put('index', 'two', { CacheControl: 'no-cache' })
    expect(await get(`${url}/index`)).to.include({ cache: 'Miss', body: 'two' })
    await fixture.put('secret', 'one', { CacheControl: 'no-store' })
    expect((await get(`${url}/secret`)).cache).to.equal('Miss')
    expect((await get(`${url}/secret`)).cache).to.equal('Miss')
  })

  it('leaves the query out of the cache key', async () => {
    await fixture.put('q', 'q')
    expect((await get(`${url}/q?t=1`)).cache).to.equal('Miss')
    expect((await get(`${url}/q?t=2`)).cache).to.equal('Hit')
  })

  it('passes 404 on with S3’s document, and caches it', async () => {
    const first = await get(`${url}/missing`)
    expect([first.status, first.cache]).to.deep.equal([404, 'Error'])
    expect(first.body).to.contain('<Code>NoSuchKey</Code>')
    await fixture.put('missing', 'there')
    expect((await get(`${url}/missing`)).status).to.equal(404)
  })

  it('lets a 404 go after a second where the distribution says 0', async () => {
    const { url: quick } = await fixture.distribute((config) => {
      config.CustomErrorResponses = { Quantity: 1, Items: [{ ErrorCode: 404, ErrorCachingMinTTL: 0 }] }
    })
    expect((await get(`${quick}/soon`)).status).to.equal(404)
    await fixture.put('soon', 'there')
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect((await get(`${quick}/soon`)).status).to.equal(200)
  })

  it('cuts ranges out of the cached object', async () => {
    await fixture.put('r', '0123456789')
    const part = await get(`${url}/r`, { headers: { range: 'bytes=2-4' } })
    expect([part.status, part.body, part.headers.get('content-range')]).to.deep.equal([206, '234', 'bytes 2-4/10'])
    expect((await get(`${url}/r`)).cache).to.equal('Hit')
    const parts = await get(`${url}/r`, { headers: { range: 'bytes=0-1,8-9' } })
    expect(parts.status).to.equal(206)
    expect(parts.body).to.match(/bytes 0-1\/10\r\n\r\n01\r\n[^]*bytes 8-9\/10\r\n\r\n89\r\n/)
    const wrong = await get(`${url}/r`, { headers: { range: 'bytes=20-' } })
    expect([wrong.status, wrong.headers.get('content-range')]).to.deep.equal([416, 'bytes */10'])
    const overlapping = await get(`${url}/r`, { headers: { range: 'bytes=5-9,0-1' } })
    expect([overlapping.status, overlapping.body]).to.deep.equal([200, '0123456789'])
  })

  it('answers conditional requests itself', async () => {
    await fixture.put('c', 'c')
    const etag = (await get(`${url}/c`)).headers.get('etag') ?? ''
    const same = await get(`${url}/c`, { headers: { 'if-none-match': etag } })
    expect([same.status, same.cache, same.body]).to.deep.equal([304, 'Hit', ''])
    const other = await get(`${url}/c`, { headers: { 'if-none-match': '"other"' } })
    expect(other.status).to.equal(200)
    expect((await get(`${url}/c`, { headers: { 'if-match': '"other"' } })).status).to.equal(412)
  })

  it('answers HEAD from the cache, and from the origin before that', async () => {
    await fixture.put('h', 'four')
    const cold = await get(`${url}/h`, { method: 'HEAD' })
    expect([cold.status, cold.cache, cold.headers.get('content-length')]).to.deep.equal([200, 'Miss', '4'])
    await get(`${url}/h`)
    const warm = await get(`${url}/h`, { method: 'HEAD' })
    expect([warm.cache, warm.headers.get('content-length')]).to.deep.equal(['Hit', '4'])
  })

  it('refuses other methods, and GET with a body', async () => {
    expect((await get(`${url}/h`, { method: 'DELETE' })).status).to.equal(403)
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(`${url}/h`, { method: 'GET', headers: { 'content-length': '1' } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      request.on('error', reject)
      request.end('x')
    })
    expect(status).to.equal(403)
  })

  it('does not decode the path on its way: + is a space for S3, %2B a plus', async () => {
    await fixture.put('dir/foo_1.2+deb9~1.deb', 'plus')
    expect((await get(`${url}/dir/foo_1.2%2Bdeb9~1.deb`)).body).to.equal('plus')
    expect((await get(`${url}/dir/foo_1.2+deb9~1.deb`)).status).to.equal(404)
  })

  it('forgets what an invalidation names', async () => {
    for (const key of ['inv/a', 'inv/b', 'keep']) await fixture.put(key, 'old')
    for (const key of ['inv/a', 'inv/b', 'keep']) await get(`${url}/${key}`)
    for (const key of ['inv/a', 'inv/b', 'keep']) await fixture.put(key, 'new')
    await fixture.cloudfront.send(
      new CreateInvalidationCommand({
        DistributionId: id,
        InvalidationBatch: { CallerReference: 'inv', Paths: { Quantity: 1, Items: ['/inv/*'] } },
      }),
    )
    const bodies = await Promise.all(['inv/a', 'inv/b', 'keep'].map(async (key) => (await get(`${url}/${key}`)).body))
    expect(bodies).to.deep.equal(['new', 'new', 'old'])
  })

  it('asks the origin once for many viewers', async () => {
    await fixture.put('many', 'many')
    const answers = await Promise.all(Array.from({ length: 10 }, () => get(`${url}/many`)))
    expect(answers.filter(({ cache }) => cache === 'Miss')).to.have.length(1)
    expect(answers.filter(({ cache }) => cache === 'Hit')).to.have.length(9)
  })

  it('passes S3’s refusal on where the policy does not name it, and does not cache it', async () => {
    const { url: unsigned } = await fixture.distribute((config) => {
      const [origin] = config.Origins?.Items ?? []
      if (origin?.S3OriginConfig !== undefined) origin.S3OriginConfig.OriginAccessIdentity = ''
    })
    const refused = await get(`${unsigned}/a.deb`)
    expect([refused.status, refused.cache]).to.deep.equal([403, 'Error'])
    expect(refused.body).to.contain('<Code>AccessDenied</Code>')
  })

  it('fetches as the distribution under origin access control', async () => {
    const { url: controlled, id: distributionId } = await fixture.distribute((config) => {
      const [origin] = config.Origins?.Items ?? []
      if (origin === undefined) return
      origin.S3OriginConfig = { OriginAccessIdentity: '' }
      origin.OriginAccessControlId = fixture.controlId
    })
    await fixture.put('oac', 'oac')
    expect((await get(`${controlled}/oac`)).status).to.equal(403)
    const { Policy = '' } = await fixture.s3.send(new GetBucketPolicyCommand({ Bucket: bucket }))
    const policy = JSON.parse(Policy) as { Statement: unknown[] }
    policy.Statement.push({
      Effect: 'Allow',
      Principal: { Service: 'cloudfront.amazonaws.com' },
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::${bucket}/*`,
      Condition: {
        StringEquals: {
          'AWS:SourceArn': `arn:aws:cloudfront::${fixture.sandbox.accountId}:distribution/${distributionId}`,
        },
      },
    })
    await fixture.s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(policy) }))
    expect(await get(`${controlled}/oac`)).to.include({ status: 200, body: 'oac' })
    // Without ListBucket, what is missing can't be told from what is forbidden.
    expect((await get(`${controlled}/oac-missing`)).status).to.equal(403)
  })

  it('passes the redirect of a young bucket on where the origin is the global host', async () => {
    const { url: global } = await fixture.distribute((config) => {
      const [origin] = config.Origins?.Items ?? []
      if (origin !== undefined) origin.DomainName = `${bucket}.s3.amazonaws.com`
    })
    const redirect = await get(`${global}/a.deb`)
    expect(redirect.status).to.equal(307)
    expect(redirect.headers.get('location')).to.equal(`https://${bucket}.s3.${region}.amazonaws.com/a.deb`)
  })

  it('gets 403 from S3 where the Host header is forwarded', async () => {
    const { url: forwarding } = await fixture.distribute((config) => {
      if (config.DefaultCacheBehavior !== undefined) {
        config.DefaultCacheBehavior.CachePolicyId = '83da9c7e-98b4-4e11-a168-04f0df8e2c65'
      }
    })
    expect((await get(`${forwarding}/a.deb`)).status).to.equal(403)
  })

  it('deploys in time although timers go by another clock', async () => {
    const begun = Date.now()
    const slow = await startEdgeFixture(40, () => Math.floor(begun + (Date.now() - begun) / 2))
    try {
      await slow.put('a.deb', 'package')
      const { url: late } = await slow.distribute()
      expect(await get(`${late}/a.deb`)).to.include({ status: 200, body: 'package' })
    } finally {
      await slow.close()
    }
  })

  it('takes a change edge by edge, where that is asked for', async () => {
    let time = Date.now()
    const mixed = await startEdgeFixture(60_000, () => time, true)
    try {
      await mixed.put('a.deb', 'package')
      const { url: changing, id } = await mixed.distribute()
      time += 60_000
      expect((await get(`${changing}/a.deb`)).status).to.equal(200)
      const { DistributionConfig, ETag } = await mixed.cloudfront.send(new GetDistributionConfigCommand({ Id: id }))
      if (DistributionConfig === undefined) throw new Error('no config')
      await mixed.cloudfront.send(
        new UpdateDistributionCommand({
          Id: id,
          IfMatch: ETag,
          DistributionConfig: { ...DistributionConfig, Enabled: false },
        }),
      )
      const seen = async (): Promise<number[]> => {
        const answers = await Promise.all(Array.from({ length: 64 }, () => get(`${changing}/a.deb`)))
        return [...new Set(answers.map(({ status }) => status))].sort()
      }
      expect(await seen()).to.deep.equal([200])
      time += 30_000
      expect(await seen()).to.deep.equal([200, 403])
      time += 30_000
      expect(await seen()).to.deep.equal([403])
    } finally {
      await mixed.close()
    }
  })

  it('serves what is deployed, and nothing while it is disabled', async () => {
    const { url: switched, id: switchedId } = await fixture.distribute()
    expect((await get(`${switched}/a.deb`)).status).to.equal(200)
    const { DistributionConfig, ETag } = await fixture.cloudfront.send(
      new GetDistributionConfigCommand({ Id: switchedId }),
    )
    if (DistributionConfig === undefined) throw new Error('no config')
    await fixture.cloudfront.send(
      new UpdateDistributionCommand({
        Id: switchedId,
        IfMatch: ETag,
        DistributionConfig: { ...DistributionConfig, Enabled: false },
      }),
    )
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await get(`${switched}/a.deb`)).status).to.equal(403)
  })

  it('serves what it has while the origin is out of reach, unless the object forbids it', async () => {
    await fixture.put('spare', 'spare', { CacheControl: 'no-cache' })
    await fixture.put('strict', 'strict', { CacheControl: 'no-cache, no-store, max-age=0, stale-if-error=0' })
    const { url: cut, id: cutId } = await fixture.distribute()
    for (const key of ['spare', 'strict']) expect((await get(`${cut}/${key}`)).status).to.equal(200)
    const { DistributionConfig, ETag } = await fixture.cloudfront.send(new GetDistributionConfigCommand({ Id: cutId }))
    const [origin] = DistributionConfig?.Origins?.Items ?? []
    if (origin === undefined) throw new Error('no origin')
    origin.DomainName = 'unreachable.example.com'
    delete origin.S3OriginConfig
    origin.CustomOriginConfig = {
      HTTPPort: 80,
      HTTPSPort: 443,
      OriginProtocolPolicy: 'https-only',
      OriginSslProtocols: { Quantity: 1, Items: ['TLSv1.2'] },
      OriginReadTimeout: 30,
      OriginKeepaliveTimeout: 5,
    }
    await fixture.cloudfront.send(new UpdateDistributionCommand({ Id: cutId, IfMatch: ETag, DistributionConfig }))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await get(`${cut}/spare`)).to.include({ status: 200, body: 'spare' })
    expect((await get(`${cut}/strict`)).status).to.equal(502)
  })

  it('serves the default root object and custom error pages', async () => {
    await fixture.put('index.html', 'root')
    await fixture.put('errors/404.html', 'not here')
    const { url: paged } = await fixture.distribute((config) => {
      config.DefaultRootObject = 'index.html'
      config.CustomErrorResponses = {
        Quantity: 1,
        Items: [{ ErrorCode: 404, ResponsePagePath: '/errors/404.html', ResponseCode: '200', ErrorCachingMinTTL: 0 }],
      }
    })
    expect((await get(`${paged}/`)).body).to.equal('root')
    expect(await get(`${paged}/nowhere`)).to.include({ status: 200, body: 'not here' })
  })

  describe('with a viewer-request function', () => {
    const source = `export const handler = async (event) => {
      const { request } = event.Records[0].cf
      if (request.uri === '/refused') return { status: '403', statusDescription: 'Forbidden', headers: { 'cache-control': [{ key: 'Cache-Control', value: 'no-store' }] }, body: 'no' }
      if (request.uri === '/echo') return { status: 200, body: JSON.stringify(event) }
      if (request.uri === '/throws') throw new Error('broken')
      if (request.uri === '/host') request.headers.host = [{ value: 'elsewhere' }]
      if (request.uri === '/nothing') return undefined
      if (request.uri === '/rewritten') request.uri = '/a.deb'
      request.querystring = ''
      return request
    }`
    let guarded: string

    before(async () => {
      const arn = await fixture.publish('guard', source)
      const distribution = await fixture.distribute((config) => {
        if (config.DefaultCacheBehavior === undefined) return
        config.DefaultCacheBehavior.LambdaFunctionAssociations = {
          Quantity: 1,
          Items: [{ LambdaFunctionARN: arn, EventType: 'viewer-request', IncludeBody: false }],
        }
      })
      guarded = distribution.url
    })

    it('goes on with the request it returns', async () => {
      expect((await get(`${guarded}/a.deb?t=1`)).status).to.equal(200)
      expect((await get(`${guarded}/a.deb?t=2`)).cache).to.equal('Hit')
      expect((await get(`${guarded}/rewritten`)).cache).to.equal('Hit')
    })

    it('gives the answer it returns, and does not cache it', async () => {
      for (let round = 0; round < 2; round++) {
        const refused = await get(`${guarded}/refused`)
        expect([refused.status, refused.cache, refused.body]).to.deep.equal([403, 'LambdaGeneratedResponse', 'no'])
        expect(refused.headers.get('cache-control')).to.equal('no-store')
      }
    })

    it('shows it the event as CloudFront does', async () => {
      const { body } = await get(`${guarded}/echo?a=%20b&c`, { headers: { 'X-Own': 'v' } })
      const [{ cf }] = (JSON.parse(body) as { Records: [{ cf: Record<string, Record<string, unknown>> }] }).Records
      expect(cf['config']).to.include({ eventType: 'viewer-request' })
      expect(cf['request']).to.include({ method: 'GET', uri: '/echo', querystring: 'a=%20b&c', clientIp: '127.0.0.1' })
      expect(cf['request']?.['headers'])
        .to.have.property('x-own')
        .that.deep.equals([{ key: 'X-Own', value: 'v' }])
    })

    it('answers 503 if it fails and 502 if its result is not valid', async () => {
      expect(await get(`${guarded}/throws`)).to.include({ status: 503, cache: 'LambdaExecutionError' })
      expect(await get(`${guarded}/host`)).to.include({ status: 502, cache: 'LambdaValidationError' })
      expect(await get(`${guarded}/nothing`)).to.include({ status: 502, cache: 'LambdaValidationError' })
    })
  })
})
