/** A new file that is like another in all but content. */
import { execFile } from 'node:child_process'
import { type FileHandle, open, stat, unlink } from 'node:fs/promises'
import { promisify } from 'node:util'

import { CtlError } from '../../errors.ts'

/** Whether a file's access list, labels (SELinux) and other extended attributes are known to be kept. */
export type Kept = 'all' | 'maybe not all'

/** Node knows neither access lists nor extended attributes. GNU's cp keeps all there are, that of BSD and macOS with -p. */
const keeping = process.platform === 'linux' ? '--preserve=all' : '-p'

/**
 * Makes a file beside another, with its owner, mode, access list and extended attributes. Nobody may read it who may not
 * read the other.
 *
 * @param like - file that is there
 * @param file - name that is free, in a folder of the same file system
 * @throws CtlError of kind `failed` where the owner can't be kept; what the file system throws. Nothing is left then
 */
export async function makeTwin(like: string, file: string, content: Buffer): Promise<Kept> {
  try {
    const kept = await copyAll(like, file)
    await fill(file, content, like)
    return kept
  } catch (error) {
    await unlink(file).catch(() => undefined)
    throw error
  }
}

async function copyAll(like: string, file: string): Promise<Kept> {
  try {
    await promisify(execFile)('cp', [keeping, '--', like, file])
    return 'all'
  } catch {
    // There is no cp, or another one, or it can't write: the last is told of by what follows.
    await unlink(file).catch(() => undefined)
    // Nobody else may read it before it is theirs.
    await (await open(file, 'wx', 0o600)).close()
    return 'maybe not all'
  }
}

async function fill(file: string, content: Buffer, like: string): Promise<void> {
  const { mode, uid, gid } = await stat(like)
  const made = await open(file, 'r')
  try {
    await own(made, uid, gid, like)
    // A file that its owner may only read can not be opened to write; access lists know no other bits of the owner.
    await made.chmod((mode & 0o7777) | 0o200)
  } finally {
    await made.close()
  }
  const handle = await open(file, 'r+')
  try {
    await handle.truncate(0)
    await handle.writeFile(content)
    await handle.chmod(mode & 0o7777)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Nobody but root may give a file away; without that, the owner could not read it any more. */
async function own(handle: FileHandle, uid: number, gid: number, like: string): Promise<void> {
  const made = await handle.stat()
  if (made.uid === uid && made.gid === gid) return
  try {
    await handle.chown(uid, gid)
  } catch (cause) {
    const message = `${like} could not be written, and is as it was: its owner or group (${uid}:${gid}) would change.`
    throw new CtlError('failed', message, { hint: 'Run pc-ctl as root.', code: 'EPERM', cause })
  }
}
