import { chooseObjects } from '../../src/reindex/selection.ts'
import type { ReindexWishes } from '../../src/tasks/reindex/reindex-everything.ts'

/** A run as a command without flags asks for it, but that tells nothing; a test says what is otherwise. */
export const plainRun = (stateDir: string): ReindexWishes => ({
  choice: chooseObjects({}),
  stateDir,
  concurrency: 8,
  dryRun: false,
  attributes: true,
  indexes: true,
  signerOf: () => undefined,
  changeKey: false,
  allowShrink: false,
  createMissing: false,
  formatOptions: {},
  strict: false,
  listOnly: false,
  full: false,
  forceUnlock: false,
  invalidate: false,
  show: 'nothing',
  signal: new AbortController().signal,
})
