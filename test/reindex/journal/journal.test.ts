import { existsSync } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { expect } from 'chai'

import { workingFailed } from '../../../src/reindex/journal/journal-failed.ts'
import { Journal } from '../../../src/reindex/journal/journal.ts'
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
