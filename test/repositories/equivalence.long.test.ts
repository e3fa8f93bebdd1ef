/**
 * Our indexes beside those of apt-ftparchive and createrepo_c, of the same real packages. The differences that are meant
 * are taken away here and told in docs/reindex.md; all else has to be the same, byte for byte.
 */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect } from 'chai'

import { apt } from '../../src/repositories/apt/apt.ts'
import type { IndexedPackage } from '../../src/repositories/format.ts'
import { yum } from '../../src/repositories/yum/yum.ts'
import { Bucket } from './apt/packages-made.ts'
import { corpus, type FileObject, filesOf, readAll } from './corpus-files.ts'
import { longAgo, MemoryBucket } from './yum/memory-bucket.ts'
import { emptyRepository, openedData } from './yum/repositories.ts'

const run = promisify(execFile)
const isThere = (command: string): boolean => spawnSync(command, ['--version']).error === undefined
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

describe('beside apt-ftparchive, on real packages', function () {
  this.timeout(600_000)
  let files: FileObject[] = []
  let theirs = ''

  before(async function () {
    const folder = isThere('apt-ftparchive') && isThere('dpkg-deb') ? await corpus('deb') : undefined
    if (folder === undefined) return this.skip()
    files = await filesOf(folder, '.deb')
    theirs = (await run('apt-ftparchive', ['packages', '.'], { cwd: folder, maxBuffer: 1e9 })).stdout
  })

  /** Packages without the digests named; theirs begins file names with `./`, and is in no order that means anything. */
  const comparable = (text: string, without: readonly string[]): string[] =>
    text
      .replaceAll('\nFilename: ./', '\nFilename: ')
      .split('\n')
      .filter((line) => !without.some((name) => line.startsWith(`${name}: `)))
      .join('\n')
      .split(/(?<=\n)\n/)
      .sort()

  const ours = async (packages: readonly IndexedPackage[]): Promise<string> => {
    const repository = new Bucket().put('Packages', '').repository()
    const old = await apt.open(repository)
    const input = {
      repository,
      old,
      packages: () => packages,
      unreadable: [],
      signer: undefined,
      now: longAgo,
      options: {},
    }
    const { groups, findings } = await apt.writeIndexes(input)
    expect(findings).to.deep.equal([])
    const list = groups.flat().find(({ key }) => key === 'Packages')
    return Buffer.from((await list?.body()) ?? []).toString()
  }

  it('Packages is the same but for SHA1 and SHA512, from the first 16 KiB where the digests are known', async () => {
    const { packages, bytes } = await readAll(apt, files, true)
    const text = await ours(packages)
    expect(packages).to.have.length.of.at.least(150)
    expect(comparable(text, [])).to.deep.equal(comparable(theirs, ['SHA1', 'SHA512']))
    expect(bytes).to.be.below(0.25 * sum(files.map(({ size }) => size)))
  })

  it('Packages is the same but for MD5sum, SHA1 and SHA512 where all is read', async () => {
    const { packages, bytes } = await readAll(apt, files, false)
    expect(comparable(await ours(packages), [])).to.deep.equal(comparable(theirs, ['MD5sum', 'SHA1', 'SHA512']))
    expect(bytes).to.equal(sum(files.map(({ size }) => size)))
  })

  it('has every compression of dpkg-deb among the packages', async () => {
    const names = await Promise.all(
      files.map(async ({ path }) => /control\.tar[.a-z]*/.exec((await readFile(path)).toString('latin1', 0, 200))?.[0]),
    )
    expect([...new Set(names)].sort()).to.deep.equal([
      'control.tar',
      'control.tar.gz',
      'control.tar.xz',
      'control.tar.zst',
    ])
  })
})

describe('beside createrepo_c, on rpms with all that rpmbuild can make', function () {
  this.timeout(600_000)
  let files: FileObject[] = []
  const theirs = new MemoryBucket()

  before(async function () {
    const folder = isThere('createrepo_c') && isThere('rpmbuild') ? await corpus('rpm') : undefined
    if (folder === undefined) return this.skip()
    files = await filesOf(folder, '.rpm')
    const output = await mkdtemp(join(tmpdir(), 'pc-ctl-createrepo-'))
    try {
      await run('createrepo_c', ['--quiet', '--no-database', '--outputdir', output, folder])
      for (const name of await readdir(join(output, 'repodata'))) {
        theirs.put(`repodata/${name}`, await readFile(join(output, 'repodata', name)))
      }
    } finally {
      await rm(output, { recursive: true })
    }
  })

  for (const [how, isKnown] of [
    ['from the first 32 KiB where the digests are known', true],
    ['where all is read', false],
  ] as const) {
    it(`primary, filelists and other are the same, byte for byte, ${how}`, async () => {
      const { packages, bytes } = await readAll(yum, files, isKnown)
      expect(packages).to.have.length.of.at.least(100)
      const bucket = emptyRepository(new MemoryBucket(), '')
      const repository = bucket.repository('')
      const old = await yum.open(repository)
      const input = {
        repository,
        old,
        packages: () => packages,
        unreadable: [],
        signer: undefined,
        now: longAgo,
        options: {},
      }
      for (const { key, body } of (await yum.writeIndexes(input)).groups.flat()) bucket.put(key, await body())
      for (const type of ['primary', 'filelists', 'other']) {
        const [mine, right] = [openedData(bucket, '', type), openedData(theirs, '', type)]
        // Compared first as a whole: the difference of two documents of a megabyte takes chai minutes.
        if (mine !== right) expect(mine.split('\n'), type).to.deep.equal(right.split('\n'))
      }
      const whole = sum(files.map(({ size }) => size))
      if (isKnown) expect(bytes).to.be.below(0.7 * whole)
      else expect(bytes).to.equal(whole)
    })
  }
})
