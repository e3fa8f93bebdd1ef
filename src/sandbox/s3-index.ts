import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'

import type { Checksum } from './s3-checksum.ts'

/** What is kept of an object besides the columns that listings need. */
export interface Attributes {
  /** System metadata under the lower-case names of their headers: `content-type`, `cache-control`, `expires` … */
  headers: Record<string, string>
  /** User metadata without the `x-amz-meta-` prefix. */
  metadata: Record<string, string>
  tags: [key: string, value: string][]
  encryption: Encryption
  /** Canned ACL. */
  acl: string
  /** All grants, where they are no canned ACL's. */
  grants?: Grant[]
  /** Canonical id, where another account has written the object. */
  owner?: string
  /** Tier that Intelligent-Tiering has moved it to, such as `ARCHIVE_ACCESS`: it is not read until it is restored. */
  archive?: string
  /** How many entries of its user metadata, set through other protocols than HTTP, are no headers. */
  missing?: number
  checksum?: Checksum
  /** Sizes of the parts of a multipart upload. */
  parts?: number[]
  lock?: { mode?: string; until?: string; legalHold?: boolean }
}

export interface Grant {
  /** As in a header: `id="…"` or `uri="…"`. */
  who: string
  /** Such as `READ_ACP`. */
  what: string
}

export interface Encryption {
  algorithm: 'AES256' | 'aws:kms' | 'aws:kms:dsse'
  keyId?: string
  bucketKey?: boolean
  /** MD5 (base64) of the key that comes with each request (SSE-C). */
  customerKey?: string
}

/** One version of an object. A delete marker has no body and no ETag. */
export interface StoredObject {
  bucket: string
  key: string
  /** `null` (as S3 spells it) for what was written while versioning was not enabled. */
  versionId: string
  size: number
  /** Without quotes. Empty for a delete marker. */
  etag: string
  /** Milliseconds since the epoch, whole seconds: S3 keeps no more. */
  modified: number
  storageClass: string
  body: string | undefined
  attributes: Attributes
}

/** The part of an object that a listing shows. */
export type ListedObject = Pick<StoredObject, 'key' | 'size' | 'etag' | 'modified' | 'storageClass'>

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

export interface Part {
  number: number
  size: number
  etag: string
  modified: number
  body: string | undefined
  /** Base64. */
  checksum: string
}

type Row = Record<string, SQLOutputValue>

/**
 * What is in the buckets. Current objects are clustered by bucket and key in UTF-8 binary order, the order S3 lists
 * in, so that a page of a listing is one range read whatever the number of keys.
 */
export class ObjectIndex {
  readonly #database: DatabaseSync
  readonly #statements
  #sequence: number

  constructor(database: DatabaseSync) {
    this.#database = database
    database.exec(`
      CREATE TABLE IF NOT EXISTS s3_object (
        bucket TEXT NOT NULL, key TEXT NOT NULL, version TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
        modified INTEGER NOT NULL, class TEXT NOT NULL, body TEXT, attributes TEXT NOT NULL,
        PRIMARY KEY (bucket, key)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS s3_version (
        bucket TEXT NOT NULL, key TEXT NOT NULL, sequence INTEGER NOT NULL, version TEXT NOT NULL,
        marker INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, modified INTEGER NOT NULL,
        class TEXT NOT NULL, body TEXT, attributes TEXT NOT NULL,
        PRIMARY KEY (bucket, key, sequence)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS s3_upload (
        id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, started INTEGER NOT NULL, json TEXT NOT NULL
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS s3_part (
        upload TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
        modified INTEGER NOT NULL, body TEXT, checksum TEXT NOT NULL,
        PRIMARY KEY (upload, number)
      ) WITHOUT ROWID;`)
    const prepare = (sql: string): ReturnType<DatabaseSync['prepare']> => database.prepare(sql)
    this.#sequence = Number(prepare('SELECT coalesce(max(sequence), 0) AS top FROM s3_version').get()?.['top'] ?? 0)
    this.#statements = {
      get: prepare('SELECT * FROM s3_object WHERE bucket = ? AND key = ?'),
      put: prepare('INSERT OR REPLACE INTO s3_object VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'),
      delete: prepare('DELETE FROM s3_object WHERE bucket = ? AND key = ?'),
      any: prepare(
        `SELECT 1 FROM s3_object WHERE bucket = ?1 UNION ALL SELECT 1 FROM s3_version WHERE bucket = ?1 LIMIT 1`,
      ),
      list: prepare(`SELECT key, size, etag, modified, class FROM s3_object
        WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?`),
      listOpen: prepare(`SELECT key, size, etag, modified, class FROM s3_object
        WHERE bucket = ? AND key >= ? ORDER BY key LIMIT ?`),
      versions: prepare('SELECT * FROM s3_version WHERE bucket = ? AND key = ? ORDER BY sequence DESC'),
      versionKeys: prepare(`SELECT key FROM s3_object WHERE bucket = ?1 AND key > ?2
        UNION SELECT key FROM s3_version WHERE bucket = ?1 AND key > ?2 ORDER BY key LIMIT ?3`),
      putVersion: prepare('INSERT INTO s3_version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
      deleteVersion: prepare('DELETE FROM s3_version WHERE bucket = ? AND key = ? AND version = ?'),
      uploads: prepare('SELECT json FROM s3_upload WHERE bucket = ? ORDER BY key, started'),
      upload: prepare('SELECT json FROM s3_upload WHERE id = ?'),
      putUpload: prepare('INSERT INTO s3_upload VALUES (?, ?, ?, ?, ?)'),
      deleteUpload: prepare('DELETE FROM s3_upload WHERE id = ?'),
      parts: prepare('SELECT * FROM s3_part WHERE upload = ? ORDER BY number'),
      putPart: prepare('INSERT OR REPLACE INTO s3_part VALUES (?, ?, ?, ?, ?, ?, ?)'),
      deleteParts: prepare('DELETE FROM s3_part WHERE upload = ?'),
    }
  }

