import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { install } from '../support/installation.ts'
import { runCli } from '../support/run-cli.ts'
import { hasTerminals, type OnTerminals, runOnTerminals } from '../support/terminals.ts'

const hasLess = spawnSync('less', ['--version']).status === 0

describe('a long result on a terminal', function () {
  this.timeout(60_000)
  let folder = ''
  let page = ''
  let config = ''

  beforeEach(async function () {
    if (!hasTerminals) this.skip()
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-pager-'))
    page = join(folder, 'page')
    config = join(folder, 'packagecloud.rb')
    await writeFile(config, '')
  })
  afterEach(async () => {
    if (folder !== '') await rm(folder, { recursive: true })
  })

  const short = { rows: 8, columns: 200 }
  const run = (args: readonly string[], how: Partial<OnTerminals> = {}) => {
    const words = args[0] === 'permissions' ? args : ['show-config', ...args]
    const env = { PAGER: `cat > '${page}'`, PC_CTL_CONFIG: config, LC_ALL: 'C.UTF-8', ...how.env }
    return runOnTerminals(words, { stdout: 'tty', stderr: 'pipe', ...short, ...how, env })
  }
  const paged = () => readFile(page, 'utf8').catch(() => undefined)

  it('is shown by the pager that is wished for, in colour', async () => {
    expect(await run([])).to.include({ stdout: '', stderr: '', code: 0 })
    expect(await paged()).to.match(/^\u001B\[1mNAME .*\u001B\[22m\n(?:.*\n){8}/)
  })

  for (const [why, args, how] of [
    ['it fits', [], { rows: 60 }],
    ['it is not wanted', ['--no-pager'], {}],
    ['there is to be no pager', [], { env: { PAGER: '' } }],
    ['the terminal is dumb', [], { env: { TERM: 'dumb' } }],
    ['it goes elsewhere', [], { stdout: 'pipe' }],
    ['it is for a program', ['--json'], {}],
  ] as const) {
    it(`is printed as it is where ${why}`, async () => {
      const { stdout, stderr, code } = await run(args, how)
      expect({ stderr, code }).to.deep.equal({ stderr: '', code: 0 })
      expect(stdout.split('\n').length).to.be.greaterThan(8)
      expect(await paged()).to.equal(undefined)
    })
  }

  it('is printed where the pager can not be run', async () => {
    const { stdout, code } = await run([], { env: { PAGER: '/nonexistent/pager' } })
    expect(code).to.equal(0)
    expect(stdout).to.match(/NAME .*\n(?:.*\n){8}/)
  })

  it('may be left in the middle, and that is no failure', async () => {
    const long = ['permissions', '--account', '111122223333', '--bucket', 'packages-example-org']
    for (const PAGER of ['true', 'false', 'head -n 1']) {
      const { stdout, stderr, code } = await run(long, { env: { PAGER } })
      expect({ stdout, code }, PAGER).to.deep.equal({ stdout: PAGER.startsWith('head') ? '{\n' : '', code: 0 })
      expect(stderr).to.not.match(/EPIPE|^Error/m)
    }
  })

  it('is left by q in less, and not by Ctrl-C', async function () {
    if (!hasLess) this.skip()
    const child = await runOnTerminals(['show-config'], {
      stdin: 'tty',
      stdout: 'stdin',
      stderr: 'stdin',
      ...short,
      env: { PC_CTL_CONFIG: config, LC_ALL: 'C.UTF-8', PAGER: undefined, NO_COLOR: '1' },
      when: [
        // Whether it shows its prompt again is its own matter; a key too many does no harm.
        { stream: 'stdin', text: '\n:', do: 'type', keys: '\u0003qqq' },
      ],
    })
    expect(child.code).to.equal(0)
    expect(child.stdin).to.include('NAME ').and.not.include('cloudfront_packages_domain')
  })

  it('is shown so by all commands that look, and not where objects were written', async () => {
    const place = await install()
    try {
      await place.put('apt/dists/stable/Release', 'x')
      const how = { stdout: 'tty', stderr: 'pipe', rows: 3, columns: 200 } as const
      const env = { ...place.env, PAGER: `cat > '${page}'` }
      for (const words of [
        ['costs', '--estimate', '--downloads', '1000', '--gb', '10'],
        ['reindex-everything', '--list'],
        ['reindex-everything', '--dry-run'],
      ]) {
        expect(await runOnTerminals(words, { ...how, env }), words.join(' ')).to.include({ stdout: '', code: 0 })
        expect(await paged(), words.join(' ')).to.be.a('string').and.not.be.empty
        await rm(page)
      }
      const { stdout } = await runOnTerminals(['reindex-everything', '--attributes-only'], { ...how, env })
      expect(stdout).to.include('REPOSITORY')
      expect(await paged()).to.equal(undefined)
    } finally {
      await place.close()
    }
  })

  it('is help too, as it is laid out already or by oclif', async () => {
    const pagedOf = async (words: readonly string[], env: Record<string, string> = {}) => {
      const how = { stdout: 'tty', stderr: 'pipe', rows: 8, columns: 80 } as const
      const more = { PAGER: `cat > '${page}'`, NO_COLOR: '1', ...env }
      expect(await runOnTerminals(words, { ...how, env: more })).to.deep.include({ stdout: '', code: 0 })
      const text = await paged()
      await rm(page)
      return text
    }
    for (const words of [['--help'], ['status', '-h']]) {
      const { stdout } = await runCli([...words])
      expect(await pagedOf(words), words.join(' ')).to.equal(stdout)
      expect(await pagedOf(words, { OCLIF_COLUMNS: '80' }), words.join(' ')).to.equal(stdout)
    }
    const version = await runOnTerminals(['--version'], {
      stdout: 'tty',
      stderr: 'pipe',
      ...short,
      env: { PAGER: 'false' },
    })
    expect(version.stdout).to.match(/^pc-ctl\//)
  })

  it('has no pager in a pipe', async () => {
    const { stdout } = await runCli(['show-config'], {
      env: { PC_CTL_CONFIG: config, PAGER: `cat > '${page}'` },
    })
    expect(stdout).to.match(/^NAME /)
    expect(await paged()).to.equal(undefined)
  })
})
