/** npm and pnpm of a registry whose packuments pc-ctl makes. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { cacheControl } from '../../src/repositories/cache-control.ts'
import { type Manifest, tarball } from '../repositories/npm/made-tarballs.ts'
import {
  expectServed,
  rounds,
  runClient,
  type Shop,
  startShop,
  testWith,
  token,
  withFolder,
} from './reindex-clients.ts'

const scoped = '@example/greeting'
const keyOf = (name: string, version: string): string => `npm/${name}/-/${name.replace(/^@.*\//, '')}-${version}.tgz`

const clients: Readonly<Record<string, readonly string[]>> = {
  npm: ['npm', 'install', '--prefer-online'],
  pnpm: ['pnpm', 'install', '--no-frozen-lockfile', '--ignore-scripts'],
}

describe('reindex-everything, for users of npm', function () {
  this.timeout(900_000)
  let shop: Shop
  before(async () => {
    shop = await startShop()
    await put('dependency', '1.0.0')
    await put(scoped, '1.0.0', { dependencies: { dependency: '^1.0.0' }, bin: 'hello.js' })
    const { indexes } = await shop.reindex('--create-missing', '--base-url', shop.url)
    expect(indexes.filter(({ format }) => format === 'npm')).to.deep.include.members([
      {
        ...{ root: 'npm/', format: 'npm', packages: 2, written: 2, unchanged: 0 },
        outcome: 'written',
        why: 'there was none for some of its packages',
      },
    ])
    await shop.open()
  })
  after(() => shop.close())

  const put = (name: string, version: string, more: Manifest = {}): Promise<void> => {
    const body = tarball({ name, version, ...more }, { 'hello.js': `#!/usr/bin/env node\nconsole.log('${version}')\n` })
    return shop.put(keyOf(name, version), body)
  }

  /** What a project gets that wants a range, with a cache of its own and nothing installed yet. */
  async function client(
    folder: string,
    command: readonly string[],
  ): Promise<{ readonly install: (name: string, range: string) => Promise<unknown> }> {
    const registry = `${shop.url.replace('http:', '')}/npm/`
    const auth = Buffer.from(`${token}:`).toString('base64')
    await writeFile(
      join(folder, '.npmrc'),
      `registry=http:${registry}\n${registry}:_auth=${auth}\nupdate-notifier=false\naudit=false\nfund=false\n` +
        `cache=${join(folder, 'cache')}\nstore-dir=${join(folder, 'store')}\nfetch-retries=0\n`,
    )
    const project = join(folder, 'project')
    return {
      async install(name, range) {
        await rm(project, { recursive: true, force: true })
        await mkdir(project)
        await writeFile(
          join(project, 'package.json'),
          JSON.stringify({ private: true, dependencies: { [name]: range } }),
        )
        await runClient(folder, [...command, command[0] === 'pnpm' ? '--dir' : '--prefix', project])
        const manifest = await readFile(join(project, 'node_modules', name, 'package.json'), 'utf8')
        return (JSON.parse(manifest) as { version: unknown }).version
      },
    }
  }

  for (const [name, command] of Object.entries(clients)) {
    const major = name === 'npm' ? 1 : 2
    testWith([name], 'installs what is served, and sees a new version at once', () =>
      withFolder(async (folder) => {
        const { install } = await client(folder, command)
        await put(scoped, `${major}.1.0`, { dependencies: { dependency: '^1.0.0' }, bin: 'hello.js' })
        await shop.reindex('--only', 'npm')
        expect(await install(scoped, `^${major}.0.0`)).to.equal(`${major}.1.0`)
        const { stdout } = await runClient(folder, [join(folder, 'project', 'node_modules', '.bin', 'greeting')])
        expect(stdout).to.equal(`${major}.1.0\n`)
        await put(scoped, `${major}.2.0`, { dependencies: { dependency: '^1.0.0' }, bin: 'hello.js' })
        await shop.reindex('--only', 'npm')
        expect(await install(scoped, `^${major}.0.0`)).to.equal(`${major}.2.0`)
        expect(await install(scoped, 'latest')).to.equal(`${major}.2.0`)
        await expectServed(shop, [keyOf(scoped, `${major}.2.0`)])
        const described = await shop.ask(`npm/${scoped}`)
        expect(described.headers.get('cache-control')).to.equal(cacheControl.metadata)
        expect(described.headers.get('content-type')).to.equal('application/json')
        const again = await shop.reindex('--only', 'npm')
        expect(again.indexes.map(({ outcome }) => outcome)).to.deep.equal(['unchanged'])
      }),
    )

    testWith([name], `never fails in ${rounds} rounds while versions come and go`, async () => {
      const moving = `moving-${name}`
      await put(moving, '1.0.0')
      await shop.reindex('--create-missing', '--base-url', shop.url, '--only', 'npm')
      const seen = new Set<unknown>()
      let [done, number, isOver] = [0, 0, false]
      const publishOn = async (): Promise<void> => {
        while (!isOver) {
          await put(moving, `1.${++number}.0`)
          if (number > 12) await shop.remove(keyOf(moving, `1.${number - 10}.0`))
          await shop.reindexHere()
        }
      }
      const use = (): Promise<void> =>
        withFolder(async (folder) => {
          const { install } = await client(folder, command)
          while (done++ < rounds) seen.add(await install(moving, '^1.0.0'))
        })
      const using = Promise.all([use(), use()]).finally(() => (isOver = true))
      await Promise.all([publishOn(), using])
      expect(seen.size).to.be.greaterThan(1)
    })
  }
})
