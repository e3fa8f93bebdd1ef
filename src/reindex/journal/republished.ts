import { pageLength, type SqlFile } from './sql-file.ts'

export const republishedSchema = `
  CREATE TABLE IF NOT EXISTS republished (
    key TEXT PRIMARY KEY, sure INTEGER NOT NULL, since INTEGER NOT NULL
  ) WITHOUT ROWID;`

/**
 * Keys at which another content was found than before, although edges and clients may have kept the old one. Stays until
 * edges were told to drop it, whoever is killed in between.
 */
export class Republished {
  readonly #file: SqlFile
  /** Mostly there is none, and then it need not be asked for each object. */
  #any: boolean

  constructor(file: SqlFile) {
    this.#file = file
    this.#any = file.prepare('SELECT 1 FROM republished LIMIT 1').get() !== undefined
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
  }

  /** Forgets what edges have dropped by themselves since: what was seen before a time, in seconds since the epoch. */
  forgetBefore(time: number): void {
    if (this.#any) this.#file.write('DELETE FROM republished WHERE since < ?', time)
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
