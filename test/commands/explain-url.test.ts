import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import { decodeSecret } from '../../src/edge/secret-text.ts'
import { signUrl } from '../../src/edge/signature.ts'
import type { UrlReport } from '../../src/tasks/explain-url.ts'
import { runQuickly } from '../support/run-here.ts'

const current = 'MDI2ZDhhYmMxYThiMjVmMTBlODM4OWNmZWZiZmI2NWI'
const previous = 'b2xkLXNlY3JldC1vbGQtc2VjcmV0LW9sZC1zZWNyZXQ='
const domain = 'd111111abcdef8.cloudfront.net'
const signed = (secret: string, life = 300) =>
  signUrl({ domain, key: 'a+b', secret: decodeSecret(secret), expires: Math.floor(Date.now() / 1000) + life })

describe('explain-url', () => {
  let folder: string
  let config: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-explain-'))
    config = join(folder, 'packagecloud.rb')
    const lines = {
      cloudfront_secret: current,
      cloudfront_previous_secret: previous,
      cloudfront_packages_domain: domain,
    }
    await writeFile(
      config,
      Object.entries(lines)
        .map(([key, value]) => `packagecloud_rails['${key}'] = '${value}'\n`)
        .join(''),
    )
  })
  after(() => rm(folder, { recursive: true }))

  const explain = (...args: string[]) => runQuickly(['explain-url', '--config', config, ...args])

  it('says yes on stdout and with 0', async () => {
    const { stdout, stderr, code } = await explain(signed(current))
    expect({ stderr, code }).to.deep.equal({ stderr: '', code: 0 })
    expect(stdout).to.match(/^edge +would be let through$/m)
    expect(stdout).to.match(/^key +a\+b$/m)
    expect(stdout).to.match(/current secret/)
  })

  it('says no, why, and with 1', async () => {
    const { stdout, stderr, code } = await explain(signed(current, -60))
    expect({ stderr, code }).to.deep.equal({ stderr: '', code: 1 })
    expect(stdout).to.match(/^edge +would be refused: expired 6\d s ago$/m)
  })

  it('gives --json one document with the same exit code', async () => {
    const accepted = await explain('--json', signed(previous))
    expect(accepted.code).to.equal(0)
    expect((resultOf(accepted.stdout) as UrlReport).token).to.include({ signedWith: 'previous' })
    const refused = await explain('--json', signed('A'.repeat(43)))
    expect(refused.code).to.equal(1)
    expect(resultOf(refused.stdout)).to.include({ verdict: 'refused', reason: 'bad signature' })
  })

  it('works without a configuration, as far as it goes, and exits with 3', async () => {
    const { stdout, stderr, code } = await runQuickly(['explain-url', signed(current)])
    expect({ stderr, code }).to.deep.equal({ stderr: '', code: 3 })
    expect(stdout).to.include('there is no secret to check the signature with')
    expect((await runQuickly(['explain-url', `https://${domain}/x`])).code).to.equal(1)
  })

  it('asks the CDN with --fetch, and says when it cannot', async () => {
    const { stdout, stderr, code } = await explain('--fetch', 'http://127.0.0.1:1/x')
    expect({ stdout, code }).to.deep.equal({ stdout: '', code: 1 })
    expect(stderr).to.include('127.0.0.1:1 cannot be reached')
  })

  it('wants one URL', async () => {
    expect((await explain()).code).to.equal(2)
    expect(await explain('not a url')).to.include({ stdout: '', code: 2 })
  })

  it('never shows a secret', async () => {
    for (const url of [signed(current), signed('A'.repeat(43)), `https://${domain}/x`]) {
      const { stdout, stderr } = await explain('--verbose', url)
      for (const secret of [current, previous]) expect(stdout + stderr).not.to.include(secret)
    }
  })
})
