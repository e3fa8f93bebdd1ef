import { requestIdLines } from '../../aws/aws-error.ts'
import { isBadIdentity, statusOf } from '../../aws/denial.ts'
import type { Finding, Format, OldIndexes, StoredObject } from '../../repositories/format.ts'
import { strongest } from '../../repositories/strongest.ts'
import { messageOf } from '../../errors.ts'
import type { Content, Journal } from '../journal/journal.ts'
import type { Pace } from '../pace.ts'
import { noteContent } from '../journal/content-changes.ts'
import type { Claims } from './claims.ts'
import type { About, BadPackage, ReadJob, ReadResult } from './read-package.ts'
import type { Readers } from './read-threads.ts'
import { type FoundRepository, packageContents, storedObject } from './repository-objects.ts'

export interface ReadingOptions {
  readonly journal: Journal
  readonly claims: Claims
  readonly pace: Pick<Pace, 'cap' | 'run'>
  readonly readers: Readers
  readonly signal: AbortSignal
  /** A package was read. */
  readonly read: (bytes: number) => void
}

/** A finding, perhaps of a file that is no package. */
export interface IndexFinding extends Finding {
  readonly bad?: true
}

interface Bad extends BadPackage {
  readonly object: StoredObject
}

/** Reads the packages whose content the journal does not know. */
export async function readPackages(
  found: FoundRepository,
  old: OldIndexes,
  options: ReadingOptions,
): Promise<{ bad: Bad[]; failures: Finding[] }> {
  const { journal, pace, signal } = options
  const bad: Bad[] = []
  const failures: Finding[] = []
  const contents = packageContents(found, journal)
  const worker = async (): Promise<void> => {
    for (let next = contents.next(); next.done !== true && !signal.aborted; next = contents.next()) {
      const row = next.value
      let read = row.bad === null || row.bad === undefined ? undefined : { bad: row.bad, archived: false }
      try {
        if (row.bad === undefined) read = await pace.run(() => readOne(row, found.format, old, options))
      } catch (error) {
        if (isHopeless(error)) throw error
        failures.push({
          key: row.key,
          what: `could not be read: ${messageOf(error)}`,
          todo: again(error),
        })
      }
      if (read !== undefined) bad.push({ object: storedObject(row), ...read })
    }
  }
  await Promise.all(Array.from({ length: pace.cap }, worker))
  journal.commit()
  bad.sort((a, b) => (a.object.key < b.object.key ? -1 : 1))
  return { bad, failures }
}

/** What will be answered to everything else too. */
export const isHopeless = (error: unknown): boolean => statusOf(error) === 403 || isBadIdentity(error)

/** What to do about a failure that may pass. */
export const again = (error: unknown): string => ['Run the same command again.', ...requestIdLines(error)].join(' ')

/** Reads one package into the journal; undefined where it is one. */
async function readOne(
  row: Content,
  format: Format,
  old: OldIndexes,
  { readers, journal, claims, read }: ReadingOptions,
): Promise<BadPackage | undefined> {
  const { job, before } = wantedOf(row, format, old, { journal, claims })
  const result = await readers.read(job)
  takeRead(journal, job, before, result)
  if ('bad' in result) return result
  read(row.size)
  return undefined
}

/**
 * What is to be read of a package, and the digests of what was there before, as far as anybody knows: of each index that
 * lists it, its own and others', or of the journal, which was told last.
 */
export function wantedOf(
  row: Pick<Content, 'key' | 'size' | 'etag' | 'first'>,
  format: Format,
  old: OldIndexes,
  { journal, claims }: Pick<ReadingOptions, 'journal' | 'claims'>,
): { readonly job: ReadJob; readonly before: readonly (readonly string[])[] } {
  const { key, size, etag, first } = row
  // After a copy that was cut off, size and time prove nothing.
  const listed = (journal.copies.isUnsure(key) ? undefined : old.digestsOf(storedObject(row))) ?? {}
  const sha256 = journal.digests.of(key, etag)
  const known = sha256 === undefined ? listed : { ...listed, sha256 }
  const last = journal.republished.isSuspected(key) ? journal.lastDigest(key) : undefined
  const before = last === undefined ? [old.listed(key), ...claims.of(format, key)] : [[last]]
  return { job: { format: format.name, key, size, etag, first, known }, before }
}

/** Notes what was read of a package, wherever that was. */
function takeRead(
  journal: Journal,
  { format, key, size, etag }: ReadJob,
  before: readonly (readonly string[])[],
  result: ReadResult,
): void {
  if ('facts' in result) {
    journal.putPackage({ key, format, size, etag, bad: null, ...result })
    const now = before.length === 0 ? undefined : digestIn(result)
    if (now !== undefined && noteContent(journal, key, before, now)) journal.lookAgain(key)
    journal.copies.contentRead(key)
    return
  }
  // What is archived may be restored without becoming another version.
  if (!result.archived) journal.putPackage({ key, format, size, etag, bad: result.bad, about: null, facts: null })
}

const digestIn = ({ about }: { readonly about: string }): string | undefined =>
  strongest((JSON.parse(about) as About).digests)

/** What is told of a file that is no package. */
export const badPackage = ({ object: { key }, bad, archived }: Bad, kept: boolean): IndexFinding => ({
  key,
  bad: true,
  what: kept ? `can not be read, and keeps its entry in the index: ${bad}` : `is left out of the index: ${bad}`,
  todo: archived ? 'Restore it and copy it to another storage class.' : 'Upload it again, or remove it.',
})
