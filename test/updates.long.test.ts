/** Hints at newer versions, as somebody sees them who has installed pc-ctl with npm. */
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from 'chai'

import manifest from '../package.json' with { type: 'json' }
import { isNewer } from '../src/updates.ts'
import { hasTerminals, type OnTerminals, runOnTerminals } from './support/terminals.ts'

const root = join(import.meta.dirname, '..')
const newest = '987.6.5'
const hint = `Note: pc-ctl ${newest} is there, this is ${manifest.version}.`

describe('a hint at a newer version', function () {
  this.timeout(300_000)
  let folder: string
  let program: string
  let registry: Server
  let asked: string[]
  let answer: (response: ServerResponse) => void

  before(async function () {
    if (!hasTerminals) this.skip()
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-updates-'))
    program = join(folder, 'lib/node_modules/pc-ctl')
    for (const part of ['bin', 'dist', 'templates', 'package.json', 'oclif.manifest.json'])
      for (const place of [program, inProject()]) await cp(join(root, part), join(place, part), { recursive: true })
    registry = createServer((request, response) => {
      asked.push(request.url ?? '')
      answer(response)
    }).listen(0, '127.0.0.1')
    await once(registry, 'listening')
  })
  after(async () => {
    registry.closeAllConnections()
    registry.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  /** Where npm puts it for one project, and npx for itself. */
  const inProject = (): string => join(folder, 'project/node_modules/pc-ctl')

  let home: string
  let memory: string
  beforeEach(async () => {
    home = await mkdtemp(join(folder, 'home-'))
    memory = join(home, 'cache/pc-ctl/update.json')
    await writeFile(join(home, 'packagecloud.rb'), '')
    asked = []
    answer = (response) => {
      const versions = { [newest]: { name: 'pc-ctl', version: newest } }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ name: 'pc-ctl', 'dist-tags': { latest: newest }, versions }))
    }
  })

  const address = (): string => `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`
  const environment = (): Record<string, string> => ({
    HOME: home,
    XDG_CACHE_HOME: join(home, 'cache'),
    NPM_CONFIG_REGISTRY: address(),
    NPM_CONFIG_CACHE: join(home, 'npm'),
  })

  /** A command that needs neither network nor settings. */
  const run = (env: Record<string, string> = {}, how: Partial<OnTerminals> = {}, more: readonly string[] = []) =>
    runOnTerminals(['generate-cloudfront-secret', '--config', join(home, 'packagecloud.rb'), ...more], {
      stdout: 'pipe',
      stderr: 'tty',
      columns: 200,
      program,
      ...how,
      env: { ...environment(), ...env },
    })

  const remembered = async (): Promise<Record<string, unknown>> =>
    JSON.parse(await readFile(memory, 'utf8')) as Record<string, unknown>

  /** Until the process that nobody waits for is done. */
  async function learned(): Promise<void> {
    while ((await remembered())['latest'] === undefined) await sleep(50)
  }

  const know = async (what: Record<string, unknown>): Promise<void> => {
    await mkdir(join(home, 'cache/pc-ctl'), { recursive: true })
    await writeFile(memory, JSON.stringify(what))
  }

  it('comes after the result, once a day, from what the registry said the time before', async () => {
    const first = await run()
    expect([first.code, first.stderr.includes('Note: pc-ctl')]).to.deep.equal([0, false])
    await learned()
    expect(asked).to.deep.equal(['/pc-ctl'])
    const second = await run()
    expect(second.stdout).to.match(/^packagecloud_rails\[.*\n$/)
    expect(second.stderr).to.match(/npm install --global pc-ctl/)
    expect(second.stderr.trimEnd().split('\n').at(-1)).to.include(hint)
    expect((await run()).stderr).not.to.include('Note: pc-ctl')
    await know({ ...(await remembered()), told: Date.now() - 25 * 3_600_000 })
    expect((await run()).stderr).to.include(hint)
    expect(asked).to.have.length(1)
    expect(await readdir(join(home, 'cache/pc-ctl'))).to.have.members(['update.json'])
  })

  it('waits for nobody: the command is done before the registry has answered', async () => {
    let waiting: ServerResponse | undefined
    answer = (response) => (waiting = response)
    expect((await run()).code).to.equal(0)
    while (waiting === undefined) await sleep(50)
    expect(await remembered()).to.have.all.keys('asked')
    waiting.destroy()
  })

  it('asks where npm asks: the registry of its settings, through its proxy', async () => {
    const env = environment()
    delete env['NPM_CONFIG_REGISTRY']
    await writeFile(join(home, '.npmrc'), `registry=http://registry.example.org/npm/\nproxy=${address()}\n`)
    const args = ['generate-cloudfront-secret', '--config', join(home, 'packagecloud.rb')]
    await runOnTerminals(args, { stdout: 'pipe', stderr: 'tty', program, env })
    await learned()
    expect(asked).to.deep.equal(['http://registry.example.org/npm/pc-ctl'])
  })

  const silent: Record<string, () => ReturnType<typeof run>> = {
    'PC_CTL_NO_UPDATE_CHECK is set': () => run({ PC_CTL_NO_UPDATE_CHECK: '1' }),
    'it runs in CI': () => run({ CI: 'true' }),
    'the result is JSON': () => run({}, {}, ['--json']),
    'nobody sees stderr': () => run({}, { stderr: 'pipe' }),
    'it was not installed with npm': () => run({}, { program: root }),
    'it was installed for a project alone': () => run({}, { program: inProject() }),
    'there is no place to remember it': () => run({ XDG_CACHE_HOME: join(home, 'packagecloud.rb') }),
  }
  for (const [where, start] of Object.entries(silent)) {
    it(`says and asks nothing where ${where}`, async () => {
      await know({ latest: newest })
      const { code, stderr } = await start()
      expect([code, stderr.includes('Note: pc-ctl')]).to.deep.equal([0, false])
      expect(await remembered()).to.deep.equal({ latest: newest })
    })
  }

  it('says nothing where what is remembered is no version, or makes no sense', async () => {
    answer = (response) => response.destroy()
    for (const text of [
      'null',
      '',
      '{"latest":"9.9.9\\u001b[2J"}',
      '{"latest":[9]}',
      `{"latest":"${manifest.version}"}`,
    ]) {
      await mkdir(join(home, 'cache/pc-ctl'), { recursive: true })
      await writeFile(memory, text)
      const { code, stderr } = await run()
      expect([code, stderr.includes('Note: pc-ctl')], text).to.deep.equal([0, false])
    }
  })

  it('is kept where only its owner looks', async () => {
    await run()
    await learned()
    expect((await stat(join(home, 'cache/pc-ctl'))).mode & 0o777).to.equal(0o700)
  })
})

describe('versions', () => {
  it('are compared by their numbers; what is not released is not newer', () => {
    const order = ['0.2.0-rc.1', '0.2.0', '0.2.10', '0.10.0', '1.0.0', '10.0.0']
    for (const [at, one] of order.entries())
      for (const [place, other] of order.entries())
        expect(isNewer(one, other), `${one} ${other}`).to.equal(at > place && !one.includes('-'))
    for (const one of ['', 'latest', '1.2', '1.2.3 ', 'v1.2.3']) expect(isNewer(one, '0.0.1'), one).to.equal(false)
  })
})
