/**
 * Makes a folder of real packages to hold our indexes against other tools'; as a program:
 * `node scripts/make-corpus.ts DIR --debs 150 --rpms 100 --large 0`. What is there already is kept, so a second run
 * costs nothing.
 *
 * - `DIR/deb`: from the Debian mirror of this machine, chosen by a hash of their names; three of five packed anew, so
 *   that every compression of dpkg-deb is there
 * - `DIR/deb-large`: a few of 2 to 60 MB, as shipped
 * - `DIR/rpm`: made with rpmbuild, see make-corpus-rpms.ts
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'

import { inParallel } from './in-parallel.ts'
import { makeRpms } from './make-corpus-rpms.ts'

const run = promisify(execFile)

export interface CorpusSize {
  readonly debs: number
  readonly rpms: number
  /** Debs of 2 to 60 MB. */
  readonly large: number
}

/** What the tests use: enough to have everything, and made in half a minute. */
export const usualCorpus: CorpusSize = { debs: 150, rpms: 100, large: 0 }

/** Where the tests keep theirs. */
export const corpusFolder = join(import.meta.dirname, '../node_modules/.cache/corpus')

/**
 * @param folder - is made if need be
 * @throws Error where a tool is missing or the mirror does not answer
 */
export async function makeCorpus(folder: string, { debs, rpms, large }: CorpusSize): Promise<void> {
  await makeDebs(join(folder, 'deb'), debs, { from: 3000, to: 250_000 }, true)
  await makeDebs(join(folder, 'deb-large'), large, { from: 2_000_000, to: 60_000_000 }, false)
  await makeRpms(join(folder, 'rpm'), rpms)
}

/** Bytes. */
interface Between {
  readonly from: number
  readonly to: number
}

async function makeDebs(folder: string, count: number, sizes: Between, repack: boolean): Promise<void> {
  await mkdir(folder, { recursive: true })
  let missing = count - (await packagesIn(folder)).length
  if (missing <= 0) return
  const work = await mkdtemp(join(tmpdir(), 'pc-ctl-corpus-'))
  try {
    const options = await mirrorOptions(work)
    const there = new Set((await packagesIn(folder)).map((file) => file.split('_', 1)[0]))
    const names = (await namesOf(options, sizes)).filter((name) => !there.has(name))
    while (missing > 0) {
      const wanted = names.splice(0, missing)
      if (wanted.length === 0) throw new Error(`the mirror has ${count - missing} of ${count} packages`)
      // What the mirror has just replaced is not there; others are taken for it.
      await run('apt-get', [...options, 'download', '-qq', ...wanted], { cwd: work }).catch(() => undefined)
      const found = await packagesIn(work)
      if (found.length === 0) throw new Error('the Debian mirror of this machine does not answer')
      if (repack) await inParallel([...found.entries()], ([at, file]) => packAnew(work, file, compressions[at % 5]))
      for (const file of found) await rename(join(work, file), join(folder, file)).catch(() => move(work, folder, file))
      missing = count - (await packagesIn(folder)).length
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Of five packages two stay as they are, which is xz. */
const compressions = [undefined, 'gzip', 'zstd', 'none', undefined] as const

const packagesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((file) => file.endsWith('.deb')).sort()

/** To another disk. */
const move = async (from: string, to: string, file: string): Promise<void> => {
  await run('mv', [join(from, file), join(to, file)])
}

/** The lists of packages that this machine has, or, if it has none, lists that are fetched for this. */
async function mirrorOptions(work: string): Promise<string[]> {
  const user = ['-o', 'APT::Sandbox::User=root']
  const { stdout } = await run('apt-cache', ['stats'])
  if (/Total package names: *[1-9]\d{3}/.test(stdout)) return user
  for (const part of ['lists/partial', 'cache/archives/partial']) await mkdir(join(work, part), { recursive: true })
  const own = [...user, '-o', `Dir::State::lists=${join(work, 'lists')}`, '-o', `Dir::Cache=${join(work, 'cache')}`]
  await run('apt-get', [...own, 'update', '-qq'])
  return own
}

/** All packages of a size, in an order that depends on their names alone. */
async function namesOf(options: readonly string[], { from, to }: Between): Promise<string[]> {
  const { stdout } = await run('apt-cache', [...options, 'dumpavail'], { maxBuffer: 1e9 })
  const names = new Set<string>()
  for (const stanza of stdout.split('\n\n')) {
    const name = /^Package: (\S+)$/m.exec(stanza)?.[1]
    const size = Number(/^Size: (\d+)$/m.exec(stanza)?.[1])
    if (name !== undefined && size >= from && size <= to) names.add(name)
  }
  const rank = (name: string): string => createHash('sha256').update(name).digest('hex')
  return [...names]
    .map((name) => [rank(name), name] as const)
    .sort()
    .map(([, name]) => name)
}

async function packAnew(folder: string, file: string, compression: string | undefined): Promise<void> {
  if (compression === undefined) return
  const [path, tree] = [join(folder, file), join(folder, `${file}.tree`)]
  await run('dpkg-deb', ['-R', path, tree])
  await run('dpkg-deb', ['--root-owner-group', '--uniform-compression', `-Z${compression}`, '-b', tree, `${path}.new`])
  await rename(`${path}.new`, path)
  await rm(tree, { recursive: true })
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      debs: { type: 'string', default: String(usualCorpus.debs) },
      rpms: { type: 'string', default: String(usualCorpus.rpms) },
      large: { type: 'string', default: String(usualCorpus.large) },
    },
  })
  const size = { debs: Number(values.debs), rpms: Number(values.rpms), large: Number(values.large) }
  await makeCorpus(positionals[0] ?? corpusFolder, size)
}
