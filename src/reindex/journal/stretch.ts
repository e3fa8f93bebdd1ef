import { pageLength, type SqlFile, type SqlRow } from './sql-file.ts'

/** Rows of part of the order of keys: from a key (included) to another (not included; undefined: to the end). */
export interface Stretch {
  readonly from: string
  readonly to: string | undefined
}

/**
 * Rows of a stretch, page by page. Rows may be written in between.
 *
 * @param query - up to its condition, of a table or join that has `object.key`, which is its first column
 * @param given - what the query itself asks for
 * @param condition - holds for all that is wanted
 */
export function* pagesOf(
  sql: SqlFile,
  query: string,
  { from, to }: Stretch,
  given: readonly string[] = [],
  condition = '1',
): Generator<SqlRow[]> {
  const end = to === undefined ? '' : ' AND object.key < ?'
  let [after, how] = [from, '>=']
  for (let full = true; full;) {
    const ordered = `${query} WHERE object.key ${how} ?${end} AND ${condition} ORDER BY object.key LIMIT ${pageLength}`
    const page = sql.rows(ordered, ...given, ...(to === undefined ? [after] : [after, to]))
    yield page
    full = page.length === pageLength
    ;[after, how] = [String(page.at(-1)?.[0]), '>']
  }
}
