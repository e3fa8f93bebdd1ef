/** gem and bundler with indexes that reindex-everything has made, through front server, signed URLs and edge. */
import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { cacheControl } from '../../src/repositories/cache-control.ts'
import { dependencyField, gemOf, versionField } from '../repositories/gem/made-gems.ts'
import { expectServed, rounds, runClient, type Shop, startShop, testWith, withFolder } from './reindex-clients.ts'

const root = 'ruby/'
/** Debian names it by Ruby's version where it is not a package of its own. */
const bundle =
  ['bundle', 'bundle3.1', 'bundle3.3'].find((name) => spawnSync(name, ['--version']).status === 0) ?? 'bundle'

const keyOf = (name: string, version: string): string => `${root}gems/${name}-${version}.gem`
const made = (name: string, version: string, needs?: string): Buffer =>
  gemOf({
    fields: {
      name,
      version: versionField(version),
      ...(needs === undefined ? {} : { dependencies: dependencyField(needs, '>=', '1.0') }),
    },
    payload: `${name} ${version}`,
  })

describe('reindex-everything, for users of gem repositories', function () {
  this.timeout(900_000)
  let shop: Shop
  before(async () => {
    shop = await startShop()
    // Brings a package of its own.
    await shop.reindex()
    await shop.put(keyOf('greeting', '1.0'), made('greeting', '1.0'), { CacheControl: 'public, max-age=86400' })
    const { indexes } = await shop.reindex('--create-missing')
    expect(indexes.find(({ format }) => format === 'gem')).to.include({ root, outcome: 'written', packages: 1 })
    await shop.open()
  })
  after(() => shop.close())

  const publish = async (name: string, version: string, needs?: string): Promise<void> => {
    await shop.put(keyOf(name, version), made(name, version, needs))
    const { failed, indexes } = await shop.reindexHere()
    expect([failed, indexes.find(({ format }) => format === 'gem')?.outcome]).to.deep.equal([0, 'written'])
  }

  /** What RubyGems has installed into a folder; each time with nothing that it knows from before. */
  const installed = async (folder: string, name: string): Promise<string[]> => {
    const home = join(folder, 'gems')
    const source = ['--clear-sources', '--source', `${shop.urlWithToken}/${root}`]
    await runClient(folder, ['gem', 'install', name, ...source, '--install-dir', home, '--no-document', '--norc'])
    return (await readdir(join(home, 'gems'))).sort()
  }

  /** What Bundler resolves and installs for a Gemfile, and what it says of it. */
  async function bundled(folder: string, gems: readonly string[]): Promise<{ names: string[]; talk: string }> {
    const lines = gems.map((name) => `gem '${name}'\n`).join('')
    await writeFile(join(folder, 'Gemfile'), `source '${shop.urlWithToken}/${root}'\n${lines}`)
    await mkdir(join(folder, '.bundle'), { recursive: true })
    await writeFile(join(folder, '.bundle/config'), '---\nBUNDLE_PATH: "vendor"\nBUNDLE_SILENCE_ROOT_WARNING: "true"\n')
    const { stdout } = await runClient(folder, [bundle, 'update', '--all', '--verbose'])
    const lock = await readFile(join(folder, 'Gemfile.lock'), 'utf8')
    return {
      names: [...lock.matchAll(/^ {4}(\S+) \((\S+)\)$/gm)].map(([, name, version]) => `${name} ${version}`),
      talk: stdout,
    }
  }

  testWith(['gem'], 'installs what is served, and sees a new version at once', () =>
    withFolder(async (folder) => {
      expect(await installed(folder, 'greeting')).to.deep.equal(['greeting-1.0'])
      await publish('greeting', '1.1')
      await publish('tool', '2.0', 'greeting')
      expect(await installed(folder, 'tool')).to.deep.equal(['greeting-1.0', 'greeting-1.1', 'tool-2.0'])
      await expectServed(shop, [
        keyOf('greeting', '1.1'),
        `${root}specs.4.8.gz`,
        `${root}quick/Marshal.4.8/greeting-1.1.gemspec.rz`,
      ])
      for (const key of ['versions', 'names', 'info/greeting']) {
        const { status, headers } = await shop.ask(root + key)
        expect([status, headers.get('cache-control')], key).to.deep.equal([200, cacheControl.metadata])
      }
    }),
  )

  testWith([bundle], 'resolves by the compact index, and sees at once what is new and what was withdrawn', () =>
    withFolder(async (folder) => {
      await publish('base', '1.0')
      await publish('app', '1.0', 'base')
      const first = await bundled(folder, ['app'])
      expect(first.names).to.deep.equal(['app 1.0', 'base 1.0'])
      expect(first.talk)
        .to.match(/HTTP GET \S+\/ruby\/versions/)
        .and.not.include('specs.4.8')
      await publish('base', '1.2')
      const second = await bundled(folder, ['app'])
      expect(second.names).to.deep.equal(['app 1.0', 'base 1.2'])
      expect(second.talk).not.to.include('specs.4.8')

      const versions = (await shop.get(`${root}versions`)).toString()
      await shop.put(`${root}versions`, `${versions}base -1.2 ${'0'.repeat(32)}\n`)
      await publish('base', '1.1')
      // What is installed already would do.
      const third = await withFolder((other) => bundled(other, ['app']))
      expect(third.names).to.deep.equal(['app 1.0', 'base 1.1'])
    }),
  )

  testWith(
    [bundle],
    `and gem never fail in ${rounds} rounds while the repository is published over and over`,
    async () => {
      let [publications, failed] = [0, false]
      const done = [0, 0]
      const seen = new Set<string>()
      const going = (): boolean => !failed && done.some((count) => count < rounds)
      const publishOn = async (): Promise<void> => {
        while (going()) {
          const number = ++publications
          await shop.put(keyOf('other', String(number)), made('other', String(number)))
          // What users ask for stays; what nobody does comes and goes.
          if (number > 3) await shop.remove(keyOf('other', String(number - 3)))
          await publish('rolling', `1.${number}`, 'ground')
        }
      }
      const useGem = async (): Promise<void> => {
        while (going()) {
          await withFolder(async (folder) => {
            const names = await installed(folder, 'rolling')
            seen.add(names.join())
          })
          done[0] = (done[0] ?? 0) + 1
        }
      }
      const useBundler = (): Promise<void> =>
        withFolder(async (folder) => {
          while (going()) {
            const { names } = await bundled(folder, ['rolling'])
            expect(names.map((name) => name.replace(/ .*/, ''))).to.deep.equal(['ground', 'rolling'])
            seen.add(names.join())
            done[1] = (done[1] ?? 0) + 1
          }
        })
      await publish('ground', '1.0')
      await publish('rolling', '1.0', 'ground')
      const ends = [publishOn(), useGem(), useBundler()].map((work) =>
        work.catch((error: unknown) => {
          failed = true
          throw error
        }),
      )
      for (const end of await Promise.allSettled(ends)) if (end.status === 'rejected') throw end.reason
      expect(seen.size).to.be.greaterThan(4)
    },
  )
})
