import { remedyOf } from './attributes/attributes.ts'
import type { Journal } from './journal/journal.ts'
import type { Choice } from './selection.ts'

/** Objects that something is said of, which is the same for all of them. */
export interface Apart {
  readonly reason: string
  objects: number
  /** The first of their keys. */
  readonly examples: string[]
  /** What an operator can do. */
  readonly todo: string
}

const examplesEach = 5

/** Objects that can't be rewritten, by reason. */
export const skippedReport = (journal: Journal, choice: Choice): Apart[] =>
  grouped(journal.selected.skipped(choice), ({ skip }) => ({ reason: skip, todo: remedyOf(skip) }))

/** Packages that others may take the place of, by what they were told by. */
export const overwritableReport = (journal: Journal, choice: Choice): Apart[] =>
  grouped(journal.selected.overwritable(choice), ({ why }) => ({
    reason: why,
    todo: 'Edges ask S3 each time whether they are still the same. Where they never change: name their class in a --mapping.',
  }))

/** Packages whose bytes clients are not handed as they are stored, by what they are packed with. */
export const encodedReport = (journal: Journal, choice: Choice): Apart[] =>
  grouped(journal.selected.encoded(choice), ({ encoding }) => ({
    reason: encoding,
    todo:
      'Clients unpack them on their way and then miss what the index says of them (npm: EINTEGRITY, others: a hash or size ' +
      'that differs). Upload them again without Content-Encoding, as pc-ctl put does; what was packed once more for its ' +
      'upload has to be unpacked first.',
  }))

function grouped<T extends { key: string }>(
  entries: Iterable<T>,
  say: (entry: T) => Pick<Apart, 'reason' | 'todo'>,
): Apart[] {
  const groups = new Map<string, Apart>()
  for (const entry of entries) {
    const { reason, todo } = say(entry)
    let group = groups.get(reason)
    if (group === undefined) groups.set(reason, (group = { reason, objects: 0, examples: [], todo }))
    group.objects++
    if (group.examples.length < examplesEach) group.examples.push(entry.key)
  }
  return [...groups.values()]
}

/** All packages that may be overwritten, each as JSON: there may be very many. */
export function* overwritableObjects(journal: Journal, choice: Choice): Generator<string> {
  for (const { key, why } of journal.selected.overwritable(choice)) yield JSON.stringify({ key, why })
}
