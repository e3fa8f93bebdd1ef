/** pip of a repository whose pages pc-ctl makes. */
import { spawnSync } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { type Made, sdist, wheel } from '../repositories/pypi/made-packages.ts'
import { expectServed, rounds, runClient, type Shop, startShop, testWith, withFolder } from './reindex-clients.ts'

const pip = ['python3', '-m', 'pip'] as const

describe('reindex-everything, for users of PyPI', function () {
  this.timeout(900_000)
  let shop: Shop
  before(async () => {
    shop = await startShop()
    await put(wheel('greeting', '1.0'), wheel('greeting', '0.9', 'Requires-Python: >=3.4\n'), sdist('source', '1.0'))
    await shop.reindex('--create-missing', '--base-url', shop.url)
    await shop.open()
  })
  after(() => shop.close())

  async function put(...packages: readonly Made[]): Promise<void> {
    for (const { name, body } of packages) await shop.put(`py/packages/${name}`, body)
  }

  /** What pip downloads of a project, with nothing of what it had before. */
  const download = (...words: readonly string[]): Promise<{ files: string[]; said: string }> =>
    withFolder(async (folder) => {
      const flags = ['--isolated', '--disable-pip-version-check', '--no-cache-dir', '--no-deps', '--dest', folder]
      const index = ['--index-url', `${shop.urlWithToken}/py/simple/`]
      const { stdout, stderr } = await runClient(folder, [...pip, 'download', '-v', ...flags, ...index, ...words])
      return { files: (await readdir(folder)).filter((name) => /\.(whl|gz)$/.test(name)).sort(), said: stdout + stderr }
    })

  testWith(pip, 'installs from pages that were made of packages alone, and sees a new version at once', async () => {
    const { files, said } = await download('greeting')
    expect(files).to.deep.equal(['greeting-1.0-py3-none-any.whl'])
    expect(said).to.include('greeting-1.0-py3-none-any.whl.metadata')
    await put(wheel('greeting', '1.1'), wheel('greeting', '9.0', 'Requires-Python: <3\n'))
    await shop.reindex('--only', 'pypi')
    // Of the newest one it is told that it is for another Python.
    expect((await download('greeting')).files).to.deep.equal(['greeting-1.1-py3-none-any.whl'])
    await expectServed(shop, [
      'py/packages/greeting-1.1-py3-none-any.whl',
      'py/packages/greeting-1.1-py3-none-any.whl.metadata',
      'py/simple/greeting/',
      'py/simple/',
    ])
    const again = await shop.reindex('--only', 'pypi')
    expect(again.indexes.map(({ outcome }) => outcome)).to.deep.equal(['unchanged'])
    expect(again.total).to.include({ rewritten: 0 })
  })

  testWith(pip, 'installs what is needed, and a source distribution is found', () =>
    withFolder(async (folder) => {
      await put(wheel('needs-greeting', '2.0', 'Requires-Dist: greeting>=1.0\n'))
      await shop.reindex('--only', 'pypi')
      const flags = ['--isolated', '--disable-pip-version-check', '--no-cache-dir', '--target', join(folder, 'site')]
      const index = ['--index-url', `${shop.urlWithToken}/py/simple/`]
      await runClient(folder, [...pip, 'install', ...flags, ...index, 'Needs_Greeting'])
      expect(await readdir(join(folder, 'site'))).to.include.members(['greeting.py', 'needs_greeting.py'])
      const page = (await shop.get('py/simple/source/')).toString()
      expect(page).to.match(/>source-1\.0\.tar\.gz<\/a>/)
    }),
  )

  it('uv installs from the same pages', async function () {
    if (spawnSync('uv', ['--version']).status !== 0) this.skip()
    await withFolder(async (folder) => {
      const flags = ['--no-cache', '--no-config', '--target', join(folder, 'site')]
      const index = ['--index-url', `${shop.urlWithToken}/py/simple/`]
      await runClient(folder, ['uv', 'pip', 'install', ...flags, ...index, 'greeting>=0.9'])
      expect(await readdir(join(folder, 'site'))).to.include('greeting.py')
    })
  })

  testWith(pip, 'does not choose what is yanked, also when the page is made anew', async () => {
    await put(wheel('yanked', '1.0'), wheel('yanked', '1.1'))
    await shop.reindex('--only', 'pypi')
    const page = (await shop.get('py/simple/yanked/')).toString()
    const withdrawn = page.replace(/(<a [^>]*yanked-1\.1-[^>]*)>/, '$1 data-yanked="it &lt;breaks&gt;">')
    await shop.put('py/simple/yanked/', withdrawn)
    await put(wheel('yanked', '0.9'))
    await shop.reindex('--only', 'pypi')
    expect((await download('yanked')).files).to.deep.equal(['yanked-1.0-py3-none-any.whl'])
    const exact = await download('yanked==1.1')
    expect(exact.files).to.deep.equal(['yanked-1.1-py3-none-any.whl'])
    expect(exact.said).to.include('it <breaks>')
  })

  testWith(pip, `never fails in ${rounds} rounds while versions come and go`, async () => {
    await put(wheel('moving', '1.0'))
    await shop.reindexHere()
    let done = 0
    let number = 0
    const seen = new Set<string>()
    let isOver = false
    const publishOn = async (): Promise<void> => {
      while (!isOver) {
        number++
        await put(wheel('moving', `1.${number}`), wheel(`new-${number}`, '1.0'))
        if (number > 20) await shop.remove(`py/packages/moving-1.${number - 20}-py3-none-any.whl`)
        await shop.reindexHere()
      }
    }
    const use = async (): Promise<void> => {
      while (done++ < rounds) for (const file of (await download('moving', 'greeting')).files) seen.add(file)
    }
    const using = Promise.all([use(), use()]).finally(() => (isOver = true))
    await Promise.all([publishOn(), using])
    expect([...seen].filter((file) => file.startsWith('moving-')).length).to.be.greaterThan(1)
  })
})
