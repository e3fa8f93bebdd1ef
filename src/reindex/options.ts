/** What a run is told. */
import type { FormatOptions } from '../repositories/format.ts'
import type { OpenedSigner } from '../repositories/openpgp.ts'
import type { Show } from '../ui/renderer.ts'
import type { JobNote } from './job-note.ts'
import type { LockTiming } from './lock.ts'
import type { WriteReport } from './report-file.ts'
import type { Choice } from './selection.ts'
import type { Shard } from './shard.ts'

export interface ReindexOptions {
  readonly choice: Choice
  /** Folder of the journal. */
  readonly stateDir: string
  /** Requests at a time, at most. */
  readonly concurrency: number
  /** Look, write nothing to the bucket. */
  readonly dryRun: boolean
  /** Put the attributes of what is there right. */
  readonly attributes: boolean
  /** Make the indexes of repositories anew. */
  readonly indexes: boolean
  /** What signs the repository with a root. */
  readonly signerOf: (root: string) => OpenedSigner | undefined
  /** Sign repositories with other keys than those that they are signed with. */
  readonly changeKey: boolean
  /** Let an index lose packages. */
  readonly allowShrink: boolean
  /** Make repositories of folders of packages that have no index, where their layout leaves no doubt. */
  readonly createMissing: boolean
  /** What formats are told by an operator. */
  readonly formatOptions: FormatOptions
  /** A file that is no package is a failure. */
  readonly strict: boolean
  /** Only tell what was recognised. */
  readonly listOnly: boolean
  /** Forget what the journal knows. */
  readonly full: boolean
  readonly forceUnlock: boolean
  /** Only one of several hosts' part, of which they tell the one that makes the indexes; undefined: all. */
  readonly shard?: Shard | undefined
  /** As the lock's: looks at what goes on by itself of a run before. Without it this run takes that over. */
  readonly admit?: ((job: JobNote) => Promise<void>) | undefined
  /** Of a shard for a function. */
  readonly shardObjects?: number | undefined
  readonly lockTiming?: LockTiming
  /** Where the report goes, beside what the command prints. */
  readonly writeReport?: WriteReport | undefined
  readonly show: Show
  /** Aborted by the operator. */
  readonly signal: AbortSignal
}

/** Does a run write to the bucket? */
export const writes = ({ dryRun, listOnly }: Pick<ReindexOptions, 'dryRun' | 'listOnly'>): boolean =>
  !dryRun && !listOnly
