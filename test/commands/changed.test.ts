/** `changed` of the document that `--json` prints, held against what the embedded AWS was told to write. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { assertDocument } from '../support/json-document.ts'
import { bucket, type Installation, install, nameOfCall } from '../support/installation.ts'
import { fillBucket } from '../reindex/bucket-under-test.ts'

/** What a run told, and what came of it. */
interface Told {
  readonly code: number
  readonly changed: boolean
  /** Calls that wrote, without those for the lock of a bucket. */
  readonly written: readonly string[]
}

describe('changed, of --json', function () {
  this.timeout(120_000)
  let place: Installation
  beforeEach(async () => {
    place = await install({ timing: { deploy: 0 } })
  })
  afterEach(() => place.close())

  const run = async (...args: string[]): Promise<Told> => {
    const last = place.sandbox.calls.list().at(-1)?.number ?? 0
    const { stdout, stderr, code } = await place.run([...args, '--json'])
    const { changed } = assertDocument(stdout) as { changed: boolean }
    const written = place.sandbox.calls
      .list(({ number, changing, resource = '' }) => changing && number > last && !resource.includes('/.pc-ctl/'))
      // One that was answered by nobody has been carried out here.
      .filter(({ status = 200 }) => status < 300)
      .map(nameOfCall)
    expect(changed, `${args.join(' ')}: ${written.join(', ') || 'nothing written'}\n${stderr}`).to.equal(
      written.length > 0,
    )
    return { code, changed, written }
  }
  /** Shown, done, and done again. */
  const thrice = async (args: readonly string[], dryRun = '--dry-run'): Promise<boolean[]> => {
    const told = [await run(...args, dryRun), await run(...args), await run(...args)]
    expect(told.map(({ code }) => code)).to.deep.equal([0, 0, 0])
    return told.map(({ changed }) => changed)
  }
  const once = [false, true, false]

  it('is true where the runbook has written, and not where it has nothing to do', async () => {
    expect(await thrice(['bootstrap-cloudfront'])).to.deep.equal(once)
    const next = await place.bootstrap()
    expect(await thrice(next)).to.deep.equal(once)
    for (const look of ['status', 'permissions', 'show-config', 'costs', 'cflist']) {
      expect((await run(look)).changed, look).to.equal(false)
    }
  })

  it('is true of a run that failed behind its first write, and not of one that wrote nothing', async () => {
    place.sandbox.faults.add('s3:PutObject:*:before:AccessDenied')
    expect(await run('put', place.config, `s3://${bucket}/`)).to.include({ code: 5, changed: false })
    place.sandbox.faults.clear()
    place.sandbox.faults.add('lambda:CreateFunction:*:before:AccessDenied')
    expect(await run('bootstrap-cloudfront')).to.include({ code: 5, changed: true })
    place.sandbox.faults.clear()
    expect(await run('bootstrap-cloudfront')).to.include({ code: 0, changed: true })
  })

  it('is true where the answer to a write was lost, but not the write', async () => {
    place.sandbox.faults.add('kms:CreateAlias:1:after:drop')
    expect(await run('bootstrap-cloudfront')).to.include({ code: 0, changed: true })
  })

  it('is true where objects were rewritten: the lock of a run alone is no change', async () => {
    await fillBucket(place.clients.s3, bucket)
    const reindex = ['reindex-everything', '--attributes-only']
    expect(await thrice(reindex)).to.deep.equal(once)
    expect((await run('audit-cache-control', '--full')).changed).to.equal(false)
    expect(await run(...reindex, '--prefix', 'nothing/')).to.include({ code: 2, changed: false })
    await place.put('apt/pool/late_1.0.deb', 'late')
    place.sandbox.faults.add('s3:CopyObject:*:before:AccessDenied')
    expect((await run(...reindex)).changed).to.equal(false)
  })

  it('is true of what s3cmd has too, each time that it writes', async () => {
    const file = join(place.folder, 'a.deb')
    await writeFile(file, 'a')
    // Whoever uploads again writes again.
    expect(await thrice(['put', file, `s3://${bucket}/a.deb`])).to.deep.equal([false, true, true])
    expect(await run('put', file, join(place.folder, 'none.deb'), `s3://${bucket}/`)).to.include({
      code: 2,
      changed: false,
    })
    expect(await thrice(['cfcreate', `s3://${bucket}`])).to.deep.equal(once)
    expect(await thrice(['cfmodify', `s3://${bucket}`, '--comment', 'another one'])).to.deep.equal(once)
    expect(await thrice(['cfinval', `s3://${bucket}/a.deb`])).to.deep.equal([false, true, true])
    expect(await thrice(['cfremove', `s3://${bucket}`, '--if-exists', '--yes'])).to.deep.equal(once)
  })

  it('is true where packagecloud.rb was written', async () => {
    const words = ['disable-cloudfront', '--write-config', '--yes', '--json']
    const changed = async (): Promise<unknown> => {
      const before = await readFile(place.config, 'utf8')
      const document = assertDocument((await place.run(words)).stdout) as { changed: unknown }
      expect(document.changed).to.equal((await readFile(place.config, 'utf8')) !== before)
      return document.changed
    }
    await place.paste("packagecloud_rails['cloudfront_enabled'] = true\n")
    expect([await changed(), await changed()]).to.deep.equal([true, false])
  })
})
