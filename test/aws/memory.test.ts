import { expect } from 'chai'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

import { afresh, fromMemory, Memory, oldOrNew, rememberLooks, withMemory } from '../../src/aws/memory.ts'

interface Asked {
  readonly method?: string
  readonly path?: string
  readonly target?: string
  readonly query?: Record<string, string>
}

/** A client of a service that answers each request with how many there have been, or an error of AWS's JSON protocol. */
function client(serviceId: string, statusCode = 200, type?: string) {
  let sent = 0
  const requestHandler = {
    async handle(request: object): Promise<{ response: { statusCode: number; headers: object; body: Readable } }> {
      expect(request).to.have.property('method')
      sent++
      return {
        response: {
          statusCode,
          headers: {},
          body: Readable.from([Buffer.from(type === undefined ? `answer ${sent}` : JSON.stringify({ __type: type }))]),
        },
      }
    },
  }
  rememberLooks({ config: { serviceId, requestHandler } })
  const ask = async ({ method = 'GET', path = '/', target, query = {} }: Asked = {}): Promise<string> => {
    const headers = target === undefined ? {} : { 'x-amz-target': target }
    const { response } = await requestHandler.handle({ method, hostname: 'aws', path, query, headers })
    return text(response.body)
  }
  return { ask, sent: () => sent }
}

describe('what AWS has answered', () => {
  it('is not asked for again by who is content with it', async () => {
    const { ask, sent } = client('IAM')
    await withMemory(new Memory(), async () => {
      expect(await ask()).to.equal('answer 1')
      expect(await fromMemory(() => Promise.all([ask(), ask()]))).to.deep.equal(['answer 1', 'answer 1'])
      expect(await fromMemory(() => ask({ path: '/other' }))).to.equal('answer 2')
    })
    expect(sent()).to.equal(2)
  })

  it('is asked for once by those who ask at the same time', async () => {
    const { ask, sent } = client('IAM')
    await withMemory(new Memory(), () => fromMemory(() => Promise.all([ask(), ask(), ask()])))
    expect(sent()).to.equal(1)
  })

  it('is asked for again by who wants to know it as it is now, and that is what is known then', async () => {
    const { ask } = client('IAM')
    await withMemory(new Memory(), async () => {
      expect(await ask()).to.equal('answer 1')
      expect(await fromMemory(() => afresh(ask))).to.equal('answer 2')
      expect(await oldOrNew(ask)).to.deep.equal({ found: 'answer 2', isOld: true })
      expect(await oldOrNew(() => ask({ path: '/new' }))).to.deep.equal({ found: 'answer 3', isOld: false })
    })
  })

  it('is forgotten when the service is written to, and only of that service', async () => {
    const [iam, kms] = [client('IAM'), client('KMS')]
    await withMemory(new Memory(), async () => {
      await Promise.all([iam.ask(), kms.ask()])
      await iam.ask({ method: 'POST', target: 'X.CreateRole' })
      expect(await fromMemory(() => iam.ask())).to.equal('answer 3')
      expect(await fromMemory(() => kms.ask())).to.equal('answer 1')
    })
  })

  it('stays where what is written is only referred to, such as a cache policy of CloudFront', async () => {
    const { ask } = client('CloudFront')
    const [policies, distributions] = [{ path: '/2020-05-31/cache-policy' }, { path: '/2020-05-31/distribution' }]
    await withMemory(new Memory(), async () => {
      expect([await ask(policies), await ask(distributions)]).to.deep.equal(['answer 1', 'answer 2'])
      await ask({ ...policies, method: 'POST' })
      expect(await fromMemory(() => ask(distributions))).to.equal('answer 2')
      expect(await fromMemory(() => ask(policies))).to.equal('answer 4')
      await ask({ ...distributions, method: 'POST' })
      expect(await fromMemory(() => ask(policies))).to.equal('answer 6')
    })
  })

  it('is not kept where it is a failure, a refusal or the content of an object', async () => {
    for (const status of [400, 403, 429, 500, 503]) {
      const { ask, sent } = client('IAM', status)
      await withMemory(new Memory(), async () => {
        await fromMemory(() => ask())
        await fromMemory(() => ask())
      })
      expect(sent(), String(status)).to.equal(2)
    }
    const { ask, sent } = client('S3')
    await withMemory(new Memory(), async () => {
      await fromMemory(() => ask({ query: { 'x-id': 'GetObject' } }))
      await fromMemory(() => ask({ query: { 'x-id': 'GetObject' } }))
    })
    expect(sent()).to.equal(2)
  })

  it('is kept where it is that there is nothing', async () => {
    for (const [service, status, target] of [
      ['IAM', 404, undefined],
      ['KMS', 400, 'TrentService.DescribeKey'],
    ] as const) {
      const { ask, sent } = client(service, status, target === undefined ? undefined : 'NotFoundException')
      const asked = target === undefined ? {} : { method: 'POST', target }
      await withMemory(new Memory(), async () => {
        await fromMemory(() => ask(asked))
        await fromMemory(() => ask(asked))
      })
      expect(sent(), service).to.equal(1)
    }
  })

  it('is not kept where KMS says with the same status that it is asked too often', async () => {
    for (const type of ['ThrottlingException', 'AccessDeniedException', 'DependencyTimeoutException']) {
      const { ask, sent } = client('KMS', 400, type)
      await withMemory(new Memory(), async () => {
        for (let time = 0; time < 2; time++)
          await fromMemory(() => ask({ method: 'POST', target: 'TrentService.DescribeKey' }))
      })
      expect(sent(), type).to.equal(2)
    }
  })

  it('is nothing outside of what has a memory', async () => {
    const { ask, sent } = client('IAM')
    await fromMemory(ask)
    await fromMemory(ask)
    expect(sent()).to.equal(2)
  })
})
