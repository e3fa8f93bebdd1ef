import type { Insertion, Row } from './row.ts'

/** An object that was never seen before, so that nothing is known of its headers. */
export type Arrival = Omit<Row, 'cacheControl' | 'contentType' | 'encoding' | 'first'>

/** So many arrivals are kept with one statement. More take longer. */
const arrivalsAtOnce = 10

/**
 * What keeps objects that are not there yet. Neighbours have nearly all in common, and each value that is bound takes its time. (With
 * OR REPLACE a statement of several rows would first write down how to undo it.)
 */
export function* insertsOf(arrivals: readonly Arrival[]): Generator<Insertion> {
  for (let from = 0; from < arrivals.length;) {
    const first = arrivals[from]
    if (first === undefined) return
    const { class: kind, format, skip, todo, why } = first
    const values = [kind, format, skip, todo ? 1 : 0, why]
    let to = from
    for (; to < from + arrivalsAtOnce; to++) {
      const one = arrivals[to]
      if (one === undefined || !isAlike(one, first)) break
      values.push(one.key, one.size, one.etag, one.modified)
    }
    yield [insertion(to - from), ...values]
    from = to
  }
}

const isAlike = (one: Arrival, other: Arrival): boolean =>
  one.class === other.class &&
  one.format === other.format &&
  one.skip === other.skip &&
  one.todo === other.todo &&
  one.why === other.why

/** By the number of rows. */
const insertions: string[] = []

const insertion = (rows: number): string =>
  (insertions[rows] ??= `INSERT OR IGNORE INTO object
    SELECT column1, column2, column3, column4, ?, ?, NULL, NULL, ?, ?, column4, ?, NULL
    FROM (VALUES ${Array<string>(rows).fill('(?, ?, ?, ?)').join(', ')})`)
