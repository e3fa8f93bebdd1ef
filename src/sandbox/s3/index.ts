import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'

import type { Checksum } from './checksum.ts'
import { inTransaction } from '../contracts/store.ts'

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
  annotations?: Annotation[]
  lock?: { mode?: string; until?: string; legalHold?: boolean; eventHold?: EventHold }
}

export interface Annotation {
  name: string
  payload: string
  /** Without quotes. */
  etag: string
  /** Milliseconds since the epoch. */
  modified: number
}

/** Lasts until it is released, and a retention for so long follows then. */
export interface EventHold {
  unit?: 'Days' | 'Years'
  count?: number
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
      versionKeys: prepare(`SELECT key FROM s3_object WHERE bucket = ?1 AND key >= ?2
        UNION SELECT key FROM s3_version WHERE bucket = ?1 AND key >= ?2 ORDER BY key LIMIT ?3`),
      putVersion: prepare('INSERT INTO s3_version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
      updateVersion: prepare('UPDATE s3_version SET attributes = ? WHERE bucket = ? AND key = ? AND version = ?'),
      deleteVersion: prepare('DELETE FROM s3_version WHERE bucket = ? AND key = ? AND version = ?'),
    }
  }

  /** Runs changes that belong together: all of them happen or none. */
  transaction<T>(work: () => T): T {
    return inTransaction(this.#database, work)
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

  /** Keys from `from` (inclusive) that have a current object or any version. */
  keysWithVersions(bucket: string, from: string, limit: number): string[] {
    return this.#statements.versionKeys.all(bucket, from, limit).map((row) => String(row['key']))
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

  /** Changes the attributes of a version that is not current; its place among the versions stays. */
  updateVersion({ bucket, key, versionId, attributes }: StoredObject): void {
    this.#statements.updateVersion.run(JSON.stringify(attributes), bucket, key, versionId)
  }

  deleteVersion(bucket: string, key: string, versionId: string): void {
    this.#statements.deleteVersion.run(bucket, key, versionId)
  }
}

export const textOrUndefined = (value: SQLOutputValue | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined

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
