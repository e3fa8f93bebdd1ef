/** What an operator chooses of the edge function is remembered at AWS: it is kept by later runs and by status. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'

import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda'
import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import { decodeSecret } from '../../src/edge/secret-text.ts'
import { signUrl } from '../../src/edge/signature.ts'
import type { Algorithm } from '../../src/edge/token.ts'
import type { Status } from '../../src/tasks/status/status.ts'
import { install, type Installation, objectKey, secret, wordsOf } from '../support/installation.ts'

const day = 86_400

describe('runtime, longest life and SHA-1', function () {
  this.timeout(120_000)
  let place: Installation
  let domain = ''
  let front: Server | undefined
  before(async () => {
    place = await install()
    const { lines } = await place.connect()
    domain = /packages_domain'\] = '([^']+)'/.exec(lines)?.[1] ?? ''
  })
  after(async () => {
    front?.close()
    await place.close()
  })

  const fetchSigned = async (life: number, algorithm: Algorithm = 'sha256'): Promise<string> => {
    const expires = Math.floor(Date.now() / 1000) + life
    const answer = await fetch(signUrl({ domain, key: objectKey, expires, algorithm, secret: decodeSecret(secret) }))
    return `${answer.status} ${answer.ok ? '' : (await answer.text()).trim()}`.trim()
  }
  /** bootstrap-cloudfront with flags, and what it prints. */
  const apply = async (...flags: string[]): Promise<void> => {
    await place.succeed(await place.bootstrap(...flags))
  }
  const runtime = async (): Promise<string | undefined> => {
    const FunctionName = 'packagecloud_cloudfront_auth'
    return (await place.clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))).Runtime
  }
  const isContent = async (): Promise<void> => {
    const { drift } = resultOf(await place.succeed(['status', '--json'])) as Status
    expect(drift).to.equal(false)
    expect(await place.changes(() => place.bootstrap())).to.deep.equal([])
  }

  it('new installations get the newest runtime, seven days and SHA-1', async () => {
    expect(await runtime()).to.equal('nodejs24.x')
    expect(await fetchSigned(7 * day - 60)).to.equal('200')
    expect(await fetchSigned(7 * day + 60)).to.equal('403 expires too far ahead')
    expect(await fetchSigned(300, 'sha1')).to.equal('200')
  })

  it('what was chosen stays when it is not given', async () => {
    await apply('--runtime', 'nodejs22.x', '--longest-life', '1h')
    await isContent()
    expect(await runtime()).to.equal('nodejs22.x')
    expect(await fetchSigned(3500)).to.equal('200')
    expect(await fetchSigned(3700)).to.equal('403 expires too far ahead')
    await apply('--longest-life', '2h')
    expect(await runtime()).to.equal('nodejs22.x')
    expect(await fetchSigned(3700)).to.equal('200')
  })

  it('SHA-1 is not switched off unless the front server was seen to do without, or with --force', async () => {
    const redirecting = (algorithm: Algorithm): Promise<string> => serve(algorithm)
    const refused = async (...flags: string[]): Promise<string> => {
      const { stderr, code, stdout } = await place.run(['bootstrap-cloudfront', '--no-sha1', ...flags])
      expect([code, stdout], stderr).to.deep.equal([4, ''])
      return stderr
    }
    expect(await place.changes(() => refused())).to.deep.equal([])
    expect(await refused()).to.match(/no --front was given/)
    expect(await refused('--front', 'http://127.0.0.1:9')).to.match(/is not known: .*cannot be reached/)
    const old = await redirecting('sha1')
    expect(await refused('--front', old, '--token', 't')).to.include('signs with HMAC-SHA1')
    await apply('--no-sha1', '--front', await redirecting('sha256'), '--token', 't')
    expect(await fetchSigned(300, 'sha1')).to.equal('403 SHA-1 signatures are not accepted')
    expect(await fetchSigned(300)).to.equal('200')
    await isContent()
    // It is off already: nothing to look at, and nothing to refuse.
    await place.succeed(['bootstrap-cloudfront', '--no-sha1'])
    await apply('--sha1')
    expect(await fetchSigned(300, 'sha1')).to.equal('200')
    await apply('--no-sha1', '--force')
    expect(await fetchSigned(300, 'sha1')).to.equal('403 SHA-1 signatures are not accepted')
  })

  for (const [flags, says] of [
    [['--runtime', 'python3.12'], /python3\.12.*does not run/],
    [['--runtime', 'nodejs20.x'], /nodejs20\.x.*does not run/],
    [['--longest-life', '5m'], /5m is too short/],
    [['--longest-life', 'long'], /is not a duration/],
  ] as const) {
    it(`${flags.join(' ')} is a wrong command line`, async () => {
      const { stderr, code } = await place.run(['bootstrap-cloudfront', ...flags])
      expect(code, stderr).to.equal(2)
      expect(stderr).to.match(says)
      expect(stderr).not.to.match(/Parsing|See more help/)
    })
  }

  it('says how to go on where CloudFront refuses the runtime', async () => {
    const next = await place.bootstrap('--runtime', 'nodejs24.x')
    place.sandbox.faults.add(
      'cloudfront:UpdateDistribution:code=InvalidLambdaFunctionAssociation,status=400,message=The function has a runtime that is not supported by Lambda@Edge: nodejs24.x',
    )
    const { stderr, code } = await place.run(next)
    expect(code).to.equal(1)
    const [, command = ''] = /`(pc-ctl bootstrap-cloudfront --runtime \S+)`/.exec(stderr) ?? []
    place.sandbox.faults.clear()
    await place.succeed(wordsOf(await place.succeed(wordsOf(command))))
    expect(await runtime()).to.equal('nodejs22.x')
    await isContent()
  })

  /** A front server that redirects everything to a URL signed with this algorithm. */
  async function serve(algorithm: Algorithm): Promise<string> {
    front?.close()
    front = createServer((request, response) => {
      const expires = Math.floor(Date.now() / 1000) + 300
      const key = decodeURIComponent(request.url ?? '')
      const location = signUrl({ domain, key, expires, algorithm, secret: decodeSecret(secret) })
      response.writeHead(302, { location }).end()
    }).listen(0, '127.0.0.1')
    await once(front, 'listening')
    const address = front.address()
    return `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`
  }
})
