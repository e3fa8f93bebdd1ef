import { execFile } from 'node:child_process'
import { existsSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect } from 'chai'

import { runCli } from '../support/run-cli.ts'

describe('the libraries of the bundle', () => {
  const folder = join(import.meta.dirname, '../../dist/lib')

  it('have all that is used of them', () => {
    const libraries = readdirSync(folder).filter((name) => name.endsWith('.cjs'))
    expect(libraries).to.include('xz-decompress.cjs')
    for (const name of libraries) {
      const exported: unknown = createRequire(import.meta.url)(join(folder, name))
      for (const [what, value] of Object.entries(exported ?? {}))
        expect(value, `${what} of ${name}`).to.not.equal(undefined)
    }
  })
})

describe('what is compiled', function () {
  this.timeout(60_000)
  let home: string
  let env: Record<string, string>

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'pc-ctl-compiled-'))
    const temporary = mkdtempSync(join(home, 'tmp-'))
    env = { HOME: home, TMPDIR: temporary, NODE_COMPILE_CACHE: '' }
  })
  afterEach(() => rmSync(home, { recursive: true }))

  const show = ['show-config', '--config', '/dev/null']
  const temporaryFiles = (): string[] => readdirSync(env['TMPDIR'] ?? '')

  it("is kept for the command's next run, where nobody else can put code", async () => {
    await runCli(show, { env })
    const folder = join(home, '.cache/pc-ctl/compiled')
    expect(readdirSync(folder)).to.deep.equal(['show-config'])
    expect(lstatSync(join(folder, 'show-config')).mode & 0o777).to.equal(0o700)
    expect(readdirSync(join(folder, 'show-config'))).to.have.length(1)
    expect(temporaryFiles()).to.deep.equal([])
  })

  it('is kept there too of what looks things up for a TAB', async () => {
    const program = join(import.meta.dirname, '../../dist/main.js')
    await promisify(execFile)(process.execPath, [program, '__look-up', '{}'], { env })
    expect(readdirSync(join(home, '.cache/pc-ctl/compiled'))).to.deep.equal(['__look-up'])
    expect(temporaryFiles()).to.deep.equal([])
  })

  it('is kept once for all that is no command', async () => {
    expect(await runCli(['show-configs'], { env })).to.include({ code: 2 })
    expect(await runCli(['../commands'], { env })).to.include({ code: 2 })
    expect(readdirSync(join(home, '.cache/pc-ctl/compiled'))).to.deep.equal(['help'])
    expect(temporaryFiles()).to.deep.equal([])
  })

  it('is not looked for where the answer is printed at once', async () => {
    expect(await runCli(['--version'], { env })).to.include({ code: 0 })
    expect(existsSync(join(home, '.cache'))).to.equal(false)
  })

  it('is kept nowhere where there is no folder of our own', async () => {
    const run = await runCli(show, { env: { ...env, XDG_CACHE_HOME: '/dev/null/cache' } })
    expect(run).to.deep.equal(await runCli(show, { env }))
    expect(temporaryFiles()).to.deep.equal([])
  })
})