  /** Runs changes that belong together: all of them happen or none. */
  transaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }

  get(bucket: string, key: string): StoredObject | undefined {
    const row = this.#statements.get.get(bucket, key)
    return row === undefined ? undefined : objectOf(row)
  }

  put(object: StoredObject): void {
    this.#statements.put.run(
      object.bucket,
      object.key,
      object.versionId,
      object.size,
      object.etag,
      object.modified,
      object.storageClass,
      object.body ?? null,
      JSON.stringify(object.attributes),
    )
  }

  delete(bucket: string, key: string): void {
    this.#statements.delete.run(bucket, key)
  }

  isEmpty(bucket: string): boolean {
    return this.#statements.any.get(bucket) === undefined
  }

  /** Keys from `from` (inclusive) to before `to` (to the end if undefined), at most `limit`. */
  list(bucket: string, from: string, to: string | undefined, limit: number): ListedObject[] {
    const { list, listOpen } = this.#statements
    const rows = to === undefined ? listOpen.all(bucket, from, limit) : list.all(bucket, from, to, limit)
    return rows.map((row) => ({
      key: String(row['key']),
      size: Number(row['size']),
      etag: String(row['etag']),
      modified: Number(row['modified']),
      storageClass: String(row['class']),
    }))
  }

  /** Versions that are not current, and delete markers; newest first. */
  versions(bucket: string, key: string): (StoredObject & { marker: boolean })[] {
    return this.#statements.versions
      .all(bucket, key)
      .map((row) => ({ ...objectOf(row), marker: Number(row['marker']) === 1 }))
  }

  /** Keys after `after` that have a current object or any version. */
  keysWithVersions(bucket: string, after: string, limit: number): string[] {
    return this.#statements.versionKeys.all(bucket, after, limit).map((row) => String(row['key']))
  }

  putVersion(object: StoredObject, marker: boolean): void {
    this.#statements.putVersion.run(
      object.bucket,
      object.key,
      ++this.#sequence,
      object.versionId,
      marker ? 1 : 0,
      object.size,
      object.etag,
      object.modified,
      object.storageClass,
      object.body ?? null,
      JSON.stringify(object.attributes),
    )
  }

  deleteVersion(bucket: string, key: string, versionId: string): void {
    this.#statements.deleteVersion.run(bucket, key, versionId)
  }

  uploads(bucket: string): Upload[] {
    return this.#statements.uploads.all(bucket).map(uploadOf)
  }

  upload(id: string): Upload | undefined {
    const row = this.#statements.upload.get(id)
    return row === undefined ? undefined : uploadOf(row)
  }

  putUpload(upload: Upload): void {
    this.#statements.putUpload.run(upload.id, upload.bucket, upload.key, upload.started, JSON.stringify(upload))
  }

  /** Forgets an upload and its parts; their bodies are the caller's to remove. */
  deleteUpload(id: string): void {
    this.#statements.deleteParts.run(id)
    this.#statements.deleteUpload.run(id)
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

const textOrUndefined = (value: SQLOutputValue | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined

const uploadOf = (row: Row): Upload => JSON.parse(String(row['json'])) as Upload

const objectOf = (row: Row): StoredObject => ({
  bucket: String(row['bucket']),
  key: String(row['key']),
  versionId: String(row['version']),
  size: Number(row['size']),
  etag: String(row['etag']),
  modified: Number(row['modified']),
  storageClass: String(row['class']),
  body: textOrUndefined(row['body']),
  attributes: JSON.parse(String(row['attributes'])) as Attributes,
})
