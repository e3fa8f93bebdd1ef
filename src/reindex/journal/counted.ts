import type { SqlFile } from './sql-file.ts'

/** Objects that this run has counted as wrong, with what they were counted as: some are looked at twice. */
export class Counted {
  readonly #file: SqlFile

  constructor(file: SqlFile) {
    // Gone when the journal is closed.
    file.execute('CREATE TEMP TABLE counted (key TEXT PRIMARY KEY, kind TEXT NOT NULL) WITHOUT ROWID')
    this.#file = file
  }

  note(key: string, kind: string): void {
    this.#file.write('INSERT OR REPLACE INTO counted VALUES (?, ?)', key, kind)
  }

  kindOf(key: string): string | undefined {
    const row = this.#file.prepare('SELECT kind FROM counted WHERE key = ?').get(key)
    return row === undefined ? undefined : String(row['kind'])
  }
}
