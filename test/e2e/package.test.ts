import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { expect } from 'chai'

import { type Installation, install } from './installation.ts'

const execute = promisify(execFile)
const root = join(import.meta.dirname, '../..')

describe('the npm package, installed globally into an empty prefix without a network', function () {
  this.timeout(60_000)
  let prefix: string
  let place: Installation

  before(async () => {
    prefix = await mkdtemp(join(tmpdir(), 'pc-ctl-prefix-'))
    place = await install({ secret: false })
    const quiet = ['--offline', '--no-audit', '--no-fund', '--cache', join(prefix, 'cache')]
    // The scripts would only build anew what is there.
    const packed = await execute('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', prefix], {
      cwd: root,
    })
    const [first] = Object.values(JSON.parse(packed.stdout) as Record<string, { filename: string }>)
    const tarball = join(prefix, first?.filename ?? '')
    await execute('npm', ['install', '--global', '--prefix', prefix, '--ignore-scripts', ...quiet, tarball], {
      cwd: prefix,
    })
  })
  after(async () => {
    await place.close()
    await rm(prefix, { recursive: true, force: true })
  })

  /** Runs the installed command by name, as an operator does. */
  const pcCtl = (...args: string[]) =>
    execute('pc-ctl', args, {
      cwd: prefix,
      env: { ...place.env, PATH: [join(prefix, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter) },
    })

  it('says its version, and nothing on stderr', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
    const { stdout, stderr } = await pcCtl('--version')
    expect(stdout).to.match(new RegExp(`^pc-ctl/${version.replaceAll('.', '\\.')} `))
    expect(stderr).to.equal('')
  })

  it('goes through the runbook', async () => {
    const generated = await pcCtl('generate-cloudfront-secret')
    await place.paste(generated.stdout)
    const bootstrapped = await pcCtl('bootstrap-cloudfront')
    expect(bootstrapped.stdout).to.match(/^pc-ctl reconfigure-cloudfront-distribution arn:\S+:1\n$/)
    const connected = await pcCtl(...bootstrapped.stdout.trim().split(' ').slice(1))
    expect(connected.stdout).to.match(/cloudfront_packages_domain/)
    for (const { stderr } of [generated, bootstrapped, connected]) expect(stderr).not.to.match(/warning|\(node:/i)
  })
})
