/** A file's content in place of another, whole or not at all, with its old content kept beside it. */
import { randomBytes } from 'node:crypto'
import { type FileHandle, link, open, readdir, readFile, realpath, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import { CtlError, messageOf } from '../../errors.ts'
import type { Line } from '../../text.ts'

/** A file as it was when it was read. */
export interface Original {
  /** What its name leads to, through symbolic links. */
  readonly path: string
  readonly content: Buffer
  /** Permission bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/**
 * Reads what is to be replaced.
 *
 * @throws CtlError of kind `refused` for a file with several names, of which only one would be replaced; what the file
 *   system throws
 */
export async function readOriginal(file: string): Promise<Original> {
  const path = await realpath(file)
  const { mode, uid, gid, nlink } = await stat(path)
  if (nlink > 1) {
    throw new CtlError('refused', `${file} has ${nlink} names (hard links), so it was not written.`, {
      hint: 'The others would keep the old content. Change it by hand, and run this without --write-config.',
    })
  }
  return { path, content: await readFile(path), mode: mode & 0o7777, uid, gid }
}

/**
 * Replaces a file's content. Whoever reads it, and whenever this is killed, finds the old content or the new one.
 *
 * @param now - for the name of the backup
 * @returns the backup's name
 * @throws CtlError of kind `refused` if the file has been changed since it was read; of kind `failed` if it can't be
 *   written or its owner not be kept, with the file as it was
 */
export async function replaceFile(
  original: Original,
  content: Buffer,
  now: Date,
  instead: readonly Line[],
): Promise<string> {
  const { path } = original
  const folder = dirname(path)
  const temporary = join(folder, `.${basename(path)}.pc-ctl-${process.pid}-${randomBytes(4).toString('hex')}`)
  try {
    await sweep(folder, basename(path))
    await write(temporary, content, original)
    await assertUnchanged(original)
    const backup = await keep(original, now)
    await rename(temporary, path)
    await sync(folder)
    return backup
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    throw error instanceof CtlError ? error : unwritable(path, error, instead)
  }
}

/** Nobody but root may give a file away; without that, the owner could not read it any more. */
async function write(
  file: string,
  content: Buffer,
  { mode, uid, gid }: Omit<Original, 'path' | 'content'>,
): Promise<void> {
  // Nobody else may read it before it is theirs.
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(content)
    await own(handle, uid, gid)
    await handle.chmod(mode)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function own(handle: FileHandle, uid: number, gid: number): Promise<void> {
  const made = await handle.stat()
  if (made.uid !== uid || made.gid !== gid) await handle.chown(uid, gid)
}

async function assertUnchanged({ path, content }: Original): Promise<void> {
  if ((await readFile(path)).equals(content)) return
  throw new CtlError('refused', `${path} was changed by somebody else meanwhile, so it was not written.`, {
    hint: 'Run the same command again.',
    code: 'Outdated',
  })
}

/** The old content under a name of its own, which is never taken from another. */
async function keep(original: Original, now: Date): Promise<string> {
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '')
  const { path } = original
  const temporary = join(dirname(path), `.${basename(path)}.pc-ctl-${process.pid}-${randomBytes(4).toString('hex')}`)
  await write(temporary, original.content, original)
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
  const prefix = `.${name}.pc-ctl-`
  for (const left of await readdir(folder).catch(() => [])) {
    const pid = left.startsWith(prefix) ? /^(\d+)-[0-9a-f]{8}$/.exec(left.slice(prefix.length))?.[1] : undefined
    if (pid !== undefined && !isAlive(Number(pid))) await unlink(join(folder, left)).catch(() => undefined)
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) !== 'ESRCH'
  }
}

/** A name is on the disk only once its folder is. */
async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } catch (error) {
    // Of file systems whose folders can't be.
    if (codeOf(error) !== 'EINVAL') throw error
  } finally {
    await handle.close()
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

function unwritable(path: string, error: unknown, instead: readonly Line[]): CtlError {
  const code = codeOf(error)
  const why =
    code === 'EACCES' || code === 'EROFS'
      ? 'nothing can be written to its folder'
      : code === 'EPERM'
        ? 'its owner would change'
        : code === 'EBUSY'
          ? 'it is mounted by itself, so it can not be replaced'
          : messageOf(error)
  return new CtlError('failed', `${path} could not be written, and is as it was: ${why}.`, {
    hint: [...(code === 'EACCES' || code === 'EPERM' ? ['Run pc-ctl as root.'] : []), ...instead],
    code: typeof code === 'string' ? code : 'failed',
    cause: error,
  })
}
