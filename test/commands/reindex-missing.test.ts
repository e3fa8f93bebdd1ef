import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { exitCodes } from '../../src/errors.ts'
import { resultOf } from '../support/json-document.ts'
import type { Report } from '../../src/reindex/report.ts'
import { bucket, type Installation, install } from '../support/installation.ts'
import { tarball } from '../repositories/npm/made-tarballs.ts'
import { deb } from '../repositories/apt/packages-made.ts'

describe('pc-ctl reindex-everything, folders of packages without an index', function () {
  this.timeout(60_000)
  let place: Installation
  before(async () => {
    place = await install()
  })
  after(() => place.close())

  const get = async (key: string): Promise<string> => (await place.read(key)).toString()
  const keys = async (): Promise<string[]> => {
    const { Contents = [] } = await place.clients.s3.send(new ListObjectsV2Command({ Bucket: bucket }))
    return Contents.flatMap(({ Key = '' }) => (Key.startsWith('.pc-ctl/') ? [] : [Key]))
  }
  const run = async (...flags: string[]): Promise<Report> => {
    const { code, stdout, stderr } = await place.run(['reindex-everything', ...flags, '--json'])
    expect(code, stdout + stderr).to.equal(0)
    return resultOf(stdout) as Report
  }
  const made = ({ indexes }: Report): unknown =>
    Object.fromEntries(indexes.map(({ root, format, outcome, packages }) => [`${format} ${root}`, [outcome, packages]]))

  it('get an index where their layout leaves no doubt, and are told of where it does', async () => {
    const rpm = await readFile(join(import.meta.dirname, '../repositories/yum/fixtures/fix-tool.noarch.rpm'))
    const named = (name: string): Buffer => deb({ fields: { Package: name } })
    for (const folder of [
      ...['flat/', 'suites/dists/stable/main/binary-amd64/', 'suites/dists/stable/extra/binary-amd64/'],
      // In doubt: a pool, a place below dists/ that tells too much, packagecloud's, and folders within one another.
      ...['other/pool/main/', 'deep/dists/a/b/main/binary-amd64/', '7/11/debian/package_files/', 'in/', 'in/one/'],
    ]) {
      await place.put(`${folder}1.deb`, named(`in-${folder.replaceAll(/[^a-z]/g, '-')}x`))
    }
    for (const folder of ['el/9/Packages/', 'fc/x86_64/', '7/11/el/9/package_files/', 'up/', 'up/down/'])
      await place.put(`${folder}1.rpm`, rpm)
    const before = await keys()
    const doubts = [
      ...[
        '7/11/debian/package_files/',
        '7/11/el/9/package_files/',
        'deep/dists/a/b/main/binary-amd64/',
        'in/',
        'in/one/',
      ],
      ...['other/pool/main/', 'up/', 'up/down/'],
    ]
    const roots = ['apt flat/', 'apt suites/', 'yum el/9/', 'yum fc/x86_64/']
    const sizes: Readonly<Record<string, number>> = { 'apt suites/': 2 }
    const all = (outcome: string): unknown =>
      Object.fromEntries(roots.map((root) => [root, [outcome, sizes[root] ?? 1]]))

    expect(made(await run())).to.deep.equal({})
    const plan = await run('--create-missing', '--dry-run')
    expect(made(plan)).to.deep.equal(all('would be written'))
    expect(plan.indexes.every(({ why }) => why?.includes('there was none') === true)).to.equal(true)
    expect(plan.problems.map(({ key }) => key).sort()).to.deep.equal(doubts)
    const repositories = [...plan.repositories].map(({ root, format }) => `${format} ${root}`)
    expect(repositories).to.include.members(roots)
    expect(await keys()).to.deep.equal(before)

    expect(made(await run('--create-missing'))).to.deep.equal(all('written'))
    expect(await get('suites/dists/stable/Release')).to.match(/^Suite: stable\n[^]*^Components: extra main$/m)
    expect(await get('suites/dists/stable/main/binary-amd64/Packages')).to.include('\nFilename: dists/stable/main/')
    expect(await get('flat/Release')).to.match(/^ [0-9a-f]{64} \d+ Packages$/m)
    expect(await get('el/9/repodata/repomd.xml')).to.match(/type="primary"[^]*type="filelists"[^]*type="other"/)
    const after = await keys()
    for (const flags of [['--create-missing'], [], ['--full', '--create-missing']]) {
      expect(made(await run(...flags)), flags.join()).to.deep.equal(all('unchanged'))
      expect(await keys()).to.deep.equal(after)
    }
  })

  it('of npm get packuments where it is said how their URLs begin, beside those that are there', async () => {
    const add = (name: string, version: string): Promise<unknown> =>
      place.put(`js/${name}/-/${name}-${version}.tgz`, tarball({ name, version }))
    await add('one', '1.0.0')
    await add('two', '1.0.0')
    const flags = ['--only', 'npm', '--create-missing']
    const doubtful = await run(...flags)
    expect(made(doubtful)).to.deep.equal({})
    expect(doubtful.problems.map(({ key, todo }) => `${key} ${String(todo)}`)).to.match(/js\/one\/-\/ .*--base-url/)
    const base = ['--base-url', 'https://packages.example.com/sub']
    expect(made(await run(...flags, ...base, '--dry-run'))).to.deep.equal({ 'npm js/': ['would be written', 2] })
    expect(await keys()).to.not.include('js/one')
    expect(made(await run(...flags, ...base))).to.deep.equal({ 'npm js/': ['written', 2] })
    expect(await get('js/one')).to.include('"tarball":"https://packages.example.com/sub/js/one/-/one-1.0.0.tgz"')

    await add('one', '1.1.0')
    await add('three', '1.0.0')
    const next = await run('--only', 'npm')
    expect(made(next)).to.deep.equal({ 'npm js/': ['written', 3] })
    expect(next.problems.map(({ key }) => key)).to.deep.equal(['js/three/-/'])
    expect(await get('js/one')).to.match(
      /"latest":"1.1.0".*"https:\/\/packages.example.com\/sub\/js\/one\/-\/one-1.1.0.tgz"/,
    )
    expect(made(await run(...flags, ...base))).to.deep.equal({ 'npm js/': ['written', 4] })
    expect(made(await run(...flags, ...base))).to.deep.equal({ 'npm js/': ['unchanged', 4] })
  })

  it('get no URLs that nobody could ask for', async () => {
    for (const [url, why] of [
      ['packages.example.com', 'begins with https://'],
      ['ftp://packages.example.com/', 'begins with https://'],
      ['https://user:secret@packages.example.com/', 'has a user in it'],
      ['https://packages.example.com/?x', 'more than a path'],
    ] as const) {
      const { code, stderr } = await place.run(['reindex-everything', '--base-url', url])
      expect(code, stderr).to.equal(exitCodes.usage)
      expect(stderr.replaceAll(/\s+/g, ' ')).to.include(why).and.not.include('secret')
    }
  })

  it('of a suite that is there get a list in its Release', async () => {
    await place.put(
      'suites/dists/stable/more/binary-arm64/2.deb',
      deb({ fields: { Package: 'more', Architecture: 'arm64' } }),
    )
    const { indexes } = await run('--create-missing')
    expect(indexes.find(({ root }) => root === 'suites/')).to.include({ outcome: 'written', packages: 3 })
    expect(await get('suites/dists/stable/Release')).to.match(/^Components: extra main more$/m)
  })
})
