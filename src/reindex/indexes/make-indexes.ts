import { foldersAbove } from '../../repositories/nested-roots.ts'
import type { Journal } from '../journal/journal.ts'
import type { Progress } from '../progress.ts'
import { type Ledger, nameOfRoot } from '../report.ts'
import { type FoundRepository, indexRepository, type IndexOptions } from './index-repository.ts'

export interface MakeIndexesOptions extends Omit<IndexOptions, 'now' | 'read' | 'signer'> {
  readonly journal: Journal
  readonly progress: Progress
  /** What signs the repository with a root. */
  readonly signerOf: (root: string) => IndexOptions['signer']
  /** A file that is no package is a failure. */
  readonly strict: boolean
}

/**
 * Makes the indexes of all repositories that were found, one after the other, and notes what comes of each.
 *
 * @param excludedFolders - folders of packages that were left out: an index without them would lose them
 */
export async function makeIndexes(
  found: readonly FoundRepository[],
  excludedFolders: ReadonlySet<string>,
  ledger: Ledger,
  options: MakeIndexesOptions,
): Promise<void> {
  const { journal, progress, signal } = options
  const sizes = found.map(({ format, stretches }) =>
    stretches.reduce((sum, stretch) => sum + journal.countPackages(format.name, stretch), 0),
  )
  const partlyExcluded = new Set([...excludedFolders].flatMap((folder) => [...foldersAbove(folder)]))
  let current = ''
  const total = sizes.reduce((sum, size) => sum + size, 0)
  progress.begin({ noun: 'packages', total, detail: () => current })
  for (const [index, repository] of found.entries()) {
    if (signal.aborted) return
    const { root, format } = repository
    current = `${format.name} ${nameOfRoot(root)}`
    if (partlyExcluded.has(root)) {
      ledger.indexes.push(partlyChosen(repository))
      continue
    }
    await makeOne(repository, sizes[index] ?? 0, ledger, options)
  }
}

async function makeOne(
  repository: FoundRepository,
  packages: number,
  ledger: Ledger,
  options: MakeIndexesOptions,
): Promise<void> {
  // Those that need not be read count when their repository is done.
  let unread = packages
  const read = (bytes: number): void => {
    unread--
    options.progress.add(1, bytes)
  }
  const indexed = await indexRepository(repository, {
    ...options,
    signer: options.signerOf(repository.root),
    now: Date.now(),
    read,
  })
  options.progress.add(Math.max(0, unread))
  ledger.indexes.push(indexed.report)
  for (const finding of indexed.failures) ledger.fail(finding)
  for (const finding of indexed.findings) {
    if (options.strict && finding.bad === true) ledger.fail(finding)
    else ledger.mention(finding)
  }
}

const partlyChosen = ({ root, format }: FoundRepository): Ledger['indexes'][number] => ({
  root,
  format: format.name,
  packages: 0,
  written: 0,
  unchanged: 0,
  outcome: 'refused',
  why: 'some of its packages are left out by --exclude',
  todo: 'Leave out all of it, or nothing: an index without them would lose them.',
})
