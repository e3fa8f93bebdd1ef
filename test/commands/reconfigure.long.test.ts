import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import { runCli } from '../support/run-cli.ts'
import { enabledConfig, type PackagecloudHost, packagecloudHost } from './fake-packagecloud-ctl.ts'

const root = join(import.meta.dirname, '../..')

describe('reconfigure and restart', () => {
  let host: PackagecloudHost
  beforeEach(async () => {
    host = await packagecloudHost()
    await host.configure(enabledConfig)
  })
  afterEach(() => host.close())

  it('hand on arguments, input, both outputs and the exit code', async () => {
    await host.script('read line; echo "out $line"; echo "err $line" >&2; exit 7')
    const { stdout, stderr, code } = await host.run(['reconfigure', '--', '--quiet', 'a b'], { input: 'typed\n' })
    expect(code).to.equal(7)
    expect(stdout).to.equal('out typed\n')
    expect(stderr).to.include('err typed\n').and.to.include('ended with exit code 7')
    expect(await host.calls()).to.deep.equal(['reconfigure --quiet a b'])
    expect((await host.run(['restart', 'nginx', '--', '-v'])).code).to.equal(7)
    expect(await host.calls()).to.deep.equal(['restart nginx -v'])
  })

  it('refuse what packagecloud-ctl would have been given by mistake', async () => {
    for (const args of [
      ['reconfigure', 'nginx'],
      ['restart', 'a', 'b'],
      ['restart', '--qiet'],
    ]) {
      expect((await host.run(args)).code, args.join(' ')).to.equal(2)
    }
    expect(await host.calls()).to.deep.equal([])
  })

  it('show output as it comes', async () => {
    await host.script('echo begun; for i in $(seq 200); do [ -e "$0.go" ] && break; sleep 0.05; done')
    const child = spawn(process.execPath, [join(root, 'bin/run.js'), 'reconfigure', '--ctl', host.ctl], {
      env: { PATH: process.env['PATH'] ?? '', PC_CTL_CONFIG: host.config, XDG_STATE_HOME: host.folder },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const [first] = (await once(child.stdout, 'data')) as [Buffer]
    expect(String(first)).to.equal('begun\n')
    await writeFile(`${host.ctl}.go`, '')
    const [code] = (await once(child, 'exit')) as [number]
    expect(code).to.equal(0)
  })

  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const) {
    it(`hand on ${signal}, wait, and end as packagecloud-ctl did`, async () => {
      await host.script(
        `trap 'echo cleaned up; trap - ${signal.slice(3)}; kill -s ${signal.slice(3)} $$' ${signal.slice(3)}\n` +
          'echo begun; for i in $(seq 200); do sleep 0.05; done',
      )
      const child = spawn(process.execPath, [join(root, 'bin/run.js'), 'restart', '--ctl', host.ctl], {
        env: { PATH: process.env['PATH'] ?? '', PC_CTL_CONFIG: host.config, XDG_STATE_HOME: host.folder },
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      let stdout = ''
      child.stdout.on('data', (data: Buffer) => {
        stdout += String(data)
        if (stdout === 'begun\n') child.kill(signal)
      })
      const [exit, by] = (await once(child, 'close')) as [number | null, string | null]
      expect({ exit, by, stdout }).to.deep.equal({ exit: code, by: null, stdout: 'begun\ncleaned up\n' })
    })
  }

  it('keep stdout for the result under --json', async () => {
    await host.script('echo chef says; exit 3')
    const { stdout, stderr, code } = await host.run(['reconfigure', '--json'])
    expect(code).to.equal(3)
    expect(stderr).to.include('chef says')
    expect(resultOf(stdout)).to.deep.equal({
      command: [host.ctl, 'reconfigure'],
      configChanged: null,
      ran: true,
      code: 3,
    })
    await host.script('kill -s KILL $$')
    expect(resultOf((await host.run(['restart', '--json'])).stdout)).to.include({ code: 137, signal: 'SIGKILL' })
  })

  it('show with --dry-run what would be run, and run nothing', async () => {
    const { stdout, code } = await host.run(['restart', '--dry-run', 'nginx', '--', 'a b'])
    expect({ stdout, code }).to.deep.equal({ stdout: `${host.ctl} restart nginx 'a b'\n`, code: 0 })
    const json = await host.run(['reconfigure', '--dry-run', '--json'])
    expect(resultOf(json.stdout)).to.include({ ran: false, code: 0 })
    expect(await host.calls()).to.deep.equal([])
    expect(await readdir(host.folder)).not.to.include('state')
  })

  describe('check the file first, and run nothing if it is not right', () => {
    const secret = 'bm90LXZlcnktbG9uZw'
    const line = (key: string, value: string): string => `packagecloud_rails['${key}'] = ${value}\n`
    const {
      cloudfront_distribution_id: id,
      cloudfront_packages_domain: domain,
      cloudfront_secret: good,
    } = enabledConfig
    for (const [what, content, place, ...says] of [
      ['is not Ruby', 'a = 1\nb = (\n', 2, 'packagecloud.rb'],
      ['has a malformed secret', `\n${line('cloudfront_secret', `'${secret}'`)}`, 2, 'decodes to 13 bytes'],
      [
        'has a malformed previous secret',
        `${line('cloudfront_secret', `'${good}'`)}${line('cloudfront_previous_secret', `'${secret}'`)}`,
        2,
        'cloudfront_previous_secret',
      ],
      [
        'is enabled without secret, id and domain',
        line('cloudfront_enabled', 'true'),
        1,
        "cloudfront_secret'] is not set",
        "cloudfront_distribution_id'] is not set",
        "cloudfront_packages_domain'] is not set",
        'generate-cloudfront-secret',
        'reconfigure-cloudfront-distribution',
      ],
      [
        'is enabled with an empty id',
        [
          line('cloudfront_enabled', 'true'),
          line('cloudfront_secret', `'${good}'`),
          line('cloudfront_distribution_id', "''"),
          line('cloudfront_packages_domain', `'${domain}'`),
        ].join(''),
        3,
        'is empty',
      ],
      [
        'has a URL for a domain',
        [
          line('cloudfront_enabled', 'true'),
          line('cloudfront_secret', `'${good}'`),
          line('cloudfront_distribution_id', `'${id}'`),
          line('cloudfront_packages_domain', `'https://${domain}'`),
        ].join(''),
        4,
        'bare domain',
      ],
      ['enables CloudFront with a word', line('cloudfront_enabled', "'yes'"), 1, 'true or false is wanted'],
    ] as const) {
      it(`when it ${what}`, async () => {
        await host.configure(content)
        for (const command of ['reconfigure', 'restart']) {
          const { stdout, stderr, code } = await host.run([command])
          expect({ stdout, code }, stderr).to.deep.equal({ stdout: '', code: 3 })
          expect(stderr).to.include(`${host.config}:${place}`)
          for (const text of says) expect(stderr).to.include(text)
          expect(stderr).not.to.include(secret)
        }
        expect(await host.calls()).to.deep.equal([])
      })
    }

    it('but not for what is missing while CloudFront is not enabled', async () => {
      await host.configure({ cloudfront_enabled: false })
      expect((await host.run(['reconfigure'])).code).to.equal(0)
      expect(await host.calls()).to.deep.equal(['reconfigure'])
    })

    it('but not for what only running the file could tell: that is said', async () => {
      const others = Object.entries(enabledConfig).filter(([key]) => key !== 'cloudfront_secret')
      const keys = others.map(([key, value]) => line(key, JSON.stringify(value)))
      await host.configure(`${keys.join('')}${line('cloudfront_secret', 'read_from_vault()')}`)
      const { stderr, code } = await host.run(['reconfigure'])
      expect(code).to.equal(0)
      expect(stderr).to.include(`${host.config}:5: cloudfront_secret was not checked`)
      await host.configure(`${keys.join('')}eval(File.read('/etc/packagecloud/local.rb'))\n`)
      const included = await host.run(['reconfigure'])
      expect(included.code).to.equal(0)
      expect(included.stderr).to.include(`${host.config}:5: cloudfront_secret was not checked`)
      expect(await host.calls()).to.have.length(2)
    })
  })

  it('say what to run and where, if packagecloud-ctl is not here', async () => {
    const env = { PC_CTL_CONFIG: host.config, PATH: '/nonexistent' }
    const { stdout, stderr, code } = await runCli(['restart', 'nginx'], { env })
    expect({ stdout, code }).to.deep.equal({ stdout: '', code: 3 })
    expect(stderr).to.include('packagecloud-ctl restart nginx').and.to.include('on the packagecloud host')
    const given = await runCli(['reconfigure', '--ctl', host.folder], { env })
    expect(given.code).to.equal(3)
    expect(given.stderr).to.include(`${host.folder}, given with --ctl, is not a file that can be run`)
    expect((await runCli(['reconfigure'], { env: { PATH: host.folder, PC_CTL_CONFIG: host.config } })).code).to.equal(0)
  })

  it('tell restart when the file has changed since the last reconfigure', async () => {
    expect((await host.run(['restart'])).stderr).to.include('Not known whether')
    const reconfigured = await host.run(['reconfigure'])
    expect(reconfigured.stderr).to.include('A restart is needed').and.to.include(`pc-ctl restart --ctl ${host.ctl}`)
    expect((await host.run(['restart'])).stderr).not.to.match(/changed|Not known/)
    await host.configure({ ...enabledConfig, cloudfront_enabled: false })
    await host.script('echo restarting >&2')
    const { stderr, code } = await host.run(['restart'])
    expect(code).to.equal(0)
    expect(stderr).to.match(
      /packagecloud\.rb has changed since the last reconfigure[^]*pc-ctl reconfigure[^]*restarting/,
    )
    expect(resultOf((await host.run(['restart', '--json'])).stdout)).to.include({ configChanged: true })
    await host.script('exit 1')
    await host.run(['reconfigure'])
    expect(resultOf((await host.run(['restart', '--json'])).stdout)).to.include({ configChanged: true })
    await host.script('')
    await host.run(['reconfigure'])
    expect(resultOf((await host.run(['restart', '--json'])).stdout)).to.include({ configChanged: false })
  })

  it('remember a hash, for this user only, and go on where nothing can be remembered', async () => {
    await host.run(['reconfigure'])
    const folder = join(host.folder, 'state/pc-ctl/reconfigured')
    const files = await readdir(folder)
    expect(files).to.have.length(1)
    const file = join(folder, files[0] ?? '')
    expect((await stat(file)).mode & 0o777).to.equal(0o600)
    expect(await readFile(file, 'utf8')).not.to.include(enabledConfig.cloudfront_secret)
    const { stderr, code } = await host.run(['reconfigure'], { env: { XDG_STATE_HOME: host.config } })
    expect(code).to.equal(0)
    expect(stderr).to.include('could not take down')
  })

  it('warn of an early restart while a secret is being replaced', async () => {
    await host.configure({ ...enabledConfig, cloudfront_previous_secret: enabledConfig.cloudfront_secret })
    expect((await host.run(['reconfigure'])).stderr).to.include('restart only once')
  })
})
