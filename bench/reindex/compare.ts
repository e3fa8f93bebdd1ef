/**
 * A tool that makes indexes of a folder of packages against the engine of reindex-everything, with its journal and its
 * threads, but with files instead of S3. Everything is in the page cache.
 */
import { spawnSync } from 'node:child_process'
import { Readable } from 'node:stream'

import type { LeanS3 } from '../../src/aws/s3-lean.ts'
import { Claims } from '../../src/reindex/indexes/claims.ts'
import { indexRepository } from '../../src/reindex/indexes/index-repository.ts'
import { readInThreads, type Readers } from '../../src/reindex/indexes/read-threads.ts'
import type { Journal } from '../../src/reindex/journal/journal.ts'
import type { Row } from '../../src/reindex/journal/row.ts'
import type { Pace } from '../../src/reindex/pace.ts'
import type { Digests, Format, FormatOptions } from '../../src/repositories/format.ts'
import { formatNamed } from '../../src/repositories/formats.ts'
import { median, sideBySide, target, tell, title } from './measure.ts'

const threads = 2
/** One that has found how much at a time pays. */
const pace: Pick<Pace, 'cap' | 'run'> = { cap: 64, run: (call) => call() }
/** 2023-11-14: before anything in the folder was made. */
const first = 1_700_000_000

export interface Package {
  readonly key: string
  readonly size: number
  readonly md5: string
  readonly sha256: string
}

/** A bucket that holds indexes only. */
function bucketOf(indexes: ReadonlyMap<string, Buffer>): LeanS3 {
  const missing = Object.assign(new Error('not there'), { $metadata: { httpStatusCode: 404 } })
  const open = async ({ key = '' }): Promise<Readable> => {
    const body = indexes.get(key)
    if (body === undefined) throw missing
    return Object.assign(Readable.from([body]), { headers: {} })
  }
  return { bucket: 'bench', open, send: () => Promise.reject(missing) } as unknown as LeanS3
}

export interface Setup {
  readonly format: Format['name']
  readonly packages: readonly Package[]
  readonly indexes: ReadonlyMap<string, Buffer>
  readonly readers: Readers
  readonly journal: Journal
  readonly options?: FormatOptions
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
async function run(
  { format: name, packages, indexes, readers, journal, options = {} }: Setup,
  isKnown: boolean,
): Promise<void> {
  const known = new Map(packages.map(({ key, sha256 }): [string, Digests] => [key, { sha256 }]))
  const { report, failures, findings } = await indexRepository(
    { format: formatNamed(name), root: '', stretches: [{ from: '', to: undefined }] },
    {
      ...{ s3: bucketOf(indexes), journal, pace, claims: new Claims(), publisher: undefined, signer: undefined },
      readers: {
        ...readers,
        read: (job) => readers.read({ ...job, known: isKnown ? (known.get(job.key) ?? {}) : {} }),
      },
      allowShrink: true,
      formatOptions: options,
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

export function execute(command: string, args: readonly string[], cwd: string): Buffer {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, maxBuffer: 1 << 30 })
  if (status !== 0) throw new Error(`${command}: ${stderr.toString()}`)
  return stdout
}

/** Threads that read the files of a folder. */
export const readersOf = (folder: string): Readers =>
  readInThreads({
    script: new URL('file-worker.ts', import.meta.url),
    data: { folder },
    traffic: { slowDown: () => undefined, retry: () => undefined },
    threads,
  })

export interface Peer {
  readonly name: string
  readonly run: () => unknown
  /** Our rate as a multiple of its, at least. */
  readonly known?: number
  readonly unknown?: number
}

export async function compare(
  setup: Setup,
  { name: set, rounds }: { readonly name: string; readonly rounds: number },
  peers: readonly Peer[],
): Promise<void> {
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
