import type { LeanS3 } from '../../aws/s3-lean.ts'
import { CtlError } from '../../errors.ts'
import type { Digests } from '../../repositories/format.ts'
import { strongest } from '../../repositories/strongest.ts'
import { noteArrival, noteContent, noteVersion } from '../journal/content-changes.ts'
import type { Journal } from '../journal/journal.ts'
import type { Row } from '../journal/row.ts'
import { isHandedIn, shardsPrefix } from '../own-keys.ts'
import { ownPrefix } from '../selection.ts'
import { warning } from '../../text.ts'
import { say } from '../../ui/talk.ts'
import { type Listed, readPage } from '../listing/list-page.ts'
import { type Found, type FoundPackage, isFound, unpackLines } from './found-lines.ts'

export interface TakeInOptions {
  readonly s3: Pick<LeanS3, 'send'>
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
  const { s3, journal, signal, below = ownPrefix, believed = all } = options
  let objects = 0
  for await (const { key, etag } of listedBelow(s3, below)) {
    if (signal.aborted) break
    if (!isHandedIn(key) || journal.shared.isTaken(key, etag)) continue
    const lines = await believed(await foundIn(s3, key).catch((error: unknown) => passOver(error, key)))
    for (const line of lines) {
      takeFound(journal, line)
      options.noted?.(line)
    }
    objects += lines.length
    journal.shared.noteTaken(key, etag)
  }
  return objects
}

const all = async (said: readonly Found[]): Promise<readonly Found[]> => said

/** Hosts are to be of one version. Results of functions stay for years, and what they said is found out here, too. */
function passOver(error: unknown, key: string): Found[] {
  if (key.startsWith(shardsPrefix) || !(error instanceof CtlError && error.code === unreadableCode)) throw error
  say(warning(`${error.message} This host finds out by itself what it said.`))
  return []
}

/** @throws CtlError (failed) where it is not what {@link packLines} has made of what was found out */
async function foundIn(s3: Pick<LeanS3, 'send'>, key: string): Promise<Found[]> {
  const { body } = await s3.send({ method: 'GET', action: 's3:GetObject', key })
  const lines = await unpackLines(body).catch((error: unknown) => {
    throw unreadable(key, error)
  })
  return lines.map((line) => {
    if (!isFound(line)) throw unreadable(key)
    return line
  })
}

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
  if (isSame) journal.sameContent(row.key, known.etag, row.etag)
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
  const before = last === undefined ? (found.before ?? []) : [last]
  const read = facts === null ? null : Buffer.from(facts, 'base64')
  journal.putPackage({ key, format, size, etag, bad, about, facts: read })
  const digest = about === null ? undefined : strongest((JSON.parse(about) as { digests?: Digests }).digests ?? {})
  if (digest !== undefined && noteContent(journal, key, before, digest)) journal.lookAgain(key)
  journal.copies.contentRead(key)
}

const unreadableCode = 'HandedInUnreadable'

const unreadable = (key: string, cause?: unknown): CtlError =>
  new CtlError('failed', `What another host or a function has handed in can't be read (s3 object ${key}).`, {
    hint: 'Run pc-ctl of one version on all hosts. Or remove the object: then this host finds out by itself what it said.',
    code: unreadableCode,
    ...(cause === undefined ? {} : { cause }),
  })
