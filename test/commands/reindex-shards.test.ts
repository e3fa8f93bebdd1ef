import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import type { Report } from '../../src/reindex/report.ts'
import { contentOf } from '../reindex/bucket-under-test.ts'
import { fillRepositories, keyOfDeb, makeKey, reader } from '../reindex/repositories-under-test.ts'
import { bucket, discard, install, type Installation, type Kept, nameOfCall } from '../support/installation.ts'

describe('pc-ctl reindex-everything --shard', function () {
  this.timeout(120_000)
  let kept: Kept
  let place: Installation
  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-shards-'))
    const key = await makeKey()
    const filled = await install()
    await fillRepositories(filled.clients.s3, bucket, key.signer)
    await writeFile(join(filled.folder, 'signing.asc'), key.armored)
    await filled.close(folder)
    kept = { folder, next: [] }
  })
  after(() => discard(kept))
  beforeEach(async () => (place = await install({ from: kept })))
  afterEach(() => place.close())

  const words = (host: string, ...more: string[]): string[] => [
    'reindex-everything',
    ...['--signing-key', join(place.folder, 'signing.asc'), '--state-dir', join(place.folder, host), ...more],
  ]
  const run = async (host: string, ...more: string[]): Promise<Report> =>
    resultOf(await place.succeed([...words(host, ...more), '--json'])) as Report
  const callsOf = async (during: () => Promise<unknown>): Promise<string[]> => {
    const last = place.sandbox.calls.list().at(-1)?.number ?? 0
    await during()
    return place.sandbox.calls
      .list(({ number }) => number > last)
      .map((call) => `${nameOfCall(call)} ${call.resource ?? ''}`)
  }
  const readings = (calls: readonly string[]): string[] =>
    calls.filter((call) => /CopyObject|(?:HeadObject|GetObject) .*\.(?:deb|rpm|whl)$/.test(call))
  /** What clients and edges see, but for what tells when it was written. */
  const outcome = async (): Promise<Record<string, unknown>> => {
    const content = await contentOf(place.clients.s3, bucket)
    const read = reader(place.clients.s3, bucket)
    for (const [key, look] of Object.entries(content)) {
      if (!/Release|repomd|\.asc$/.test(key)) continue
      const text = (await read(key))
        ?.toString()
        .replace(/^Date: .*$|<revision>.*|<timestamp>.*|-----BEGIN PGP SIGNATURE[^]*/gm, '')
      content[key] = { ...(look as object), ETag: text, ContentLength: 0, ChecksumCRC64NVME: '' }
    }
    return content
  }
  /** What one host makes of the same bucket. */
  const alone = async (): Promise<Record<string, unknown>> => {
    const before = place
    place = await install({ from: kept })
    try {
      await run('alone')
      return await outcome()
    } finally {
      await place.close()
      place = before
    }
  }

  it('has several hosts do what one would, and the one that makes the indexes reads nothing again', async () => {
    const expected = await alone()
    const shards: Report[] = []
    for (const number of [1, 2, 3]) shards.push(await run(`host-${number}`, '--shard', `${number}/3`))
    expect(shards.map(({ indexes }) => indexes)).to.deep.equal([[], [], []])
    // Each begins where the one before it ends.
    const cuts = shards.map(({ shard }) => shard?.to)
    expect(shards.map(({ shard }) => shard?.from)).to.deep.equal(['', ...cuts.slice(0, -1)])
    expect(cuts.at(-1)).to.equal(null)
    expect(shards.map(({ total }) => total.rewritten > 0)).to.deep.equal([true, true, true])

    const reports: Report[] = []
    const calls = await callsOf(async () => reports.push(await run('maker')))
    expect(readings(calls)).to.deep.equal([])
    expect(reports[0]?.republished).to.include({ objects: 0, unproven: 0 })
    const now = await outcome()
    for (const [name, look] of Object.entries(expected)) expect(now[name], name).to.deep.equal(look)
    expect(Object.keys(now)).to.deep.equal(Object.keys(expected))
    // And then there is nothing to do, on any of them.
    const again = await callsOf(async () => reports.push(await run('maker')))
    expect(reports[1]?.indexes.map(({ outcome: what }) => what)).to.deep.equal(Array(4).fill('unchanged'))
    expect(again.filter((call) => call.includes('.pc-ctl/shards/'))).to.deep.equal([])
  })

  it('lets the host with the journal of the last run take in the rest, and be killed in the middle of a part', async () => {
    await run('maker')
    await place.put('el/9/more.noarch.rpm', await place.read('el/9/new.noarch.rpm'))
    await place.put(keyOfDeb('main/tool_2.0'), await place.read(keyOfDeb('main/hello_1.0')))
    const killer = new AbortController()
    const stop = place.sandbox.onCall((call, phase) => {
      if (phase !== 'after' || nameOfCall(call) !== 's3:CopyObject') return undefined
      killer.abort()
      return 'drop'
    })
    await place.run(words('one', '--shard', '1/2'), { signal: killer.signal })
    stop()
    await run('one', '--shard', '1/2')
    await run('two', '--shard', '2/2')
    const reports: Report[] = []
    const calls = await callsOf(async () => reports.push(await run('maker')))
    expect(readings(calls)).to.deep.equal([])
    // It alone knows what was there before.
    expect(reports[0]?.republished.keys).to.deep.equal([keyOfDeb('main/tool_2.0')])
    expect(reports[0]?.indexes.map(({ outcome: what }) => what)).to.include('written')
  })

  it('goes by what is there, not by what was handed in before that', async () => {
    await run('one', '--shard', '1/1')
    const [here, there] = [keyOfDeb('main/hello_1.0'), keyOfDeb('main/hello_1.1')]
    await place.put(here, await place.read(keyOfDeb('contrib/extra_3.0')))
    await place.clients.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: there }))
    const { total, indexes } = await run('maker', '--allow-shrink')
    expect(total).to.include({ failed: 0, left: 0 })
    expect(indexes.find(({ format }) => format === 'apt')).to.include({ outcome: 'written' })
    const list = (await place.read('apt/dists/stable/main/binary-amd64/Packages')).toString()
    expect(list).to.contain('Version: 3.0').and.not.contain('1.1')
  })

  it('says what to type next, which is the same without the part', async () => {
    const { stdout } = await place.run(words('one', '--shard', '2/2', '--only', 'apt'))
    expect(stdout).to.contain('Shard 2/2 is from ')
    expect(stdout).to.contain('Once all 2 shards are done, on the host that makes the indexes:')
    expect(stdout)
      .to.contain(`pc-ctl ${words('one', '--only', 'apt').join(' ')}`)
      .and.not.contain('--shard 2/2')
  })

  it('writes nothing with --dry-run, and refuses what is no part', async () => {
    const changes = await place.changes(() => run('one', '--shard', '1/2', '--dry-run'))
    expect(changes).to.deep.equal([])
    for (const typed of ['3/2', '0/2', '1', '1/0', 'a/b', '1/1001', '-1/2']) {
      const { code, stderr } = await place.run(words('one', `--shard=${typed}`))
      expect([typed, code]).to.deep.equal([typed, 2])
      expect(stderr).to.contain(`There is no shard "${typed}"`)
    }
  })

  it('tells what can not be used of what was handed in, and finds that out by itself', async () => {
    const folder = '.pc-ctl/shards/1-of-2/'
    const ofOther = gzipSync('{"version":1}\n{}\n')
    for (const [name, Body] of Object.entries({ '000001': 'nothing packed', '000002': ofOther, '000003': ofOther })) {
      await place.clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${folder}${name}.ndjson.gz`, Body }))
    }
    const { code, stderr } = await place.run(words('maker'))
    expect(code).to.equal(0)
    const told = stderr.replaceAll(/\s+/g, ' ')
    expect(told).to.contain(`can't be read (s3 object ${folder}000001.ndjson.gz).`)
    expect(told).to.contain(`of no use to this one (s3 object ${folder}000002.ndjson.gz and 1 more).`)
    expect((await place.run(words('maker'))).stderr).to.not.contain(folder)
  })
})
