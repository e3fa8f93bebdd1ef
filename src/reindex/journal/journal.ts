import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite'

import { CtlError, messageOf } from '../../ui/errors.ts'
import type { KeyRange } from '../listing/ranges.ts'

/** One version of an object: where one of these differs, it is not the object that the journal knows. */
export interface Version {
  readonly key: string
  readonly size: number
  readonly etag: string
  /** Seconds since the epoch. */
  readonly modified: number
}

/** What the journal keeps of an object: only versions of it that are known to be so. */
export interface Row extends Version {
  /** `package` or `metadata`, as the rules of the last run had it. */
  readonly class: string
  readonly format: string
  /** What its headers are, once they have been seen or written; null: not known. */
  readonly cacheControl: string | null
  readonly contentType: string | null
  /** Why this version can't be rewritten; null: it can, or that is not known. */
  readonly skip: string | null
  /** Its headers are to be looked at and perhaps put right. */
  readonly todo: boolean
  /** Seconds since the epoch: when this content was first seen. Our own rewriting does not change it. */
  readonly first: number
}

/** What has been read of a package: holds for one content of it. */
export interface ReadPackage {
  readonly key: string
  readonly size: number
  readonly etag: string
  /** Why it is none; null: it is one. */
  readonly bad: string | null
  /** JSON: what is wanted of all packages at once, and of each when its turn comes. Null where it is none. */
  readonly about: string | null
  readonly facts: string | null
}

/** An object that may be a package, and what has been read of its present content. */
export interface Content extends Pick<Row, 'key' | 'size' | 'etag' | 'first'> {
  /** Undefined: nothing has been read yet. Null: it is a package. */
  readonly bad: string | null | undefined
  readonly about: string | null
  /** Looked up only when asked for: much more than all the rest. Only to be called before the next page is begun. */
  readonly facts: () => string | null
}

/** Rows of part of the order of keys: from a key (included) to another (not included; undefined: to the end). */
export interface Stretch {
  readonly from: string
  readonly to: string | undefined
}

/** What the last publishing of a repository's indexes was made of, and came to. */
export interface Published {
  /** Of all that it was made of. */
  readonly hash: string
  /** JSON. */
  readonly summary: string
}

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

/** Of the tables, and of what is read from packages: what an older one kept is read again. */
const version = 4
const schema = `
  CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS object (
    key TEXT PRIMARY KEY, size INTEGER NOT NULL, etag TEXT NOT NULL, modified INTEGER NOT NULL,
    class TEXT NOT NULL, format TEXT NOT NULL,
    cacheControl TEXT, contentType TEXT, skip TEXT, todo INTEGER NOT NULL, first INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS pending ON object (key) WHERE todo = 1;
  CREATE TABLE IF NOT EXISTS package (
    key TEXT PRIMARY KEY, size INTEGER NOT NULL, etag TEXT NOT NULL, bad TEXT, about TEXT, facts TEXT
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS repository (id TEXT PRIMARY KEY, hash TEXT NOT NULL, summary TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS copying (key TEXT PRIMARY KEY, etag TEXT NOT NULL, cut INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS finding (number INTEGER PRIMARY KEY, about TEXT NOT NULL, json TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS findings ON finding (about, number);
  CREATE TABLE IF NOT EXISTS upload (id TEXT PRIMARY KEY, key TEXT NOT NULL) WITHOUT ROWID;`

/**
 * What is known of the objects of one bucket, in one file. Losing it costs time, never correctness: whatever it says of
 * an object holds for one version of it. It is held alone, so that no two processes of one host use it at once.
 */
export class Journal {
  readonly file: string
  private readonly database: DatabaseSync
  private readonly statements = new Map<string, StatementSync>()
  private open = 0
  /** Is there perhaps a copy that was begun? Almost never, and then it need not be asked for each object. */
  private copies: boolean
  private excludes: Selection['excludes'] = () => false

  /**
   * @param folder - is made if need be
   * @throws CtlError (refused) while another process uses it; (failed) if it can't be opened
   */
  constructor(folder: string, bucket: string) {
    this.file = join(folder, `reindex-${bucket}.sqlite`)
    try {
      makeFolder(folder)
      this.database = new DatabaseSync(this.file)
      // Losing the last moment to a power cut is allowed; a broken file is not.
      this.database.exec(
        `PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
         PRAGMA wal_autocheckpoint = 8000; PRAGMA cache_size = -8000; PRAGMA user_version; BEGIN IMMEDIATE; COMMIT;`,
      )
      this.database.function('excluded', (key) => (this.excludes(String(key)) ? 1 : 0))
      this.prepareTables()
      this.copies = this.prepare('SELECT 1 FROM copying LIMIT 1').get() !== undefined
    } catch (error) {
      throw openingFailed(this.file, error)
    }
  }

