import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect } from 'chai'

import { NotPrivateError } from '../../../src/sandbox/contracts/private-folder.ts'
import { startSandbox } from '../../../src/sandbox/host/sandbox.ts'
import { sandboxInUse } from './sandbox-in-use.ts'

const modeOf = (path: string): string => (lstatSync(path).mode & 0o7777).toString(8)

/** All folders and files below one, itself included. */
const everything = (folder: string): string[] => [
  folder,
  ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
]

const canTrace = spawnSync('strace', ['-qq', '-e', 'trace=none', 'true']).status === 0

describe('the sandbox’s state folder', () => {
  let folder: string
  let state: string
  let umask: number
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'private-state-'))
    state = join(folder, 'made', 'state')
    umask = process.umask(0o022)
  })
  afterEach(() => {
    process.umask(umask)
    rmSync(folder, { recursive: true })
  })

  const refusal = async (): Promise<unknown> => {
    const sandbox = await startSandbox({ state }).catch((error: unknown) => error)
    if (typeof sandbox === 'object' && sandbox !== null && 'close' in sandbox) {
      await (sandbox as { close(): Promise<void> }).close()
    }
    expect(sandbox).to.be.instanceOf(NotPrivateError)
    return sandbox
  }

  for (const bits of [0, 0o077]) {
    it(`is for its owner alone, with all that is in it, under umask ${bits.toString(8)}`, async () => {
      process.umask(bits)
      const sandbox = await sandboxInUse(state)
      const found = everything(state).map((path) => [path.slice(state.length), modeOf(path), lstatSync(path)] as const)
      await sandbox.close()
      for (const [path, mode, entry] of found) expect(mode, path).to.equal(entry.isDirectory() ? '700' : '600')
      const names = found.map(([path]) => path).join('\n')
      for (const part of ['sandbox.sqlite', 'sandbox.sqlite-wal', 'sandbox.sqlite-shm', 'config/packagecloud.rb']) {
        expect(names).to.contain(part)
      }
      expect(names).to.match(/s3\/[0-9a-f]{2}\/[0-9a-f-]{36}/)
      expect(names)
        .to.match(/lambda\/code\/\w+\.zip/)
        .and.to.match(/lambda\/tasks\/.*\/folder\/index\.mjs/)
    })
  }

  it('is so from the first moment: nothing in it is ever made or opened up for others', async function () {
    if (!canTrace) this.skip()
    this.timeout(60_000)
    const trace = join(folder, 'trace')
    const calls = 'trace=open,openat,creat,mkdir,mkdirat,mknod,mknodat,chmod,fchmod,fchmodat,?fchmodat2'
    const program = join(import.meta.dirname, 'sandbox-in-use.ts')
    const node = [process.execPath, '--disable-warning=ExperimentalWarning', program, state]
    await promisify(execFile)('strace', ['-f', '-qq', '-e', calls, '-o', trace, ...node])
    const seen = new Set<string>()
    const made = readFileSync(trace, 'utf8')
      .split('\n')
      .filter((line) => !line.includes(' = -1 ') && /O_CREAT|mkdir|creat\(|mknod|chmod/.test(line))
      .filter((line) => line.includes(join(folder, 'made')) || line.includes('fchmod('))
      // SQLite names a mode for the file that is there already.
      .filter((line) => {
        const path = /open.*?"(.*?)"/.exec(line)?.[1]
        return path === undefined || (!seen.has(path) && seen.add(path))
      })
    expect(made.join('\n')).to.contain('sandbox.sqlite-wal').and.to.contain('mkdir')
    for (const line of made) expect(line).to.match(/, 0?[67]00\b/)
  })

  it('may be there already: an empty one is closed to others, one of one’s own is used', async () => {
    mkdirSync(state, { recursive: true })
    chmodSync(state, 0o777)
    for (const when of ['empty', 'used']) {
      const sandbox = await startSandbox({ state, port: 0 })
      await sandbox.close()
      expect(modeOf(state), when).to.equal('700')
    }
  })

  it('is refused where others could have put something into it, or read from it', async () => {
    mkdirSync(state, { recursive: true })
    writeFileSync(join(state, 'sandbox.sqlite'), '')
    for (const mode of [0o755, 0o775, 0o777, 0o701, 0o1777]) {
      chmodSync(state, mode)
      expect(await refusal())
        .to.have.property('message')
        .that.contains(`mode ${mode.toString(8)}`)
      expect(modeOf(state)).to.equal(mode.toString(8))
    }
    expect(readdirSync(state)).to.deep.equal(['sandbox.sqlite'])
  })

  it('is no symbolic link, no file, and nobody else’s', async () => {
    mkdirSync(join(folder, 'made'))
    writeFileSync(join(folder, 'file'), '')
    mkdirSync(join(folder, 'elsewhere'), { mode: 0o700 })
    for (const [make, problem] of [
      [() => symlinkSync(join(folder, 'elsewhere'), state), /is a symbolic link/],
      [() => symlinkSync(join(folder, 'nowhere'), state), /is a symbolic link/],
      [() => writeFileSync(state, ''), /is no folder/],
      [() => void spawnSync('mkfifo', [state]), /is no folder/],
    ] as const) {
      make()
      expect(await refusal())
        .to.have.property('message')
        .that.matches(problem)
      rmSync(state)
    }
    expect(everything(join(folder, 'elsewhere'))).to.have.length(1)
    if (process.geteuid?.() === 0) {
      mkdirSync(state, { mode: 0o700 })
      chownSync(state, 65_534, 65_534)
    } else {
      state = '/usr'
    }
    expect(await refusal())
      .to.have.property('message')
      .that.matches(/belongs to another user/)
  })

  it('holds no database that is a link to another place', async () => {
    mkdirSync(state, { recursive: true, mode: 0o700 })
    symlinkSync(join(folder, 'elsewhere'), join(state, 'sandbox.sqlite'))
    expect(await refusal())
      .to.have.property('message')
      .that.matches(/sandbox\.sqlite is a symbolic link/)
    expect(readdirSync(folder)).not.to.contain('elsewhere')
  })
})
