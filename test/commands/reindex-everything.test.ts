import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

import { PutObjectCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import type { Report } from '../../src/reindex/report.ts'
import { cacheControl, cacheControlOf } from '../../src/repositories/cache-control.ts'
import { bucket, expectPlainTalk, type Installation, install, nameOfCall } from '../support/installation.ts'
import { contentOf, fillBucket, objects } from '../reindex/bucket-under-test.ts'

describe('pc-ctl reindex-everything --attributes-only', function () {
  this.timeout(60_000)
  let place: Installation
  const words = ['reindex-everything', '--attributes-only']
  beforeEach(async () => {
    place = await install()
    await fillBucket(place.clients.s3, bucket)
  })
  afterEach(() => place.close())

  const report = async (args: readonly string[]): Promise<Report> =>
    resultOf(await place.succeed([...args, '--json'])) as Report
  const callsOf = async (during: () => Promise<unknown>): Promise<string[]> => {
    const last = place.sandbox.calls.list().at(-1)?.number ?? 0
    await during()
    return place.sandbox.calls.list(({ number }) => number > last).map(nameOfCall)
  }

  it('sets Cache-Control by class, fills in types, and keeps all else', async () => {
    const { s3 } = place.clients
    const before = await contentOf(s3, bucket)
    const { total, neither, failed } = await report(words)
    expect(failed).to.equal(0)
    // The installation brings one package of its own.
    expect(total).to.include({ objects: objects.length, right: 2, skipped: 1, rewritten: objects.length - 3 })
    expect(neither.objects).to.equal(1)
    const after = await contentOf(s3, bucket)
    expect(Object.keys(after)).to.deep.equal(Object.keys(before))
    for (const [key, look] of Object.entries(after)) {
      const was = before[key] as Record<string, unknown>
      const { CacheControl, ContentType, ...rest } = look as Record<string, unknown>
      const { CacheControl: old, ContentType: oldType, ...kept } = was
      expect(rest, key).to.deep.equal(kept)
      const left = key === 'readme.txt' || key === 'old/archived.deb'
      expect(CacheControl, key).to.equal(left ? old : cacheControlOf(key))
      if (left || oldType === 'application/x-debian-package') expect(ContentType, key).to.equal(oldType)
      else expect(ContentType, key).not.to.equal('binary/octet-stream')
    }
  })

  it('sends nothing but listings the second time, and looks at everything again with --full', async () => {
    await report(words)
    const again = await callsOf(async () => {
      const { total } = await report(words)
      expect(total).to.include({ right: objects.length - 1, rewritten: 0, skipped: 1 })
    })
    const perObject = again.filter((call) => /HeadObject|CopyObject/.test(call))
    expect(perObject).to.deep.equal([])
    expect(again).to.include('s3:ListObjectsV2')
    const full = await callsOf(() => report([...words, '--full']))
    expect(full.filter((call) => call === 's3:HeadObject')).to.have.length(objects.length - 1)
    expect(full).not.to.include('s3:CopyObject')
  })

  it('fails where nothing begins with the prefix, names what does, and lets the next run in', async () => {
    const { code, stderr } = await place.run([...words, '--prefix', 'atp/'])
    expect(code).to.equal(2)
    expect(stderr).to.contain(`Nothing in ${bucket} begins with atp/ (--prefix).`).and.contain('Did you mean `apt/`?')
    const audit = await place.run(['audit-cache-control', '--prefix', 'atp/', '--json'])
    expect(audit.code).to.equal(2)
    expect(audit.stdout).to.contain('"code": "NothingBelow"').and.contain('"changed": false')
    expect((await report([...words, '--prefix', 'apt/'])).objects).to.be.greaterThan(0)
    // Whoever leaves out all that is below a prefix has not mistyped it.
    expect((await report([...words, '--prefix', 'apt/', '--exclude', '**'])).objects).to.equal(0)
  })

  it('warns of what leaves out or takes nothing', async () => {
    const { code, stdout } = await place.run([...words, '--dry-run', '--exclude', 'apt', '--only', 'cran', '--json'])
    expect(code).to.equal(0)
    expect((JSON.parse(stdout) as { warnings: string[] }).warnings).to.deep.equal([
      '--exclude apt leaves out nothing: the whole key has to match, as apt/** does below a folder.',
      '--only takes cran, but nothing there is cran.',
    ])
  })

  it('sees what has changed since', async () => {
    await report(words)
    const Key = 'apt/dists/stable/InRelease'
    await sleep(1100)
    await place.clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'index' }))
    const calls = await callsOf(async () => {
      expect((await report(words)).total).to.include({ rewritten: 1, right: objects.length - 2 })
    })
    expect(calls.filter((call) => call === 's3:HeadObject')).to.have.length(1)
  })

  it('writes nothing with --dry-run, --list and in an audit, and tells the same as a run', async () => {
    const { s3 } = place.clients
    const before = await contentOf(s3, bucket)
    const changes = await place.changes(async () => {
      const dry = await report([...words, '--dry-run'])
      expect(dry.total).to.include({ rewritten: objects.length - 3, right: 2, skipped: 1, left: 0 })
      expect((await place.run([...words, '--dry-run', '--exit-code'])).code).to.equal(6)
      const audit = await place.run(['audit-cache-control'])
      expect(audit.stdout).to.include('Cache-Control is missing').and.to.include('`max-age=60`')
      expect(audit.stdout).to.include(`${objects.length - 3} of ${objects.length} packages and metadata`)
      expect(audit.code).to.equal(0)
      expect(audit.stdout).to.include('archived (GLACIER)')
      expect((await place.run(['audit-cache-control', '--exit-code'])).code).to.equal(6)
      const list = await place.succeed([...words, '--list'])
      expect(list)
        .to.match(/^apt\/ +apt +2 +2$/m)
        .and.to.match(/^el\/9\/ +yum +3 +1$/m)
    })
    expect(changes).to.deep.equal([])
    expect(await contentOf(s3, bucket)).to.deep.equal(before)
    await report(words)
    const audit = await place.run(['audit-cache-control', '--exit-code'])
    expect(audit.code, audit.stdout).to.equal(0)
  })

  it('keeps to --prefix, --only, --exclude and a mapping', async () => {
    expect((await report([...words, '--dry-run', '--prefix', 'el/'])).total.objects).to.equal(4)
    expect((await report([...words, '--dry-run', '--only', 'apt,pypi'])).total.objects).to.equal(
      objects.filter(({ Key }) => /\.deb$|dists|simple/.test(Key)).length + 1,
    )
    const excluding = await report([...words, '--dry-run', '--exclude', 'apt/**', '--exclude', 'el/*/repodata/*'])
    expect(excluding.total.objects).to.equal(objects.length - 5)
    const mapping = join(place.folder, 'mapping.json')
    await writeFile(mapping, '[{"match": "*.txt", "class": "metadata", "format": "own"}]')
    const mapped = await report([...words, '--mapping', mapping, '--only', 'own'])
    expect(mapped.total).to.include({ objects: 1, rewritten: 1 })
    const content = await contentOf(place.clients.s3, bucket)
    expect(content['readme.txt']).to.include({ CacheControl: cacheControl.metadata })
    await writeFile(mapping, '[{"match": "*.txt", "class": "?"}]')
    expect((await place.run([...words, '--mapping', mapping])).code).to.equal(2)
    const unwritable = await place.run([...words, '--report', join(place.folder, 'nowhere', 'report.json')])
    expect([unwritable.code, unwritable.stdout]).to.deep.equal([2, ''])
  })

  it('goes on after what fails, says so, and puts it right the next time', async () => {
    place.sandbox.faults.add('s3:CopyObject:1:AccessDenied')
    place.sandbox.faults.add('s3:CopyObject:2-3:SlowDown')
    place.sandbox.faults.add('s3:CopyObject:4:after:drop')
    const { code, stdout, stderr } = await place.run([...words, '--report', join(place.folder, 'report.json')])
    expect(code, stderr).to.equal(1)
    expectPlainTalk(stderr)
    expect(stdout)
      .to.include('could not be put right: AWS denied s3:PutObject on')
      .and.to.match(/, 1 failed, /)
    const written = JSON.parse(await readFile(join(place.folder, 'report.json'), 'utf8')) as Report
    expect(written).to.include({ failed: 1, problemCount: 1 })
    expect(written.problems).to.have.length(1)
    expect(written.total).to.include({ failed: 1, rewritten: objects.length - 4, right: 2 })
    place.sandbox.faults.clear()
    expect((await report(words)).total).to.include({ failed: 0, rewritten: 1, right: objects.length - 2 })
  })

  it('writes its report as a page where the name of the file ends in .html', async () => {
    const file = join(place.folder, 'report.html')
    place.sandbox.faults.add('s3:CopyObject:1:AccessDenied')
    const { code } = await place.run([...words, '--report', file])
    place.sandbox.faults.clear()
    expect(code).to.equal(1)
    const page = await readFile(file, 'utf8')
    expect(page).to.match(/^<!doctype html>[^]*<\/html>\n$/)
    expect(page).to.include(`<h1>What was put right in ${bucket}</h1>`).and.to.include('could not be put right')
    expect(page).to.include('el/9/a b &amp; &lt;ü&gt;%2B+-1-1.rpm').and.not.to.include('<ü>')
    for (const heading of ['Problems', 'Attributes that were wrong', 'Skipped', 'Repositories'])
      expect(page).to.include(`>${heading}</h2>`)
    const audited = join(place.folder, 'audit.HTM')
    await place.run(['audit-cache-control', '--report', audited])
    expect(await readFile(audited, 'utf8')).to.include(`<h1>What is to be put right in ${bucket}</h1>`)
    expect((await readdir(place.folder)).filter((name) => name.endsWith('.part'))).to.deep.equal([])
  })

  it('says before anything else that its report can not be written', async () => {
    const calls = await callsOf(async () => {
      const { code, stderr } = await place.run([...words, '--report', join(place.folder, 'nowhere', 'report.json')])
      expect(code).to.equal(2)
      expect(stderr).to.include("report.json can't be written")
    })
    expect(calls).to.deep.equal([])
    const file = join(place.folder, 'report.json')
    expect((await place.run([...words, '--bucket', 'nobody-has-this', '--report', file])).code).not.to.equal(0)
    expect((await readdir(place.folder)).filter((name) => name.startsWith('report'))).to.deep.equal([])
  })

  it('lets only one run at a bucket, until it is forced or the other is done', async () => {
    const { s3 } = place.clients
    const Body = JSON.stringify({ run: 'x', owner: 'someone@host', released: false })
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: '.pc-ctl/lock', Body }))
    const refused = await place.run(words)
    expect(refused.code).to.equal(4)
    expect(refused.stderr).to.include('someone@host').and.to.include('--force-unlock')
    expect((await place.run([...words, '--dry-run'])).code).to.equal(0)
    await report([...words, '--force-unlock'])
    await report(words)
  })

  it('stops cleanly when interrupted, says how to go on, and lets the next one in', async () => {
    let release: (() => void) | undefined
    const copying = new Promise<void>((resolve) => {
      const stop = place.sandbox.onCall(async (call) => {
        if (call.operation === 'CopyObject') {
          resolve()
          await new Promise<void>((done) => (release = done))
          stop()
        }
        return undefined
      })
    })
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, '../../bin/run.js'), ...words, '--concurrency', '1'],
      {
        env: { PATH: process.env['PATH'], ...place.env },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    const ended = Promise.all([text(child.stderr), once(child, 'exit')])
    await copying
    child.kill('SIGINT')
    await sleep(200)
    release?.()
    const [talk, [code]] = (await ended) as [string, [number]]
    expect(code).to.equal(130)
    expectPlainTalk(talk)
    expect(talk).to.include('Interrupted after 1 objects').and.to.include('the same command goes on from there')
    expect((await report(words)).total).to.include({ rewritten: objects.length - 4 })
  })

  it('ends in the same whenever it is killed', async () => {
    const { s3 } = place.clients
    for (let kill = 1; kill <= 6; kill++) {
      const killer = new AbortController()
      let seen = 0
      const stop = place.sandbox.onCall(async (call, phase) => {
        if (call.operation !== 'CopyObject' || phase !== (kill % 2 === 0 ? 'after' : 'before')) return undefined
        if (++seen === 2) {
          killer.abort()
          await run
        }
        return undefined
      })
      const run = place.run([...words, '--force-unlock', '--concurrency', '2'], { signal: killer.signal })
      const { code } = await run
      stop()
      await sleep(30)
      if (code === 0) break
      expect(code).to.equal(137)
    }
    await report([...words, '--force-unlock'])
    const content = await contentOf(s3, bucket)
    for (const [key, look] of Object.entries(content)) {
      if (key === 'readme.txt' || key === 'old/archived.deb') continue
      expect(look, key).to.include({ CacheControl: cacheControlOf(key) })
    }
    const other = await install()
    try {
      await fillBucket(other.clients.s3, bucket)
      await other.succeed(words)
      expect(await contentOf(other.clients.s3, bucket)).to.deep.equal(content)
    } finally {
      await other.close()
    }
  })
})
