/** A file's content in place of another, whole or not at all, with its old content kept beside it. */
import { randomBytes } from 'node:crypto'
import { link, open, readdir, readFile, realpath, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import { CtlError, messageOf } from '../../errors.ts'
import type { Line } from '../../text.ts'
import { type Kept, makeTwin } from './twin.ts'

/** A file as it was when it was read. */
export interface Original {
  /** What its name leads to, through symbolic links. */
  readonly path: string
  readonly content: Buffer
}

/**
 * Reads what is to be replaced.
 *
 * @throws CtlError of kind `refused` for a file with several names, of which only one would be replaced; what the file
 *   system throws
 */
export async function readOriginal(file: string): Promise<Original> {
  const path = await realpath(file)
  const { nlink } = await stat(path)
  if (nlink > 1) {
    throw new CtlError('refused', `${file} has ${nlink} names (hard links), so it was not written.`, {
      hint: 'The others would keep the old content. Change it by hand, and run this without --write-config.',
    })
  }
  return { path, content: await readFile(path) }
}

/** What became of a file that was replaced. */
export interface Replaced {
  /** Where its old content is. */
  readonly backup: string
  readonly kept: Kept
}

/**
 * Replaces a file's content. Whoever reads it, and whenever this is killed, finds the old content or the new one. Owner,
 * mode, access list and labels stay.
 *
 * @param now - for the name of the backup
 * @param instead - what can be done where it can't be written
 * @throws CtlError of kind `refused` if the file has been changed since it was read, or another pc-ctl writes it; of kind
 *   `failed` if it can't be written or its owner not be kept, with the file as it was
 */
export async function replaceFile(
  original: Original,
  content: Buffer,
  now: Date,
  instead: readonly Line[],
): Promise<Replaced> {
  const { path } = original
  const folder = dirname(path)
  const temporary = temporaryFor(path)
  let backup: string | undefined
  try {
    await sweep(folder, basename(path))
    const kept = await makeTwin(path, temporary, content)
    await assertAlone(path)
    backup = await keep(original, now)
    await assertUnchanged(original)
    await rename(temporary, path)
    await sync(folder)
    return { backup, kept }
  } catch (error) {
    for (const made of [temporary, backup]) if (made !== undefined) await unlink(made).catch(() => undefined)
    throw error instanceof CtlError ? error : unwritable(path, error, instead)
  }
}

const temporaryFor = (path: string): string =>
  join(dirname(path), `.${basename(path)}.pc-ctl-${process.pid}-${randomBytes(4).toString('hex')}`)

/**
 * Each writes its file before it looks for those of others: of two at once at least one sees the other, and what the one
 * has written the other sees as a change.
 */
async function assertAlone(path: string): Promise<void> {
  for (const { pid, name } of await temporaries(dirname(path), basename(path))) {
    if (pid === process.pid || !(await isAtWork(pid, join(dirname(path), name)))) continue
    throw new CtlError('refused', `Another pc-ctl (process ${pid}) is writing ${path}, so this one did not.`, {
      hint: 'Run the same command again.',
      code: 'Outdated',
    })
  }
}

async function assertUnchanged({ path, content }: Original): Promise<void> {
  if ((await readFile(path)).equals(content)) return
  throw new CtlError('refused', `${path} was changed by somebody else meanwhile, so it was not written.`, {
    hint: 'Run the same command again.',
    code: 'Outdated',
  })
}

/** The old content under a name of its own, which is never taken from another. */
async function keep({ path, content }: Original, now: Date): Promise<string> {
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '')
  const temporary = temporaryFor(path)
  await makeTwin(path, temporary, content)
  try {
    for (let number = 1; ; number++) {
      const backup = `${path}.${stamp}${number === 1 ? '' : `-${number}`}.bak`
      const isTaken = await link(temporary, backup).then(
        () => false,
        (error: unknown) => {
          if (codeOf(error) === 'EEXIST') return true
          throw error
        },
      )
      if (!isTaken) return backup
    }
  } finally {
    await unlink(temporary)
  }
}

/** What a run left that was killed; those of runs that are alive stay. */
async function sweep(folder: string, name: string): Promise<void> {
  for (const { pid, name: left } of await temporaries(folder, name)) {
    const file = join(folder, left)
    if (!(await isAtWork(pid, file))) await unlink(file).catch(() => undefined)
  }
}

async function temporaries(folder: string, name: string): Promise<{ pid: number; name: string }[]> {
  const prefix = `.${name}.pc-ctl-`
  const all = await readdir(folder).catch(() => [])
  return all.flatMap((left) => {
    const pid = left.startsWith(prefix) ? /^(\d+)-[0-9a-f]{8}$/.exec(left.slice(prefix.length))?.[1] : undefined
    return pid === undefined ? [] : [{ pid: Number(pid), name: left }]
  })
}

/** A minute, in milliseconds: writing takes far less, and after that the number may be another process's. */
const mostWriting = 60_000

async function isAtWork(pid: number, file: string): Promise<boolean> {
  const made = await stat(file).catch(() => undefined)
  return made !== undefined && Date.now() - made.ctimeMs < mostWriting && isAlive(pid)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) !== 'ESRCH'
  }
}

/** A name is on the disk only once its folder is. What can't be synced has been written all the same. */
async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'nothing can be written to its folder',
  EROFS: 'its file system is read-only',
  EPERM: 'it or its folder is protected from changes (`lsattr` tells, if it is by chattr)',
  EBUSY: 'it is mounted by itself, as in a container, so it can not be replaced',
  ENOSPC: 'no space is left on its file system',
  EDQUOT: 'the quota on its file system is used up',
}

function unwritable(path: string, error: unknown, instead: readonly Line[]): CtlError {
  const code = codeOf(error)
  const known = typeof code === 'string' ? code : 'failed'
  return new CtlError(
    'failed',
    `${path} could not be written, and is as it was: ${reasons[known] ?? messageOf(error)}.`,
    {
      hint: [...(code === 'EACCES' ? ['Run pc-ctl as root.'] : []), ...instead],
      code: known,
      cause: error,
    },
  )
}
