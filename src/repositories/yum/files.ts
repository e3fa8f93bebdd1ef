import { BadPackageError } from '../format.ts'
import type { RpmTags } from './rpm-tags.ts'

/** A path that a package holds. */
export type RpmFile = {
  readonly path: string
  /** Missing for ordinary files and links. */
  readonly type?: 'dir' | 'ghost'
}

const tag = { fileModes: 1030, fileFlags: 1037, dirIndexes: 1116, baseNames: 1117, dirNames: 1118, oldFileNames: 1027 }
const ghostFlag = 0x40
const typeOfMode = 0o170000
const directoryMode = 0o040000

/** Paths are joined from shared folder names: a small header could ask for gigabytes of them. */
const pathsAtMost = 64 * 1024 * 1024

/**
 * The paths of a package, in the order of the header.
 *
 * @throws BadPackageError if folders are missing or all paths together are absurdly long
 */
export function filesOf(tags: RpmTags): RpmFile[] {
  const modes = tags.integers(tag.fileModes)
  const flags = tags.integers(tag.fileFlags)
  return pathsOf(tags).map((path, index) => {
    if (((modes[index] ?? 0) & typeOfMode) === directoryMode) return { path, type: 'dir' }
    return ((flags[index] ?? 0) & ghostFlag) === 0 ? { path } : { path, type: 'ghost' }
  })
}

function pathsOf(tags: RpmTags): string[] {
  const folders = tags.strings(tag.dirNames)
  const folderOf = tags.integers(tag.dirIndexes)
  const names = tags.strings(tag.baseNames)
  // Packages of rpm 3 hold whole paths.
  if (names.length === 0) return tags.strings(tag.oldFileNames)
  let length = 0
  return names.map((name, index) => {
    const folder = folders[folderOf[index] ?? -1]
    if (folder === undefined) throw new BadPackageError(`the file ${name} is in no folder`)
    length += folder.length + name.length
    if (length > pathsAtMost) throw new BadPackageError('the paths of its files are absurdly long')
    return folder + name
  })
}

/** Whether the primary index lists a path, so that it can be required without the file lists. */
export const isPrimaryFile = ({ path }: RpmFile): boolean =>
  path.startsWith('/etc/') || path.includes('bin/') || path === '/usr/lib/sendmail'
