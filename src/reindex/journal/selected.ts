import { type Row, rowColumns, rowOf, type Standing, standingColumns, standingOf } from './row.ts'
import { pageLength, type SqlFile, type SqlRow } from './sql-file.ts'
import type { Stretch } from './stretch.ts'

/** Which rows a run is about. */
export interface Selection {
  readonly prefix: string
  /** Formats; undefined: all. */
  readonly only: readonly string[] | undefined
  readonly excludes: (key: string) => boolean
}

/** How many objects of a class there are in which state. */
export interface Tally {
  readonly format: string
  readonly class: string
  readonly objects: number
  readonly bytes: number
  readonly right: number
  readonly todo: number
  readonly skipped: number
}

/** The objects that a selection holds, and how they stand. */
export class Selected {
  readonly #file: SqlFile
  #excludes: Selection['excludes'] = () => false

  constructor(file: SqlFile) {
    this.#file = file
    file.define('excluded', (key) => this.#excludes(key))
  }

  /** Up to `most` rows that are to be done, behind a key. */
  pending(selection: Selection, after: string, most: number): Row[] {
    const [where, values] = this.#where(selection)
    const query = `SELECT ${rowColumns} FROM object WHERE todo = 1 AND ${where} AND key > ? ORDER BY key LIMIT ?`
    return this.#file.rows(query, ...values, after, most).map(rowOf)
  }

  countPending(selection: Selection): number {
    const [where, values] = this.#where(selection)
    const row = this.#file.prepare(`SELECT count(*) AS n FROM object WHERE todo = 1 AND ${where}`).get(...values)
    return Number(row?.['n'] ?? 0)
  }

  /** The keys of all objects, in their order. */
  *keys(selection: Selection): Generator<string> {
    const [where, values] = listed(selection)
    const query = `SELECT key FROM object WHERE ${where} ORDER BY key`
    for (const row of this.#file.prepare(query).iterate(...values)) {
      const key = String(row['key'])
      if (!selection.excludes(key)) yield key
    }
  }

  /** Rows of a stretch, in the order of their keys, page by page. */
  pages(selection: Selection, stretch: Stretch): Generator<Row[]> {
    return this.#pages(selection, stretch, rowColumns, rowOf)
  }

  /** As {@link pages}, with less of each, which takes half the time. */
  standings(selection: Selection, stretch: Stretch): Generator<Standing[]> {
    return this.#pages(selection, stretch, standingColumns, standingOf)
  }

  *#pages<T extends { readonly key: string }>(
    selection: Selection,
    { from, to }: Stretch,
    columns: string,
    made: (columns: SqlRow) => T,
  ): Generator<T[]> {
    const end = to === undefined ? '' : ' AND key < ?'
    let [after, how] = [from, '>=']
    const [where, values] = listed(selection)
    for (let full = true; full;) {
      const query = `SELECT ${columns} FROM object WHERE ${where} AND key ${how} ?${end} ORDER BY key LIMIT ${pageLength}`
      const found = this.#file.rows(query, ...values, after, ...(to === undefined ? [] : [to])).map(made)
      const page = found.filter(({ key }) => !selection.excludes(key))
      if (page.length > 0) yield page
      full = found.length === pageLength
      ;[after, how] = [found.at(-1)?.key ?? '', '>']
    }
  }

  /** How things stand from a key (included) to another (not included). */
  tally(selection: Selection, from: string, to: string | undefined): Tally[] {
    const [where, values] = this.#where(selection)
    const end = to === undefined ? '' : ' AND key < ?'
    return this.#file
      .prepare(
        `SELECT format, class, count(*) AS objects, sum(size) AS bytes, sum(todo = 1) AS todo,
         sum(todo = 0 AND skip IS NOT NULL) AS skipped, sum(todo = 0 AND skip IS NULL) AS "right"
       FROM object WHERE ${where} AND key >= ?${end} GROUP BY format, class`,
      )
      .all(...values, from, ...(to === undefined ? [] : [to]))
      .map((row) => ({
        format: String(row['format']),
        class: String(row['class']),
        objects: Number(row['objects']),
        bytes: Number(row['bytes']),
        right: Number(row['right']),
        todo: Number(row['todo']),
        skipped: Number(row['skipped']),
      }))
  }

  /** The objects that can't be rewritten, in the order of their keys. */
  *skipped(selection: Selection): Generator<{ key: string; skip: string }> {
    const [where, values] = this.#where(selection)
    const query = `SELECT key, skip FROM object WHERE skip IS NOT NULL AND todo = 0 AND ${where} ORDER BY key`
    for (const row of this.#file.prepare(query).iterate(...values))
      yield { key: String(row['key']), skip: String(row['skip']) }
  }

  /** Packages that may be overwritten, and why, in the order of their keys. */
  *overwritable(selection: Selection): Generator<{ key: string; why: string }> {
    const [where, values] = this.#where(selection)
    const query = `SELECT key, why FROM object WHERE why IS NOT NULL AND ${where} ORDER BY key`
    for (const row of this.#file.prepare(query).iterate(...values))
      yield { key: String(row['key']), why: String(row['why']) }
  }

  /** Packages that clients unpack as they load them, in the order of their keys. */
  *encoded(selection: Selection): Generator<{ key: string; encoding: string }> {
    const [where, values] = this.#where(selection)
    const query = `SELECT key, encoding FROM object WHERE encoding IS NOT NULL AND class <> 'metadata' AND ${where} ORDER BY key`
    for (const row of this.#file.prepare(query).iterate(...values))
      yield { key: String(row['key']), encoding: String(row['encoding']) }
  }

  #where(selection: Selection): [string, string[]] {
    const [where, values] = listed(selection)
    this.#excludes = selection.excludes
    return [`${where} AND NOT excluded(key)`, values]
  }
}

/** A condition that holds for what a selection holds, and for what it excludes. */
function listed({ prefix, only }: Selection): [string, string[]] {
  const [where, values] = below(prefix)
  const formats = only === undefined ? '' : ` AND format IN (${only.map(() => '?').join(', ')})`
  return [`${where}${formats}`, [...values, ...(only ?? [])]]
}

/** A condition that holds for the keys below a prefix. UTF-8 has no byte 0xFF, which is behind all of them. */
export function below(prefix: string): [string, string[]] {
  return prefix === '' ? ['1', []] : ["key >= ? AND key < CAST(CAST(? AS BLOB) || x'FF' AS TEXT)", [prefix, prefix]]
}
