import { expect } from 'chai'

import { judgeKeys, judgeStranger } from '../../src/tasks/doctor-front.ts'
import { deploy, type DeployedInstallation, findCheck, otherSecret, secret, statusesOf } from './doctor-installation.ts'

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
      'front-signature': 'ok',
      'front-keys': 'ok',
    })
    expect(findCheck(diagnosis, 'front-token').seen).to.equal('401 without one')
    expect(findCheck(diagnosis, 'front-redirect').seen).to.equal(`302 to ${place.domain}`)
    expect(findCheck(diagnosis, 'front-keys').seen).to.include('hello+world_1.0~rc1.deb').and.to.include('ünïcode')
    expect(JSON.stringify(diagnosis)).not.to.include(place.front.token)
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
    expect({ status, seen }).to.deep.equal({ status: 'failed', seen: 'bad signature' })
    expect(meaning).to.include('reconfigured, but not restarted')
    expect(findCheck(diagnosis, 'front-redirect')).to.include({ status: 'ok' })
  })

  it('notices one that still signs with the previous secret', async () => {
    // The edge has only the old one in this test; the front server too.
    await place.configure({ cloudfront_secret: otherSecret, cloudfront_previous_secret: secret })
    const { status, seen } = findCheck(await look(), 'front-signature')
    expect(status).to.equal('warning')
    expect(seen).to.include('by the previous secret')
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
    const lost = await place.examine({ front: place.front.url, token: place.front.token, frontPath: 'a/b/' })
    const redirect = findCheck(lost, 'front-redirect')
    expect(redirect).to.include({ status: 'failed', seen: '404' })
    expect(redirect.todo.join('\n')).to.include('--front-path')
    expect(findCheck(lost, 'front-keys')).to.include({ status: 'skipped' })
    const gone = await place.examine({ front: 'http://127.0.0.1:1', token: place.front.token })
    expect(findCheck(gone, 'front-redirect')).to.include({ status: 'failed' })
    expect(findCheck(gone, 'front-redirect').seen).to.include('127.0.0.1:1 cannot be reached')
  })

  it('warns of a front server that lets strangers in, and fails one that does not answer at all', () => {
    const answer = { url: '', location: undefined, host: undefined, kind: 'other', date: undefined } as const
    expect(judgeStranger({ ...answer, status: 302 })).to.include({ status: 'warning', seen: '302 without one' })
    for (const status of [200, 404, 502, 503]) {
      expect(judgeStranger({ ...answer, status })).to.include({ status: 'failed' })
    }
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
