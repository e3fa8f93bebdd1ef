/** How plans with documents that stand for themselves are written. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { createPublisher, WriteConflict } from '../../../src/reindex/indexes/publish.ts'
import { Journal } from '../../../src/reindex/journal/journal.ts'
import { Pace } from '../../../src/reindex/pace.ts'
import { scan } from '../../../src/reindex/listing/scan.ts'
import { chooseObjects } from '../../../src/reindex/selection.ts'
import type { IndexObject } from '../../../src/repositories/format.ts'
import { indexObject } from '../../../src/repositories/index-object.ts'
import { type S3Fixture, startS3 } from '../../support/s3-client.ts'
import { leanFor } from '../lean-under-test.ts'

const Bucket = 'documents'
const page = (name: string, text: string): IndexObject =>
  indexObject(`simple/${name}/index.html`, Buffer.from(text), { contentType: 'text/html', top: 'itself' })

describe('the publisher, of many documents', () => {
  let fixture: S3Fixture
  let folder: string
  let journal: Journal
  let tools: { s3: ReturnType<typeof leanFor>; journal: Journal; pace: Pace }
  beforeEach(async () => {
    fixture = await startS3()
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-publish-'))
    journal = new Journal(folder, Bucket)
    await fixture.client.send(new CreateBucketCommand({ Bucket }))
    tools = { s3: leanFor(fixture.sandbox, Bucket), journal, pace: new Pace(4) }
  })
  afterEach(async () => {
    journal.close()
    tools.s3.close()
    await fixture.close()
    await rm(folder, { recursive: true })
  })

  const put = (Key: string, Body: string) => fixture.client.send(new PutObjectCommand({ Bucket, Key, Body }))
  const get = async (Key: string): Promise<string | undefined> =>
    (await fixture.client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString()
  const present = async () => {
    const signal = new AbortController().signal
    await scan({ ...tools, choice: chooseObjects({}), formats: [], signal, seen: () => undefined })
    const rows = journal.rows({ after: '', through: undefined }, 1000)
    return { expected: new Map(rows.map((row) => [row.key, row])), format: 'pypi' }
  }
  const publisher = () => createPublisher({ ...tools, aclOwner: undefined })

  it('leaves what others have published meanwhile, and writes all the rest', async () => {
    for (const name of ['a', 'b', 'c']) await put(`simple/${name}/index.html`, 'old')
    const over = await present()
    await put('simple/b/index.html', "another's")
    await put('simple/d/index.html', "another's")
    const group = ['a', 'b', 'c', 'd', 'e'].map((name) => page(name, 'new'))
    const done = await publisher().publish([group, [page('last', 'last')]], over, new AbortController().signal)
    expect(done).to.include({ written: 4, unchanged: 0 })
    expect(done.conflicts.map(({ key }) => key).sort()).to.deep.equal(['simple/b/index.html', 'simple/d/index.html'])
    for (const [name, text] of Object.entries({ a: 'new', b: "another's", c: 'new', d: "another's", e: 'new' })) {
      expect(await get(`simple/${name}/index.html`), name).to.equal(text)
    }
    expect(await get('simple/last/index.html')).to.equal('last')
  })

  it('writes nothing where what all clients begin with is no longer what it was', async () => {
    await put('simple/a/index.html', 'old')
    await put('simple/index.html', 'old')
    const over = await present()
    await put('simple/index.html', "another's")
    const top = indexObject('simple/index.html', Buffer.from('new'), { contentType: 'text/html', top: true })
    const failure = await publisher()
      .publish([[page('a', 'new')], [top]], over, new AbortController().signal)
      .catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(WriteConflict).and.have.property('key', 'simple/index.html')
    expect(await get('simple/a/index.html')).to.equal('old')
  })

  it('stops between documents when it is asked to, also in a later group', async () => {
    const over = await present()
    const stopper = new AbortController()
    let begun = 0
    const counting = (object: IndexObject): IndexObject => ({
      ...object,
      body: () => {
        if (++begun === 6) stopper.abort()
        return object.body()
      },
    })
    const groups = [[page('first', 'x')], Array.from({ length: 50 }, (_, index) => page(`p${index}`, 'x'))].map(
      (group) => group.map(counting),
    )
    const failure = await publisher()
      .publish(groups, over, stopper.signal)
      .catch((error: unknown) => error)
    expect(failure).to.equal(stopper.signal.reason)
    expect(begun).to.be.lessThan(12)
  })
})
