import { existsSync } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

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