  /** Tells this journal from all others: whoever has it open is the only one. */
  get id(): string {
    this.prepare("INSERT OR IGNORE INTO about VALUES ('id', ?)").run(randomUUID())
    return String(this.prepare("SELECT value FROM about WHERE name = 'id'").get()?.['value'])
  }

  /** Commits what has been written and closes the file. */
  close(): void {
    this.commit()
    this.database.close()
  }

  /** Keeps what has been written so far. Writes are gathered in a transaction, since each commit waits for the disk. */
  commit(): void {
    if (this.database.isTransaction) this.database.exec('COMMIT')
    this.open = 0
  }

  /** Forgets what is known of everything below a prefix. */
  forget(prefix: string): void {
    const [where, values] = below(prefix)
    // When a content was first seen stays: nothing in the bucket can tell it any more.
    this.write(
      `UPDATE object SET cacheControl = NULL, contentType = NULL, skip = NULL, todo = 1 WHERE ${where}`,
      ...values,
    )
    this.write(`DELETE FROM package WHERE ${where}`, ...values)
    this.write('DELETE FROM repository')
    this.commit()
  }

  /** Up to `most` rows of a range, in its order. */
  rows({ after, through }: KeyRange, most: number): Row[] {
    const end = through === undefined ? '' : ' AND key <= ?'
    return this.prepare(`SELECT * FROM object WHERE key > ?${end} ORDER BY key LIMIT ?`)
      .all(after, ...(through === undefined ? [] : [through]), most)
      .map(rowOf)
  }

  put(row: Row): void {
    const { key, size, etag, modified, class: kind, format, cacheControl, contentType, skip, todo, first } = row
    this.write(
      'INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...[key, size, etag, modified, kind, format, cacheControl, contentType, skip, todo ? 1 : 0, first],
    )
  }

  get(key: string): Row | undefined {
    const row = this.prepare('SELECT * FROM object WHERE key = ?').get(key)
    return row === undefined ? undefined : rowOf(row)
  }

  remove(key: string): void {
    this.write('DELETE FROM object WHERE key = ?', key)
    this.write('DELETE FROM package WHERE key = ?', key)
  }

  /** What was read of an object holds for it under its new ETag too, since its content is the same. */
  sameContent(key: string, before: string, after: string): void {
    if (before !== after) this.write('UPDATE package SET etag = ? WHERE key = ? AND etag = ?', after, key, before)
  }

  putPackage({ key, size, etag, bad, about, facts }: ReadPackage): void {
    this.write('INSERT OR REPLACE INTO package VALUES (?, ?, ?, ?, ?, ?)', key, size, etag, bad, about, facts)
  }

  /** All rows of a stretch, in its order. May be gone through while rows are written, and more than once. */
  *stretch(stretch: Stretch): Generator<Row> {
    for (const page of this.pages('SELECT * FROM object', stretch)) yield* page.map(rowOf)
  }

  /** All objects of a stretch with what was read of them. As {@link stretch}. */
  *contents(stretch: Stretch): Generator<Content> {
    for (const page of this.pages(
      `SELECT object.key, size, etag, first, bad, about, ${isRead} FROM ${contents}`,
      stretch,
    )) {
      let facts: Map<string, string> | undefined
      for (const row of page) {
        const key = String(row['key'])
        yield {
          key,
          size: Number(row['size']),
          etag: String(row['etag']),
          first: Number(row['first']),
          bad: row['read'] === 1 ? textOrNull(row['bad']) : undefined,
          about: textOrNull(row['about']),
          facts: () => (facts ??= this.factsOf(page)).get(key) ?? null,
        }
      }
    }
  }

  private factsOf(page: readonly SqlRow[]): Map<string, string> {
    const query = 'SELECT key, facts FROM package WHERE key BETWEEN ? AND ? AND facts IS NOT NULL'
    const rows = this.prepare(query).all(String(page[0]?.['key']), String(page.at(-1)?.['key']))
    return new Map(rows.map((row) => [String(row['key']), String(row['facts'])]))
  }

