import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import { PutObjectCommand, type PutObjectCommandInput } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import type { Report } from '../../src/reindex/report.ts'
import { parseRepomd } from '../../src/repositories/yum/repomd.ts'
import { bucket, type Installation, install } from '../support/installation.ts'
import { deb, entryOf } from '../repositories/apt/packages-made.ts'

describe('pc-ctl reindex-everything, archived packages', function () {
  this.timeout(120_000)
  let place: Installation
  before(async () => {
    place = await install()
  })
  after(() => place.close())

  const put = (Key: string, Body: Uint8Array | string, more: Partial<PutObjectCommandInput> = {}): Promise<unknown> =>
    place.clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ...more }))
  const run = async (...args: string[]): Promise<Report> => {
    const { code, stdout, stderr } = await place.run(['reindex-everything', '--indexes-only', '--json', ...args])
    expect(code, stdout + stderr).to.equal(0)
    return resultOf(stdout) as Report
  }
  const list = 'apt/dists/stable/main/binary-amd64/Packages'
  const inTree = async (type: string): Promise<string> => {
    const data = parseRepomd((await place.read('el/9/repodata/repomd.xml')).toString())?.data
    return gunzipSync(await place.read(`el/9/${data?.find((one) => one.type === type)?.href ?? ''}`)).toString()
  }

  it('keep their entries in the indexes of both formats, though nothing can read them', async () => {
    const rpms = ['fix-tool.noarch.rpm', 'fix-data.noarch.rpm'] as const
    const bodies = await Promise.all(
      rpms.map((name) => readFile(join(import.meta.dirname, '../repositories/yum/fixtures', name))),
    )
    for (const [at, name] of rpms.entries()) await put(`el/9/${name}`, bodies[at] ?? '')
    await put('el/9/repodata/repomd.xml', '<repomd xmlns="http://linux.duke.edu/metadata/repo"></repomd>')
    await put('apt/pool/hello.deb', deb())
    await put(list, entryOf(deb(), 'pool/hello.deb'))
    await put('apt/dists/stable/Release', 'Suite: stable\nArchitectures: amd64\nComponents: main\n')
    await run()
    const before = await Promise.all(['primary', 'filelists', 'other'].map(inTree))
    const packages = await place.read(list)
    expect(before[1]).to.include('/usr/share/fix-data/data')

    await put('el/9/fix-data.noarch.rpm', bodies[1] ?? '', { StorageClass: 'GLACIER' })
    await put('apt/pool/hello.deb', deb(), { StorageClass: 'DEEP_ARCHIVE' })
    const { problems, indexes } = await run('--full')
    expect(indexes.map(({ root, packages: count }) => `${root} ${count}`)).to.deep.equal(['apt/ 1', 'el/9/ 2'])
    const told = problems.map(({ key, what }) => `${key} ${what.replace(/:.*/, '')}`).sort()
    expect(told).to.deep.equal([
      'apt/pool/hello.deb can not be read, and keeps its entry in the index',
      'el/9/fix-data.noarch.rpm can not be read, and keeps its entry in the index',
    ])
    const elements = (xml: string | undefined): string[] => (xml ?? '').split(/(?<=<\/package>\n)/).sort()
    const after = await Promise.all(['primary', 'filelists', 'other'].map(inTree))
    expect(after.map((xml) => xml.match(/<package /g)?.length)).to.deep.equal([2, 2, 2])
    after.forEach((xml, at) => {
      const kept = elements(before[at]).find((one) => one.includes('fix-data') && !one.includes('fix-tool'))
      expect(xml).to.include(kept?.slice(kept.indexOf('<package ')))
    })
    expect(await place.read(list)).to.deep.equal(packages)

    // Restored, they are the versions that they were.
    await put('el/9/fix-data.noarch.rpm', bodies[1] ?? '')
    await put('apt/pool/hello.deb', deb())
    const restored = await run()
    expect(restored.problems).to.deep.equal([])
    expect(restored.indexes.map(({ root, packages: count }) => `${root} ${count}`)).to.deep.equal(['apt/ 1', 'el/9/ 2'])
  })
})
