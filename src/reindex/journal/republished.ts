import { pageLength, type SqlFile } from './sql-file.ts'

export const republishedSchema = `
  CREATE TABLE IF NOT EXISTS republished (
    key TEXT PRIMARY KEY, sure INTEGER NOT NULL, since INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS departed (
    key TEXT PRIMARY KEY, size INTEGER NOT NULL, etag TEXT NOT NULL, sha256 TEXT, since INTEGER NOT NULL
  ) WITHOUT ROWID;`

/** What was at a key until it was removed, and may be held for as long as if it still were there. */
export interface Departed {
  readonly size: number
  readonly etag: string
  /** Undefined where it was never read. */
  readonly sha256: string | undefined
}

/**
 * Keys at which another content was found than before, although edges and clients may have kept the old one. Stays until
 * edges were told to drop it, whoever is killed in between.
 */
export class Republished {
  readonly #file: SqlFile
  /** Mostly there is none, and then it need not be asked for each object. */
  #any: boolean
  #anyDeparted: boolean

  constructor(file: SqlFile) {
    this.#file = file
    this.#any = file.prepare('SELECT 1 FROM republished LIMIT 1').get() !== undefined
    this.#anyDeparted = file.prepare('SELECT 1 FROM departed LIMIT 1').get() !== undefined
  }

  /** @param since - seconds since the epoch */
  depart(key: string, { size, etag, sha256 }: Departed, since: number): void {
    this.#anyDeparted = true
    this.#file.write('INSERT OR REPLACE INTO departed VALUES (?, ?, ?, ?, ?)', key, size, etag, sha256 ?? null, since)
  }

  /** What was at a key before it was removed, if that was noted. */
  departed(key: string): Departed | undefined {
    if (!this.#anyDeparted) return undefined
    const row = this.#file.prepare('SELECT size, etag, sha256 FROM departed WHERE key = ?').get(key)
    if (row === undefined) return undefined
    const { size, etag, sha256 } = row
    return { size: Number(size), etag: String(etag), sha256: typeof sha256 === 'string' ? sha256 : undefined }
  }

  /**
   * Notes that the content of a key changes, or may have: an ETag that is no digest tells nothing.
   *
   * @param since - seconds since the epoch
   */
  note(key: string, { sure, since }: { sure: boolean; since: number }): void {
    this.#any = true
    this.#file.write(
      'INSERT INTO republished VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET sure = max(sure, excluded.sure), since = excluded.since',
      key,
      sure ? 1 : 0,
      since,
    )
  }

  /** Is another content known to be at a key than edges may hold? */
  isSure(key: string): boolean {
    return this.#find(key) === 1
  }

  /** Is that to be found out yet? */
  isSuspected(key: string): boolean {
    return this.#find(key) === 0
  }

  /** It is the same content after all, or edges were told to drop it. */
  forget(key: string): void {
    if (this.#any) this.#file.write('DELETE FROM republished WHERE key = ?', key)
    if (this.#anyDeparted) this.#file.write('DELETE FROM departed WHERE key = ?', key)
  }

  /** Forgets what edges have dropped by themselves since: what was seen before a time, in seconds since the epoch. */
  forgetBefore(time: number): void {
    if (this.#any) this.#file.write('DELETE FROM republished WHERE since < ?', time)
    if (this.#anyDeparted) this.#file.write('DELETE FROM departed WHERE since < ?', time)
  }

  /**
   * Keys in their order: those that are known to have changed, or those that may have. Others may be written meanwhile.
   */
  *keys({ sure }: { readonly sure: boolean }): Generator<string> {
    let after = ''
    for (let full = this.#any; full;) {
      const query = `SELECT key FROM republished WHERE sure = ? AND key > ? ORDER BY key LIMIT ${pageLength}`
      const page = this.#file.prepare(query).all(sure ? 1 : 0, after)
      for (const row of page) yield String(row['key'])
      full = page.length === pageLength
      after = String(page.at(-1)?.['key'])
    }
  }

  #find(key: string): unknown {
    if (!this.#any) return undefined
    return this.#file.prepare('SELECT sure FROM republished WHERE key = ?').get(key)?.['sure']
  }
}
