import { chooseObjects } from '../../src/reindex/selection.ts'
import { attributesOnly, type ReindexWishes } from '../../src/tasks/reindex/reindex-everything.ts'

/** A run as a command without flags asks for it, but that tells nothing; a test says what is otherwise. */
export const plainRun = (stateDir: string): ReindexWishes => ({
  choice: chooseObjects({}),
  stateDir,
  concurrency: 8,
  dryRun: false,
  ...attributesOnly,
  indexes: true,
  full: false,
  show: 'nothing',
  signal: new AbortController().signal,
})
