import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { decodeSecret } from '../../src/edge/secret-text.ts'
import { verify } from '../../src/edge/signature.ts'
import { parseToken } from '../../src/edge/token.ts'
import { prepareStage, StageError } from '../../src/rehearsal/stage.ts'
import { frontReading } from '../../src/rehearsal/front.ts'
import { startSandbox, type Sandbox } from '../../src/sandbox/host/sandbox.ts'
import { clientConfig } from '../support/clients.ts'

const key = 'pool/a b/x_1.0+deb9~1_ü.deb'
const path = `/${key.split('/').map(encodeURIComponent).join('/')}`
const secret = 'NGFlNmY1YjA3YzEyMzlkODg1NDNlMGIxYTdjNmQ5ZjI'

describe('the sandbox’s front server', () => {
  let folder: string
  let config: string
  let sandbox: Sandbox
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'front-'))
    config = join(folder, 'packagecloud.rb')
    sandbox = await startSandbox({ startFront: frontReading(config) })
  })
  after(async () => {
    await sandbox.close()
    await rm(folder, { recursive: true })
  })

  const ask = (method = 'GET', token = sandbox.front?.token ?? '', at = path): Promise<Response> => {
    const authorization = `Basic ${Buffer.from(`${token}:`).toString('base64')}`
    return fetch(`${sandbox.frontUrl ?? ''}${at}`, { method, redirect: 'manual', headers: { authorization } })
  }
  const enable = async (enabled: boolean): Promise<void> => {
    const lines = [
      `packagecloud_rails['s3_bucket'] = 'fronted'`,
      `packagecloud_rails['aws_region'] = 'eu-central-1'`,
      `packagecloud_rails['cloudfront_enabled'] = ${enabled}`,
      `packagecloud_rails['cloudfront_secret'] = '${secret}'`,
      `packagecloud_rails['cloudfront_packages_domain'] = 'd111111abcdef8.cloudfront.net'`,
    ]
    await writeFile(config, lines.join('\n'))
  }

  it('is not configured until there is a packagecloud.rb with a bucket', async () => {
    expect((await ask()).status).to.equal(503)
    const stage = { bucket: 'fronted', region: 'eu-central-1', config }
    expect(await prepareStage(sandbox, stage)).to.deep.equal({ config: 'written' })
    expect(await prepareStage(sandbox, stage)).to.deep.equal({ config: 'kept' })
    expect((await ask()).status).to.equal(302)
    const refused = await prepareStage(sandbox, { ...stage, bucket: 'Not A Bucket' }).catch((error: unknown) => error)
    expect(refused).to.be.instanceOf(StageError)
  })

  it('lets nobody in without the token', async () => {
    const anonymous = await fetch(`${sandbox.frontUrl ?? ''}${path}`, { redirect: 'manual' })
    expect([anonymous.status, anonymous.headers.get('www-authenticate')]).to.deep.equal([
      401,
      'Basic realm="packagecloud"',
    ])
    expect((await ask('GET', 'wrong')).status).to.equal(401)
    expect((await ask('POST')).status).to.equal(405)
    expect((await ask('GET', undefined, '/')).status).to.equal(404)
    expect((await ask('GET', undefined, '/%zz')).status).to.equal(404)
  })

  it('sends clients to S3, presigned, while CloudFront is disabled', async () => {
    const s3 = new S3Client(clientConfig(sandbox, sandbox, 'eu-central-1'))
    await s3.send(new PutObjectCommand({ Bucket: 'fronted', Key: key, Body: 'the package' }))
    const answer = await ask()
    const location = answer.headers.get('location') ?? ''
    expect(Object.fromEntries(answer.headers)).to.include({ 'content-length': '0', 'cache-control': 'no-cache' })
    expect(location).to.match(new RegExp(`^${sandbox.endpoint}/fronted/pool/a%20b/`))
    expect(await (await fetch(location)).text()).to.equal('the package')
    expect((await fetch(location.replace('1.0', '1.1'))).status).to.equal(403)
    expect((await ask('HEAD')).headers.get('location')).to.match(/X-Amz-Signature=/)
  })

  it('sends clients to keys that end in a slash too, as those of PyPI indexes do', async () => {
    const s3 = new S3Client(clientConfig(sandbox, sandbox, 'eu-central-1'))
    await s3.send(new PutObjectCommand({ Bucket: 'fronted', Key: 'py/simple/x/', Body: '<a>' }))
    const answer = await ask('GET', undefined, '/py/simple/x/')
    expect(await (await fetch(answer.headers.get('location') ?? '')).text()).to.equal('<a>')
  })

  it('sees a new configuration only when it is restarted, and then sends clients to the edge', async () => {
    await enable(true)
    expect((await ask()).headers.get('location')).to.match(/X-Amz-Signature=/)
    const restarted = await fetch(`${sandbox.endpoint}/_sandbox/front/restart`, { method: 'POST' })
    expect(restarted.status).to.equal(200)
    const location = new URL((await ask()).headers.get('location') ?? '')
    expect(location.host).to.equal('d111111abcdef8.cloudfront.net')
    expect(decodeURIComponent(location.pathname)).to.equal(`/${key}`)
    const token = parseToken(location.searchParams.get('t') ?? '')
    if (token === undefined) throw new Error('no token')
    expect(verify(token, `/${key}`, [decodeSecret(secret)])).to.deep.equal({ secretIndex: 0 })
    expect(token.expires - Date.now() / 1000).to.be.within(297, 301)
    await enable(false)
    await sandbox.front?.restart()
    expect((await ask()).headers.get('location')).to.match(/X-Amz-Signature=/)
  })
})
