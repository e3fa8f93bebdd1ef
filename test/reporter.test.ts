/** Mocha itself, run on files that are made for it: what skips is told, and is a failure in CI. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'

import { expect } from 'chai'

const root = join(import.meta.dirname, '..')
const mocha = join(root, 'node_modules/mocha/bin/mocha.js')

/** Two files, so that processes side by side have something to do. */
const files = {
  'itself.cjs': `describe('a file', () => {
    it('runs', () => {})
    it('skips itself', function () { this.skip() })
  })`,
  'others.cjs': `describe('another file', () => {
    describe('with a hook', () => {
      before(function () { this.skip() })
      it('is skipped by it', () => {})
    })
    it.skip('is left out', () => {})
  })`,
}
const skipped = [
  ['itself.cjs', 'skips itself', 'a file skips itself'],
  ['others.cjs', 'is skipped by it', 'another file with a hook is skipped by it'],
  ['others.cjs', 'is left out', 'another file is left out'],
] as const

interface Ended {
  readonly code: number
  readonly stdout: string
}

describe('the reporter', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-reporter-'))
    await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)))
    await writeFile(join(folder, 'debian_version'), '12.1\n')
  })
  after(() => rm(folder, { recursive: true }))

  const pathOf = (name: string): string => relative(root, join(folder, name))

  /** Runs mocha as this checkout does, in an environment of CI's, with a list of what may be skipped. */
  async function run(
    { ci = 'true', debian = 'debian_version', may = [] as readonly (readonly string[])[] },
    ...words: string[]
  ): Promise<Ended> {
    const list = join(folder, 'skips.json')
    const excused = may.map(([name = '', test]) => ({ file: pathOf(name), test, reason: 'No ship brings it.' }))
    await writeFile(list, JSON.stringify(excused))
    const options = ['--reporter-option', `skips=${list}`, '--reporter-option', `debian=${join(folder, debian)}`]
    const args = [mocha, ...options, ...words, ...Object.keys(files).map((name) => join(folder, name))]
    const started = promisify(execFile)(process.execPath, args, { cwd: root, env: { ...process.env, CI: ci } })
    return started.then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: unknown) => error as Ended,
    )
  }

  for (const how of [[], ['--parallel', '--jobs', '2']]) {
    describe(how.length === 0 ? 'in one process' : 'of processes side by side', () => {
      it('fails in CI for each test that was skipped, however it was, and names them', async () => {
        const { code, stdout } = await run({}, ...how)
        expect(code, stdout).to.equal(skipped.length)
        for (const [name, , title] of skipped) expect(stdout).to.include(`skipped: ${pathOf(name)}: ${title}\n`)
        expect(stdout).to.include('3 skipped, which is a failure in CI')
      })

      it('names in CI the files that took longest, with their hooks, that one first', async () => {
        const long = join(folder, 'long.cjs')
        const wait = '(done) => setTimeout(done, 300)'
        await writeFile(long, `describe('long', () => { before(${wait}); it('waits', ${wait}) })`)
        const { stdout } = await run({ may: skipped }, ...how, long)
        expect(stdout).to.match(/ took 1 s: \S*long\.cjs\n  took 0 s: /)
        expect((await run({ ci: '' }, ...how)).stdout).not.to.include(' took ')
      })

      it('counts those alone that the list does not excuse, and tells the reason of the others', async () => {
        const { code, stdout } = await run({ may: skipped.slice(0, 2) }, ...how)
        expect(code, stdout).to.equal(1)
        expect(stdout).to.include('is skipped by it (No ship brings it.)\n')
        expect((await run({ may: skipped }, ...how)).code).to.equal(0)
      })
    })
  }

  it('excuses a test in the file alone that the list names', async () => {
    const elsewhere = skipped.map(([name, test]) => [name === 'itself.cjs' ? 'others.cjs' : 'itself.cjs', test])
    expect((await run({ may: elsewhere })).code).to.equal(skipped.length)
  })

  it('only tells of them where nobody can be asked to install anything', async () => {
    for (const where of [{ ci: '' }, { ci: 'false' }, { debian: 'none' }]) {
      const { code, stdout } = await run(where)
      expect(code, stdout).to.equal(0)
      expect(stdout).to.include('skipped: ').and.not.to.include('failure in CI')
    }
  })

  it('leaves it at mocha’s own verdict on tests that fail', async () => {
    const failing = join(folder, 'failing.cjs')
    await writeFile(failing, `it('fails', () => { throw new Error('as it should') })`)
    expect((await run({ may: skipped }, failing)).code).to.equal(1)
    expect((await run({}, failing)).code).to.equal(1 + skipped.length)
  })
})

describe('.ci/skips.json', () => {
  it('names tests that are there, each with a reason', async () => {
    const list = JSON.parse(await readFile(join(root, '.ci/skips.json'), 'utf8')) as Record<string, string>[]
    for (const { file = '', test = '', reason = '', ...more } of list) {
      expect(await readFile(join(root, file), 'utf8'), file).to.include(`it('${test}'`)
      expect(reason, test).to.match(/^[A-Z].+\.$/)
      expect(more).to.deep.equal({})
    }
  })
})

describe('.mocharc.cjs', () => {
  it('hands over to the Node of the checkout where the one that mocha was started with is too old', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-mocharc-'))
    try {
      // A Node that says that it is another one, to those who ask before the first test.
      const old = join(folder, 'old.cjs')
      await writeFile(
        old,
        `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } })
        process.execPath = '/usr/bin/node'`,
      )
      const test = join(folder, 'tells.test.ts')
      await writeFile(
        test,
        `const version: string = process.versions.node
        it('ran', () => console.log([version, process.execPath, process.env['PATH']].join(' ')))`,
      )
      const { stdout } = await promisify(execFile)(process.execPath, ['--require', old, mocha, test], { cwd: root })
      expect(stdout).to.match(/^ *24\.\S+ \S+\/node_modules\/node\/bin\/node \S+\/node_modules\/\.bin:/m)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
