import { randomUUID } from 'node:crypto'
import { join } from 'node:path'

import type { Digests } from '../../repositories/format.ts'
import { strongest } from '../../repositories/strongest.ts'
import type { KeyRange } from '../ranges.ts'
import { type Arrival, insertsOf } from './arrivals.ts'
import { Copies, copiesSchema } from './copies.ts'
import { Counted } from './counted.ts'
import { Findings, findingsSchema } from './findings.ts'
import { KnownDigests, knownDigestsSchema } from './known-digests.ts'
import { openingFailed } from './journal-failed.ts'
import { Republished, republishedSchema } from './republished.ts'
import { insertOf, journalVersion, type ReadPackage, type Row, rowColumns, rowOf, textOrNull } from './row.ts'
import { below, Selected } from './selected.ts'
import { Shared, sharedSchema } from './shared.ts'
import { SqlFile, type SqlRow } from './sql-file.ts'
import { pagesOf, type Stretch } from './stretch.ts'

export type { Stretch } from './stretch.ts'

/** An object that may be a package, and what has been read of its present content. */
export interface Content extends Pick<Row, 'key' | 'size' | 'etag' | 'first'> {
  /** Undefined: nothing has been read yet. Null: it is a package. */
  readonly bad: string | null | undefined
  readonly about: string | null
  /** Looked up only when asked for: much more than all the rest. Only to be called before the next page is begun. */
  readonly facts: () => Uint8Array | null
}

/** What is wanted of all objects of a stretch at once. */
export type StretchRow = Pick<Row, 'key' | 'size' | 'etag' | 'class' | 'format' | 'skip'>

/** What the last publishing of a repository's indexes was made of, and came to. */
export interface Published {
  /** Of all that it was made of. */
  readonly hash: string
  /** JSON. */
  readonly summary: string
}

const schema = `
  CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS object (
    key TEXT PRIMARY KEY, size INTEGER NOT NULL, etag TEXT NOT NULL, modified INTEGER NOT NULL,
    class TEXT NOT NULL, format TEXT NOT NULL,
    cacheControl TEXT, contentType TEXT, skip TEXT, todo INTEGER NOT NULL, first INTEGER NOT NULL,
    why TEXT, encoding TEXT
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS overwritable ON object (key) WHERE why IS NOT NULL;
  CREATE INDEX IF NOT EXISTS encoded ON object (key) WHERE encoding IS NOT NULL;
  CREATE TABLE IF NOT EXISTS package (
    key TEXT NOT NULL, format TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, bad TEXT, about TEXT, facts BLOB,
    PRIMARY KEY (key, format)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS repository (id TEXT PRIMARY KEY, hash TEXT NOT NULL, summary TEXT NOT NULL) WITHOUT ROWID;
  ${copiesSchema} ${findingsSchema} ${republishedSchema} ${sharedSchema} ${knownDigestsSchema}`

/** As long as all is to be done, it held every key once more: looking through all rows takes less than keeping it. */
const dropped = 'DROP INDEX IF EXISTS pending;'

/**
 * What is known of the objects of one bucket, in one file. Losing it costs time, never correctness: whatever it says of
 * an object holds for one version of it. It is held alone, so that no two processes of one host use it at once.
 */
export class Journal {
  readonly file: string
  readonly copies: Copies
  readonly findings: Findings
  readonly republished: Republished
  readonly counted: Counted
  readonly selected: Selected
  readonly shared: Shared
  readonly digests: KnownDigests
  readonly #sql: SqlFile

