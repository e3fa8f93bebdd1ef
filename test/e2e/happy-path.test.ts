import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import {
  edgeUrl,
  expectPlainTalk,
  install,
  type Installation,
  objectBody,
  objectKey,
  withInstallation,
  wordsOf,
} from '../support/installation.ts'

describe('the runbook, from a bucket to packages behind signed URLs', function () {
  this.timeout(60_000)
  let place: Installation
  let lines = ''
  let next: string[] = []
  // So long that the role is new to Lambda still when the function is made.
  before(async () => (place = await install({ built: true, secret: false, timing: { roleAssumable: 3_000 } })))
  after(() => place.close())

  it('generate-cloudfront-secret prints one line to paste', async () => {
    const { stdout, stderr, code } = await place.run(['generate-cloudfront-secret'])
    expect(code).to.equal(0)
    expect(stdout).to.match(/^packagecloud_rails\['cloudfront_secret'\] = '[A-Za-z0-9+/]{43}'\n$/)
    expect(stderr).to.include(place.config).and.include('pc-ctl bootstrap-cloudfront')
    expectPlainTalk(stderr)
    await place.paste(stdout)
  })

  it('bootstrap-cloudfront prints the next command, alone on its line', async () => {
    const { stdout, stderr, code } = await place.run(['bootstrap-cloudfront'])
    expect(code, stderr).to.equal(0)
    const arn = `arn:aws:lambda:us-east-1:${place.sandbox.accountId}:function:packagecloud_cloudfront_auth:1`
    expect(stdout).to.equal(`pc-ctl reconfigure-cloudfront-distribution ${arn}\n`)
    expect(stderr).to.match(/✔ Create the IAM role .*: created/)
    expect(stderr).to.match(/… Create the edge function .*: waiting until Lambda can assume the new role/)
    expect(stderr.trimEnd()).to.match(/Now run:$/)
    expectPlainTalk(stderr)
    next = wordsOf(stdout)
  })

  it('that command prints three lines to paste', async () => {
    const { stdout, stderr, code } = await place.run(next)
    expect(code, stderr).to.equal(0)
    expect(stdout.split('\n').slice(0, 2)).to.match(
      /^packagecloud_rails\['cloudfront_enabled'\] = true,packagecloud_rails\['cloudfront_distribution_id'\] = 'E[A-Z0-9]+'$/,
    )
    expect(stdout.split('\n')).to.have.length(4)
    expect(stderr).to.match(/✔ Wait until all edges have it: Deployed/)
    expect(stderr).to.match(/packagecloud-ctl reconfigure\n {2}packagecloud-ctl restart/)
    expectPlainTalk(stderr)
    lines = stdout
    await place.paste(stdout)
  })

  it('what sign-url makes passes the edge, and nothing else does', async () => {
    const signed = (await place.succeed(['sign-url', objectKey])).trim()
    const first = await fetch(signed)
    expect([first.status, await first.text(), first.headers.get('x-cache')]).to.deep.equal([
      200,
      objectBody,
      'Miss from cloudfront',
    ])
    const [path = '', token = ''] = signed.split('?')
    expect(path.startsWith(edgeUrl(lines))).to.equal(true)
    const flipped = token.endsWith('0') ? `${token.slice(0, -1)}1` : `${token.slice(0, -1)}0`
    const expired = (await place.succeed(['sign-url', objectKey, '--expires', '1s'])).trim()
    const other = (await place.succeed(['sign-url', 'another/key'])).trim().split('?')[1] ?? ''
    await new Promise((resolve) => setTimeout(resolve, 2_100))
    for (const [url, reason] of [
      [path, /missing token/],
      [`${path}?${flipped}`, /bad signature/],
      [`${path}?${other}`, /bad signature/],
      [expired, /expired \d s ago/],
      [`${edgeUrl(lines)}/`, /./],
    ] as const) {
      const refused = await fetch(url)
      expect(refused.status, url).to.equal(403)
      expect(await refused.text()).to.match(reason)
      expect(refused.headers.get('cache-control')).to.equal('no-store')
    }
  })

  it('a key that is not there is 404, as apt wants it', async () => {
    const signed = (await place.succeed(['sign-url', 'not/there'])).trim()
    expect((await fetch(signed)).status).to.equal(404)
  })

  it('both commands again change nothing, publish nothing and print the same', async () => {
    const calls = await place.changes(async () => {
      expect(await place.bootstrap()).to.deep.equal(next)
      expect(await place.succeed(next)).to.equal(lines)
    })
    expect(calls).to.deep.equal([])
  })

  it('generate-cloudfront-secret refuses to make a second one', async () => {
    const { stdout, stderr, code } = await place.run(['generate-cloudfront-secret'])
    expect([stdout, code]).to.deep.equal(['', 4])
    expect(stderr).to.include('is already set').and.include('pc-ctl generate-cloudfront-secret --force')
  })
})

