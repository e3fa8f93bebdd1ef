import { compareKeys } from './ranges.ts'
import type { FoundRepository } from '../indexes/index-repository.ts'
import { segmentsOf } from '../repository-reports.ts'
import type { Scanned } from './scan.ts'
import type { Choice } from './selection.ts'

/** The repositories whose indexes can be made: those that have some, and lie whole within what was chosen. */
export function findRepositories({ indexed }: Scanned, choice: Choice): FoundRepository[] {
  return [...indexed].flatMap(([format, roots]) => {
    if (choice.only?.includes(format.name) === false) return []
    const segments = Map.groupBy(segmentsOf([...roots]), ({ root }) => root)
    return [...roots]
      .filter((root) => root.startsWith(choice.prefix))
      .sort(compareKeys)
      .map((root) => ({ format, root, stretches: segments.get(root) ?? [] }))
  })
}
