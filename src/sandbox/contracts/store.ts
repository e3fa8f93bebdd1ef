import { DatabaseSync } from 'node:sqlite'

import { openPrivateFile } from './private-folder.ts'

/** A named collection of JSON documents, ordered by id. */
export interface Collection<T> {
  get(id: string): T | undefined
  put(id: string, document: T): void
  delete(id: string): void
  list(): T[]
}

/**
 * Everything the sandbox remembers: one SQLite file, so that a sandbox killed at any moment starts again with what it
 * had acknowledged. Without a file name it lives in memory and ends with the process.
 */
export class Store {
  /** For services (S3) whose data is too large for whole-document collections. */
  readonly database: DatabaseSync

  constructor(file?: string) {
    // SQLite would make it readable for everybody.
    if (file !== undefined) openPrivateFile(file)
    this.database = new DatabaseSync(file ?? ':memory:')
    this.database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS document (
        collection TEXT NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (collection, id)
      ) WITHOUT ROWID;`)
  }

  collection<T>(name: string): Collection<T> {
    const get = this.database.prepare('SELECT json FROM document WHERE collection = ? AND id = ?')
    const list = this.database.prepare('SELECT json FROM document WHERE collection = ? ORDER BY id')
    const put = this.database.prepare('INSERT OR REPLACE INTO document (collection, id, json) VALUES (?, ?, ?)')
    const remove = this.database.prepare('DELETE FROM document WHERE collection = ? AND id = ?')
    const parse = (row: Record<string, unknown>): T => JSON.parse(String(row['json'])) as T
    return {
      get(id) {
        const row = get.get(name, id)
        return row === undefined ? undefined : parse(row)
      },
      put: (id, document) => void put.run(name, id, JSON.stringify(document)),
      delete: (id) => void remove.run(name, id),
      list: () => list.all(name).map(parse),
    }
  }

  close(): void {
    this.database.close()
  }
}

/** Runs changes that belong together: all of them happen or none. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}
