/** With `sudo` and `su` a home may be somebody else's: what lies in it is neither run nor complained of. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { expect } from 'chai'

import { runCli } from '../support/run-cli.ts'

describe('a home that is somebody else’s', function () {
  this.timeout(60_000)
  let home: string
  let manifest: string
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'pc-ctl-home-'))
    manifest = join(home, '.local/share/pc-ctl/package.json')
    await mkdir(dirname(manifest), { recursive: true })
  })
  afterEach(() => rm(home, { recursive: true, force: true }))

  const showConfig = async () => {
    const file = join(home, 'packagecloud.rb')
    await writeFile(file, '')
    return runCli(['show-config', '--config', file], { env: { HOME: home } })
  }

  it('brings no plugins of oclif, which would be run as whoever has typed the command', async () => {
    const plugin = join(home, 'plugin')
    await mkdir(join(plugin, 'commands'), { recursive: true })
    const oclif = { commands: './commands' }
    await writeFile(join(plugin, 'package.json'), JSON.stringify({ name: 'guest', version: '1.0.0', oclif }))
    await writeFile(join(plugin, 'commands/guest.js'), 'module.exports = class { static run() { console.log("run") } }')
    const plugins = [{ name: 'guest', type: 'link', root: plugin }]
    await writeFile(manifest, JSON.stringify({ name: 'x', version: '1.0.0', dependencies: {}, oclif: { plugins } }))
    const guest = await runCli(['guest'], { env: { HOME: home } })
    expect(guest).to.include({ code: 2, stdout: '' })
    expect(guest.stderr).to.match(/^Error: pc-ctl has no command "guest"\./)
    expect(await showConfig()).to.include({ code: 0, stderr: '' })
  })

  it('is not complained of, where nothing can be read in it', async () => {
    await mkdir(manifest)
    expect(await showConfig()).to.include({ code: 0, stderr: '' })
  })
})
