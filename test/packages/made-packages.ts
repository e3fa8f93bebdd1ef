/** `npm run package` as it is run for a release, here and in another folder by somebody else. */
import { execFile } from 'node:child_process'
import { copyFile, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { sourceDate } from '../../scripts/source-date.ts'
import type { signingKey } from '../e2e/reindex-clients.ts'
import type { CleanRoot } from './clean-root.ts'

const execute = promisify(execFile)
const root = join(import.meta.dirname, '../..')

/** What the tests of packages share. */
export interface Made {
  /** Where they can write. */
  readonly folder: string
  /** Folder of packages without signatures. */
  readonly here: string
  /** Folder of packages with signatures, once they are made. */
  readonly elsewhere: Promise<string>
  readonly key: Awaited<ReturnType<typeof signingKey>>
  /** Where its secret half is. */
  readonly keyFile: string
  readonly debian: CleanRoot
}

/** Both processors that packages are made for, as their formats call them. */
export const processors = [
  { node: 'x64', deb: 'amd64', rpm: 'x86_64', machine: 'Advanced Micro Devices X86-64' },
  { node: 'arm64', deb: 'arm64', rpm: 'aarch64', machine: 'AArch64' },
] as const

/** What packages are called, whatever their version. */
export type Ending = `_${'amd64' | 'arm64'}.deb` | `.${'x86_64' | 'aarch64'}.rpm` | `-linux-${'x64' | 'arm64'}.tar.gz`

/** The path of the one file in a folder that ends so. */
export async function fileIn(folder: string, ending: Ending): Promise<string> {
  const found = (await readdir(folder)).filter((name) => name.endsWith(ending))
  if (found.length !== 1) throw new Error(`${folder} holds ${found.length} files *${ending}.`)
  return join(folder, ...found)
}

/** The time of all that is packed: asked for once, lest a commit comes between. */
const SOURCE_DATE_EPOCH = String(sourceDate())

/** Packages of what is built here, without a signature. */
export async function makeHere(out: string): Promise<void> {
  const env = { ...process.env, SOURCE_DATE_EPOCH }
  await execute(process.execPath, [join(root, 'scripts/package/package.ts'), '--out', out], { env })
}

/**
 * The same of a copy of the sources, built anew: in another folder without git, with node_modules elsewhere, by somebody with
 * another home, time zone, language, terminal, umask and settings, and signed.
 */
export async function makeElsewhere(folder: string, out: string, signingKey: string): Promise<void> {
  await copySources(folder)
  const words = ['npm', 'run', '--silent', 'package', '--', '--out', out, '--signing-key', signingKey]
  const env = {
    ...process.env,
    SOURCE_DATE_EPOCH,
    ...{ HOME: dirname(folder), USER: 'somebody', LOGNAME: 'somebody' },
    ...{ TZ: 'Asia/Tokyo', LC_ALL: 'C', LANG: 'de_DE.UTF-8', NO_COLOR: '1', TERM: 'dumb', COLUMNS: '40' },
    ...{ PC_CTL_CONFIG: '/srv/other.rb', PC_CTL_BUCKET: 'other', AWS_REGION: 'ap-northeast-1' },
  }
  await execute('sh', ['-c', 'umask 077 && exec "$@"', 'sh', ...words], { cwd: folder, env, maxBuffer: 2 ** 26 })
}

async function copySources(folder: string): Promise<void> {
  const { stdout } = await execute('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    maxBuffer: 2 ** 26,
  })
  for (const path of stdout.split('\0').filter((one) => one !== '')) {
    await mkdir(join(folder, dirname(path)), { recursive: true })
    // One that was removed and is not yet committed is still listed.
    await copyFile(join(root, path), join(folder, path)).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    })
  }
  const modules = join(folder, 'node_modules')
  await mkdir(join(modules, '.cache'), { recursive: true })
  // Node's binaries are what the lock file says, wherever they were had from; pages of help are made anew.
  await symlink(join(root, 'node_modules/.cache/node-binaries'), join(modules, '.cache/node-binaries'))
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (name !== '.cache') await symlink(join(root, 'node_modules', name), join(modules, name))
  }
}

/** Writes a key's secret half into a file, for `--signing-key`. */
export async function keyFile(folder: string, secret: string): Promise<string> {
  const file = join(folder, 'release-key.asc')
  await writeFile(file, secret, { mode: 0o600 })
  return file
}
