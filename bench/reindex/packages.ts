/**
 * Making the indexes of a folder of packages: apt-ftparchive and createrepo_c against the engine of reindex-everything,
 * with its journal and its threads, but with files instead of S3. Everything is in the page cache.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'

import type { LeanS3 } from '../../src/aws/s3-lean.ts'
import { indexRepository } from '../../src/reindex/indexes/index-repository.ts'
import { Journal } from '../../src/reindex/journal/journal.ts'
import type { Row } from '../../src/reindex/journal/row.ts'
import type { Pace } from '../../src/reindex/pace.ts'
import { readInThreads, type Readers } from '../../src/reindex/indexes/read-threads.ts'
import type { Digests } from '../../src/repositories/format.ts'
import { formatNamed } from '../../src/repositories/formats.ts'
import { grown, grownSize } from './grown.ts'
import { median, sideBySide, target, tell, title } from './measure.ts'

/** Packages as they are, and as large as they are in other repositories. */
const sets = [
  { name: 'as they are', copies: 10, rounds: 15, isGrown: false },
  { name: 'of 20 KB to 5 MB', copies: 2, rounds: 7, isGrown: true },
] as const
type PackageSet = (typeof sets)[number]
const threads = 2
/** One that has found how much at a time pays. */
const pace: Pick<Pace, 'cap' | 'run'> = { cap: 64, run: (call) => call() }
/** 2023-11-14: before anything in the folder was made. */
const first = 1_700_000_000

interface Package {
  readonly key: string
  readonly size: number
  readonly md5: string
  readonly sha256: string
}

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

/** A bucket that holds indexes only. */
function bucketOf(indexes: ReadonlyMap<string, Buffer>): LeanS3 {
  const missing = Object.assign(new Error('not there'), { $metadata: { httpStatusCode: 404 } })
  const open = async ({ key = '' }): Promise<Readable> => {
    const body = indexes.get(key)
    if (body === undefined) throw missing
    return Readable.from([body])
  }
  return { bucket: 'bench', open, send: () => Promise.reject(missing) } as unknown as LeanS3
}

interface Setup {
  readonly format: 'apt' | 'yum'
  readonly packages: readonly Package[]
  readonly indexes: ReadonlyMap<string, Buffer>
  readonly readers: Readers
  readonly journal: Journal
}

/** The journal as a scan leaves it: nothing has been read of any package. */
function scanned({ format, packages, indexes, journal }: Setup): void {
  journal.forget('')
  const unknown = { cacheControl: null, contentType: null, encoding: null, why: null, skip: null }
  const rest = { modified: first, format, ...unknown, todo: false, first }
  const put = (row: Pick<Row, 'key' | 'size' | 'etag' | 'class'>): void => journal.put({ ...row, ...rest })
  for (const { key, size, md5 } of packages) put({ key, size, etag: md5, class: 'package' })
  for (const [key, { length: size }] of indexes) put({ key, size, etag: 'e', class: 'metadata' })
  journal.commit()
}

/** Reads all packages and makes their indexes. */
async function run({ format: name, packages, indexes, readers, journal }: Setup, isKnown: boolean): Promise<void> {
  const known = new Map(packages.map(({ key, sha256 }): [string, Digests] => [key, { sha256 }]))
  const { report, failures, findings } = await indexRepository(
    { format: formatNamed(name), root: '', stretches: [{ from: '', to: undefined }] },
    {
      ...{ s3: bucketOf(indexes), journal, pace, publisher: undefined, signer: undefined },
      readers: {
        ...readers,
        read: (job) => readers.read({ ...job, known: isKnown ? (known.get(job.key) ?? {}) : {} }),
      },
      allowShrink: true,
      formatOptions: {},
      changeKey: false,
      signal: new AbortController().signal,
      now: first * 1000,
      read: () => undefined,
    },
  )
  if (report.packages !== packages.length || failures.length > 0) {
    throw new Error(`${name}: ${JSON.stringify(report)} ${JSON.stringify([...failures, ...findings].slice(0, 3))}`)
  }
}

function execute(command: string, args: readonly string[], cwd: string): Buffer {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, maxBuffer: 1 << 30 })
  if (status !== 0) throw new Error(`${command}: ${stderr.toString()}`)
  return stdout
}

/** Threads that read the files of a folder. */
const readersOf = (folder: string): Readers =>
  readInThreads({
    script: new URL('file-worker.ts', import.meta.url),
    data: { folder },
    traffic: { slowDown: () => undefined, retry: () => undefined },
    threads,
  })

interface Peer {
  readonly name: string
  readonly run: () => unknown
  /** Our rate as a multiple of its, at least. */
  readonly known?: number
  readonly unknown?: number
}

async function compare(setup: Setup, { name: set, rounds }: PackageSet, peers: readonly Peer[]): Promise<void> {
  const { packages, format } = setup
  const megabytes = packages.reduce((sum, { size }) => sum + size, 0) / 1e6
  title(
    `Indexes of ${String(packages.length)} packages ${set}, ${format}, ${megabytes.toFixed(0)} MB (${String(rounds)} rounds)`,
  )
  const ours = { known: 'pc-ctl, digests known', unknown: 'pc-ctl, digests unknown' }
  const seconds = await sideBySide(
    [
      ...peers.map(({ name, run }) => ({ name, run: async () => run() })),
      { name: ours.known, before: async () => scanned(setup), run: () => run(setup, true) },
      { name: ours.unknown, before: async () => scanned(setup), run: () => run(setup, false) },
    ],
    rounds,
  )
  const middle = (name: string): number => median(seconds.get(name) ?? [])
  for (const [name, times] of seconds) {
    tell(name, [
      [packages.length / median(times), 'packages/s'],
      [megabytes / median(times), 'MB/s'],
      [times[0] ?? Number.NaN, 's first round'],
    ])
  }
  for (const { name, known, unknown } of peers) {
    if (known !== undefined) target(`digests known, against ${name}`, middle(name) / middle(ours.known), known)
    if (unknown !== undefined) target(`digests unknown, against ${name}`, middle(name) / middle(ours.unknown), unknown)
  }
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
