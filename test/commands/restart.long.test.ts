import { once } from 'node:events'
import { get } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'

import { RequestCertificateCommand } from '@aws-sdk/client-acm'
import { UpdateDistributionCommand, GetDistributionConfigCommand } from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import type { CliRun } from '../support/run-cli.ts'
import { install, type Installation, newSecretLines, textOf, wordsOf } from '../support/installation.ts'
import { makeAuthority } from '../support/authority.ts'
import { startProxy } from '../support/connect-proxy.ts'
import { type PackagecloudHost, packagecloudHost } from './fake-packagecloud-ctl.ts'

const otherSecret = "packagecloud_rails['cloudfront_secret'] = 'bm90aGVyIHNlY3JldCBvZiB0aGlydHktdHdvIGJ5dGVzIQ'\n"

/** What the last line of the talk tells to type. */
const lastLine = ({ stderr }: CliRun): string => stderr.trimEnd().split('\n').at(-1)?.trim() ?? ''

/** The command among the hints of a refusal. */
const commandIn = ({ stderr }: CliRun): string => /^ *(pc-ctl .*)$/m.exec(stderr)?.[1] ?? ''

describe('the order of reconfigure, restart and what the edge needs', function () {
  this.timeout(300_000)
  let place: Installation
  let host: PackagecloudHost
  beforeEach(async () => {
    place = await install()
    host = await packagecloudHost()
  })
  afterEach(async () => {
    await host.close()
    await place.close()
  })

  const run = (command: string, ...args: string[]): Promise<CliRun> => place.run([command, '--ctl', host.ctl, ...args])
  const expectRefused = async (...args: string[]): Promise<CliRun> => {
    const refused = await run('restart', ...args)
    expect({ stdout: refused.stdout, code: refused.code }, refused.stderr).to.deep.equal({ stdout: '', code: 4 })
    expect(refused.stderr).to.include('--force')
    expect(await host.calls()).to.deep.equal([])
    return refused
  }
  const expectRun = async (command: string, ...args: string[]): Promise<CliRun> => {
    const done = await run(command, ...args)
    expect(done.code, done.stderr).to.equal(0)
    const handedOn = args.filter((word) => word !== '--force' && word !== '--')
    expect(await host.calls()).to.deep.equal([[command, ...handedOn].join(' ')])
    return done
  }
  const next = (command: string): Promise<string> => place.succeed(wordsOf(command))

  it('leads through the set-up: each reconfigure names what comes next', async () => {
    const first = lastLine(await expectRun('reconfigure'))
    expect(first).to.equal('pc-ctl bootstrap-cloudfront')
    await place.paste(await next(await next(first)))
    expect(lastLine(await expectRun('reconfigure'))).to.equal(`pc-ctl restart --ctl ${host.ctl}`)
    expect((await expectRun('restart')).stderr).not.to.match(/not checked|Warning/)
  })

  it('leads through a replacement, whatever the operator types first', async () => {
    await place.connect()
    await place.paste(newSecretLines)
    const early = await expectRefused()
    expect(early.stderr).to.include('the edge accepts the previous secret only')
    expect(commandIn(early)).to.equal('pc-ctl bootstrap-cloudfront')
    expect(lastLine(await expectRun('reconfigure'))).to.equal('pc-ctl bootstrap-cloudfront')

    const connect = (await next('pc-ctl bootstrap-cloudfront')).trim()
    expect(commandIn(await expectRefused('unicorn'))).to.equal(connect)
    expect(commandIn(await expectRefused('--', 'unicorn'))).to.equal(connect)
    expect(lastLine(await expectRun('reconfigure'))).to.equal(connect)
    await expectRun('restart', 'mysql')
    await expectRun('restart', '--', 'mysql')

    await next(connect)
    expect(lastLine(await expectRun('reconfigure'))).to.equal(`pc-ctl restart --ctl ${host.ctl}`)
    await expectRun('restart', 'unicorn')
  })

  it('waits for the edges', async () => {
    await place.close()
    place = await install({ timing: { deploy: 60_000 } })
    const connect = await place.bootstrap()
    await place.paste(await place.succeed([...connect, '--no-wait']))
    const refused = await expectRefused()
    expect(refused.stderr).to.include('not all edges have the last change')
    expect(commandIn(refused)).to.include(`pc-ctl reconfigure-cloudfront-distribution ${connect[1] ?? ''}`)
  })

  it('refuses a secret that the edge never had, in a dry run too, and restarts with --force', async () => {
    await place.connect()
    await place.paste(otherSecret)
    const { stderr } = await expectRefused('--dry-run')
    expect(stderr).to.include('the edge does not accept the secret').and.to.include('cloudfront_previous_secret')
    expect(stderr).not.to.include('bm90aGVy')
    const forced = await expectRun('restart', '--force')
    expect(forced.stderr).to.match(/Warning: the edge does not accept .* downloads will be refused/)
  })

  it('refuses a distribution that is disabled, and one that runs an earlier function', async () => {
    const old = await place.connect()
    await place.paste(newSecretLines)
    await place.connect()
    await expectRun('restart')
    await place.succeed(old.next)
    const refused = await expectRefused()
    expect(refused.stderr).to.include('previous secret only')
    await next(commandIn(refused))
    await expectRun('restart')

    await changeDistribution({ Enabled: false })
    expect(commandIn(await expectRefused())).to.match(/^pc-ctl cfmodify --enable cf:\/\/E\w+$/)
  })

  async function changeDistribution(change: { Enabled: boolean }): Promise<void> {
    const Id = /_distribution_id'\] = '(\w+)'/.exec(await textOf(place))?.[1]
    const { ETag, DistributionConfig: config } = await place.clients.cloudfront.send(
      new GetDistributionConfigCommand({ Id }),
    )
    if (config === undefined) throw new Error('no distribution')
    await place.clients.cloudfront.send(
      new UpdateDistributionCommand({ Id, IfMatch: ETag, DistributionConfig: { ...config, ...change } }),
    )
  }

  it('says that it was not checked where AWS is not there, denies it or does not know who asks', async () => {
    await place.connect()
    await place.paste(otherSecret)
    for (const [env, says] of [
      [{ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, "AWS can't be reached"],
      [{ PC_CTL_PROFILE: 'nowhere' }, 'no profile "nowhere"'],
    ] as const) {
      const { stderr, code } = await place.run(['restart', '--ctl', host.ctl], { env })
      expect(code, stderr).to.equal(0)
      expect(stderr).to.include('was not checked').and.to.include(says)
      expect(await host.calls()).to.deep.equal(['restart'])
    }
    place.sandbox.faults.add('cloudfront:GetDistribution:AccessDenied')
    const denied = await expectRun('restart')
    expect(denied.stderr).to.include('was not checked').and.to.include('AWS denied cloudfront:GetDistribution')
  })

  it('leads through a name of the operator’s own, set up in whatever order', async () => {
    const name = 'packages.example.test'
    const authority = await makeAuthority(place.folder, [name])
    const certificate = await place.clients.acm.send(new RequestCertificateCommand({ DomainName: name }))
    const aliased = ['--alias', name, '--certificate', certificate.CertificateArn ?? '']
    const connected = await place.run([...(await place.bootstrap()), ...aliased])
    expect(connected.stderr).to.match(/packages\.example\.test\. IN CNAME \S+[^]*before the restart/)
    await place.paste(connected.stdout)
    expect(connected.stdout).to.include(`['cloudfront_packages_domain'] = '${name}'`)

    const edge = await place.succeed(['status', '--json'])
    const { distribution } = resultOf(edge) as { distribution: { domain: string } }
    const old = createServer(authority, (_request, answer) => answer.writeHead(502).end('<html>nginx</html>'))
    const front = createServer(authority, ({ url, headers }, answer) => {
      // The edge knows its own name only.
      const sent = { path: url, headers: { ...headers, host: distribution.domain } }
      get(`http://${distribution.domain}`, sent, (found) => {
        found.pipe(answer.writeHead(found.statusCode ?? 0, found.headers))
      })
    })
    await Promise.all([old, front].map((server) => once(server.listen(0, '127.0.0.1'), 'listening')))
    const at = (server: Server) => ({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
    // Who looks names up, where there is a proxy.
    const hosts: Record<string, { host: string; port: number }> = { [name]: at(old) }
    const proxy = await startProxy({ hosts })
    const env = { HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: authority.file }
    const restart = (): Promise<CliRun> => place.run(['restart', '--ctl', host.ctl], { env })
    try {
      const early = await restart()
      expect(early.code, early.stderr).to.equal(4)
      expect(early.stderr)
        .to.include(`${name} is answered by something else`)
        .and.to.match(/IN CNAME/)
      expect(await host.calls()).to.deep.equal([])
      expect((await place.run(['status'], { env })).stdout).to.match(
        /^Packages domain +\S+ is answered by something else/m,
      )

      hosts[name] = { host: '127.0.0.1', port: 1 }
      const unreachable = await restart()
      expect(unreachable.code, unreachable.stderr).to.equal(0)
      expect(unreachable.stderr).to.include(`Whether ${name} leads to the distribution was not checked`)

      hosts[name] = at(front)
      const late = await restart()
      expect(late.code, late.stderr).to.equal(0)
      expect(late.stderr).not.to.include('not checked')
      expect(await host.calls()).to.deep.equal(['restart', 'restart'])
    } finally {
      await proxy.close()
      for (const server of [old, front]) server.close()
    }
  })

  it('looks at nothing while CloudFront is not enabled', async () => {
    await place.connect()
    await place.paste(`${otherSecret}packagecloud_rails['cloudfront_enabled'] = false\n`)
    expect(await place.changes(() => expectRun('restart'))).to.deep.equal([])
    expect(lastLine(await expectRun('reconfigure'))).to.equal(`pc-ctl restart --ctl ${host.ctl}`)
  })
})
