import { messageOf } from '../../errors.ts'
import { RefusedRepository } from '../../repositories/format.ts'
import { claimsOn } from '../indexes/find-claims.ts'
import { innermostFirst, joinGuests } from '../indexes/guests.ts'
import type { FoundRepository, IndexOptions } from '../indexes/index-repository.ts'
import type { MakeIndexesOptions } from '../indexes/make-indexes.ts'
import { openRepository } from '../indexes/open-repository.ts'
import { again, isHopeless, readPackages } from '../indexes/read-packages.ts'
import type { Stretch } from '../journal/stretch.ts'
import { type Ledger, nameOfRoot } from '../report.ts'
import { commonTo } from './cut.ts'

/** Reads the packages of a part of the bucket into the journal, and makes no index: that is for the host that has them all. */
export async function readPart(
  found: readonly FoundRepository[],
  part: Stretch,
  ledger: Ledger,
  options: MakeIndexesOptions,
): Promise<void> {
  const { journal, progress, signal } = options
  const mine = [...innermostFirst(found)].flatMap((repository) => {
    const packages = commonTo(repository.stretches, part)
      .map((stretch) => journal.countPackages(repository.format.name, stretch))
      .reduce((sum, count) => sum + count, 0)
    return packages === 0 ? [] : [{ repository, packages }]
  })
  let current = ''
  const total = mine.reduce((sum, { packages }) => sum + packages, 0)
  progress.begin({ noun: 'packages', total, detail: () => current })
  const claims = await claimsOn(found, { ...options, isForAnother: true })
  for (const { repository, packages } of mine) {
    if (signal.aborted) return
    current = `${repository.format.name} ${nameOfRoot(repository.root)}`
    // Those that need not be read count when their repository is done.
    let unread = packages
    const read = (bytes: number): void => {
      unread--
      progress.add(1, bytes)
    }
    const more = { signer: undefined, now: Date.now(), isForAnother: true, read, claims }
    await readOfOne(repository, part, ledger, { ...options, ...more })
    progress.add(Math.max(0, unread))
  }
}

async function readOfOne(
  repository: FoundRepository,
  part: Stretch,
  ledger: Ledger,
  options: IndexOptions,
): Promise<void> {
  try {
    const old = await openRepository(repository, options).opened
    const whole = joinGuests(repository, old, options.journal)
    const { failures } = await readPackages({ ...whole, stretches: commonTo(whole.stretches, part) }, old, options)
    for (const finding of failures) ledger.fail(finding)
  } catch (error) {
    // Whoever makes its index says so.
    if (options.signal.aborted || error instanceof RefusedRepository) return
    if (isHopeless(error)) throw error
    const what = `could not be read: ${messageOf(error)}`
    ledger.fail({ key: nameOfRoot(repository.root), what, todo: again(error) })
  }
}
