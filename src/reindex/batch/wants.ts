import { setImmediate as nextTurn } from 'node:timers/promises'

import { isArchived } from '../attributes/attributes.ts'
import type { OldIndexes } from '../../repositories/format.ts'
import type { Claims } from '../indexes/claims.ts'
import { claimsOn } from '../indexes/find-claims.ts'
import type { FoundRepository } from '../indexes/index-repository.ts'
import type { MakeIndexesOptions } from '../indexes/make-indexes.ts'
import { openRepository, unchangedSince } from '../indexes/open-repository.ts'
import { isHopeless, wantedOf } from '../indexes/read-packages.ts'
import type { Amount } from '../elsewhere-report.ts'
import type { Journal } from '../journal/journal.ts'
import type { Row, Standing } from '../journal/row.ts'
import { rootOf } from '../report.ts'
import type { Choice } from '../selection.ts'
import { endsWithin, type Piece, piecesOf } from './pieces.ts'
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

/** What there is to be known of repositories before their packages are read. */
interface WantingOptions extends Omit<MakeIndexesOptions, 'publisher'> {
  readonly journal: Journal
  readonly choice: Choice
  /** Headers are to be put right, too. */
  readonly attributes: boolean
}

/** A repository whose present index was read. */
interface Opened {
  readonly repository: FoundRepository
  readonly old: OldIndexes
}

/** An object about which there is something to be done: all that a cut goes by. */
interface Wanted<R, T> {
  readonly row: R
  /** Its headers are to be looked at, and put right. */
  readonly attributes: boolean
  readonly reads: readonly T[]
}

export type Outline = Wanted<Pick<Row, 'key' | 'size'>, unknown>

/** So many pieces ahead repositories are opened, as long as their indexes are not large: each takes S3 some answers. */
const most = { ahead: 32, bytes: 16 * 1024 ** 2 }

/**
 * What there is to be done, in the order of keys, some hundred objects at a time; ends early when it is stopped. What is
 * to be read is told by going along the repositories that a key is in: there is nothing to be remembered of each key.
 * A repository that lists a package of another one of its format, further down, leaves that to it, but for what it claims.
 */
export async function* wantsOf(
  found: readonly FoundRepository[],
  options: WantingOptions,
): AsyncGenerator<readonly Want[]> {
  const { journal, choice, signal } = options
  const claims = await claimsOn(found, options)
  for await (const { piece, opened } of openedPieces(found, options)) {
    for (const page of journal.selected.pages(choice, piece)) {
      if (signal.aborted) return
      yield wantsOfPage(page, opened, { ...options, claims })
    }
  }
}

/** As {@link wantsOf}, as far as a cut goes by it: what is known of each object is left in the journal. */
export async function* outlinesOf(
  found: readonly FoundRepository[],
  options: WantingOptions,
): AsyncGenerator<readonly Outline[]> {
  const { journal, choice, signal } = options
  for await (const { piece, opened } of openedPieces(found, options)) {
    for (const page of journal.selected.standings(choice, piece)) {
      if (signal.aborted) return
      yield wantedIn(page, opened, options)
      // Nothing here waits for anything, and somebody may want to stop it.
      await nextTurn()
    }
  }
}

/** The pieces with what of their repositories could be opened; some are opened while others are gone through. */
async function* openedPieces(
  found: readonly FoundRepository[],
  options: WantingOptions,
): AsyncGenerator<{ readonly piece: Piece; readonly opened: readonly Opened[] }> {
  const opening = new Map<FoundRepository, { readonly bytes: number; readonly opened: Promise<Opened | undefined> }>()
  const ahead: Piece[] = []
  const pieces = piecesOf(found)
  const isEnough = (): boolean => {
    const bytes = [...opening.values()].reduce((sum, one) => sum + one.bytes, 0)
    return ahead.length > 0 && (ahead.length >= most.ahead || bytes >= most.bytes)
  }
  for (let last = false; ;) {
    while (!last && !isEnough()) {
      const next = pieces.next()
      last = next.done === true
      if (next.done === true) break
      ahead.push(next.value)
      for (const repository of next.value.repositories) {
        if (!opening.has(repository)) opening.set(repository, open(repository, options))
      }
    }
    const piece = ahead.shift()
    if (piece === undefined) return
    const opened: Opened[] = []
    for (const repository of piece.repositories) {
      const one = await opening.get(repository)?.opened
      if (one !== undefined) opened.push(one)
    }
    yield { piece, opened }
    for (const repository of opening.keys()) if (endsWithin(repository, piece)) opening.delete(repository)
  }
}

