import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

import { expect } from 'chai'

import { type FrontKnowledge, frontKnowledge, probeFront } from '../../src/tasks/front-server.ts'
import { CtlError } from '../../src/errors.ts'

const token = 'token-that-nobody-may-see'
const known: FrontKnowledge = { bucket: 'packages', packagesDomain: 'cdn.example.org', s3Hosts: ['127.0.0.1:4566'] }

describe('the look at the front server', () => {
  let answer: (request: IncomingMessage, response: ServerResponse) => void
  let url: string
  let asked: IncomingMessage | undefined
  const front = createServer((request, response) => {
    asked = request
    answer(request, response)
  })
  before(async () => {
    await once(front.listen(0, '127.0.0.1'), 'listening')
    const address = front.address()
    if (typeof address !== 'object' || address === null) throw new Error('no port')
    url = `http://127.0.0.1:${address.port}`
  })
  after(() => {
    front.closeAllConnections()
    front.close()
  })

  const redirectedTo = (location: string, knowing = known) => {
    answer = (_, response) => void response.writeHead(302, { location }).end()
    return probeFront(url, token, 'x', knowing)
  }
  const failure = (probing: Promise<unknown>): Promise<unknown> => probing.catch((thrown: unknown) => thrown)

  it('asks as package managers do, and follows nothing', async () => {
    const location = `${url}/elsewhere/a+b~c%2Bd?t=1700000000_0`
    const seen = await redirectedTo(location)
    expect(seen).to.include({ url: `${url}/x`, status: 302, location })
    expect(seen.date).to.be.closeTo(Date.now() / 1000, 5)
    expect(asked).to.include({ method: 'GET', url: '/x' })
    expect(asked?.headers.authorization).to.equal(`Basic ${Buffer.from(`${token}:`).toString('base64')}`)
    await probeFront(`${url}/mirror/`, undefined, '/a b+c', known)
    expect(asked?.url).to.equal('/mirror/a%20b%2Bc')
    expect(asked?.headers.authorization).to.equal(undefined)
  })

  for (const [location, kind, why] of [
    ['https://cdn.example.org/x?t=1', 'cloudfront', 'the configured domain'],
    ['https://CDN.example.org/x', 'cloudfront', 'a domain in capitals'],
    ['https://d111111abcdef8.cloudfront.net/x', 'cloudfront', 'a domain of CloudFront'],
    [`https://other.example.org/x?t=1700000000_${'0'.repeat(40)}`, 'cloudfront', "the token's shape"],
    ['https://other.example.org/x?Expires=1&Signature=a&Key-Pair-Id=K1', 'cloudfront', "CloudFront's own signature"],
    ['https://packages.s3.amazonaws.com/x', 's3', 'virtual-hosted'],
    ['https://packages.s3.eu-central-1.amazonaws.com/x?X-Amz-Signature=1', 's3', 'virtual-hosted with region'],
    ['https://packages.s3-us-west-1.amazonaws.com/x', 's3', 'legacy regional'],
    ['https://packages.s3-accelerate.amazonaws.com/x?AWSAccessKeyId=A&Signature=b&Expires=1', 's3', 'accelerated'],
    ['https://packages.s3.dualstack.eu-west-1.amazonaws.com/x', 's3', 'dual-stack'],
    ['https://packages.s3.cn-north-1.amazonaws.com.cn/x', 's3', 'in China'],
    ['https://s3.eu-central-1.amazonaws.com/packages/x', 's3', 'by path'],
    ['http://127.0.0.1:4566/packages/x', 's3', 'a rehearsal'],
    ['https://more-packages.s3.amazonaws.com/x', 'other', 'another bucket'],
    ['https://s3.amazonaws.com/packages-2/x', 'other', 'another bucket by path'],
    ['https://packages.s3.amazonaws.com.example.org/x', 'other', 'a host that only begins like S3'],
    ['https://evil-cloudfront.net/x', 'other', 'a host that only ends like CloudFront'],
    ['/sign_in', 'other', 'itself'],
  ] as const) {
    it(`takes ${why} for ${kind}`, async () => {
      expect((await redirectedTo(location)).kind).to.equal(kind)
    })
  }

  it('takes any bucket where none is known', async () => {
    const unknown = { s3Hosts: ['objects.example.org'] }
    for (const host of ['a.b.s3.amazonaws.com', 'packages.objects.example.org', 'objects.example.org']) {
      expect((await redirectedTo(`https://${host}/x`, unknown)).kind, host).to.equal('s3')
    }
    expect((await redirectedTo('https://notobjects.example.org/x', unknown)).kind).to.equal('other')
  })

  it('reports what is no redirect as it is', async () => {
    for (const status of [200, 401, 404, 502]) {
      answer = (_, response) => void response.writeHead(status, { location: 'https://cdn.example.org/x' }).end('no')
      expect(await probeFront(url, token, 'x', known)).to.include({ status, kind: 'other', location: undefined })
    }
  })

  it('says what cannot be asked, without repeating a token that stands in it', async () => {
    for (const wrong of [`https://${token}@packages.example.org`, 'packages.example.org', 'https://', `${url}/?x`]) {
      const error = await failure(probeFront(wrong, undefined, 'x', known))
      expect(error, wrong).to.be.instanceOf(CtlError).with.property('failure', 'usage')
      expect(JSON.stringify(error) + String(error)).not.to.include(token)
    }
    expect(await failure(probeFront(url, token, '../x', known)))
      .to.be.instanceOf(CtlError)
      .with.property('failure', 'usage')
  })

  it('says why there is no answer', async () => {
    answer = (_, response) => void response.destroy()
    const error = await failure(probeFront(url, token, 'x', known))
    expect(error).to.be.instanceOf(CtlError).with.property('failure', 'failed')
    expect(String(error)).to.include('cannot be reached').and.not.include('fetch failed')
    const unknown = await failure(probeFront('http://front.invalid', token, 'x', known))
    expect(String(unknown)).to.match(/front\.invalid cannot be reached: getaddrinfo/)
  })

  it('learns what to look for from the settings and the endpoint in use', () => {
    const source = { kind: 'default' } as const
    const settings = {
      configFile: 'packagecloud.rb',
      configFound: true,
      installation: { value: 'packagecloud', source },
      bucket: { value: 'packages', source },
      awsHost: { value: 'S3-Accelerate.amazonaws.com', source },
      problems: {},
      notes: [],
    }
    expect(frontKnowledge(settings, { AWS_ENDPOINT_URL: 'http://localhost:4566/' })).to.deep.equal({
      bucket: 'packages',
      packagesDomain: undefined,
      s3Hosts: ['localhost:4566', 's3-accelerate.amazonaws.com'],
    })
    expect(frontKnowledge(settings, {}).s3Hosts).to.deep.equal(['s3-accelerate.amazonaws.com'])
  })
})
