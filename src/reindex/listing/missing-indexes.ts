import type { Finding, Format, FormatOptions } from '../../repositories/format.ts'
import type { Journal } from '../journal/journal.ts'
import { roleOf } from '../role.ts'
import type { CreatedIndexes, Scanned } from './scan.ts'
import type { Choice } from '../selection.ts'

/**
 * Looks for folders of packages that are in no repository. Those whose layout leaves no doubt become repositories, with
 * an index that lists nothing yet; of the others it is said why they do not.
 */
export function createMissing(
  journal: Journal,
  { indexed }: Pick<Scanned, 'indexed'>,
  { choice, formatOptions: options }: { readonly choice: Choice; readonly formatOptions: FormatOptions },
): { created: CreatedIndexes; doubts: Finding[] } {
  const created = new Map<Format, ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>>()
  const doubts: Finding[] = []
  for (const [format, roots] of indexed) {
    if (choice.only?.includes(format.name) === false) continue
    const { folders, indexes } = placesOf(journal, format, choice)
    const { repositories, doubts: found } = format.missing(folders, { indexes, roots: [...roots], options })
    created.set(format, repositories)
    for (const root of repositories.keys()) roots.add(root)
    for (const [folder, doubt] of found) {
      const { why, todo } = typeof doubt === 'string' ? { why: doubt, todo: publishOnce } : doubt
      doubts.push({
        key: folder,
        what: `has packages and no index, and none is made: ${why}`,
        todo,
      })
    }
  }
  return { created, doubts }
}

const publishOnce = 'Publish it with the tool that makes this repository; what is there is then kept up to date.'

/** Folders with packages of a format, and the keys of indexes that prove repositories of it. */
function placesOf(journal: Journal, format: Format, choice: Choice): { folders: Set<string>; indexes: string[] } {
  const folders = new Set<string>()
  const indexes: string[] = []
  for (const row of journal.stretch({ from: choice.prefix, to: undefined })) {
    const { key } = row
    if (!key.startsWith(choice.prefix)) break
    const role = roleOf(format, row)
    if (role === 'package' && format.foundsRepository(key)) folders.add(key.slice(0, key.lastIndexOf('/') + 1))
    else if (role === 'index' && (format.rootOf(key) ?? format.rootOfTold?.(key)) !== undefined) indexes.push(key)
  }
  return { folders, indexes }
}
