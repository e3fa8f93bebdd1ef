import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import type { Report } from '../../src/reindex/report.ts'
import { type Installation, install } from '../support/installation.ts'
import { deb, entryOf } from '../repositories/apt/packages-made.ts'
import { madeRpm, plainTags } from '../repositories/yum/made-rpm.ts'
import { MemoryBucket } from '../repositories/yum/memory-bucket.ts'
import { hrefs, listed, repositoryOf } from '../repositories/yum/repositories.ts'

describe('pc-ctl reindex-everything, a repository inside of another one', function () {
  this.timeout(60_000)
  let place: Installation
  let first: Report
  before(async () => {
    place = await install()
    await fillApt()
    await fillYum()
    first = await run()
  })
  after(() => place.close())

  const textOf = async (key: string): Promise<string> => Buffer.from(await place.read(key)).toString()
  const run = async (): Promise<Report> => {
    const { code, stdout, stderr } = await place.run(['reindex-everything', '--json'])
    expect(code, stdout + stderr).to.equal(0)
    return resultOf(stdout) as Report
  }
  const outcomes = ({ indexes }: Report): Record<string, string> =>
    Object.fromEntries(indexes.map(({ root, outcome, packages }) => [root, `${outcome} ${packages}`]))

  const debOf = (name: string, payload?: string): Buffer =>
    deb({ fields: { Package: name }, ...(payload === undefined ? {} : { payload }) })
  const list = 'apt/dists/stable/main/binary-amd64/Packages'
  /** A pool of 30, in a folder of which somebody has made a flat list. */
  async function fillApt(): Promise<void> {
    let entries = ''
    for (let number = 0; number < 30; number++) {
      const path = `pool/${number === 0 ? 'team' : 'all'}/p${number}_1.0_amd64.deb`
      const body = debOf(`p${number}`)
      await place.put(`apt/${path}`, body)
      entries += entryOf(body, path, { Package: `p${number}` })
    }
    await place.put(list, entries)
    await place.put('apt/dists/stable/Release', 'Suite: stable\nDate: Thu, 01 Jan 2026 00:00:00 UTC\n')
    await place.put('apt/pool/team/Packages', entryOf(debOf('p0'), 'p0_1.0_amd64.deb', { Package: 'p0' }))
  }

  const rpmOf = (name: string): Buffer => madeRpm({ ...plainTags, 1000: name })
  async function fillYum(): Promise<void> {
    const trees = new MemoryBucket()
    repositoryOf(trees, 'el/', [
      listed({ rpm: rpmOf('a'), href: 'a.rpm' }),
      listed({ rpm: rpmOf('b'), href: 'sub/b.rpm' }),
    ])
    repositoryOf(trees, 'el/sub/', [listed({ rpm: rpmOf('b'), href: 'b.rpm' })])
    for (const [key, { body }] of trees.objects) await place.put(key, body)
    await place.put('el/a.rpm', rpmOf('a'))
    await place.put('el/sub/b.rpm', rpmOf('b'))
    await place.put('el/sub/unlisted.rpm', rpmOf('c'))
  }

  it('keeps what it lists of a folder that has an index of its own', async () => {
    expect(outcomes(first)).to.include({ 'apt/': 'written 30', 'apt/pool/team/': 'written 1' })
    expect(await textOf(list)).to.contain('Filename: pool/team/p0_1.0_amd64.deb')
    expect(first.problems).to.deep.equal([])
  })

  it('so do trees of rpms, and take in nothing else from there', async () => {
    expect(outcomes(first)).to.include({ 'el/': 'written 2', 'el/sub/': 'written 2' })
    const repomd = await textOf('el/repodata/repomd.xml')
    const [href = ''] = /repodata\/[^"]*-primary\.xml\.gz/.exec(repomd) ?? []
    const written = new MemoryBucket()
      .put('el/repodata/repomd.xml', repomd)
      .put(`el/${href}`, await place.read(`el/${href}`))
    expect(hrefs(written, 'el/')).to.deep.equal(['a.rpm', 'sub/b.rpm'])
  })

  it('knows by any of the indexes that list it that a package was published again', async () => {
    const stale = { inner: 'inner is older', outer: 'outer is older' }
    for (const [name, text] of Object.entries(stale)) {
      const [older, now] = [debOf(name, text), debOf(name)]
      const [inner, outer] = name === 'inner' ? [older, now] : [now, older]
      await place.put(`two/${name}/pool/x/${name}_1.0_amd64.deb`, now)
      await place.put(`two/${name}/pool/x/Packages`, entryOf(inner, `${name}_1.0_amd64.deb`, { Package: name }))
      await place.put(
        `two/${name}/dists/s/main/binary-amd64/Packages`,
        entryOf(outer, `pool/x/${name}_1.0_amd64.deb`, { Package: name }),
      )
      await place.put(`two/${name}/dists/s/Release`, 'Suite: s\nDate: Thu, 01 Jan 2026 00:00:00 UTC\n')
    }
    const { republished, indexes } = await run()
    expect(republished.keys).to.deep.equal(Object.keys(stale).map((name) => `two/${name}/pool/x/${name}_1.0_amd64.deb`))
    // The report names them as ever, though the inner ones are made first.
    const roots = indexes.map(({ root }) => root).filter((root) => root.startsWith('two/'))
    expect(roots).to.deep.equal(['two/inner/', 'two/inner/pool/x/', 'two/outer/', 'two/outer/pool/x/'])
  })

  it('knows that nothing has changed, and what has', async () => {
    expect(outcomes(await run())).to.include({ 'apt/': 'unchanged 30', 'el/': 'unchanged 2' })
    await place.put('apt/pool/team/p0_1.0_amd64.deb', debOf('p0', 'another one'))
    expect(outcomes(await run())).to.include({ 'apt/': 'written 30', 'apt/pool/team/': 'written 1' })
  })
})
