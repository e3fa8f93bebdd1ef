import { isBadIdentity } from '../../aws/denial.ts'
import type { LeanS3 } from '../../aws/s3-lean.ts'
import { formatNamed } from '../../repositories/formats.ts'
import { attend, type Attended } from '../attributes/attend.ts'
import { copyEngine, type RewriteEngine } from '../attributes/rewrite.ts'
import { readPackage } from '../indexes/read-package.ts'
import type { Row } from '../journal/row.ts'
import type { Pace } from '../pace.ts'
import { chooseObjects } from '../selection.ts'
import type { Found, FoundPackage } from '../shards/found-lines.ts'
import type { Want, WantedHead, WantedRead } from './want.ts'

export interface CarryOutOptions {
  readonly s3: LeanS3
  readonly head: WantedHead
  readonly pace: Pace
  /** Once it is aborted nothing more is begun. */
  readonly signal: AbortSignal
  /** Told what is known of an object then. */
  readonly found: (found: Found) => Promise<void>
}

/** What came of some wants. */
export interface CarriedOut {
  /** Of how many objects something is known now. */
  readonly found: number
  /** How many of them were put right, and of how many packages were read. */
  readonly rewritten: number
  readonly read: number
  /** Keys of what nothing came of, and why; whoever asked does them otherwise. */
  readonly failed: readonly { readonly key: string; readonly error: unknown }[]
  /** Not begun. */
  readonly left: number
}

/** After so many failures and no success in between, the trouble is not with single objects. */
const hopeless = 40

/**
 * Looks at objects, puts their headers right and reads them, by the code that does so on an operator's host.
 *
 * @throws where nothing succeeds any more
 */
export async function carryOut(wants: readonly Want[], options: CarryOutOptions): Promise<CarriedOut> {
  const { s3, head, pace, signal } = options
  const noUploads = { copies: { uploadBegun: nothing, uploadEnded: nothing, uploads: () => [] } }
  const engine = copyEngine({ s3, journal: noUploads, aclOwner: head.aclOwner })
  const choice = chooseObjects({ mapping: head.mapping })
  for (const { row, isPackument } of wants) if (isPackument) choice.takeForPackument(row.key)
  const judge = choice.judge.bind(choice)
  const sums = { found: 0, rewritten: 0, read: 0 }
  const failed: { key: string; error: unknown }[] = []
  const queue = [...wants].reverse()
  let inARow = 0
  let stop: unknown
  const fail = (key: string, error: unknown): void => {
    failed.push({ key, error })
    if (++inARow === hopeless || isBadIdentity(error)) stop = error
  }
  const one = async (want: Want): Promise<void> => {
    try {
      const done = await doOne(want, { s3, engine, judge, signal })
      if (done !== undefined) {
        const { packages, rewritten } = done.known
        sums.found++
        if (rewritten !== undefined) sums.rewritten++
        if (packages.length > 0) sums.read++
        await options.found(done.known)
      }
      if (done?.unread === undefined) inARow = 0
      else fail(want.row.key, done.unread.error)
    } catch (error) {
      fail(want.row.key, error)
    }
  }
  const worker = async (): Promise<void> => {
    for (let more = true; more;) {
      more = await pace.run(async () => {
        const want = signal.aborted || stop !== undefined ? undefined : queue.pop()
        if (want !== undefined) await one(want)
        return want !== undefined
      })
    }
  }
  await Promise.all(Array.from({ length: Math.min(pace.cap, wants.length) }, worker))
  if (stop !== undefined) throw asError(stop)
  return { ...sums, failed, left: queue.length }
}

const nothing = (): void => undefined

interface Tools {
  readonly s3: LeanS3
  readonly engine: RewriteEngine
  readonly judge: Parameters<typeof attend>[2]['judge']
  readonly signal: AbortSignal
}

interface Done {
  readonly known: Found
  /** Why not all of it could be read. */
  readonly unread?: { readonly error: unknown }
}

/** Undefined: nothing is known of it, such as that it is gone. Whoever lists the bucket sees that. */
async function doOne({ row, attributes, seenToChange, reads }: Want, tools: Tools): Promise<Done | undefined> {
  const attended: Attended = attributes
    ? await attend(row, seenToChange, tools)
    : // It is only to be read.
      { kind: 'right', row }
  if (attended.kind === 'failed') throw asError(attended.error)
  if (!('row' in attended)) return undefined
  const from = attended.kind === 'rewritten' ? attended.from : attended.row.etag
  // Of another content than the one that was listed nothing is known beforehand.
  const isSame = from === row.etag && attended.row.size === row.size
  const { packages, unread } = isSame ? await readAll(attended.row, reads, tools) : { packages: [] }
  const { row: now } = attended
  const known: Found =
    attended.kind === 'rewritten'
      ? { row: now, packages, rewritten: { before: attended.before, wanted: attended.wanted } }
      : { row: now, packages }
  return unread === undefined ? { known } : { known, unread }
}

async function readAll(
  row: Row,
  reads: readonly WantedRead[],
  { s3 }: Tools,
): Promise<Pick<Found, 'packages'> & Pick<Done, 'unread'>> {
  const { key, size, etag, first } = row
  const packages: FoundPackage[] = []
  for (const { format, known, before } of reads) {
    try {
      const read = await readPackage(s3, formatNamed(format), { format, key, size, etag, first, known })
      if ('facts' in read) {
        const facts = Buffer.from(read.facts).toString('base64')
        packages.push({ format, bad: null, about: read.about, facts, before })
      } else if (!read.archived) packages.push({ format, bad: read.bad, about: null, facts: null })
    } catch (error) {
      return { packages, unread: { error } }
    }
  }
  return { packages }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
