import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import type { Report } from '../../src/reindex/report.ts'
import type { OpenedSigner } from '../../src/repositories/openpgp.ts'
import { bucket, type Installation, install } from '../support/installation.ts'
import { contentOf } from '../reindex/bucket-under-test.ts'
import { clientView, fillRepositories, keyOfDeb, makeKey, reader } from '../reindex/repositories-under-test.ts'

/** What is written before what: all of one rank is there before the next one is begun. */
const ranks = {
  apt: [/\/by-hash\/SHA256\/[0-9a-f]{64}$/, /\/(Packages|Sources)(\.gz)?$/, /\/Release(\.gpg)?$/, /\/InRelease$/],
  yum: [/repodata\/[0-9a-f]{64}-[a-z]+\.xml\.gz$/, /repodata\/repomd\.xml(\.asc)?$/],
  pypi: [/\.whl\.metadata$/, /\/simple\/hello\/$/, /\/simple\/$/],
} as const

describe('pc-ctl reindex-everything, order of writes', function () {
  this.timeout(120_000)
  let place: Installation
  let signer: OpenedSigner
  let words: string[]
  beforeEach(async () => {
    place = await install()
    const { armored, ...key } = await makeKey()
    signer = key.signer
    const file = join(place.folder, 'key.asc')
    await writeFile(file, armored)
    words = ['reindex-everything', '--indexes-only', '--signing-key', file]
    await fillRepositories(place.clients.s3, bucket, signer)
  })
  afterEach(() => place.close())

  const run = async (args: readonly string[] = [], expected = 0): Promise<Report> => {
    const { code, stdout, stderr } = await place.run([...words, ...args, '--json'])
    expect(code, stdout + stderr).to.equal(expected)
    return resultOf(stdout) as Report
  }
  const outcomes = ({ indexes }: Report): unknown =>
    Object.fromEntries(indexes.map(({ root, outcome }) => [root, outcome]))
  const keyOf = (resource = ''): string => resource.replace(/^arn:aws:s3:::[^/]+\//, '')

  interface Moment {
    readonly key: string
    readonly ended: boolean
  }

  /** The beginnings and ends of all writes of a run, but for those of the lock. */
  const momentsOf = async (during: () => Promise<unknown>): Promise<Moment[]> => {
    const moments: Moment[] = []
    const stop = place.sandbox.onCall((call, phase) => {
      const key = keyOf(call.resource)
      if (!call.changing || key.startsWith('.pc-ctl/')) return undefined
      expect(call.operation).to.equal('PutObject')
      moments.push({ key, ended: phase === 'after' })
      return undefined
    })
    await during()
    stop()
    return moments
  }

  const expectOrder = (moments: readonly Moment[]): void => {
    for (const [root, patterns] of [
      ['apt/', ranks.apt],
      ['el/8/', ranks.yum],
      ['el/9/', ranks.yum],
      ['py/', ranks.pypi],
    ] as const) {
      const own = moments.filter(({ key }) => key.startsWith(root))
      const seen = patterns.map((pattern) => own.filter(({ key }) => pattern.test(key)))
      expect(seen.flat()).to.have.length(own.length)
      for (const [rank, at] of seen.entries()) {
        const first = own.findIndex((moment) => at.includes(moment))
        const earlier = seen.slice(0, rank).flat()
        for (const moment of earlier) expect(own.indexOf(moment), moment.key).to.be.lessThan(first)
      }
      const writes = own.filter(({ ended }) => ended).map(({ key }) => key)
      expect(new Set(writes)).to.have.property('size', writes.length)
    }
  }

  it('writes from the leaves to the tops, each rank whole before the next', async () => {
    const before = Object.keys(await contentOf(place.clients.s3, bucket))
    const moments = await momentsOf(async () => {
      expect(outcomes(await run())).to.deep.equal({
        'apt/': 'written',
        'el/8/': 'written',
        'el/9/': 'written',
        'py/': 'written',
      })
    })
    expectOrder(moments)
    const writes = moments.filter(({ ended }) => ended).map(({ key }) => key)
    for (const suite of ['stable', 'testing']) {
      const own = writes.filter((key) => key.startsWith(`apt/dists/${suite}/`)).map((key) => key.replace(/.*\//, ''))
      expect(own).to.include.members(['Packages', 'Packages.gz', 'Release', 'Release.gpg', 'InRelease'])
    }
    for (const root of ['el/8/', 'el/9/']) {
      const last = moments.filter(({ key }) => key.startsWith(root)).slice(-4)
      // The signature follows at once: nothing of another tree comes between.
      const at = moments.indexOf(last[0] ?? { key: '', ended: true })
      expect(moments.slice(at, at + 4)).to.deep.equal(last)
      expect(last.map(({ key }) => key.slice(root.length + 'repodata/'.length))).to.deep.equal([
        'repomd.xml',
        'repomd.xml',
        'repomd.xml.asc',
        'repomd.xml.asc',
      ])
    }
    // Nothing is ever deleted, and the former generation stays reachable.
    expect(Object.keys(await contentOf(place.clients.s3, bucket))).to.include.members(before)
    expect(await clientView(reader(place.clients.s3, bucket), signer)).to.deep.equal({ complaints: [], unsigned: [] })
  })

  it('writes only what is not there byte for byte', async () => {
    await run()
    expect(await momentsOf(run)).to.deep.equal([])
    expect(await momentsOf(() => run(['--full']))).to.deep.equal([])
    // One package of one list of one suite.
    const Key = keyOfDeb('main/hello_1.0')
    await place.clients.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }))
    const moments = await momentsOf(() => run(['--allow-shrink']))
    expectOrder(moments)
    const folder = 'apt/dists/stable/'
    const list = `${folder}main/binary-amd64/`
    const writes = moments.filter(({ ended }) => ended).map(({ key }) => key.replace(/[0-9a-f]{64}$/, '…'))
    expect(writes.sort()).to.deep.equal(
      [
        ...[`${list}by-hash/SHA256/…`, `${list}by-hash/SHA256/…`, `${list}Packages`, `${list}Packages.gz`],
        ...[`${folder}Release`, `${folder}Release.gpg`, `${folder}InRelease`],
      ].sort(),
    )
    expect(await clientView(reader(place.clients.s3, bucket), signer)).to.deep.equal({ complaints: [], unsigned: [] })
  })

  for (const [top, root] of [
    ['apt/dists/testing/Release', 'apt/'],
    ['apt/dists/stable/InRelease', 'apt/'],
    ['el/9/repodata/repomd.xml', 'el/9/'],
  ] as const) {
    it(`writes ${top} only over what it was made from`, async () => {
      const { s3 } = place.clients
      let puts = 0
      const stop = place.sandbox.onCall(async (call, phase) => {
        if (call.operation !== 'PutObject' || phase !== 'before' || keyOf(call.resource) !== top) return undefined
        // The other one's own comes here too.
        if (++puts > 1) return undefined
        await s3.send(new PutObjectCommand({ Bucket: bucket, Key: top, Body: 'of another publisher' }))
        return undefined
      })
      const report = await run([], 1)
      stop()
      expect(puts).to.equal(2)
      expect(outcomes(report)).to.deep.include({ [root]: 'failed' })
      expect(report.problems.map(({ what }) => what).join()).to.include('somebody else has published it meanwhile')
      expect((await reader(s3, bucket)(top))?.toString()).to.equal('of another publisher')
    })
  }
})
