/** What comes before packages are read: the same wherever that is done, so that all who do it come to the same. */
import type { LeanS3 } from '../../aws/s3-lean.ts'
import { type OldIndexes, RefusedRepository, type Repository } from '../../repositories/format.ts'
import type { Journal } from '../journal/journal.ts'
import type { Pace } from '../pace.ts'
import { compareKeys } from '../ranges.ts'
import { lastTime, type LastTimeOptions, type Summary } from './last-time.ts'
import { readIndex } from './read-index.ts'
import { type FoundRepository, indexRows, storedObject } from './repository-objects.ts'
import { whyNotSigned } from './signing.ts'

export interface OpeningOptions extends LastTimeOptions {
  readonly s3: LeanS3
  readonly pace: Pick<Pace, 'run'>
  /** Sign with other keys than those that it is signed with. */
  readonly changeKey: boolean
  /** Its index is made by another host, which may have keys that this one has not. */
  readonly isForAnother?: boolean
}

/** What the last run made of exactly the same: then nothing is read. */
export const unchangedSince = (found: FoundRepository, options: LastTimeOptions): Summary | undefined =>
  found.isPartlyExcluded === true ? undefined : lastTime(found, options)

/** A repository as its format sees it, and what its index knows as soon as that is read. */
export interface Opening {
  readonly repository: Repository
  /** Rejects with RefusedRepository where its index can't be made, or as {@link Repository.read}. */
  readonly opened: Promise<OldIndexes>
}

/** Reads the index of a repository whose packages are to be read, if it can be made anew. */
export function openRepository(found: FoundRepository, options: OpeningOptions): Opening {
  const repository = repositoryOf(found, options)
  return { repository, opened: open(found, repository, options) }
}

async function open(found: FoundRepository, repository: Repository, options: OpeningOptions): Promise<OldIndexes> {
  if (found.isPartlyExcluded === true) {
    throw new RefusedRepository(
      'some of its packages are left out by --exclude',
      'Leave out all of it, or nothing: an index without them would lose them.',
    )
  }
  const old = await found.format.open(repository)
  const unsigned = options.isForAnother === true ? undefined : await whyNotSigned(old.signatures, options)
  if (unsigned !== undefined) throw new RefusedRepository(unsigned.why, unsigned.todo)
  return old
}

function repositoryOf(
  found: FoundRepository,
  { s3, journal, pace }: { readonly s3: LeanS3; readonly journal: Journal; readonly pace: Pick<Pace, 'run'> },
): Repository {
  const created = found.created ?? new Map<string, Uint8Array>()
  const empty = [...created].map(([key, { length: size }]) => ({ key, size, etag: '', modified: 0 }))
  return {
    root: found.root,
    indexes: [...[...indexRows(found, journal)].map(storedObject), ...empty].sort((one, other) =>
      compareKeys(one.key, other.key),
    ),
    read: async (key) => created.get(key) ?? pace.run(() => readIndex(s3, key)),
  }
}
