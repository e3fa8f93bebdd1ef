import { joinGuests } from '../indexes/guests.ts'
import { type FoundRepository, type IndexOptions, repositoryOf } from '../indexes/index-repository.ts'
import type { MakeIndexesOptions } from '../indexes/make-indexes.ts'
import { lastTime } from '../indexes/last-time.ts'
import { isHopeless, wantedOf } from '../indexes/read-packages.ts'
import { packageContents } from '../indexes/repository-objects.ts'
import type { Journal } from '../journal/journal.ts'
import { rootOf } from '../report.ts'
import type { Choice } from '../selection.ts'
import type { Want, WantedRead } from './want.ts'

/** What is too large for one invocation, with what else it has to do, is left to this host. */
const largest = 5 * 1024 ** 3

/** Of one shard. */
export interface ShardLimits {
  readonly objects: number
  /** Of what is to be read: all of it may have to be. */
  readonly bytes: number
}

export const usualLimits: ShardLimits = { objects: 1000, bytes: 16 * 1024 ** 3 }

/** What is known of repositories before their packages are read. */
interface NotingOptions extends Omit<MakeIndexesOptions, 'publisher'> {
  readonly journal: Journal
}

/** Notes in the journal which packages of repositories are to be read. */
export async function noteAllReads(found: readonly FoundRepository[], options: NotingOptions): Promise<void> {
  const { journal, progress, signal, signerOf } = options
  journal.wanted.forget()
  progress.begin({ noun: 'repositories', total: found.length })
  for (const repository of found) {
    if (signal.aborted) return
    const signer = signerOf(repository.root)
    const read = (): void => undefined
    await noteReads(repository, { ...options, publisher: undefined, signer, read, now: Date.now() })
    progress.add(1)
  }
}

/** What can't be opened is told of later, when its index is made. */
async function noteReads(repository: FoundRepository, options: IndexOptions): Promise<void> {
  const { journal, signal } = options
  if (lastTime(repository, options) !== undefined) return
  const { format } = repository
  try {
    const old = await format.open(repositoryOf(repository, options))
    for (const content of packageContents(joinGuests(repository, old, journal), journal)) {
      if (content.bad !== undefined) continue
      const { job, before } = wantedOf(content, format, old, journal)
      const read: WantedRead = { format: format.name, known: job.known, before }
      journal.wanted.note({ key: content.key, format: format.name, about: JSON.stringify(read) })
    }
  } catch (error) {
    if (signal.aborted || isHopeless(error)) throw error
  }
}

/** What there is to be done, as far as it is worth handing over. */
export function* wantsOf(journal: Journal, choice: Choice, attributes: boolean): Generator<Want> {
  for (const { row, reads } of journal.wanted.rows(choice, attributes)) {
    if (row.size > largest) continue
    yield {
      row,
      attributes: attributes && row.todo,
      seenToChange: journal.republished.isSure(row.key),
      isPackument: choice.isPackument(row.key),
      reads: reads.map(({ about }) => JSON.parse(about) as WantedRead),
    }
  }
}

/** Cuts what is wanted into shards, none of which has objects of two repositories. */
export function* shardsOf(
  wants: Iterable<Want>,
  roots: { has(root: string): boolean },
  limits: ShardLimits,
): Generator<readonly Want[]> {
  let shard: Want[] = []
  let [bytes, root] = [0, '']
  for (const want of wants) {
    const next = rootOf(want.row.key, roots)
    const size = want.reads.length > 0 ? want.row.size : 0
    const isFull = shard.length >= limits.objects || bytes + size > limits.bytes
    if (shard.length > 0 && (isFull || next !== root)) {
      yield shard
      shard = []
      bytes = 0
    }
    root = next
    bytes += size
    shard.push(want)
  }
  if (shard.length > 0) yield shard
}

/** How much there is to be done. */
export interface Amount {
  readonly shards: number
  readonly objects: number
  /** Objects whose headers are to be looked at, which mostly means that they are copied. */
  readonly attributes: number
  readonly reads: number
  /** Bytes of what is to be read, at most. */
  readonly bytes: number
}

export function amountOf(all: Iterable<readonly Want[]>): Amount {
  const amount = { shards: 0, objects: 0, attributes: 0, reads: 0, bytes: 0 }
  for (const wants of all) {
    amount.shards++
    for (const { row, attributes, reads } of wants) {
      amount.objects++
      if (attributes) amount.attributes++
      amount.reads += reads.length
      if (reads.length > 0) amount.bytes += row.size
    }
  }
  return amount
}