  /**
   * @param folder - is made if need be
   * @throws CtlError (refused) while another process uses it; (failed) if it can't be opened
   */
  constructor(folder: string, bucket: string) {
    this.file = join(folder, `reindex-${bucket}.sqlite`)
    try {
      this.#sql = new SqlFile(this.file)
      prepareTables(this.#sql)
      this.copies = new Copies(this.#sql)
      this.findings = new Findings(this.#sql)
      this.republished = new Republished(this.#sql)
      this.counted = new Counted(this.#sql)
      this.selected = new Selected(this.#sql)
      this.shared = new Shared(this.#sql)
      this.digests = new KnownDigests(this.#sql)
    } catch (error) {
      throw openingFailed(this.file, error)
    }
  }

  /** Tells this journal from all others: whoever has it open is the only one. */
  get id(): string {
    this.#sql.prepare("INSERT OR IGNORE INTO about VALUES ('id', ?)").run(randomUUID())
    return String(this.#sql.prepare("SELECT value FROM about WHERE name = 'id'").get()?.['value'])
  }

  /** Commits what has been written and closes the file. */
  close(): void {
    this.#sql.close()
  }

  /** Keeps what has been written so far. */
  commit(): void {
    this.#sql.commit()
  }

  /** Forgets what is known of everything below a prefix. */
  forget(prefix: string): void {
    const [where, values] = below(prefix)
    // When a content was first seen stays: nothing in the bucket can tell it any more.
    this.#sql.write(
      `UPDATE object SET cacheControl = NULL, contentType = NULL, encoding = NULL, skip = NULL, todo = 1 WHERE ${where}`,
      ...values,
    )
    this.#sql.write(`DELETE FROM package WHERE ${where}`, ...values)
    this.#sql.write('DELETE FROM repository')
    this.digests.forgetAll()
    this.commit()
  }

  /** Up to `most` rows of a range, in its order. */
  rows({ after, through }: KeyRange, most: number): Row[] {
    const end = through === undefined ? '' : ' AND key <= ?'
    return this.#sql
      .rows(
        `SELECT ${rowColumns} FROM object WHERE key > ?${end} ORDER BY key LIMIT ?`,
        ...[after, ...(through === undefined ? [] : [through]), most],
      )
      .map(rowOf)
  }

  put(row: Row): void {
    this.#sql.write(...insertOf(row))
  }

  /** Keeps objects that it does not have yet. */
  add(arrivals: readonly Arrival[]): void {
    for (const insertion of insertsOf(arrivals)) this.#sql.write(...insertion)
  }

  get(key: string): Row | undefined {
    const [row] = this.#sql.rows(`SELECT ${rowColumns} FROM object WHERE key = ?`, key)
    return row === undefined ? undefined : rowOf(row)
  }

  remove(key: string): void {
    this.#sql.write('DELETE FROM object WHERE key = ?', key)
    this.#sql.write('DELETE FROM package WHERE key = ?', key)
    this.digests.forget(key)
  }

  /** Has an object looked at once more. */
  lookAgain(key: string): void {
    this.#sql.write('UPDATE object SET todo = 1 WHERE key = ?', key)
  }

  /** What was read of an object holds for it under its new ETag too, since its content is the same. */
  sameContent(key: string, before: string, after: string): void {
    if (before === after) return
    this.#sql.write('UPDATE package SET etag = ? WHERE key = ? AND etag = ?', after, key, before)
    this.digests.moved(key, before, after)
  }

  /** The strongest digest of a package as it was read last, whatever is there now. */
  lastDigest(key: string): string | undefined {
    const read = this.#sql.prepare('SELECT about FROM package WHERE key = ? AND bad IS NULL').all(key)
    for (const { about } of read) {
      const { digests = {} } = JSON.parse(String(about)) as { readonly digests?: Digests }
      const digest = strongest(digests)
      // A format that reads nothing knows none.
      if (digest !== undefined) return digest
    }
    return this.republished.departed(key)?.sha256
  }

  putPackage({ key, format, size, etag, bad, about, facts }: ReadPackage): void {
    this.#sql.write(
      'INSERT OR REPLACE INTO package VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[key, format, size, etag, bad, about, facts],
    )
  }

  /**
   * All objects of a stretch, in its order, with what is wanted of all of them. May be gone through while rows are
   * written, and more than once.
   */
  *stretch(stretch: Stretch): Generator<StretchRow> {
    for (const page of pagesOf(this.#sql, 'SELECT key, size, etag, class, format, skip FROM object', stretch)) {
      for (const [key, size, etag, kind, format, skip] of page) {
        yield {
          key: String(key),
          size: Number(size),
          etag: String(etag),
          class: String(kind),
          format: String(format),
          skip: textOrNull(skip),
        }
      }
    }
  }

  /** As {@link stretch}, without those that are called as packages mostly are: no index has such names. */
  *unusual(stretch: Stretch): Generator<Row> {
    const query = `SELECT ${rowColumns} FROM object`
    for (const page of pagesOf(this.#sql, query, stretch, [], `substr(object.key, -4) NOT IN (${usualEndings})`)) {
      yield* page.map(rowOf)
    }
  }

  /** All objects of a stretch with what a format has read of them. As {@link stretch}. */
  *contents(stretch: Stretch, format: string): Generator<Content> {
    for (const page of pagesOf(
      this.#sql,
      `SELECT object.key, object.size, object.etag, first, bad, about, ${isRead} FROM ${contents}`,
      stretch,
      [format],
    )) {
      let facts: Map<string, Uint8Array> | undefined
      for (const [of, size, etag, first, bad, about, read] of page) {
        const key = String(of)
        yield {
          key,
          size: Number(size),
          etag: String(etag),
          first: Number(first),
          bad: read === 1 ? textOrNull(bad) : undefined,
          about: textOrNull(about),
          facts: () => (facts ??= this.#factsOf(page, format)).get(key) ?? null,
        }
      }
    }
  }

  /** Has some format read this content of an object? */
  wasRead(key: string, size: number, etag: string): boolean {
    const query = 'SELECT 1 FROM package WHERE key = ? AND size = ? AND etag = ?'
    return this.#sql.prepare(query).get(key, size, etag) !== undefined
  }

  /** Which of the objects from a key to another (both included) a format has read as they are now. */
  readBetween(format: string, first: string, last: string): ReadonlySet<string> {
    const query = `SELECT object.key FROM package JOIN object ON object.key = package.key AND object.size = package.size
      AND object.etag = package.etag WHERE package.key BETWEEN ? AND ? AND package.format = ?`
    return new Set(this.#sql.rows(query, first, last, format).map(([key]) => String(key)))
  }

  #factsOf(page: readonly SqlRow[], format: string): Map<string, Uint8Array> {
    const query = 'SELECT key, facts FROM package WHERE key BETWEEN ? AND ? AND format = ? AND facts IS NOT NULL'
    const rows = this.#sql.rows(query, String(page[0]?.[0]), String(page.at(-1)?.[0]), format)
    return new Map(rows.flatMap(([key, facts]) => (facts instanceof Uint8Array ? [[String(key), facts]] : [])))
  }

  published(id: string): Published | undefined {
    const row = this.#sql.prepare('SELECT hash, summary FROM repository WHERE id = ?').get(id)
    return row === undefined ? undefined : { hash: String(row['hash']), summary: String(row['summary']) }
  }

  notePublished(id: string, { hash, summary }: Published): void {
    this.#sql.write('INSERT OR REPLACE INTO repository VALUES (?, ?, ?)', id, hash, summary)
    this.commit()
  }

  /** How many packages of a format there are in a stretch. */
  countPackages(format: string, { from, to }: Stretch): number {
    const end = to === undefined ? '' : ' AND key < ?'
    const query = `SELECT count(*) AS n FROM object WHERE class IN ('package', 'overwritable') AND format = ? AND key >= ?${end}`
    const row = this.#sql.prepare(query).get(format, from, ...(to === undefined ? [] : [to]))
    return Number(row?.['n'] ?? 0)
  }
}

function prepareTables(sql: SqlFile): void {
  const found = sql.prepare('PRAGMA user_version').get()?.['user_version']
  if (found !== 0 && found !== journalVersion) {
    sql.execute(
      'DROP TABLE IF EXISTS object; DROP TABLE IF EXISTS package; DROP TABLE IF EXISTS upload; DROP TABLE IF EXISTS repository;',
    )
  }
  sql.execute(`${schema} ${dropped} PRAGMA user_version = ${journalVersion};`)
}

const usualEndings = "'.deb', '.rpm', '.apk', '.gem', '.whl'"

const contents = `object LEFT JOIN package ON package.key = object.key AND package.format = ?
  AND package.size = object.size AND package.etag = object.etag`
const isRead = 'package.key IS NOT NULL'
