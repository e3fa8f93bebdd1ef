import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Why something is not read that is there: continues a sentence that begins with its name. */
export class NotReadable extends Error {}

export interface FileContent {
  readonly bytes: Buffer
  /** As `stat` has it. */
  readonly mode: number
}

/** More than this is not configuration. */
const mostBytes = 1 << 20

/**
 * Reads a file that somebody named, which may be anything: a pipe that nobody writes to, a device without end.
 *
 * @throws NotReadable for what is not a file, or too large; what `open` throws for what cannot be opened
 */
export function readRegularFile(file: string): FileContent {
  // Opening a pipe would wait for its writer, opening a terminal could make it ours.
  const handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  try {
    const stats = fstatSync(handle)
    if (!stats.isFile()) throw new NotReadable(`is ${kindOf(stats)}, not a file`)
    const bytes = readAll(handle, stats)
    return { bytes, mode: stats.mode }
  } finally {
    closeSync(handle)
  }
}

/** Files of some file systems do not tell their size. */
function readAll(handle: number, { size }: Stats): Buffer {
  if (size > mostBytes) throw tooLarge(`has ${Math.round(size / 1e6)} MB`)
  const bytes = Buffer.alloc(mostBytes + 1)
  let length = 0
  while (length < bytes.length) {
    const read = readSync(handle, bytes, length, bytes.length - length, null)
    if (read === 0) return Buffer.from(bytes.subarray(0, length))
    length += read
  }
  throw tooLarge('does not end')
}

const tooLarge = (how: string): NotReadable => new NotReadable(`${how}, which is more than any packagecloud.rb takes`)

/** Whether every user of this machine can read a file: it is open to all, and so is the way to it. */
export function isOpenToAll(file: string, mode: number): boolean {
  if ((mode & constants.S_IROTH) === 0) return false
  for (let folder = dirname(realpathSync(file)), below = ''; folder !== below; folder = dirname(folder)) {
    if ((statSync(folder).mode & constants.S_IXOTH) === 0) return false
    below = folder
  }
  return true
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory'
  if (stats.isFIFO()) return 'a named pipe'
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}