/** What can't be opened is told of later, when its index is made. */
function open(
  repository: FoundRepository,
  options: WantingOptions,
): { readonly bytes: number; readonly opened: Promise<Opened | undefined> } {
  const { signal, signerOf } = options
  const more = { ...options, signer: signerOf(repository.root), now: Date.now() }
  if (unchangedSince(repository, more) !== undefined) return { bytes: 0, opened: Promise.resolve(undefined) }
  const opening = openRepository(repository, more)
  const opened = opening.opened.then(
    (old) => ({ repository, old }),
    (error: unknown) => {
      if (signal.aborted || isHopeless(error)) throw error
      return undefined
    },
  )
  // Whoever comes to its piece hears of it.
  opened.catch(() => undefined)
  return { bytes: opening.repository.indexes.reduce((sum, { size }) => sum + size, 0), opened }
}

function wantsOfPage(
  page: readonly Row[],
  opened: readonly Opened[],
  options: WantingOptions & { readonly claims: Claims },
): Want[] {
  const { journal, choice } = options
  return wantedIn(page, opened, options).map(({ row, attributes, reads }) => ({
    row,
    attributes,
    seenToChange: journal.republished.isSure(row.key),
    isPackument: choice.isPackument(row.key),
    reads: reads.map(({ repository: { format }, old }): WantedRead => {
      const { job, before } = wantedOf(row, format, old, options)
      return { format: format.name, known: job.known, before }
    }),
  }))
}

/** Those of a page about which there is something to be done, each with the repositories that are to read it. */
function wantedIn<R extends Standing>(
  page: readonly R[],
  opened: readonly Opened[],
  { journal, attributes: all }: Pick<WantingOptions, 'journal' | 'attributes'>,
): Wanted<R, Opened>[] {
  const [first = '', last = ''] = [page[0]?.key, page.at(-1)?.key]
  const readers = opened.map((one) => {
    const { format } = one.repository
    const read = journal.readBetween(format.name, first, last)
    // Before the first run nothing is: keys need not be hashed for that.
    const isUnread = (key: string): boolean => read.size === 0 || !read.has(key)
    return { one, isWanted: (key: string): boolean => isUnread(key) && format.roleOf(key) === 'package' }
  })
  const wanted: Wanted<R, Opened>[] = []
  for (const row of page) {
    if (row.size > largest) continue
    const attributes = all && row.todo
    const reads = isArchived(row) ? [] : readers.filter(({ isWanted }) => isWanted(row.key)).map(({ one }) => one)
    if (attributes || reads.length > 0) wanted.push({ row, attributes, reads })
  }
  return wanted
}

/** Cuts what is wanted into shards, none of which has objects of two repositories. */
export async function* shardsOf<T extends Outline>(
  pages: AsyncIterable<readonly T[]>,
  roots: { has(root: string): boolean },
  limits: ShardLimits,
): AsyncGenerator<readonly T[]> {
  let shard: T[] = []
  let [bytes, root, folder] = [0, '', '']
  for await (const page of pages) {
    for (const want of page) {
      const { key } = want.row
      // Most lie in the folder of the one before.
      const isNear = folder !== '' && key.startsWith(folder) && !key.includes('/', folder.length)
      const next = isNear ? root : rootOf(key, roots)
      if (!isNear) folder = key.slice(0, key.lastIndexOf('/') + 1)
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
  }
  if (shard.length > 0) yield shard
}

export const nothingYet = () => ({ shards: 0, objects: 0, attributes: 0, reads: 0, bytes: 0 })

/** Counts one more shard. */
export function addTo(amount: ReturnType<typeof nothingYet>, wants: readonly Outline[]): void {
  amount.shards++
  for (const { row, attributes, reads } of wants) {
    amount.objects++
    if (attributes) amount.attributes++
    amount.reads += reads.length
    if (reads.length > 0) amount.bytes += row.size
  }
}

export async function amountOf(
  all: AsyncIterable<readonly Outline[]>,
  counted: (objects: number) => void,
): Promise<Amount> {
  const amount = nothingYet()
  for await (const wants of all) {
    addTo(amount, wants)
    counted(wants.length)
  }
  return amount
}
