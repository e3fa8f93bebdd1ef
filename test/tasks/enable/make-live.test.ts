import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

import { expect } from 'chai'

import type { Aws } from '../../../src/aws/connect.ts'
import { CtlError } from '../../../src/errors.ts'
import type { Settings } from '../../../src/settings/settings.ts'
import { once as onceOnly } from '../../../src/tasks/disable-cloudfront-check.ts'
import { askFront, type NameWait, untilNamed, untilRedirected } from '../../../src/tasks/enable/make-live.ts'
import type { Block } from '../../../src/text.ts'

const own = 'packages.example.org'
const domain = 'd111111abcdef8.cloudfront.net'
const given = <T>(value: T) => ({ value, source: { kind: 'default' as const } })
const settings = {
  bucket: given('packages'),
  cloudfrontPackagesDomain: given(own),
  cloudfrontSecret: given('MDI2ZDhhYmMxYThiMjVmMTBlODM4OWNmZWZiZmI2NWI'),
} as unknown as Settings
const conduct = { show: 'nothing' as const, signal: new AbortController().signal }

const failureOf = async (work: Promise<unknown>): Promise<CtlError> => {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (outcome instanceof CtlError) return outcome
  throw new Error(`no CtlError: ${String(outcome)}`)
}

describe('waiting until the name of an alias leads to the distribution', () => {
  /** The name has an address only after so many looks. */
  function network(missing: number) {
    let looks = 0
    const get = (request: { domain: string }): Promise<IncomingMessage> => {
      if (request.domain === own && ++looks <= missing) {
        return Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }))
      }
      const answer = Object.assign(Readable.from(['<Error><Code>AccessDenied</Code></Error>']), {
        statusCode: 403,
        headers: { via: '1.1 x (CloudFront)' },
      })
      return Promise.resolve(answer as unknown as IncomingMessage)
    }
    return { aws: { network: { get } } as unknown as Aws, looks: () => looks }
  }
  const said: Block[] = []
  const wait = (more: Partial<NameWait>): NameWait => ({
    conduct,
    say: (...blocks) => void said.push(...blocks),
    again: 'pc-ctl enable-cloudfront --alias packages.example.org',
    pace: { first: 1, most: 1, total: Infinity },
    ...more,
  })
  beforeEach(() => said.splice(0))

  it('says which record is missing, and goes on once it is there', async () => {
    const { aws, looks } = network(3)
    await untilNamed(aws, settings, domain, wait({ isSomebodyThere: true }))
    expect(looks()).to.equal(4)
    expect(JSON.stringify(said)).to.contain(own).and.to.contain(domain)
  })

  it('with nobody there, ends with the record and the command that goes on', async () => {
    const { aws } = network(1)
    const failure = await failureOf(untilNamed(aws, settings, domain, wait({ isSomebodyThere: false })))
    expect(failure).to.include({ failure: 'configuration', code: 'NotYet' })
    expect(failure.message).to.equal(`Clients can not be sent there yet: ${own} has no address.`)
    expect(failure.hint.join('\n')).to.contain(domain).and.to.contain('enable-cloudfront --alias')
  })

  it('waits for nothing where the name works, or is the distribution’s own', async () => {
    const { aws } = network(0)
    await untilNamed(aws, settings, domain, wait({ isSomebodyThere: false }))
    await untilNamed(network(9).aws, settings, own, wait({ isSomebodyThere: false }))
    expect(said).to.deep.equal([])
  })

  it('ends when it is interrupted', async () => {
    const stopping = new AbortController()
    const { aws } = network(Infinity)
    const signal = stopping.signal
    const waiting = untilNamed(aws, settings, domain, wait({ isSomebodyThere: true, conduct: { ...conduct, signal } }))
    setImmediate(() => stopping.abort())
    expect((await failureOf(waiting)).failure).to.equal('interrupted')
  })
})

describe('the front server, before and after the restart', () => {
  let answers: (readonly [status: number, location?: string])[]
  let asked: string[]
  let url: string
  const front = createServer((request, response) => {
    asked.push(request.url ?? '')
    const [status, location] = (answers.length > 1 ? answers.shift() : answers[0]) ?? [500]
    response.writeHead(status, location === undefined ? {} : { location }).end()
  })
  before(async () => {
    await once(front.listen(0, '127.0.0.1'), 'listening')
    const address = front.address()
    url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : ''
  })
  after(() => {
    front.closeAllConnections()
    front.close()
  })
  beforeEach(() => {
    asked = []
  })
  const look = (token?: string, path?: string) => ({ url, token, path })
  const s3 = 'https://packages.s3.amazonaws.com/x'
  const edge = `https://${own}/x?t=1700000000_0`
  const quick = { first: 1, most: 2, total: 10_000 }

  it('is waited for while it starts, and until it redirects to CloudFront', async () => {
    answers = [[302, s3], [503], [302, s3], [302, edge]]
    const { kind } = await untilRedirected(look('token', 'a/b.deb'), settings, conduct, quick)
    expect([kind, asked]).to.deep.equal(['cloudfront', Array<string>(4).fill('/a/b.deb')])
  })

  it('that never does so is told of, with what is to be run there', async () => {
    answers = [[302, s3]]
    const failure = await failureOf(untilRedirected(look(), settings, conduct, onceOnly))
    expect(failure).to.include({ failure: 'failed', code: 'NotLive' })
    expect(failure.message).to.match(/redirects to packages\.s3\.amazonaws\.com, and not to CloudFront/)
    expect(failure.hint.join('\n')).to.contain('packagecloud-ctl reconfigure\npackagecloud-ctl restart')
  })

  for (const [status, token, message, hint] of [
    [401, undefined, /asks for a token: 401/, /PC_CTL_FRONT_TOKEN/],
    [403, 'token', /refused the token: 403/, /PC_CTL_FRONT_TOKEN/],
    [502, 'token', /not in service: 502/, /packagecloud-ctl status/],
    [404, 'token', /does not redirect .* but answers 404/, /--front-path PATH/],
  ] as const) {
    it(`can prove nothing with ${status}, which is said at once`, async () => {
      answers = [[status]]
      const failure = await failureOf(askFront(look(token), settings))
      expect(failure.failure).to.equal('failed')
      expect(failure.message).to.match(message)
      expect(failure.hint.join('\n')).to.match(hint)
    })
  }
})
