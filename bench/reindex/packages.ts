/** Making the indexes of a folder of packages: apt-ftparchive and createrepo_c against us. */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { Journal } from '../../src/reindex/journal/journal.ts'
import { compare, execute, type Package, readersOf } from './compare.ts'
import { grown, grownSize } from './grown.ts'

/** Packages as they are, and as large as they are in other repositories. */
const sets = [
  { name: 'as they are', copies: 10, rounds: 15, isGrown: false },
  { name: 'of 20 KB to 5 MB', copies: 2, rounds: 7, isGrown: true },
] as const
type PackageSet = (typeof sets)[number]
/** Each package under several names, as that many packages. */
function fill(folder: string, corpus: string, { copies, isGrown }: PackageSet): Package[] {
  mkdirSync(folder, { recursive: true })
  return readdirSync(corpus)
    .sort()
    .flatMap((name, at, { length }) => {
      const file = readFileSync(join(corpus, name))
      const bytes = isGrown ? grown(name, file, grownSize(at, length)) : file
      const [md5, sha256] = ['md5', 'sha256'].map((algorithm) => createHash(algorithm).update(bytes).digest('hex'))
      return Array.from({ length: copies }, (_copy, number) => {
        const key = `${String(number)}-${name}`
        writeFileSync(join(folder, key), bytes)
        return { key, size: bytes.length, md5: md5 ?? '', sha256: sha256 ?? '' }
      })
    })
}

export async function benchPackages(corpus: string, work: string): Promise<void> {
  for (const set of sets) {
    const folder = mkdtempSync(join(work, 'set-'))
    await benchApt(join(corpus, 'deb'), join(folder, 'deb'), folder, set)
    await benchYum(join(corpus, 'rpm'), join(folder, 'rpm'), folder, set)
    rmSync(folder, { recursive: true })
  }
}

async function benchApt(corpus: string, folder: string, work: string, set: PackageSet): Promise<void> {
  const packages = fill(folder, corpus, set)
  const ftparchive = (...options: string[]): Buffer => execute('apt-ftparchive', [...options, 'packages', '.'], folder)
  // The present list says which packages are in it, as it does in life; without MD5, which would tell their SHA-256.
  const indexes = new Map([['Packages', ftparchive('-o', 'APT::FTPArchive::MD5=false')]])
  const readers = readersOf(folder)
  const journal = new Journal(work, 'apt')
  try {
    await compare({ format: 'apt', packages, indexes, readers, journal }, set, [
      { name: 'apt-ftparchive packages', run: () => ftparchive(), known: 4, unknown: 1.5 },
      {
        name: 'apt-ftparchive packages, SHA-256 only',
        run: () => ftparchive(...['MD5', 'SHA1', 'SHA512'].flatMap((sum) => ['-o', `APT::FTPArchive::${sum}=false`])),
        unknown: 1,
      },
    ])
  } finally {
    readers.close()
    journal.close()
  }
}

async function benchYum(corpus: string, folder: string, work: string, set: PackageSet): Promise<void> {
  const packages = fill(folder, corpus, set)
  const output = join(work, 'createrepo')
  const createrepo = (workers: number): Buffer => {
    rmSync(output, { recursive: true, force: true })
    mkdirSync(output)
    return execute('createrepo_c', ['-q', '--no-database', '--workers', String(workers), '-o', output, '.'], folder)
  }
  createrepo(2)
  const names = readdirSync(join(output, 'repodata')).filter((name) =>
    statSync(join(output, 'repodata', name)).isFile(),
  )
  const indexes = new Map(names.map((name) => [`repodata/${name}`, readFileSync(join(output, 'repodata', name))]))
  const readers = readersOf(folder)
  const journal = new Journal(work, 'yum')
  try {
    await compare({ format: 'yum', packages, indexes, readers, journal }, set, [
      { name: 'createrepo_c --workers 1', run: () => createrepo(1) },
      { name: 'createrepo_c --workers 2', run: () => createrepo(2), known: 2, unknown: 0.8 },
    ])
  } finally {
    readers.close()
    journal.close()
  }
}
