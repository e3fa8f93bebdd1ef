import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import type { Report } from '../../src/reindex/report.ts'
import { bucket, type Installation, install, nameOfCall } from '../support/installation.ts'
import { deb } from '../repositories/apt/packages-made.ts'

describe('pc-ctl reindex-everything, flat repositories', function () {
  this.timeout(60_000)
  let place: Installation
  before(async () => {
    place = await install()
  })
  after(() => place.close())

  const run = async (): Promise<Report> => {
    const { code, stdout, stderr } = await place.run(['reindex-everything', '--json'])
    expect(code, stdout + stderr).to.equal(0)
    return resultOf(stdout) as Report
  }

  it('knows its own indexes again: a second run writes nothing', async () => {
    await place.put('flat/Packages', '')
    await place.put('flat/Release', 'Suite: flat\nDate: Thu, 01 Jan 2026 00:00:00 UTC\n')
    await place.put('flat/hello_1.0_amd64.deb', deb())
    const first = await run()
    expect(first.indexes).to.have.length(1)
    expect(first.indexes[0]).to.include({ root: 'flat/', outcome: 'written', packages: 1 })
    const { Contents = [] } = await place.clients.s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: 'flat/by-hash/' }),
    )
    expect(Contents).to.have.length(2)
    const last = place.sandbox.calls.list().at(-1)?.number ?? 0
    const second = await run()
    expect(second.indexes[0]).to.include({ outcome: 'unchanged', packages: 1 })
    expect(second.neither.objects).to.equal(0)
    const below = [...second.repositories].filter(({ root }) => root === 'flat/')
    expect(below.map(({ format }) => format)).to.deep.equal(['apt'])
    const calls = place.sandbox.calls.list(({ number }) => number > last).map(nameOfCall)
    // The lock is taken and given back.
    expect(calls.filter((call) => call === 's3:PutObject')).to.have.length(2)
    expect(calls.filter((call) => /CopyObject|HeadObject/.test(call))).to.deep.equal([])
  })
})
