/**
 * The inner archive of a .deb: POSIX ustar, read for one file near its front. Headers of pax and of GNU tar are passed over
 * as files of other kinds; no file that is looked for has so long a name, or so large a size, that it needs them.
 */
import { checksumHolds, isBlank, isRegular, nameIn, sizeIn } from '../tar-header.ts'
import { Malformed } from './malformed.ts'

const block = 512
/** A control file is a few kilobytes. */
const largestFile = 4 * 1024 * 1024

/**
 * The contents of a regular file of the archive's top folder, or `undefined` where it is not in `archive`.
 *
 * @param name - without `./`
 * @throws {@link Malformed} where the archive is broken or ends inside the file
 */
export function fileInTar(archive: Uint8Array, name: string): Uint8Array | undefined {
  for (let at = 0; at + block <= archive.length;) {
    const header = archive.subarray(at, at + block)
    if (isBlank(header)) return undefined
    if (!checksumHolds(header)) throw new Malformed('its control archive is broken: the checksum of a header is wrong')
    const size = sizeOf(header)
    const start = at + block
    if (isNamed(header, name)) {
      if (size > largestFile) throw new Malformed(`its ${name} file claims ${size} bytes`)
      if (start + size > archive.length) throw new Malformed(`its control archive ends inside the ${name} file`)
      return archive.subarray(start, start + size)
    }
    at = start + Math.ceil(size / block) * block
  }
  return undefined
}

/** What comes before a file that is read by its front is not worth reading if it is larger than this. */
const largestBefore = 1024 * 1024

/**
 * As {@link fileInTar}, but asks for the archive only as far as to the header behind the file, which has to be a sound
 * one: as whatever damages a compressed archive damages all that follows, the file is then sound too.
 *
 * @param read - the archive up to a length or beyond; fewer bytes where it ends before
 * @returns undefined also where the header behind the file is not sound, or the file is not near the front
 */
export function fileInFront(read: (length: number) => Uint8Array, name: string): Uint8Array | undefined {
  for (let at = 0; at <= largestBefore;) {
    const header = read(at + block).subarray(at, at + block)
    if (header.length < block || !checksumHolds(header)) return undefined
    const size = sizeOf(header)
    const start = at + block
    at = start + Math.ceil(size / block) * block
    if (!isNamed(header, name)) continue
    if (size > largestFile) return undefined
    const archive = read(at + block)
    const next = archive.subarray(at, at + block)
    const isSound = next.length === block && (isBlank(next) || checksumHolds(next))
    return isSound && isBlank(archive.subarray(start + size, at)) ? archive.subarray(start, start + size) : undefined
  }
  return undefined
}

const isNamed = (header: Uint8Array, name: string): boolean =>
  isRegular(header) && nameIn(header).replace(/^\.?\/+/, '') === name

function sizeOf(header: Uint8Array): number {
  const size = sizeIn(header)
  if (size === undefined) throw new Malformed('its control archive is broken: a size that is no number')
  return size
}
