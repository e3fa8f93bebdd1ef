import {
  chmod,
  lchown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { type Asked, openCache } from '../../src/completion/cache.ts'

const asked: Asked = { question: { about: 'buckets' }, given: {} }
const found = [{ name: 'packages-example-org' }]

describe('what was found before', () => {
  let base = ''
  let folder = ''
  let environment: Record<string, string> = {}

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'pc-ctl-cache-'))
    folder = join(base, 'pc-ctl/completion')
    environment = { XDG_CACHE_HOME: base, AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'hidden' }
  })
  afterEach(() => rm(base, { recursive: true }))

  /** Makes everything in the folder older by some seconds. */
  async function wait(seconds: number): Promise<void> {
    const then = Date.now() / 1000 - seconds
    for (const name of await readdir(folder)) await utimes(join(folder, name), then, then)
  }

  it('is kept for the same question of the same caller, and looked up by one at a time', () => {
    const cache = openCache(environment)
    expect(cache?.read(asked)).to.equal(undefined)
    expect(cache?.begin(asked)).to.equal(true)
    expect(cache?.begin(asked)).to.equal(false)
    cache?.write(asked, found)
    expect(cache?.read(asked)).to.deep.equal({ found, isFresh: true })
    expect(cache?.begin(asked)).to.equal(true)
    expect(cache?.read({ ...asked, given: { profile: 'other' } })).to.equal(undefined)
    expect(openCache({ ...environment, AWS_ACCESS_KEY_ID: 'AKIAOTHER' })?.read(asked)).to.equal(undefined)
  })

  it('is for its owner alone, and holds names only', async () => {
    openCache(environment)?.write(asked, found)
    expect((await stat(folder)).mode & 0o777).to.equal(0o700)
    const [name = '', ...others] = await readdir(folder)
    expect(others).to.be.empty
    expect((await stat(join(folder, name))).mode & 0o777).to.equal(0o600)
    expect(JSON.parse(await readFile(join(folder, name), 'utf8'))).to.deep.equal({ found })
  })

  it('is asked for anew after some seconds, and of no use after some minutes', async () => {
    const cache = openCache(environment)
    cache?.write(asked, found)
    await wait(60)
    expect(cache?.read(asked)).to.deep.equal({ found, isFresh: false })
    await wait(3600)
    expect(cache?.read(asked)).to.equal(undefined)
    cache?.write({ ...asked, given: { profile: 'other' } }, found)
    expect(await readdir(folder)).to.have.length(1)
  })

  it('is tried again soon where it failed, or nobody came to an end', async () => {
    const cache = openCache(environment)
    cache?.write(asked, undefined)
    expect(cache?.read(asked)).to.deep.equal({ found: [], isFresh: true })
    await wait(5)
    expect(cache?.read(asked)).to.deep.equal({ found: [], isFresh: false })
    expect(cache?.begin(asked)).to.equal(true)
    await wait(60)
    expect(cache?.begin(asked)).to.equal(true)
  })

  it('is nowhere where others could write', async () => {
    await mkdir(join(base, 'elsewhere'))
    await mkdir(join(base, 'pc-ctl'))
    await symlink(join(base, 'elsewhere'), folder)
    expect(openCache(environment)).to.equal(undefined)
    expect(openCache({ XDG_CACHE_HOME: '/dev/null/x' })).to.equal(undefined)
    expect(openCache({})).to.equal(undefined)
    await rm(folder)
    await mkdir(folder)
    await chmod(folder, 0o777)
    expect(openCache(environment)).to.not.equal(undefined)
    expect((await stat(folder)).mode & 0o777).to.equal(0o700)
  })

  it('is nowhere in a folder that leads elsewhere or can not be made', async () => {
    await mkdir(join(base, 'elsewhere/completion'), { recursive: true })
    await symlink(join(base, 'elsewhere'), join(base, 'pc-ctl'))
    expect(openCache(environment)).to.equal(undefined)
    expect(openCache({ XDG_CACHE_HOME: join(base, 'missing/cache') })).to.equal(undefined)
    expect(openCache({ HOME: join(base, 'missing') })).to.equal(undefined)
    // There a folder can be neither found nor made, which is not denied either.
    expect(openCache({ XDG_CACHE_HOME: '/proc/nothing' })).to.equal(undefined)
  })

  // Only root can give away a folder; that pc-ctl is root then is the case that matters: `sudo` with another's HOME.
  if (process.geteuid?.() === 0) {
    for (const [whose, path] of [
      ['the home', ''],
      ['the folder of caches', '.cache'],
      ['the folder in it', '.cache/pc-ctl'],
    ] as const) {
      it(`is nowhere, and leaves nothing, where ${whose} is somebody else's`, async () => {
        await mkdir(join(base, path), { recursive: true })
        await lchown(join(base, path), 65_534, 65_534)
        expect(openCache({ HOME: base })).to.equal(undefined)
        expect(await readdir(join(base, path))).to.be.empty
      })
    }
  }

  it('throws away nothing that is not its own', async () => {
    const cache = openCache(environment)
    await writeFile(join(folder, 'notes'), '')
    await wait(3600)
    cache?.write(asked, found)
    expect(await readdir(folder)).to.include('notes')
  })
})
