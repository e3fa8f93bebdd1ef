import { statusOf } from '../../aws/denial.ts'
import type { LeanS3 } from '../../aws/s3-lean.ts'
import type { Digests } from '../../repositories/format.ts'
import { strongest } from '../../repositories/strongest.ts'
import { noteArrival, noteContent, noteCopied, noteVersion } from '../journal/content-changes.ts'
import type { Journal } from '../journal/journal.ts'
import type { Row } from '../journal/row.ts'
import { isHandedIn } from '../own-keys.ts'
import { ownPrefix } from '../selection.ts'
import { type Block, warning } from '../../text.ts'
import { say } from '../../ui/talk.ts'
import { type Listed, readPage } from '../listing/list-page.ts'
import { count } from '../progress.ts'
import { packageSource } from '../indexes/package-source.ts'
import { type Found, type FoundPackage, FoundUnreadable, readFound } from './found-lines.ts'

export interface TakeInOptions {
  readonly s3: LeanS3
  readonly journal: Journal
  readonly signal: AbortSignal
  /** What keys of what was handed in begin with; undefined: all of it. */
  readonly below?: string | undefined
  /** Of what is said in one object, what is to be believed, where the bucket is listed already; undefined: all of it. */
  readonly believed?: (said: readonly Found[]) => Promise<readonly Found[]>
  /** Told of each object that was taken in. */
  readonly noted?: (found: Found) => void
}

/**
 * Takes into the journal what other hosts have handed in, as if it had been found out here. To be done before the bucket
 * is listed: what is no longer so shows then, and what was handed in twice, or long ago, does no harm. Afterwards
 * somebody has to say what is to be believed.
 *
 * @returns of how many objects something was taken in
 * @throws what S3 answers
 */
export async function takeIn(options: TakeInOptions): Promise<number> {
  const { s3, journal, signal, below = ownPrefix } = options
  const unreadable: Unreadable[] = []
  let objects = 0
  for await (const listed of listedBelow(s3, below)) {
    if (signal.aborted) break
    const { key, etag } = listed
    if (!isHandedIn(key) || journal.shared.isTaken(key, etag)) continue
    try {
      for await (const found of foundIn(listed, options)) objects += found
    } catch (error) {
      // It has expired or was handed in anew since it was listed; what is there then the next run takes in.
      if (isGone(error)) continue
      if (!(error instanceof FoundUnreadable)) throw error
      unreadable.push({ key, isOtherVersion: error.isOtherVersion })
    }
    if (!isAborted(signal)) journal.shared.noteTaken(key, etag)
  }
  say(...passedOver(unreadable))
  return objects
}

const isGone = (error: unknown): boolean => [404, 412].includes(statusOf(error) ?? 0)

const isAborted = (signal: AbortSignal): boolean => signal.aborted

/** What can't be read of what others have handed in. */
interface Unreadable {
  readonly key: string
  readonly isOtherVersion: boolean
}

/** Nothing is lost by it: what such an object says is found out here, too. */
function passedOver(unreadable: readonly Unreadable[]): Block[] {
  const told = (those: readonly Unreadable[], what: string): Block[] => {
    const [first] = those
    if (first === undefined) return []
    const which = those.length === 1 ? first.key : `${first.key} and ${count(those.length - 1)} more`
    return [warning(`${what} (s3 object ${which}). This host finds out by itself what it said.`)]
  }
  const others = unreadable.filter(({ isOtherVersion }) => isOtherVersion)
  return [
    ...told(
      unreadable.filter(({ isOtherVersion }) => !isOtherVersion),
      "What another host or a function has handed in can't be read",
    ),
    ...told(others, 'Another version of pc-ctl has handed in what is of no use to this one'),
  ]
}

/** Takes in what one object says, and tells how many it was of, a part of them at a time. */
async function* foundIn(
  { key, size, etag }: Listed,
  { s3, journal, signal, believed = all, noted }: TakeInOptions,
): AsyncGenerator<number> {
  for await (const said of readFound(packageSource(s3, { key, size, etag, first: 0 }, {}).stream())) {
    if (signal.aborted) return
    const lines = await believed(said)
    for (const line of lines) {
      takeFound(journal, line)
      noted?.(line)
    }
    yield lines.length
  }
}

const all = async (said: readonly Found[]): Promise<readonly Found[]> => said

/** What is in the bucket below a prefix. */
export async function* listedBelow(s3: Pick<LeanS3, 'send'>, prefix: string): AsyncGenerator<Listed> {
  let after = ''
  for (let more = true; more;) {
    const query = { 'list-type': '2', 'encoding-type': 'url', prefix }
    const asked: Record<string, string> = after === '' ? query : { ...query, 'start-after': after }
    const page = readPage((await s3.send({ method: 'GET', action: 's3:ListBucket', query: asked })).body)
    yield* page.objects
    more = page.truncated
    after = page.objects.at(-1)?.key ?? after
  }
}

/** Takes in what is known of one object elsewhere. What is known here of a later version stays. */
function takeFound(journal: Journal, { row, packages, republished, rewritten }: Found): void {
  const known = journal.get(row.key)
  const isSame = known !== undefined && isSameContent(known, row)
  if (known !== undefined && known.modified > row.modified && known.etag !== row.etag) return
  if (known === undefined) noteArrival(journal, row)
  else if (!isSame) noteVersion(journal, known, row)
  if (republished !== undefined) {
    journal.republished.note(row.key, { sure: republished === 'surely', since: Math.floor(Date.now() / 1000) })
  }
  if (isSame) noteCopied(journal, row.key, known.etag, row)
  if (rewritten !== undefined) journal.copies.ended(row.key)
  if (known === undefined || known.modified <= row.modified) {
    journal.put(isSame ? { ...row, first: Math.min(known.first, row.first) } : row)
  }
  for (const one of packages) takePackage(journal, row, one)
}

/** A copy has another ETag where that is no digest, and another time; when its content was first seen stays. */
const isSameContent = (known: Row, row: Row): boolean =>
  known.size === row.size && (known.etag === row.etag || known.first === row.first || known.modified === row.first)

function takePackage(journal: Journal, { key, size, etag }: Row, found: FoundPackage): void {
  const { format, bad, about, facts } = found
  const last = journal.republished.isSuspected(key) ? journal.lastDigest(key) : undefined
  const before = last === undefined ? (found.before ?? []) : [[last]]
  const read = facts === null ? null : Buffer.from(facts, 'base64')
  journal.putPackage({ key, format, size, etag, bad, about, facts: read })
  const digest = about === null ? undefined : strongest((JSON.parse(about) as { digests?: Digests }).digests ?? {})
  if (digest !== undefined && noteContent(journal, key, before, digest)) journal.lookAgain(key)
  journal.copies.contentRead(key)
}
