import type { SQLOutputValue } from 'node:sqlite'

import type { SqlRow } from './sql-file.ts'

/** Of the journal's tables, and of what is read from packages: what was kept or told by another one is read again. */
export const journalVersion = 7

/** One version of an object: where one of these differs, it is not the object that the journal knows. */
interface Version {
  readonly key: string
  readonly size: number
  readonly etag: string
  /** Seconds since the epoch. */
  readonly modified: number
}

/** What the journal keeps of an object: only versions of it that are known to be so. */
export interface Row extends Version {
  /** `package`, `overwritable` or `metadata`, as the rules of the last run had it. */
  readonly class: string
  /** Why it is overwritable; null: it is not. */
  readonly why: string | null
  readonly format: string
  /** What its headers are, once they have been seen or written; null: not known. */
  readonly cacheControl: string | null
  readonly contentType: string | null
  /** What clients are told that its content is packed with; null: nothing, or that is not known. */
  readonly encoding: string | null
  /** Why this version can't be rewritten; null: it can, or that is not known. */
  readonly skip: string | null
  /** Its headers are to be looked at and perhaps put right. */
  readonly todo: boolean
  /** Seconds since the epoch: when this content was first seen. Our own rewriting does not change it. */
  readonly first: number
}

/** As much of an object as it takes to say whether there is something to be done about it. */
export type Standing = Pick<Row, 'key' | 'size' | 'skip' | 'todo'>

/** What a format has read of a package: holds for one content of it, and for this format alone. */
export interface ReadPackage {
  readonly key: string
  /** The format's name: a key can be a package of several, which keep other things of it. */
  readonly format: string
  readonly size: number
  readonly etag: string
  /** Why it is none; null: it is one. */
  readonly bad: string | null
  /** JSON: what is wanted of all packages at once. Null where it is none. */
  readonly about: string | null
  /** What is wanted of each when its turn comes. Null where it is none. */
  readonly facts: Uint8Array | null
}

/** What a column of text holds. */
export const textOrNull = (value: SQLOutputValue | undefined): string | null =>
  typeof value === 'string' ? value : null

/** What of the table of objects {@link rowOf} is made of. */
export const rowColumns =
  'object.key, object.size, object.etag, modified, class, object.format, cacheControl, contentType, skip, todo, first, why, encoding'

/** An object, of its {@link rowColumns}. */
export function rowOf(columns: SqlRow): Row {
  const [key, size, etag, modified, kind, format, cacheControl, contentType, skip, todo, first, why, encoding] = columns
  return {
    key: String(key),
    size: Number(size),
    etag: String(etag),
    modified: Number(modified),
    class: String(kind),
    why: textOrNull(why),
    encoding: textOrNull(encoding),
    format: String(format),
    cacheControl: textOrNull(cacheControl),
    contentType: textOrNull(contentType),
    skip: textOrNull(skip),
    todo: todo === 1,
    first: Number(first),
  }
}

export const standingColumns = 'object.key, object.size, skip, todo'

/** Of its {@link standingColumns}. */
export const standingOf = ([key, size, skip, todo]: SqlRow): Standing => ({
  key: String(key),
  size: Number(size),
  skip: textOrNull(skip),
  todo: todo === 1,
})

/** A statement and its values. */
export type Insertion = readonly [query: string, ...values: (string | number | null)[]]

/** What keeps an object, or takes the place of what is known of it. */
export function insertOf(row: Row): Insertion {
  const { key, size, etag, modified, class: kind, format, cacheControl, contentType, skip, first, why, encoding } = row
  const todo = row.todo ? 1 : 0
  const values = [key, size, etag, modified, kind, format, cacheControl, contentType, skip, todo, first, why, encoding]
  return ['INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', ...values]
}
