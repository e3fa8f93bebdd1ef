import type { SqlFile } from './sql-file.ts'

export const copiesSchema = `
  CREATE TABLE IF NOT EXISTS copying (key TEXT PRIMARY KEY, etag TEXT NOT NULL, cut INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS upload (id TEXT PRIMARY KEY, key TEXT NOT NULL) WITHOUT ROWID;`

/** Copies that give objects other ETags, and those in parts: what a run that was killed has left of them. */
export class Copies {
  readonly #file: SqlFile
  /** Is there perhaps one that was begun? Almost never, and then it need not be asked for each object. */
  #any: boolean

  constructor(file: SqlFile) {
    this.#file = file
    this.#any = file.prepare('SELECT 1 FROM copying LIMIT 1').get() !== undefined
  }

  /**
   * Notes a copy that gives an object another ETag. Where the run is killed before it has noted the new one, the next
   * finds an object that is most likely the same.
   */
  begun(key: string, etag: string): void {
    this.#any = true
    this.#file.write(
      'INSERT INTO copying VALUES (?, ?, 0) ON CONFLICT (key) DO UPDATE SET etag = excluded.etag',
      key,
      etag,
    )
    this.#file.commit()
  }

  ended(key: string): void {
    if (this.#any) this.#file.write('DELETE FROM copying WHERE key = ? AND cut = 0', key)
  }

  /**
   * Is an object that had an ETag what a copy has made of it that was cut off? If so, that is remembered until its
   * content has been read.
   */
  take(key: string, before: string): boolean {
    if (!this.#any) return false
    const found = this.#file.prepare('SELECT 1 FROM copying WHERE key = ? AND etag = ?').get(key, before)
    if (found === undefined) return false
    this.#file.write('UPDATE copying SET cut = 1 WHERE key = ?', key)
    return true
  }

  /** Was an object taken for a copy, and its content not been read since? */
  isUnsure(key: string): boolean {
    if (!this.#any) return false
    return this.#file.prepare('SELECT 1 FROM copying WHERE key = ? AND cut = 1').get(key) !== undefined
  }

  contentRead(key: string): void {
    if (this.#any) this.#file.write('DELETE FROM copying WHERE key = ?', key)
  }

  /** Notes a copy in parts that has begun, so that a later run ends what a killed one left. */
  uploadBegun(id: string, key: string): void {
    this.#file.write('INSERT OR REPLACE INTO upload VALUES (?, ?)', id, key)
    this.#file.commit()
  }

  uploadEnded(id: string): void {
    this.#file.write('DELETE FROM upload WHERE id = ?', id)
    this.#file.commit()
  }

  uploads(): { id: string; key: string }[] {
    return this.#file
      .prepare('SELECT id, key FROM upload')
      .all()
      .map((row) => ({ id: String(row['id']), key: String(row['key']) }))
  }
}
