import type { Finding } from '../repositories/format.ts'
import { foldersAbove } from '../repositories/nested-roots.ts'
import { compareKeys } from './ranges.ts'
import type { FoundRepository } from './indexes/index-repository.ts'
import { kept } from '../text.ts'
import { nameOfRoot } from './report.ts'
import { segmentsOf } from './repository-reports.ts'
import type { Scanned } from './listing/scan.ts'
import type { Choice } from './selection.ts'

/** Of what begins above the prefix that was chosen, and so is not seen whole. */
export function partlyBelow({ indexed }: Pick<Scanned, 'indexed'>, choice: Choice): Finding[] {
  return [...indexed].flatMap(([format, roots]) => {
    if (choice.only?.includes(format.name) === false) return []
    return [...roots]
      .filter((root) => !root.startsWith(choice.prefix))
      .map((root) => ({
        key: nameOfRoot(root),
        what: `is a repository (${format.name}) of which only a part is below --prefix: its indexes stay as they are`,
        todo: root === '' ? 'Leave out --prefix.' : `Give all of it: ${kept(`--prefix ${root}`)}.`,
      }))
  })
}

/** The repositories whose indexes can be made: those that have some, and lie whole within what was chosen. */
export function findRepositories(
  { indexed, excludedFolders, created }: Pick<Scanned, 'indexed' | 'excludedFolders' | 'created'>,
  choice: Choice,
): FoundRepository[] {
  const partlyExcluded = new Set([...excludedFolders].flatMap((folder) => [...foldersAbove(folder)]))
  return [...indexed].flatMap(([format, roots]) => {
    if (choice.only?.includes(format.name) === false) return []
    const segments = Map.groupBy(segmentsOf([...roots]), ({ root }) => root)
    return [...roots]
      .filter((root) => root.startsWith(choice.prefix))
      .sort(compareKeys)
      .map((root) => {
        const empty = created.get(format)?.get(root)
        const stretches = segments.get(root) ?? []
        const isPartlyExcluded = partlyExcluded.has(root)
        return { format, root, stretches, isPartlyExcluded, ...(empty === undefined ? {} : { created: empty }) }
      })
  })
}
