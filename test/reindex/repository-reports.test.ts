import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { Journal } from '../../src/reindex/journal/journal.ts'
import { chooseObjects } from '../../src/reindex/selection.ts'
import { repositoryReports } from '../../src/reindex/repository-reports.ts'

describe('how repositories stand', () => {
  let folder: string
  let journal: Journal
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-repositories-'))
    journal = new Journal(folder, 'b')
  })
  afterEach(async () => {
    journal.close()
    await rm(folder, { recursive: true, force: true })
  })

  const put = (
    key: string,
    kind: 'package' | 'metadata' | 'overwritable',
    more: { todo?: boolean; skip?: string } = {},
  ) =>
    journal.put({
      key,
      size: 10,
      etag: 'e',
      modified: 1,
      class: kind,
      why: null,
      format: key.endsWith('.deb') ? 'apt' : 'yum',
      cacheControl: 'x',
      contentType: 'x/y',
      encoding: null,
      skip: more.skip ?? null,
      todo: more.todo ?? false,
      first: 1,
    })

  it('is told of each, those within others and what lies in none included, in the order of their names', () => {
    put('0.rpm', 'package')
    put('a-b/1.rpm', 'package', { skip: 'archived' })
    put('a/1.rpm', 'package', { todo: true })
    put('a/b/c/1.rpm', 'package')
    put('a/b/c/2.deb', 'package')
    put('a/b/z.rpm', 'overwritable')
    put('a/z.rpm', 'metadata')
    put('z.rpm', 'package')
    journal.commit()
    const changes = { rewritten: 0, failed: 0 }
    const changed = { rewritten: 0, failed: 1 }
    const { repositories, count, total } = repositoryReports(
      journal,
      chooseObjects({}),
      (root, _format, kind) => (root === 'a/' && kind === 'package' ? changed : changes),
      ['a/b/', 'a/', 'a-b/', 'a/b/c/', 'empty/'],
    )
    const told = [...repositories].map(({ root, format, packages, overwritable, metadata }) => [
      root,
      format,
      ...[packages, overwritable, metadata].map(({ objects }) => objects),
    ])
    expect(told).to.deep.equal([
      ['', 'yum', 2, 0, 0],
      ['a-b/', 'yum', 1, 0, 0],
      ['a/', 'yum', 1, 0, 1],
      ['a/b/', 'yum', 0, 1, 0],
      ['a/b/c/', 'apt', 1, 0, 0],
      ['a/b/c/', 'yum', 1, 0, 0],
    ])
    expect([...repositories]).to.have.length(count)
    expect([...repositories][2]?.packages).to.include({ objects: 1, bytes: 10, failed: 1, left: 0 })
    expect(total).to.deep.equal({ objects: 8, bytes: 80, right: 6, rewritten: 0, skipped: 1, failed: 1, left: 0 })
  })
})
