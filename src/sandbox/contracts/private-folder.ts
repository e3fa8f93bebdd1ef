import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  type Stats,
} from 'node:fs'
import { dirname } from 'node:path'

import { shellWord } from '../../shell.ts'

/** How every folder of the sandbox is made: for its owner alone, whatever the umask. */
export const privateFolder = { recursive: true, mode: 0o700 } as const
/** How every file of the sandbox is made. */
export const privateFile = { mode: 0o600 } as const

/** Permissions of group and others. */
const forOthers = 0o077

/** A folder or file can't hold the sandbox's keys; the message says which and why, `remedy` what to type. */
export class NotPrivateError extends Error {
  override readonly name = 'NotPrivateError'
  readonly remedy: readonly string[]

  constructor(message: string, remedy: string | readonly string[] = []) {
    super(message)
    this.remedy = typeof remedy === 'string' ? [remedy] : remedy
  }
}

/**
 * Makes a folder that nobody else can look into, or makes sure that the one that is there is such a folder: its keys
 * are good for running code in the name of whoever started the sandbox. An empty folder that others can use is closed
 * to them; one that holds something is left as it is and refused, for closing it does not undo what they did in it.
 *
 * @param folder - absolute path; what is missing of it is made
 * @returns the path without symbolic links
 * @throws NotPrivateError for a symbolic link, no folder, another user's folder or one that others can use
 */
export function openPrivateFolder(folder: string): string {
  mkdirSync(dirname(folder), privateFolder)
  if (made(folder)) {
    // A umask can only have taken from the mode.
    chmodSync(folder, privateFolder.mode)
  } else {
    check(folder)
  }
  return realpathSync(folder)
}

function made(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: privateFolder.mode })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function check(folder: string): void {
  const named = lstatSync(folder)
  if (named.isSymbolicLink()) throw new NotPrivateError(`${folder} is a symbolic link`, 'Name its target.')
  if (!named.isDirectory()) throw new NotPrivateError(`${folder} is no folder`)
  const descriptor = openSync(folder, constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    const found = fstatSync(descriptor)
    requireOwn(folder, found)
    if ((found.mode & forOthers) === 0) return
    fchmodSync(descriptor, privateFolder.mode)
    if (readdirSync(folder).length === 0) return
    fchmodSync(descriptor, found.mode & 0o7777)
    throw new NotPrivateError(
      `${folder} is open to other users (mode ${(found.mode & 0o7777).toString(8)}) and is not empty`,
      [
        'Name a folder that does not exist yet.',
        `Or, if nobody else has used it: chmod -R go= ${shellWord(folder)}`,
        'Keys of a sandbox that others could read until now stay known to them.',
      ],
    )
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Makes an empty file for its owner alone, or makes sure that the one that is there is such a file. SQLite gives what
 * it writes beside a database the permissions of the database.
 *
 * @throws NotPrivateError for anything but an own regular file
 */
export function openPrivateFile(file: string): void {
  const descriptor = openOwn(file)
  try {
    const found = fstatSync(descriptor)
    if (!found.isFile()) throw new NotPrivateError(`${file} is no regular file`)
    requireOwn(file, found)
    if ((found.mode & 0o777) !== privateFile.mode) fchmodSync(descriptor, privateFile.mode)
  } finally {
    closeSync(descriptor)
  }
}

function openOwn(file: string): number {
  try {
    return openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, privateFile.mode)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ELOOP') {
      throw new NotPrivateError(`${file} is a symbolic link`)
    }
    throw error
  }
}

/** On systems without user ids there is nothing to compare. */
function requireOwn(path: string, { uid }: Stats): void {
  const own = process.geteuid?.()
  if (own === undefined || uid === own) return
  throw new NotPrivateError(`${path} belongs to another user (uid ${uid})`, 'Name a folder of your own.')
}
