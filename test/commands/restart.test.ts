import { UpdateDistributionCommand, GetDistributionConfigCommand } from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'

import type { CliRun } from '../run-cli.ts'
import { install, type Installation, newSecretLines, textOf, wordsOf } from '../e2e/installation.ts'
import { type PackagecloudHost, packagecloudHost } from './fake-packagecloud-ctl.ts'

const otherSecret = "packagecloud_rails['cloudfront_secret'] = 'bm90aGVyIHNlY3JldCBvZiB0aGlydHktdHdvIGJ5dGVzIQ'\n"

/** What the last line of the talk tells to type. */
const lastLine = ({ stderr }: CliRun): string => stderr.trimEnd().split('\n').at(-1)?.trim() ?? ''

/** The command among the hints of a refusal. */
const commandIn = ({ stderr }: CliRun): string => /^ *(pc-ctl .*)$/m.exec(stderr)?.[1] ?? ''

describe('the order of reconfigure, restart and what the edge needs', function () {
  this.timeout(120_000)
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
    expect(await host.calls()).to.deep.equal([[command, ...args.filter((word) => word !== '--force')].join(' ')])
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
    expect(lastLine(await expectRun('reconfigure'))).to.equal(connect)
    await expectRun('restart', 'mysql')

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
  })

  it('looks at nothing while CloudFront is not enabled', async () => {
    await place.connect()
    await place.paste(`${otherSecret}packagecloud_rails['cloudfront_enabled'] = false\n`)
    expect(await place.changes(() => expectRun('restart'))).to.deep.equal([])
    expect(lastLine(await expectRun('reconfigure'))).to.equal(`pc-ctl restart --ctl ${host.ctl}`)
  })
})
