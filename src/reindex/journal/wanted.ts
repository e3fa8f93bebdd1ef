import type { Row } from './row.ts'
import type { Selected, Selection } from './selected.ts'
import type { SqlFile } from './sql-file.ts'

/** What a format is to read of an object. */
export interface ReadWish {
  readonly key: string
  readonly format: string
  /** JSON. */
  readonly about: string
}

/** What is to be read, gathered from all repositories: too much for memory, and wanted in the order of keys. */
export class Wanted {
  readonly #file: SqlFile
  readonly #selected: Selected

  constructor(file: SqlFile, selected: Selected) {
    // Gone when the journal is closed.
    file.execute(
      'CREATE TEMP TABLE wanted (key TEXT NOT NULL, format TEXT NOT NULL, about TEXT NOT NULL, PRIMARY KEY (key, format)) WITHOUT ROWID',
    )
    this.#file = file
    this.#selected = selected
  }

  note({ key, format, about }: ReadWish): void {
    this.#file.write('INSERT OR REPLACE INTO wanted VALUES (?, ?, ?)', key, format, about)
  }

  forget(): void {
    this.#file.write('DELETE FROM wanted')
    this.#file.commit()
  }

  /**
   * The objects of which something is wanted, in their order, with what is to be read of each.
   *
   * @param attributes - whether those are wanted whose headers are to be put right, too
   */
  *rows(selection: Selection, attributes: boolean): Generator<{ row: Row; reads: readonly ReadWish[] }> {
    const todo = attributes ? 'todo = 1 OR ' : ''
    const extra = `(${todo}key IN (SELECT key FROM wanted))`
    for (const page of this.#selected.pages(selection, extra)) {
      const reads = Map.groupBy(this.#readsBetween(page[0]?.key, page.at(-1)?.key), ({ key }) => key)
      for (const row of page) yield { row, reads: reads.get(row.key) ?? [] }
    }
  }

  #readsBetween(first = '', last = ''): ReadWish[] {
    const query = 'SELECT key, format, about FROM wanted WHERE key BETWEEN ? AND ?'
    const rows = this.#file.rows(query, first, last)
    return rows.map(([key, format, about]) => ({ key: String(key), format: String(format), about: String(about) }))
  }
}
