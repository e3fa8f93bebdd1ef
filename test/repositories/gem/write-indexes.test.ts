import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'

import { expect } from 'chai'

import { readVersions } from '../../../src/repositories/gem/compact-index.ts'
import { gem } from '../../../src/repositories/gem/gem.ts'
import { readSpecs } from '../../../src/repositories/gem/marshal-read.ts'
import { marshal } from '../../../src/repositories/gem/marshal-write.ts'
import { shrinking } from '../../../src/reindex/indexes/shrink-brake.ts'
import { FormatBucket, md5 } from '../format-bucket.ts'
import { dependencyField, gemOf, named } from './made-gems.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const empty = gzipSync(marshal([]))
const begin = 'created_at: 2020-01-02T03:04:05Z\n---\n'

describe('indexes of gems', () => {
  const bucketOf = (objects: Readonly<Record<string, Uint8Array | string>>): FormatBucket =>
    new FormatBucket(gem, 'r/', {
      objects: Object.entries(objects).map(([key, body]) => [`r/${key}`, Buffer.from(body)] as const),
    })
  const text = (bucket: FormatBucket, key: string): string => Buffer.from(bucket.read(`r/${key}`) ?? []).toString()
  const listed = (bucket: FormatBucket, list = 'specs'): string[] =>
    readSpecs(gunzipSync(bucket.read(`r/${list}.4.8.gz`) ?? empty)).map((one) => Object.values(one).join(' '))
  const both = { 'specs.4.8.gz': empty, versions: begin }
  const hello = named('hello', '1.0')

  it('say of each gem what it needs', async () => {
    const dependencies =
      dependencyField('zed', '~>', '2.0') +
      dependencyField('alpha', '>=', '0') +
      dependencyField('rake', '>', '1', 'development')
    const needs =
      '!ruby/object:Gem::Requirement\n  requirements:\n  - - ">="\n    - !ruby/object:Gem::Version\n      version: \'2.5\'\n  - - "<"\n    - !ruby/object:Gem::Version\n      version: \'4\''
    const body = gemOf({ fields: { dependencies, required_ruby_version: needs, platform: 'java' } })
    const bucket = bucketOf({ ...both, 'gems/hello-1.0-java.gem': body, 'gems/hello-1.0.gem': hello })
    await bucket.reindex()
    const info = `---\n1.0 |checksum:${sha256(hello)}\n1.0-java alpha:>= 0,zed:~> 2.0|checksum:${sha256(body)},ruby:< 4&>= 2.5\n`
    expect(text(bucket, 'info/hello')).to.equal(info)
    expect(text(bucket, 'names')).to.equal('---\nhello\n')
    expect(text(bucket, 'versions')).to.equal(`${begin}hello 1.0,1.0-java ${md5(Buffer.from(info))}\n`)
    expect(listed(bucket)).to.deep.equal(['hello 1.0 ruby', 'hello 1.0 java'])
  })

  it('leave what was withdrawn withdrawn, and say so', async () => {
    const versions = `${begin}hello 1.0,1.1 ${'0'.repeat(32)}\nhello -1.0 ${'1'.repeat(32)}\n`
    const bucket = bucketOf({
      ...both,
      versions,
      'gems/hello-1.0.gem': hello,
      'gems/hello-1.1.gem': named('hello', '1.1'),
    })
    const { findings } = await bucket.reindex()
    expect(findings.map(({ key, what }) => `${key} ${what}`)).to.deep.equal([
      'r/gems/hello-1.0.gem is withdrawn (yanked) in r/versions, and stays so',
    ])
    expect(listed(bucket)).to.deep.equal(['hello 1.1 ruby'])
    const line = `hello -1.1,1.1 ${md5(Buffer.from(text(bucket, 'info/hello')))}\n`
    expect(text(bucket, 'versions')).to.equal(versions + line)
    expect(bucket.missing(await bucket.plan())).to.deep.equal([])
  })

  it('add to the end of versions what is new, and begin it anew where something is gone', async () => {
    const bucket = bucketOf({ ...both, 'gems/hello-1.0.gem': hello, 'gems/zed-1.0.gem': named('zed', '1.0') })
    await bucket.reindex()
    const before = text(bucket, 'versions')
    bucket.objects.set('r/gems/hello-1.1.gem', named('hello', '1.1'))
    await bucket.reindex()
    const after = text(bucket, 'versions')
    expect(after).to.equal(`${before}hello 1.1 ${md5(Buffer.from(text(bucket, 'info/hello')))}\n`)

    bucket.objects.delete('r/gems/zed-1.0.gem')
    const plan = await bucket.reindex()
    expect(shrinking(plan.parts)).to.equal('1 of 3 packages would be lost: zed (1 of 1)')
    expect(plan.findings.map(({ key }) => key)).to.deep.equal(['r/gems/zed-1.0.gem'])
    expect(text(bucket, 'versions')).to.match(/^created_at: 2023-11-14T22:13:21Z\n---\nhello 1\.0,1\.1 [0-9a-f]{32}\n$/)
    // Nothing is deleted, and nothing says of it that it is there.
    expect(text(bucket, 'info/zed')).to.equal('---\n')
    expect(bucket.read('r/quick/Marshal.4.8/zed-1.0.gemspec.rz')).not.to.equal(undefined)
    bucket.objects.set('r/gems/zed-1.0.gem', named('zed', '1.0'))
    await bucket.reindex()
    expect(listed(bucket)).to.deep.equal(['hello 1.0 ruby', 'hello 1.1 ruby', 'zed 1.0 ruby'])
  })

  it('still know what was withdrawn when versions begins anew', async () => {
    const versions = `${begin}hello 1.0,0.9,-0.9 ${'0'.repeat(32)}\nold 1,-1 ${'0'.repeat(32)}\nnot a line of versions\n`
    const bucket = bucketOf({ ...both, versions, 'gems/hello-1.0.gem': hello })
    const { findings } = await bucket.reindex()
    expect(findings.map(({ key, what }) => `${key} ${what}`)).to.deep.equal([
      'r/versions has 1 lines that say nothing; they are left out',
    ])
    expect(text(bucket, 'versions')).to.match(/^created_at: .*\n---\nhello 1\.0,-0\.9 \S{32}\nold -1 \S{32}\n$/)
    const { byName } = readVersions(text(bucket, 'versions'))
    expect([...byName].map(([name, { yanked }]) => [name, [...yanked]])).to.deep.equal([
      ['hello', ['0.9']],
      ['old', ['1']],
    ])
  })

  it('know what was withdrawn when versions was saved on Windows, and write it as everywhere', async () => {
    const versions = `\ufeff${begin}hello 1.0,0.9,-0.9 ${'0'.repeat(32)}\n`.replaceAll('\n', '\r\n')
    const bucket = bucketOf({
      ...both,
      versions,
      'gems/hello-1.0.gem': hello,
      'gems/hello-0.9.gem': named('hello', '0.9'),
    })
    await bucket.reindex()
    expect(text(bucket, 'versions')).to.match(/^created_at: .*\n---\nhello 1\.0,-0\.9 \S{32}\n$/)
  })

  it('are of the kinds that are there, in the forms that are there', async () => {
    const keysOf = async (objects: Readonly<Record<string, Uint8Array | string>>): Promise<string[]> => {
      const bucket = bucketOf({ ...objects, 'gems/hello-1.0.gem': hello })
      const { groups } = await bucket.plan()
      return groups.map((group) => group.map(({ key }) => key.slice(2)).join(' '))
    }
    const quick = 'quick/Marshal.4.8/hello-1.0.gemspec.rz'
    const lists = 'specs.4.8.gz latest_specs.4.8.gz prerelease_specs.4.8.gz'
    expect(await keysOf({ 'specs.4.8.gz': empty })).to.deep.equal([quick, lists])
    expect(await keysOf({ versions: begin })).to.deep.equal(['info/hello', 'names', 'versions'])
    expect(await keysOf(both)).to.deep.equal([`${quick} info/hello`, `names ${lists}`, 'versions'])
    expect(await keysOf({ 'specs.4.8': marshal([]), 'latest_specs.4.8': marshal([]) })).to.deep.equal([
      quick,
      'specs.4.8.gz specs.4.8 latest_specs.4.8.gz latest_specs.4.8 prerelease_specs.4.8.gz',
    ])
  })

  it('list what clients find where they ask for it, whatever RubyGems calls its platform', async () => {
    const java = named('hello', '1.0', 'jruby')
    const bucket = bucketOf({
      ...both,
      // As RubyGems understands it, and as its maker has called it.
      'gems/hello-1.0-java.gem': java,
      'gems/hello-2.0-i686-linux.gem': named('hello', '2.0', 'i686-linux'),
      'gems/other.gem': named('misplaced', '1.0'),
      'elsewhere/hello-3.0.gem': named('hello', '3.0'),
      'package_files/17.gem': named('mapped', '1.0'),
      'package_files/18.gem': named('hello', '2.0', 'i686-linux'),
      'package_files/19.gem': gemOf({ fields: { name: 'mapped' }, payload: 'other' }),
    })
    const { findings } = await bucket.reindex()
    expect(findings.map(({ key, what }) => `${key.slice(2)} ${what}`)).to.deep.equal([
      'elsewhere/hello-3.0.gem is left out of the index: clients would ask for it at r/gems/hello-3.0.gem',
      'gems/other.gem is left out of the index: clients would ask for it at r/gems/misplaced-1.0.gem',
      'package_files/19.gem is mapped-1.0 with other content than r/package_files/17.gem; only the latter is indexed',
    ])
    expect(listed(bucket)).to.deep.equal(['hello 1.0 jruby', 'hello 2.0 i686-linux', 'mapped 1.0 ruby'])
    expect(bucket.read('r/quick/Marshal.4.8/hello-1.0-jruby.gemspec.rz')).not.to.equal(undefined)
  })

  it('are made of the gems alone where the present list is none', async () => {
    for (const broken of [
      Buffer.from('x'),
      gzipSync('x'),
      gzipSync(marshal([[null]])),
      gzipSync(Buffer.alloc(2 ** 20)),
    ]) {
      const bucket = bucketOf({ 'specs.4.8.gz': broken, 'gems/hello-1.0.gem': hello })
      const { findings } = await bucket.reindex()
      expect(findings.map(({ key, what }) => `${key} ${what}`).join()).to.match(
        /^r\/specs.4.8.gz cannot be read as a list of gems: /,
      )
      expect(listed(bucket)).to.deep.equal(['hello 1.0 ruby'])
    }
  })

  it('have prereleases apart, and one gem of each name that is the latest', async () => {
    const names = ['1.0', '1.10', '1.9', '2.0.rc1', '1.10.0']
    const bucket = bucketOf({
      ...both,
      ...Object.fromEntries(names.map((version) => [`gems/hello-${version}.gem`, named('hello', version)])),
    })
    await bucket.reindex()
    expect(listed(bucket)).to.deep.equal(['1.0', '1.9', '1.10.0', '1.10'].map((version) => `hello ${version} ruby`))
    expect(listed(bucket, 'latest_specs')).to.deep.equal(['hello 1.10.0 ruby'])
    expect(listed(bucket, 'prerelease_specs')).to.deep.equal(['hello 2.0.rc1 ruby'])
    expect(text(bucket, 'info/hello').match(/^\S+ /gm)).to.have.length(5)
  })
})
