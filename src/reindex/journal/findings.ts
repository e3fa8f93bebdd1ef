import { pageLength, type SqlFile } from './sql-file.ts'

export const findingsSchema = `
  CREATE TABLE IF NOT EXISTS finding (number INTEGER PRIMARY KEY, about TEXT NOT NULL, json TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS findings ON finding (about, number);`

/** What there is to be told about a repository, or about a run; memory could not hold millions of them. */
export class Findings {
  readonly #file: SqlFile

  constructor(file: SqlFile) {
    this.#file = file
  }

  /** @param json - one finding */
  add(about: string, json: string): void {
    this.#file.write('INSERT INTO finding (about, json) VALUES (?, ?)', about, json)
  }

  forget(about: string): void {
    this.#file.write('DELETE FROM finding WHERE about = ?', about)
  }

  /** In the order in which they were added. Others may be added meanwhile. */
  *of(about: string): Generator<string> {
    let last = 0
    for (let full = true; full;) {
      const query = `SELECT number, json FROM finding WHERE about = ? AND number > ? ORDER BY number LIMIT ${pageLength}`
      const rows = this.#file.prepare(query).all(about, last)
      for (const row of rows) yield String(row['json'])
      full = rows.length === pageLength
      last = Number(rows.at(-1)?.['number'])
    }
  }
}