  private *pages(query: string, { from, to }: Stretch): Generator<SqlRow[]> {
    const end = to === undefined ? '' : ' AND object.key < ?'
    let [after, how] = [from, '>=']
    for (let full = true; full;) {
      const statement = this.prepare(`${query} WHERE object.key ${how} ?${end} ORDER BY object.key LIMIT ${pageLength}`)
      const page = statement.all(...(to === undefined ? [after] : [after, to]))
      yield page
      full = page.length === pageLength
      ;[after, how] = [String(page.at(-1)?.['key']), '>']
    }
  }

  published(id: string): Published | undefined {
    const row = this.prepare('SELECT hash, summary FROM repository WHERE id = ?').get(id)
    return row === undefined ? undefined : { hash: String(row['hash']), summary: String(row['summary']) }
  }

  notePublished(id: string, { hash, summary }: Published): void {
    this.write('INSERT OR REPLACE INTO repository VALUES (?, ?, ?)', id, hash, summary)
    this.commit()
  }

  /** Adds to what there is to be told about a repository, or about a run. */
  addFinding(about: string, json: string): void {
    this.write('INSERT INTO finding (about, json) VALUES (?, ?)', about, json)
  }

  forgetFindings(about: string): void {
    this.write('DELETE FROM finding WHERE about = ?', about)
  }

  /** In the order in which they were added. Others may be added meanwhile. */
  *findings(about: string): Generator<string> {
    let last = 0
    for (let full = true; full;) {
      const query = `SELECT number, json FROM finding WHERE about = ? AND number > ? ORDER BY number LIMIT ${pageLength}`
      const rows = this.prepare(query).all(about, last)
      for (const row of rows) yield String(row['json'])
      full = rows.length === pageLength
      last = Number(rows.at(-1)?.['number'])
    }
  }

  /** Up to `most` rows that are to be done, behind a key. */
  pending(selection: Selection, after: string, most: number): Row[] {
    const [where, values] = this.selected(selection)
    const query = `SELECT * FROM object WHERE todo = 1 AND ${where} AND key > ? ORDER BY key LIMIT ?`
    return this.prepare(query)
      .all(...values, after, most)
      .map(rowOf)
  }

  countPending(selection: Selection): number {
    const [where, values] = this.selected(selection)
    const row = this.prepare(`SELECT count(*) AS n FROM object WHERE todo = 1 AND ${where}`).get(...values)
    return Number(row?.['n'] ?? 0)
  }

  /** How many packages of a format there are in a stretch. */
  countPackages(format: string, { from, to }: Stretch): number {
    const end = to === undefined ? '' : ' AND key < ?'
    const query = `SELECT count(*) AS n FROM object WHERE class = 'package' AND format = ? AND key >= ?${end}`
    const row = this.prepare(query).get(format, from, ...(to === undefined ? [] : [to]))
    return Number(row?.['n'] ?? 0)
  }

