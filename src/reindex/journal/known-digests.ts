import type { SqlFile } from './sql-file.ts'

export const knownDigestsSchema = `
  CREATE TABLE IF NOT EXISTS digest (key TEXT PRIMARY KEY, etag TEXT NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID;`

/** Digests of objects that nobody has read here yet: S3 has told them, each of one version of its object. */
export class KnownDigests {
  readonly #file: SqlFile
  /** Mostly there is none, and then it need not be asked for each object. */
  #any: boolean

  constructor(file: SqlFile) {
    this.#file = file
    this.#any = file.prepare('SELECT 1 FROM digest LIMIT 1').get() !== undefined
  }

  /** @param sha256 - in hex */
  note(key: string, etag: string, sha256: string): void {
    this.#any = true
    this.#file.write('INSERT OR REPLACE INTO digest VALUES (?, ?, ?)', key, etag, sha256)
  }

  /** The SHA-256 of a version of an object, in hex. */
  of(key: string, etag: string): string | undefined {
    if (!this.#any) return undefined
    const found = this.#file.prepare('SELECT sha256 FROM digest WHERE key = ? AND etag = ?').get(key, etag)
    return found === undefined ? undefined : String(found['sha256'])
  }

  /** The same content has another ETag now. */
  moved(key: string, before: string, after: string): void {
    if (this.#any) this.#file.write('UPDATE digest SET etag = ? WHERE key = ? AND etag = ?', after, key, before)
  }

  forget(key: string): void {
    if (this.#any) this.#file.write('DELETE FROM digest WHERE key = ?', key)
  }

  forgetAll(): void {
    if (this.#any) this.#file.write('DELETE FROM digest')
  }
}
