import { once } from 'node:events'
import { createServer } from 'node:http'

import { expect } from 'chai'

import { decodeSecret } from '../../../src/edge/secret-text.ts'
import { signUrl } from '../../../src/edge/signature.ts'
import { judgeKeys } from '../../../src/tasks/doctor/front.ts'
import {
  debKey,
  deploy,
  type DeployedInstallation,
  findCheck,
  otherSecret,
  secret,
  statusesOf,
} from './installation.ts'

describe('doctor --front', () => {
  let place: DeployedInstallation
  before(async () => {
    place = await deploy()
  })
  after(() => place.close())
  const look = () => place.examine({ front: place.front.url, token: place.front.token })
  const restart = (): Promise<void> => place.sandbox.front?.restart() ?? Promise.resolve()

  afterEach(async () => {
    await place.configure()
    await restart()
  })

  it('finds nothing wrong where nothing is', async () => {
    const diagnosis = await look()
    expect(statusesOf(diagnosis)).to.include({
      'front-token': 'ok',
      'front-redirect': 'ok',
      'front-clock': 'ok',
      'front-signature': 'ok',
      'front-keys': 'ok',
    })
    expect(findCheck(diagnosis, 'front-token').seen).to.equal('401 without one')
    expect(findCheck(diagnosis, 'front-redirect').seen).to.equal(`302 to ${place.domain}`)
    expect(findCheck(diagnosis, 'front-keys').seen).to.include('hello+world_1.0~rc1.deb').and.to.include('ünïcode')
    expect(JSON.stringify(diagnosis)).not.to.include(place.front.token)
  })

  it("does not take this machine's clock for the front server's", async () => {
    const off = () => Date.now() / 1000 - 600
    const diagnosis = await place.examine({ front: place.front.url, token: place.front.token }, off)
    expect(statusesOf(diagnosis)).to.include({ clock: 'failed', 'front-clock': 'ok', 'front-signature': 'ok' })
    expect(findCheck(diagnosis, 'front-signature').seen).to.match(/good for (298|299|300|301|302) s$/)
  })

  it('skips what needs a token where there is none, and says how to give one', async () => {
    const diagnosis = await place.examine({ front: place.front.url })
    expect(statusesOf(diagnosis)).to.include({ 'front-token': 'ok', 'front-redirect': 'skipped' })
    expect(findCheck(diagnosis, 'front-signature').seen).to.include('PC_CTL_FRONT_TOKEN')
  })

  it('notices a token that is not accepted, without showing it', async () => {
    const diagnosis = await place.examine({ front: place.front.url, token: 'not-the-token' })
    const { status, seen, meaning } = findCheck(diagnosis, 'front-redirect')
    expect({ status, seen }).to.deep.equal({ status: 'failed', seen: '401' })
    expect(meaning).to.include('not accepted')
    expect(JSON.stringify(diagnosis)).not.to.include('not-the-token')
  })

  it('notices that CloudFront is enabled in the configuration only', async () => {
    await place.configure({ cloudfront_enabled: false })
    await restart()
    const off = findCheck(await look(), 'front-redirect')
    expect(off).to.include({ status: 'warning' })
    expect(off.meaning).to.include('not enabled')
    await place.configure()
    const { status, seen, meaning, todo } = findCheck(await look(), 'front-redirect')
    expect({ status, seen }).to.deep.equal({
      status: 'failed',
      seen: `302 to ${new URL(place.sandbox.endpoint).host}`,
    })
    expect(meaning).to.include('not live').and.to.include('not restarted')
    expect(todo.join('\n')).to.include('pc-ctl restart')
  })

  it('notices that CloudFront is disabled in the configuration only', async () => {
    await place.configure({ cloudfront_enabled: false })
    const { status, meaning } = findCheck(await look(), 'front-redirect')
    expect(status).to.equal('failed')
    expect(meaning).to.include('still is on the server')
  })

  it('notices a front server that still signs with another secret', async () => {
    await place.configure({ cloudfront_secret: otherSecret })
    await restart()
    await place.configure()
    const diagnosis = await look()
    const { status, seen, meaning } = findCheck(diagnosis, 'front-signature')
    expect({ status, seen }).to.deep.equal({
      status: 'failed',
      seen: 'bad signature; the edge answers 403: bad signature',
    })
    expect(meaning).to.include('reconfigured, but not restarted')
    expect(findCheck(diagnosis, 'front-redirect')).to.include({ status: 'ok' })
  })

  it('notices one that still signs with the previous secret', async () => {
    // The edge has only the old one in this test; the front server too.
    await place.configure({ cloudfront_secret: otherSecret, cloudfront_previous_secret: secret })
    const { status, seen, todo } = findCheck(await look(), 'front-signature')
    expect(status).to.equal('warning')
    expect(seen).to.include('by the previous secret')
    // A restart now would have it sign what the edge refuses.
    const text = todo.join('\n')
    expect(text.indexOf('`pc-ctl bootstrap-cloudfront`'), text).to.be.within(0, text.indexOf('`pc-ctl restart`'))
    expect(text).to.include('Only then run')
  })

  it('notices a front server that redirects to another distribution', async () => {
    await place.configure({ cloudfront_packages_domain: 'd111111abcdef8.cloudfront.net' })
    await restart()
    await place.configure()
    const { status, seen, meaning } = findCheck(await look(), 'front-redirect')
    expect({ status, seen }).to.deep.equal({ status: 'failed', seen: '302 to d111111abcdef8.cloudfront.net' })
    expect(meaning).to.include('not live')
  })

  it('notices one that does not redirect, and one that is not there', async () => {
    const elsewhere = createServer((request, response) => {
      response.writeHead(request.headers.authorization === undefined ? 401 : 404).end()
    })
    await once(elsewhere.listen(0, '127.0.0.1'), 'listening')
    const address = elsewhere.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const lost = await place.examine({ front: `http://127.0.0.1:${port ?? ''}`, token: 'any', frontPath: '' })
    elsewhere.close()
    const redirect = findCheck(lost, 'front-redirect')
    expect(redirect).to.include({ status: 'failed', seen: '404' })
    expect(redirect.todo.join('\n')).to.include('--front-path')
    expect(findCheck(lost, 'front-keys')).to.include({ status: 'skipped' })
    const gone = await place.examine({ front: 'http://127.0.0.1:1', token: place.front.token })
    expect(gone.count.failed).to.equal(1)
    expect(findCheck(gone, 'front-token').seen).to.include('127.0.0.1:1 cannot be reached')
    expect(findCheck(gone, 'front-redirect')).to.include({ status: 'skipped' })
  })

  describe('a front server of another kind', () => {
    let answer: { status: number; headers?: Record<string, string> }
    let url: string
    const server = createServer((_, response) => void response.writeHead(answer.status, answer.headers).end())
    before(async () => {
      await once(server.listen(0, '127.0.0.1'), 'listening')
      const address = server.address()
      if (typeof address !== 'object' || address === null) throw new Error('no port')
      url = `http://127.0.0.1:${address.port}`
    })
    after(() => server.close())
    const look = (status: number, headers: Record<string, string> = {}) => {
      answer = { status, headers }
      return place.examine({ front: url, token: 'token', keys: [debKey] })
    }
    const location = (expires: number) =>
      signUrl({ domain: place.domain, key: debKey, secret: decodeSecret(secret), expires: Math.floor(expires) })
    const now = (): number => Date.now() / 1000

    it('lets strangers in', async () => {
      const check = findCheck(await look(302, { location: location(now() + 300) }), 'front-token')
      expect(check).to.include({ status: 'warning', seen: '302 without one' })
    })

    for (const status of [200, 404, 503]) {
      it(`answers ${status}`, async () => {
        const diagnosis = await look(status)
        expect(findCheck(diagnosis, 'front-token')).to.include({ status: 'failed' })
        expect(findCheck(diagnosis, 'front-redirect')).to.include({ status: 'failed', seen: String(status) })
        expect(findCheck(diagnosis, 'front-signature')).to.include({ status: 'skipped' })
      })
    }

    it('redirects to who knows where', async () => {
      const check = findCheck(await look(302, { location: 'https://example.org/login' }), 'front-redirect')
      expect(check).to.include({ status: 'failed', seen: '302 to example.org' })
    })

    it('has a clock that is behind', async () => {
      const date = new Date(Date.now() - 400_000).toUTCString()
      const diagnosis = await look(302, { date, location: location(now() - 100) })
      expect(findCheck(diagnosis, 'front-clock').status).to.equal('failed')
      expect(findCheck(diagnosis, 'front-clock').seen).to.match(/^6 min (39|40|41) s behind AWS's$/)
      const signature = findCheck(diagnosis, 'front-signature')
      expect(signature.status).to.equal('failed')
      expect(signature.seen).to.match(/^expired 10\d s ago/)
      expect(signature.meaning).to.include('clock')
    })

    it('signs what it should not', async () => {
      const diagnosis = await look(302, { location: location(now() + 300).replace('?t=', '?t=0') })
      expect(findCheck(diagnosis, 'front-signature')).to.include({ status: 'failed' })
      expect(findCheck(diagnosis, 'front-signature').seen).to.include('malformed token')
    })

    it('redirects to an edge that is not there', async () => {
      answer = { status: 302, headers: { location: location(now() + 300).replace(place.domain, '127.0.0.1:1') } }
      const diagnosis = await place.examine({ front: url, token: 'token', keys: [debKey], domain: '127.0.0.1:1' })
      const { status, seen } = findCheck(diagnosis, 'front-signature')
      expect(status).to.equal('failed')
      expect(seen).to.include('the edge does not answer')
    })
  })

  it('notices redirects that mean another key', () => {
    const right = { key: 'a+b', meant: 'a+b', status: 302 }
    expect(judgeKeys([right])).to.include({ status: 'ok' })
    expect(judgeKeys([right, { key: 'a+b', meant: 'a b', status: 302 }])).to.include({
      status: 'failed',
      seen: 'asked for a+b, sent to a b',
    })
    expect(judgeKeys([right, { key: 'a+b', meant: undefined, status: 404 }]).seen).to.equal(
      'asked for a+b, it answered 404',
    )
    expect(judgeKeys([])).to.include({ status: 'skipped' })
  })
})