  /** How things stand from a key (included) to another (not included). */
  tally(selection: Selection, from: string, to: string | undefined): Tally[] {
    const [where, values] = this.selected(selection)
    const end = to === undefined ? '' : ' AND key < ?'
    return this.prepare(
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
    const [where, values] = this.selected(selection)
    const query = `SELECT key, skip FROM object WHERE skip IS NOT NULL AND todo = 0 AND ${where} ORDER BY key`
    for (const row of this.prepare(query).iterate(...values))
      yield { key: String(row['key']), skip: String(row['skip']) }
  }

  /**
   * Notes a copy that gives an object another ETag. Where the run is killed before it has noted the new one, the next
   * finds an object that is most likely the same.
   */
  copyBegun(key: string, etag: string): void {
    this.copies = true
    this.write('INSERT INTO copying VALUES (?, ?, 0) ON CONFLICT (key) DO UPDATE SET etag = excluded.etag', key, etag)
    this.commit()
  }

  copyEnded(key: string): void {
    if (this.copies) this.write('DELETE FROM copying WHERE key = ? AND cut = 0', key)
  }

  /**
   * Is an object that had an ETag what a copy has made of it that was cut off? If so, that is remembered until its
   * content has been read.
   */
  takeForCopy(key: string, before: string): boolean {
    if (!this.copies) return false
    if (this.prepare('SELECT 1 FROM copying WHERE key = ? AND etag = ?').get(key, before) === undefined) return false
    this.write('UPDATE copying SET cut = 1 WHERE key = ?', key)
    return true
  }

  /** Was an object taken for a copy, and its content not been read since? */
  isUnsure(key: string): boolean {
    return this.copies && this.prepare('SELECT 1 FROM copying WHERE key = ? AND cut = 1').get(key) !== undefined
  }

  contentRead(key: string): void {
    if (this.copies) this.write('DELETE FROM copying WHERE key = ?', key)
  }

  /** Notes a copy in parts that has begun, so that a later run ends what a killed one left. */
  uploadBegun(id: string, key: string): void {
    this.write('INSERT OR REPLACE INTO upload VALUES (?, ?)', id, key)
    this.commit()
  }

  uploadEnded(id: string): void {
    this.write('DELETE FROM upload WHERE id = ?', id)
    this.commit()
  }

  uploads(): { id: string; key: string }[] {
    return this.prepare('SELECT id, key FROM upload')
      .all()
      .map((row) => ({ id: String(row['id']), key: String(row['key']) }))
  }

  private selected({ prefix, only, excludes }: Selection): [string, string[]] {
    const [where, values] = below(prefix)
    const formats = only === undefined ? '' : ` AND format IN (${only.map(() => '?').join(', ')})`
    this.excludes = excludes
    return [`${where}${formats} AND NOT excluded(key)`, [...values, ...(only ?? [])]]
  }

  private prepareTables(): void {
    const found = this.database.prepare('PRAGMA user_version').get()?.['user_version']
    if (found !== 0 && found !== version) {
      this.database.exec(
        'DROP TABLE IF EXISTS object; DROP TABLE IF EXISTS package; DROP TABLE IF EXISTS upload; DROP TABLE IF EXISTS repository;',
      )
    }
    this.database.exec(`${schema} PRAGMA user_version = ${version};`)
  }

  private write(query: string, ...values: (string | number | null)[]): void {
    if (!this.database.isTransaction) this.database.exec('BEGIN')
    this.prepare(query).run(...values)
    if (++this.open >= 2000) this.commit()
  }

  private prepare(query: string): StatementSync {
    let statement = this.statements.get(query)
    if (statement === undefined) this.statements.set(query, (statement = this.database.prepare(query)))
    return statement
  }
}

/** One folder after another: `recursive` never ends where a file system lets nobody make any, such as /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
}

/** A condition that holds for the keys below a prefix. UTF-8 has no byte 0xFF, which is behind all of them. */
function below(prefix: string): [string, string[]] {
  return prefix === '' ? ['1', []] : ["key >= ? AND key < CAST(CAST(? AS BLOB) || x'FF' AS TEXT)", [prefix, prefix]]
}

type SqlRow = Record<string, SQLOutputValue>

/** Rows that are in memory at a time; what was read of a package may be some ten kilobytes. */
const pageLength = 500

const contents = 'object LEFT JOIN package USING (key, size, etag)'
const isRead = 'package.key IS NOT NULL AS read'
const textOrNull = (value: SQLOutputValue | undefined): string | null => (typeof value === 'string' ? value : null)

function rowOf(row: SqlRow): Row {
  return {
    key: String(row['key']),
    size: Number(row['size']),
    etag: String(row['etag']),
    modified: Number(row['modified']),
    class: String(row['class']),
    format: String(row['format']),
    cacheControl: textOrNull(row['cacheControl']),
    contentType: textOrNull(row['contentType']),
    skip: textOrNull(row['skip']),
    todo: row['todo'] === 1,
    first: Number(row['first']),
  }
}

function openingFailed(file: string, error: unknown): CtlError {
  if (/database is locked/.test(messageOf(error))) {
    return new CtlError('refused', `Another pc-ctl on this host is at work on this bucket: it holds ${file}.`, {
      hint: 'Wait until it has ended, or stop it: it can be gone on with at any time.',
      code: 'JournalInUse',
      cause: error,
    })
  }
  return new CtlError('failed', `The journal ${file} can't be used: ${messageOf(error)}`, {
    hint: [
      'Give another folder with --state-dir, or remove the file: losing it costs time, never correctness.',
      'It needs a local disk, not a network file system.',
    ],
    code: 'JournalUnusable',
    cause: error,
  })
}
