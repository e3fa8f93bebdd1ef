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
import type { Row } from '../journal/row.ts'
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
  const [first = '', last = ''] = [page[0]?.key, page.at(-1)?.key]
  const readers = opened.map((one) => ({ ...one, read: journal.readBetween(one.repository.format.name, first, last) }))
  const wants: Want[] = []
  for (const row of page) {
    const { key, size } = row
    if (size > largest) continue
    const attributes = options.attributes && row.todo
    const reads: WantedRead[] = []
    for (const { repository, old, read } of readers) {
      const { format } = repository
      if (isArchived(row) || read.has(key) || format.roleOf(key) !== 'package') continue
      const { job, before } = wantedOf(row, format, old, options)
      reads.push({ format: format.name, known: job.known, before })
    }
    if (!attributes && reads.length === 0) continue
    const seenToChange = journal.republished.isSure(key)
    wants.push({ row, attributes, seenToChange, isPackument: choice.isPackument(key), reads })
  }
  return wants
}

/** Cuts what is wanted into shards, none of which has objects of two repositories. */
export async function* shardsOf(
  pages: AsyncIterable<readonly Want[]>,
  roots: { has(root: string): boolean },
  limits: ShardLimits,
): AsyncGenerator<readonly Want[]> {
  let shard: Want[] = []
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
export function addTo(amount: ReturnType<typeof nothingYet>, wants: readonly Want[]): void {
  amount.shards++
  for (const { row, attributes, reads } of wants) {
    amount.objects++
    if (attributes) amount.attributes++
    amount.reads += reads.length
    if (reads.length > 0) amount.bytes += row.size
  }
}

export async function amountOf(
  all: AsyncIterable<readonly Want[]>,
  counted: (objects: number) => void,
): Promise<Amount> {
  const amount = nothingYet()
  for await (const wants of all) {
    addTo(amount, wants)
    counted(wants.length)
  }
  return amount
}
