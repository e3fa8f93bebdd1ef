import type { Journal } from './journal/journal.ts'

/** Packages that were published again under the same key, although edges and clients may hold what was there before. */
export interface RepublishedReport {
  readonly objects: number
  /** Those of the same size whose ETags differ, which need not mean anything. */
  readonly unproven: number
  /** The first thousand, those that are certain before the others; in the file of `--report` all, as `republishedKeys`. */
  readonly keys: readonly string[]
  /** Have edges been told to drop them? */
  readonly dropped: boolean
}

const mostKeys = 1000

/** @param dropped - how many edges have been told to drop in this run */
export function republishedReport(journal: Journal, dropped: readonly string[] | undefined): RepublishedReport {
  const found = {
    objects: 0,
    unproven: 0,
    keys: [...(dropped ?? [])].slice(0, mostKeys),
    dropped: dropped !== undefined,
  }
  if (dropped !== undefined) return { ...found, objects: dropped.length }
  for (const sure of [true, false]) {
    for (const key of journal.republished.keys({ sure })) {
      if (sure) found.objects++
      else found.unproven++
      if (found.keys.length < mostKeys) found.keys.push(key)
    }
  }
  return found
}

/** All keys that edges should drop: the certain ones, and those that may have changed. */
export const keysToDrop = (journal: Journal): string[] => [
  ...journal.republished.keys({ sure: true }),
  ...journal.republished.keys({ sure: false }),
]

/** All that a report tells of, each as JSON. */
export function* republishedKeys(journal: Journal, dropped: readonly string[] | undefined): Generator<string> {
  for (const key of dropped ?? keysToDrop(journal)) yield JSON.stringify(key)
}
