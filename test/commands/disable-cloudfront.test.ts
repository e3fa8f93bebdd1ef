import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import { frontReading } from '../../src/rehearsal/front.ts'
import { startSandbox, type Sandbox } from '../../src/sandbox/host/sandbox.ts'
import type { CliRun } from '../support/run-cli.ts'
import { enabledConfig, type PackagecloudHost, packagecloudHost } from './fake-packagecloud-ctl.ts'

const line = "packagecloud_rails['cloudfront_enabled'] = false"
const disabledConfig = { ...enabledConfig, cloudfront_enabled: false }

describe('disable-cloudfront', () => {
  let host: PackagecloudHost
  let sandbox: Sandbox
  before(async () => {
    host = await packagecloudHost()
    await host.configure(enabledConfig)
    sandbox = await startSandbox({ frontPort: 0, startFront: frontReading(host.config) })
  })
  after(async () => {
    await sandbox.close()
    await host.close()
  })
  beforeEach(async () => {
    await host.configure(enabledConfig)
    await sandbox.front?.restart()
    await host.script('')
    await host.calls()
  })

  const token = (): string => sandbox.front?.token ?? ''
  const front = (): string => sandbox.frontUrl ?? ''
  const run = (args: readonly string[] = [], env: Record<string, string> = {}): Promise<CliRun> =>
    host.run(['disable-cloudfront', ...args], {
      env: { AWS_ENDPOINT_URL: sandbox.endpoint, PC_CTL_FRONT_TOKEN: token(), ...env },
    })
  /** As the real one would: the front server reads the file when it is restarted. */
  const realScript = (): Promise<void> =>
    host.script(
      `if [ "$1" = restart ]; then curl -fsS -X POST -o /dev/null ${sandbox.endpoint}/_sandbox/front/restart; fi`,
    )

  it('prints the line to set on stdout, and where and what next on stderr', async () => {
    const { stdout, stderr, code } = await run()
    expect({ stdout, code }).to.deep.equal({ stdout: `${line}\n`, code: 0 })
    expect(stderr).to.include(`in place of line 2 of ${host.config}`)
    expect(stderr).to.match(/pc-ctl reconfigure.*\n.*pc-ctl restart[^]*disable-cloudfront --front[^]*stay as they are/)
    expect(stderr).to.match(/To enable CloudFront again/)
    expect(await host.calls()).to.deep.equal([])
  })

  it('does not say that it is done, nor run anything, while the file says true', async () => {
    for (const args of [['--front', front()], ['--run']]) {
      const { stdout, stderr, code } = await run(args)
      expect({ stdout, code }).to.deep.equal({ stdout: '', code: 3 })
      expect(stderr).to.include(line)
      expect(stderr).to.include(`${host.config}:2: cloudfront_enabled is still true`)
    }
    expect(await host.calls()).to.deep.equal([])
  })

  it('says that what is set is not live, until it is', async () => {
    await host.configure(disabledConfig)
    const early = await run(['--front', front()])
    expect({ stdout: early.stdout, code: early.code }).to.deep.equal({ stdout: '', code: 1 })
    expect(early.stderr).to.include('still redirects to CloudFront (d111111abcdef8.cloudfront.net)')
    expect(early.stderr).to.match(/is not live[^]*pc-ctl reconfigure[^]*pc-ctl restart/)
    await sandbox.front?.restart()
    const late = await run(['--front', front(), '--key', 'pool/a+b.deb'])
    expect(late.code).to.equal(0)
    expect(late.stdout).to.equal(
      `${front()}/pool/a%2Bb.deb redirects to S3 (${new URL(sandbox.endpoint).host}): CloudFront is disabled.\n`,
    )
  })

  it('runs reconfigure and restart with --run, then waits for the front server', async () => {
    await host.configure(disabledConfig)
    await realScript()
    const { stdout, stderr, code } = await run(['--run', '--front', front(), '--json'])
    expect(code, stderr).to.equal(0)
    expect(resultOf(stdout)).to.deep.include({
      config: { file: host.config, line: 2, cloudfront: 'disabled' },
      set: null,
      front: {
        url: `${front()}/pc-ctl-front-check`,
        status: 302,
        kind: 's3',
        host: new URL(sandbox.endpoint).host,
      },
    })
    expect(await host.calls()).to.deep.equal(['reconfigure', 'restart'])
    expect(stderr).not.to.include('A restart is needed')
  })

  it('stops after a reconfigure that failed, with its exit code', async () => {
    await host.configure(disabledConfig)
    await host.script('exit 9')
    const { stdout, code } = await run(['--run', '--front', front()])
    expect({ stdout, code }).to.deep.equal({ stdout: '', code: 9 })
    expect(await host.calls()).to.deep.equal(['reconfigure'])
  })

  it('shows with --dry-run what --run would run', async () => {
    await host.configure(disabledConfig)
    const { stdout, code } = await run(['--run', '--dry-run', '--front', front()])
    expect({ stdout, code }).to.deep.equal({ stdout: `${host.ctl} reconfigure\n${host.ctl} restart\n`, code: 0 })
    expect(await host.calls()).to.deep.equal([])
  })

  it('looks from where there is no packagecloud.rb, too', async () => {
    const absent = { PC_CTL_CONFIG: '' }
    const { stdout, stderr, code } = await run(['--front', front()], absent)
    expect({ stdout, code }, stderr).to.deep.equal({ stdout: `${line}\n`, code: 1 })
    expect(stderr).to.include('does not exist here')
    await host.configure(disabledConfig)
    await sandbox.front?.restart()
    expect((await run(['--front', front()], absent)).code).to.equal(0)
    expect((await run(['--run'], absent)).code).to.equal(3)
  })

  it('takes a file that sets nothing for disabled, and says where it cannot know', async () => {
    await host.configure({ s3_bucket: 'packages-example-org' })
    const unset = await run()
    expect({ stdout: unset.stdout, code: unset.code }).to.deep.equal({ stdout: '', code: 0 })
    expect(unset.stderr).to.include('CloudFront is not enabled')
    await host.configure("\npackagecloud_rails['cloudfront_enabled'] = ask_chef()\n")
    const unknown = await run()
    expect({ stdout: unknown.stdout, code: unknown.code }).to.deep.equal({ stdout: `${line}\n`, code: 0 })
    expect(unknown.stderr).to.include('line 2').and.to.include('cannot be told')
    expect((await run(['--run'])).code).to.equal(3)
    expect(await host.calls()).to.deep.equal([])
  })

  it('says what the front server answers instead, and never shows the token', async () => {
    await host.configure(disabledConfig)
    await sandbox.front?.restart()
    const wrong = await run(['--front', front()], { PC_CTL_FRONT_TOKEN: 'wrong-token' })
    expect(wrong.code).to.equal(1)
    expect(wrong.stderr).to.include('refused the token: 401').and.not.include('wrong-token')
    const none = await run(['--front', front()], { PC_CTL_FRONT_TOKEN: '' })
    expect(none.stderr).to.include('asks for a token: 401').and.to.include('PC_CTL_FRONT_TOKEN')
    const stranger = createServer((_request, response) => response.writeHead(404).end()).listen(0, '127.0.0.1')
    await once(stranger, 'listening')
    const { port } = stranger.address() as AddressInfo
    const notFront = await run(['--front', `http://127.0.0.1:${port}`])
    stranger.close()
    expect(notFront.stderr).to.include('answers 404').and.to.include('--key PATH')
    const other = await run(['--front', front(), '--bucket', 'another-bucket'])
    expect(other.code).to.equal(1)
    expect(other.stderr).to.include('neither S3 (bucket another-bucket) nor CloudFront')
    const shown = await run(['--front', front(), '--token', token(), '--verbose'], { PC_CTL_FRONT_TOKEN: '' })
    expect(shown.code).to.equal(0)
    expect(shown.stdout + shown.stderr).not.to.include(token())
    for (const config of [disabledConfig, enabledConfig]) {
      await host.configure(config)
      const url = await run(['--front', front().replace('//', `//${token()}:@`), '--verbose'])
      expect(url).to.include({ stdout: '', code: 2 })
      expect(url.stderr).not.to.include(token())
    }
  })

  it('gives --json one document, of an error too', async () => {
    const plan = resultOf((await run(['--json'])).stdout)
    expect(plan).to.deep.equal({
      config: { file: host.config, line: 2, cloudfront: 'enabled' },
      set: line,
      ran: [],
      front: null,
      code: 0,
    })
    await host.configure(disabledConfig)
    const { stdout, code } = await run(['--json', '--front', front()])
    expect(code).to.equal(1)
    expect(JSON.parse(stdout)).to.have.nested.property('error.code', 'NotLive')
  })
})
