import type { Journal } from '../journal/journal.ts'
import type { Progress } from '../progress.ts'
import { type IndexReport, type Ledger, nameOfRoot } from '../report.ts'
import { claimsOn } from './find-claims.ts'
import { innermostFirst } from './guests.ts'
import { type FoundRepository, indexRepository, type IndexOptions } from './index-repository.ts'

export interface MakeIndexesOptions extends Omit<IndexOptions, 'now' | 'read' | 'signer' | 'claims'> {
  readonly journal: Journal
  readonly progress: Progress
  /** What signs the repository with a root. */
  readonly signerOf: (root: string) => IndexOptions['signer']
  /** A file that is no package is a failure. */
  readonly strict: boolean
}

/** Makes the indexes of all repositories that were found, one after the other, and notes what comes of each. */
export async function makeIndexes(
  found: readonly FoundRepository[],
  ledger: Ledger,
  options: MakeIndexesOptions,
): Promise<void> {
  const { journal, progress, signal } = options
  const sizes = new Map(
    found.map((repository) => {
      const { format, stretches } = repository
      return [repository, stretches.reduce((sum, stretch) => sum + journal.countPackages(format.name, stretch), 0)]
    }),
  )
  let current = ''
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  progress.begin({ noun: 'packages', total, detail: () => current })
  const claims = await claimsOn(found, options)
  const reports = new Map<FoundRepository, IndexReport>()
  for (const repository of innermostFirst(found)) {
    if (signal.aborted) return
    const { root, format } = repository
    current = `${format.name} ${nameOfRoot(root)}`
    reports.set(repository, await makeOne(repository, sizes.get(repository) ?? 0, ledger, { ...options, claims }))
  }
  for (const repository of found) {
    const report = reports.get(repository)
    if (report !== undefined) ledger.indexes.push(report)
  }
}

async function makeOne(
  repository: FoundRepository,
  packages: number,
  ledger: Ledger,
  options: MakeIndexesOptions & Pick<IndexOptions, 'claims'>,
): Promise<IndexReport> {
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
  for (const finding of indexed.failures) ledger.fail(finding)
  for (const finding of indexed.findings) {
    if (options.strict && finding.bad === true) ledger.fail(finding)
    else ledger.mention(finding)
  }
  return indexed.report
}
