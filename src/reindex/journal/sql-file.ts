import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite'

/** A row as the list of its columns: as an object with their names it takes thrice the time. */
export type SqlRow = readonly SQLOutputValue[]

/** Rows that are in memory at a time; what was read of a package may be some ten kilobytes. */
export const pageLength = 500

/** Writes are gathered in a transaction, since each commit waits for the disk. */
const writesAtOnce = 2000

/** Rows are written and read in the order of their keys, many at a time: larger pages are split and looked up less often. */
const pageBytes = 16_384

/** So much may be in the log before it is brought into the file. */
const logBytes = 32 * 1024 ** 2

/**
 * An SQLite file that one process holds alone. Losing the last moment to a power cut is allowed; a broken file is not.
 */
export class SqlFile {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  /** Those whose rows are lists. */
  readonly #listing = new Map<string, StatementSync>()
  #open = 0

  /**
   * @param file - is made if need be, with its folder
   * @throws while another process holds it, or where it can't be opened
   */
  constructor(file: string) {
    makeFolder(dirname(file))
    this.#database = new DatabaseSync(file)
    this.#database.exec(
      `PRAGMA page_size = ${pageBytes}; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
       PRAGMA cache_size = -8000; PRAGMA user_version; BEGIN IMMEDIATE; COMMIT;`,
    )
    // A file of before keeps the pages that it has.
    const bytes = Number(this.#database.prepare('PRAGMA page_size').get()?.['page_size'])
    this.#database.exec(`PRAGMA wal_autocheckpoint = ${Math.floor(logBytes / bytes)}`)
  }

  /** Makes an SQL function of one argument known. */
  define(name: string, judge: (value: string) => boolean): void {
    this.#database.function(name, (value) => (judge(String(value)) ? 1 : 0))
  }

  /** Runs SQL at once. */
  execute(sql: string): void {
    this.#database.exec(sql)
  }

  prepare(query: string): StatementSync {
    let statement = this.#statements.get(query)
    if (statement === undefined) this.#statements.set(query, (statement = this.#database.prepare(query)))
    return statement
  }

  /** Rows that a query finds. */
  rows(query: string, ...values: readonly (string | number)[]): SqlRow[] {
    let statement = this.#listing.get(query)
    if (statement === undefined) {
      statement = this.#database.prepare(query)
      statement.setReturnArrays(true)
      this.#listing.set(query, statement)
    }
    const found: unknown[] = statement.all(...values)
    return found.filter(isList)
  }

  /** Writes within the open transaction, which begins with the first write. */
  write(query: string, ...values: (string | number | Uint8Array | null)[]): void {
    // Asked for each write it would take as long as a tenth of it.
    if (this.#open === 0 && !this.#database.isTransaction) this.#database.exec('BEGIN')
    this.prepare(query).run(...values)
    if (++this.#open >= writesAtOnce) this.commit()
  }

  /** Keeps what has been written so far. */
  commit(): void {
    if (this.#database.isTransaction) this.#database.exec('COMMIT')
    this.#open = 0
  }

  /** Commits what has been written and closes the file. */
  close(): void {
    this.commit()
    this.#database.close()
  }
}

const isList = (row: unknown): row is SqlRow => Array.isArray(row)

/** One folder after another: `recursive` never ends where a file system lets nobody make any, such as /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
}
