import { existsSync } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { expect } from 'chai'

import { workingFailed } from '../../../src/reindex/journal/journal-failed.ts'
import { Journal } from '../../../src/reindex/journal/journal.ts'
import type { Arrival } from '../../../src/reindex/journal/arrivals.ts'
import type { Row } from '../../../src/reindex/journal/row.ts'
import { CtlError } from '../../../src/errors.ts'

describe('the journal of a bucket', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-journal-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const refusalOf = (place: string): CtlError => {
    try {
      new Journal(place, 'b').close()
    } catch (error) {
      if (error instanceof CtlError) return error
      throw error
    }
    throw new Error('it was opened')
  }

  it('makes its folders, for its owner alone', async () => {
    const place = join(folder, 'a/b')
    new Journal(place, 'b').close()
    expect((await stat(place)).mode & 0o777).to.equal(0o700)
  })

  it('takes objects in many at a time, and leaves alone what it has', () => {
    const journal = new Journal(folder, 'b')
    const arrival = (number: number, more: object = {}): Arrival => ({
      ...{
        key: `k${String(number).padStart(2, '0')}`,
        size: number,
        etag: `e${String(number)}`,
        modified: 1000 + number,
      },
      ...{ class: 'package', why: null, format: 'apt', skip: null, todo: true, ...more },
    })
    const others = [
      { class: 'metadata' },
      { format: 'yum' },
      { skip: 'archived (GLACIER)', todo: false },
      { why: 'so' },
    ]
    const arrivals = Array.from({ length: 40 }, (_, number) => arrival(number, others[number - 25]))
    const kept: Row = { ...arrival(7), cacheControl: 'c', contentType: 't', encoding: 'gzip', first: 7 }
    journal.put(kept)
    journal.add(arrivals)
    const blank = { cacheControl: null, contentType: null, encoding: null }
    expect(journal.rows({ after: '', through: undefined }, 100)).to.deep.equal(
      arrivals.map((one, number) => (number === 7 ? kept : { ...one, ...blank, first: one.modified })),
    )
    journal.close()
  })

  it('says which file it is where its disk is full, and what to do', () => {
    const database = new DatabaseSync(':memory:')
    database.exec('CREATE TABLE t (x); PRAGMA max_page_count = 2')
    let failure: unknown
    try {
      database.exec('INSERT INTO t VALUES (zeroblob(100000))')
    } catch (error) {
      failure = workingFailed('/var/state/reindex-b.sqlite', error)
    }
    database.close()
    expect(failure).to.include({
      code: 'JournalUnusable',
      message: "The journal /var/state/reindex-b.sqlite can't be used any more: database or disk is full.",
    })
    expect(String((failure as CtlError).hint[0])).to.contain('--state-dir')
    const other = new Error('something else')
    expect(workingFailed('/x', other)).to.equal(other)
  })

  it('says where it can not be, and does not try for ever', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    expect(refusalOf(join(file, 'x'))).to.include({ failure: 'failed', code: 'JournalUnusable' })
    if (existsSync('/proc/self')) {
      expect(refusalOf('/proc/pc-ctl')).to.include({ failure: 'failed', code: 'JournalUnusable' })
    }
  })

  it('is held by one process', () => {
    const first = new Journal(folder, 'b')
    try {
      expect(refusalOf(folder)).to.include({ failure: 'refused', code: 'JournalInUse' })
    } finally {
      first.close()
    }
  })
})
