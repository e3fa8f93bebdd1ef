import { type JobNote, jobNoteIn } from '../job-note.ts'
import { type ReadPackage, type Row, rowColumns, rowOf, textOrNull } from './row.ts'
import type { SqlFile } from './sql-file.ts'
import { pagesOf, type Stretch } from './stretch.ts'

export const sharedSchema = `
  CREATE TABLE IF NOT EXISTS taken (key TEXT PRIMARY KEY, etag TEXT NOT NULL) WITHOUT ROWID;`

/** What a journal knows of one version of an object. */
export interface Known {
  readonly row: Row
  readonly packages: readonly ReadPackage[]
}

/** What journals of several hosts tell each other. */
export class Shared {
  readonly #file: SqlFile

  constructor(file: SqlFile) {
    this.#file = file
  }

  /** All that is known of the objects of a stretch, in its order, without those of which nothing is. */
  *known(stretch: Stretch): Generator<Known> {
    for (const found of pagesOf(this.#file, `SELECT ${rowColumns} FROM object`, stretch)) {
      const page = found.map(rowOf)
      const packages = Map.groupBy(this.#packagesOf(page), ({ key }) => key)
      for (const row of page) {
        const read = (packages.get(row.key) ?? []).filter(({ size, etag }) => size === row.size && etag === row.etag)
        if (row.cacheControl !== null || row.skip !== null || read.length > 0) yield { row, packages: read }
      }
    }
  }

  /** Has this version of an object of results been taken in? */
  isTaken(key: string, etag: string): boolean {
    return this.#file.prepare('SELECT 1 FROM taken WHERE key = ? AND etag = ?').get(key, etag) !== undefined
  }

  noteTaken(key: string, etag: string): void {
    this.#file.write('INSERT OR REPLACE INTO taken VALUES (?, ?)', key, etag)
    this.#file.commit()
  }

  /** What goes on by itself, as {@link noteJob} was told. */
  job(): JobNote | undefined {
    const told = this.#file.prepare("SELECT value FROM about WHERE name = 'job'").get()?.['value']
    return typeof told === 'string' ? jobNoteIn(JSON.parse(told)) : undefined
  }

  /** Notes what works for this host, and goes on where it ends. */
  noteJob(job: JobNote | undefined): void {
    this.#file.write("INSERT OR REPLACE INTO about VALUES ('job', ?)", JSON.stringify(job ?? null))
    this.#file.commit()
  }

  #packagesOf(page: readonly Row[]): ReadPackage[] {
    const query = 'SELECT key, format, size, etag, bad, about, facts FROM package WHERE key BETWEEN ? AND ?'
    const rows = this.#file.rows(query, page[0]?.key ?? '', page.at(-1)?.key ?? '')
    return rows.map(([key, format, size, etag, bad, about, facts]) => ({
      key: String(key),
      format: String(format),
      size: Number(size),
      etag: String(etag),
      bad: textOrNull(bad),
      about: textOrNull(about),
      facts: facts instanceof Uint8Array ? facts : null,
    }))
  }
}
