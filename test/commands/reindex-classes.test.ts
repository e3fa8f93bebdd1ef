import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { HeadObjectCommand, PutObjectCommand, type PutObjectCommandInput } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import type { Report } from '../../src/reindex/report.ts'
import { cacheControl } from '../../src/repositories/cache-control.ts'
import { bucket, type Installation, install } from '../support/installation.ts'

const { package: forever, overwritable: checked, metadata: never } = cacheControl
const objects: Readonly<Record<string, Partial<PutObjectCommandInput>>> = {
  'apt/agent-stable_current_amd64.deb': { CacheControl: 'no-store' },
  'apt/dists/stable/InRelease': { CacheControl: never },
  'apt/dists/stable/main/binary-amd64/agent_1.0_amd64.deb': { CacheControl: never },
  'apt/example.asc': { CacheControl: forever },
  'apt/pool/main/i/info/readme': { CacheControl: 'max-age=7' },
  'apt/pool/main/s/simple/': { Body: new Uint8Array() },
  'apt/pool/main/s/simple/simple_1.0-1.dsc': {},
  'gems/info/rack': {},
  'gems/versions': {},
  'latest/agent.deb': { CacheControl: 'no-cache' },
  'maven/org/x/y/1-SNAPSHOT/y-1-SNAPSHOT.jar.sha1': { CacheControl: forever },
  'nightly/agent-1.0-1.noarch.rpm': { CacheControl: 'max-age=60' },
  'npm/left-pad/-/left-pad-1.3.0.tgz': { ContentEncoding: 'gzip' },
  'simple/foo/foo-1.0-py3-none-any.whl': { CacheControl: forever, ContentType: 'application/zip' },
  'simple/foo/index.html': { ContentType: 'application/octet-stream' },
}
const wanted: Readonly<Record<string, string | undefined>> = {
  'apt/agent-stable_current_amd64.deb': 'no-store',
  'apt/dists/stable/InRelease': never,
  'apt/dists/stable/main/binary-amd64/agent_1.0_amd64.deb': forever,
  'apt/example.asc': never,
  'apt/pool/main/i/info/readme': 'max-age=7',
  'apt/pool/main/s/simple/': undefined,
  'apt/pool/main/s/simple/simple_1.0-1.dsc': forever,
  'gems/info/rack': never,
  'gems/versions': never,
  'latest/agent.deb': checked,
  'maven/org/x/y/1-SNAPSHOT/y-1-SNAPSHOT.jar.sha1': checked,
  'nightly/agent-1.0-1.noarch.rpm': checked,
  'npm/left-pad/-/left-pad-1.3.0.tgz': forever,
  'simple/foo/foo-1.0-py3-none-any.whl': forever,
  'simple/foo/index.html': never,
}

describe('the classes of objects in a bucket', function () {
  this.timeout(120_000)
  let place: Installation
  before(async () => {
    place = await install()
    for (const [Key, more] of Object.entries(objects)) {
      await place.clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'content', ...more }))
    }
  })
  after(() => place.close())

  const words = ['--exclude', '7/**', '--exclude', 'pool/**']
  const report = async (...args: string[]): Promise<Report> =>
    resultOf(await place.succeed([...args, '--json'])) as Report
  const headers = async (): Promise<Record<string, string | undefined>> => {
    const found: Record<string, string | undefined> = {}
    for (const Key of Object.keys(objects)) {
      found[Key] = (await place.clients.s3.send(new HeadObjectCommand({ Bucket: bucket, Key }))).CacheControl
    }
    return found
  }
  const apart = ({ overwritable }: Report) =>
    overwritable.flatMap(({ reason, examples }) => examples.map((key) => `${key}: ${reason}`)).sort()

  const overwritable = [
    'apt/agent-stable_current_amd64.deb: the word current in the name',
    'latest/agent.deb: no version in the key',
    'maven/org/x/y/1-SNAPSHOT/y-1-SNAPSHOT.jar.sha1: replaced until the version is released',
    'nightly/agent-1.0-1.noarch.rpm: in nightly/, and not to be cached for long',
  ]

  it('are told by the plan and by an audit, with what may be overwritten and what clients unpack', async () => {
    const plan = await report('reindex-everything', '--attributes-only', '--dry-run', ...words)
    expect(apart(plan)).to.deep.equal(overwritable)
    const audit = await place.run(['audit-cache-control', '--exit-code', ...words])
    expect(audit.code).to.equal(6)
    expect(audit.stdout)
      .to.match(/1 package may be overwritten: no version in the key\./)
      .and.to.match(/1 package stored with Content-Encoding gzip\.[\s\S]*EINTEGRITY[\s\S]*left-pad-1\.3\.0\.tgz/)
      .and.to.include('2 objects were not judged: 2 neither package nor metadata.')
    expect(plan.encoded.map(({ reason, examples }) => [reason, examples])).to.deep.equal([
      ['gzip', ['npm/left-pad/-/left-pad-1.3.0.tgz']],
    ])
    expect(plan.repositories.map(({ root }) => root)).not.to.include('apt/pool/main/i/')
  })

  it('give each its Cache-Control, and keep it without a journal', async () => {
    const file = join(place.folder, 'report.json')
    const done = await report('reindex-everything', '--attributes-only', '--report', file, ...words)
    expect(done.failed).to.equal(0)
    expect(await headers()).to.deep.equal(wanted)
    const { overwritableObjects } = JSON.parse(await readFile(file, 'utf8')) as { overwritableObjects: object[] }
    expect(overwritableObjects).to.have.length(4)
    for (const state of [[], ['--state-dir', join(place.folder, 'another')]]) {
      const again = await report('reindex-everything', '--attributes-only', ...words, ...state)
      expect(again.total).to.include({ rewritten: 0, failed: 0 })
      expect(again.overwritable.reduce((sum, { objects: number }) => sum + number, 0)).to.equal(4)
      expect(again.encoded).to.have.length(1)
    }
    expect(await headers()).to.deep.equal(wanted)
  })

  it('end an audit with 0 where only types say nothing, or nothing can be judged', async () => {
    const Key = 'apt/pool/main/a/a_1.0_amd64.deb'
    const typeless = { Body: 'content', CacheControl: forever, ContentType: 'binary/octet-stream' }
    await place.clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key, ...typeless }))
    const { code, stdout } = await place.run(['audit-cache-control', '--exit-code', ...words])
    expect([code, stdout]).to.satisfy(([status]: unknown[]) => status === 0, stdout)
    expect(stdout).to.include('1 have a Content-Type that says nothing.').and.to.include('2 objects were not judged')
  })

  it('are what a mapping says', async () => {
    const mapping = join(place.folder, 'mapping.json')
    await writeFile(
      mapping,
      JSON.stringify([
        { match: 'latest/**', class: 'package' },
        { match: 'simple/**.whl', class: 'overwritable' },
      ]),
    )
    const { overwritable: groups, wrong } = await report('audit-cache-control', '--mapping', mapping, ...words)
    expect(groups.find(({ reason }) => reason === 'the mapping says so')?.examples).to.deep.equal([
      'simple/foo/foo-1.0-py3-none-any.whl',
    ])
    expect(apart({ overwritable: groups } as unknown as Report).join()).not.to.contain('latest/')
    expect(wrong.find(({ examples }) => examples.includes('latest/agent.deb'))?.wanted).to.equal(forever)
  })
})