describe('results as documents, with --json', function () {
  this.timeout(60_000)

  it('one document on stdout for each command, and for a failure', () =>
    withInstallation({ built: true, secret: false }, async (place) => {
      const generated = resultOf(await place.succeed(['generate-cloudfront-secret', '--json'])) as {
        secret: string
        lines: string[]
      }
      expect(generated.lines).to.deep.equal([`packagecloud_rails['cloudfront_secret'] = '${generated.secret}'`])
      await place.paste(`${generated.lines.join('\n')}\n`)
      const bootstrap = await place.run(['bootstrap-cloudfront', '--json'])
      expect(bootstrap.code).to.equal(0)
      const bootstrapped = resultOf(bootstrap.stdout) as { functionVersion: string; next: string; report: object[] }
      expect(bootstrapped.next).to.equal(`pc-ctl reconfigure-cloudfront-distribution ${bootstrapped.functionVersion}`)
      expect(bootstrapped.report.length).to.be.greaterThan(4)
      const connected = resultOf(await place.succeed([...wordsOf(bootstrapped.next), '--json'])) as {
        distributionId: string
        domain: string
        status: string
        lines: string[]
      }
      expect(connected.status).to.equal('Deployed')
      expect(connected.lines).to.deep.equal([
        "packagecloud_rails['cloudfront_enabled'] = true",
        `packagecloud_rails['cloudfront_distribution_id'] = '${connected.distributionId}'`,
        `packagecloud_rails['cloudfront_packages_domain'] = '${connected.domain}'`,
      ])
      const failed = await place.run(['generate-cloudfront-secret', '--json'])
      const { error } = JSON.parse(failed.stdout) as { error: { code: string; message: string; hint: string[] } }
      expect([failed.code, error.code, failed.stderr]).to.deep.equal([4, 'refused', ''])
      expect(error.message).to.include('is already set')
    }))
})

describe('--dry-run', function () {
  this.timeout(60_000)

  it('on an empty account: only reads, all to be created, 6 under --exit-code', () =>
    withInstallation({ built: true }, async (place) => {
      const calls = await place.changes(async () => {
        const { stdout, code } = await place.run(['bootstrap-cloudfront', '--dry-run'])
        expect(code).to.equal(0)
        expect(stdout.match(/^\+ .+: create$/gm), stdout).to.have.length(5)
        expect((await place.run(['bootstrap-cloudfront', '--dry-run', '--exit-code'])).code).to.equal(6)
      })
      expect(calls).to.deep.equal([])
    }))

  it('before reconfigure and after it: only reads, 6 and then 0 under --exit-code', () =>
    withInstallation({ built: true }, async (place) => {
      const next = await place.bootstrap()
      const dry = async () => place.run([...next, '--dry-run', '--exit-code'])
      const before = await place.changes(async () => {
        const { stdout, code } = await dry()
        expect(code).to.equal(6)
        expect(stdout.match(/^\+ .+: create$/gm), stdout).to.have.length(4)
      })
      await place.succeed(next)
      const after = await place.changes(async () => {
        const { stdout, code } = await dry()
        expect(code).to.equal(0)
        expect(stdout.match(/^= .+: unchanged$/gm), stdout).to.have.length(4)
        const bootstrap = await place.run(['bootstrap-cloudfront', '--dry-run', '--exit-code'])
        expect(bootstrap.code).to.equal(0)
        expect(bootstrap.stdout.match(/^= .+: unchanged$/gm), bootstrap.stdout).to.have.length(5)
      })
      expect([...before, ...after]).to.deep.equal([])
    }))

  it('says which distribution field would change, before → after', () =>
    withInstallation({ built: true }, async (place) => {
      const { next } = await place.connect()
      const calls = await place.changes(async () => {
        const { stdout, code } = await place.run([
          ...next,
          '--price-class',
          'PriceClass_100',
          '--dry-run',
          '--exit-code',
        ])
        expect(code).to.equal(6)
        expect(stdout).to.include('    PriceClass: "PriceClass_All" → "PriceClass_100"')
      })
      expect(calls).to.deep.equal([])
    }))
})
