import type { DatabaseSync } from 'node:sqlite'

import type { Checksum } from './checksum.ts'
import { type Attributes, textOrUndefined } from './index.ts'
import { inTransaction } from '../contracts/store.ts'

export interface Upload {
  id: string
  bucket: string
  key: string
  started: number
  storageClass: string
  attributes: Attributes
  /** Of the object to be. Where the algorithm was not asked for, the parts may come with checksums of any. */
  checksum: Pick<Checksum, 'algorithm' | 'type'> & { asked: boolean }
}

/** What became of an upload, for whoever completes it once more. */
export interface CompletedUpload {
  bucket: string
  key: string
  /** Milliseconds since the epoch. */
  at: number
  parts: { number: number; etag: string }[]
  etag: string
  checksum: Checksum
  /** Of the answer. */
  headers: Record<string, string>
}

export interface Part {
  number: number
  size: number
  etag: string
  modified: number
  body: string | undefined
  /** Base64. */
  checksum: string
}

const dayLong = 24 * 3_600_000

/** The multipart uploads that are under way, and for a day what became of those that were completed. */
export class UploadIndex {
  readonly #database: DatabaseSync
  readonly #statements

  constructor(database: DatabaseSync) {
    this.#database = database
    database.exec(`
      CREATE TABLE IF NOT EXISTS s3_upload (
        id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, started INTEGER NOT NULL, json TEXT NOT NULL
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS s3_completed (
        id TEXT PRIMARY KEY, at INTEGER NOT NULL, json TEXT NOT NULL
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS s3_part (
        upload TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
        modified INTEGER NOT NULL, body TEXT, checksum TEXT NOT NULL,
        PRIMARY KEY (upload, number)
      ) WITHOUT ROWID;`)
    const prepare = (sql: string): ReturnType<DatabaseSync['prepare']> => database.prepare(sql)
    this.#statements = {
      uploads: prepare('SELECT json FROM s3_upload WHERE bucket = ? ORDER BY key, started'),
      upload: prepare('SELECT json FROM s3_upload WHERE id = ?'),
      putUpload: prepare('INSERT INTO s3_upload VALUES (?, ?, ?, ?, ?)'),
      deleteUpload: prepare('DELETE FROM s3_upload WHERE id = ?'),
      completed: prepare('SELECT json FROM s3_completed WHERE id = ?'),
      putCompleted: prepare('INSERT OR REPLACE INTO s3_completed VALUES (?, ?, ?)'),
      forget: prepare('DELETE FROM s3_completed WHERE at < ?'),
      parts: prepare('SELECT * FROM s3_part WHERE upload = ? ORDER BY number'),
      putPart: prepare('INSERT OR REPLACE INTO s3_part VALUES (?, ?, ?, ?, ?, ?, ?)'),
      deleteParts: prepare('DELETE FROM s3_part WHERE upload = ?'),
    }
  }

  uploads(bucket: string): Upload[] {
    return this.#statements.uploads.all(bucket).map(({ json }) => JSON.parse(String(json)) as Upload)
  }

  upload(id: string): Upload | undefined {
    const row = this.#statements.upload.get(id)
    return row === undefined ? undefined : (JSON.parse(String(row['json'])) as Upload)
  }

  putUpload(upload: Upload): void {
    this.#statements.putUpload.run(upload.id, upload.bucket, upload.key, upload.started, JSON.stringify(upload))
  }

  /** Forgets an upload and its parts; their bodies are the caller's to remove. */
  deleteUpload(id: string): void {
    this.#statements.deleteParts.run(id)
    this.#statements.deleteUpload.run(id)
  }

  /** Forgets an upload and its parts as {@link deleteUpload} does, and remembers for a day what it became. */
  completeUpload(id: string, result: CompletedUpload): void {
    inTransaction(this.#database, () => {
      this.deleteUpload(id)
      this.#statements.forget.run(result.at - dayLong)
      this.#statements.putCompleted.run(id, result.at, JSON.stringify(result))
    })
  }

  completed(id: string): CompletedUpload | undefined {
    const row = this.#statements.completed.get(id)
    return row === undefined ? undefined : (JSON.parse(String(row['json'])) as CompletedUpload)
  }

  parts(upload: string): Part[] {
    return this.#statements.parts.all(upload).map((row) => ({
      number: Number(row['number']),
      size: Number(row['size']),
      etag: String(row['etag']),
      modified: Number(row['modified']),
      body: textOrUndefined(row['body']),
      checksum: String(row['checksum']),
    }))
  }

  putPart(upload: string, part: Part): void {
    this.#statements.putPart.run(
      upload,
      part.number,
      part.size,
      part.etag,
      part.modified,
      part.body ?? null,
      part.checksum,
    )
  }
}
