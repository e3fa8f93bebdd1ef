import { GetObjectCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import type { Report } from '../../src/reindex/report.ts'
import { bucket, type Installation, install, nameOfCall } from '../support/installation.ts'
import { deb } from '../repositories/apt/packages-made.ts'

const minute = 60_000

/** A clock that is ahead, for a process of its own; by less than the 15 minutes that S3 tolerates. */
const ahead = (milliseconds: number): string =>
  `--import=data:text/javascript,${encodeURIComponent(`
    const Real = Date
    globalThis.Date = class extends Real {
      constructor(...given) { given.length === 0 ? super(Real.now() + ${milliseconds}) : super(...given) }
      static now() { return Real.now() + ${milliseconds} }
    }`)}`

describe('pc-ctl reindex-everything, Valid-Until', function () {
  this.timeout(120_000)
  let place: Installation
  before(async () => {
    place = await install()
  })
  after(() => place.close())

  const validUntil = async (): Promise<number> => {
    const { Body } = await place.clients.s3.send(
      new GetObjectCommand({ Bucket: bucket, Key: 'apt/dists/stable/Release' }),
    )
    return Date.parse(/^Valid-Until: (.*)$/m.exec((await Body?.transformToString()) ?? '')?.[1] ?? '')
  }
  const run = async (milliseconds: number): Promise<{ outcome: unknown; calls: string[] }> => {
    const last = place.sandbox.calls.list().at(-1)?.number ?? 0
    const args = ['reindex-everything', '--indexes-only', '--json']
    const { code, stdout, stderr } = await place.run(args, { env: { NODE_OPTIONS: ahead(milliseconds) } })
    expect(code, stdout + stderr).to.equal(0)
    const { indexes } = resultOf(stdout) as Report
    const calls = place.sandbox.calls.list(({ number }) => number > last).map(nameOfCall)
    return { outcome: indexes[0]?.outcome, calls }
  }

  it('is renewed at half time, and until then nothing is sent but listings', async () => {
    const stanza = 'Suite: stable\nArchitectures: amd64\nComponents: main\n'
    const dates = 'Date: Thu, 01 Jan 2026 00:00:00 UTC\nValid-Until: Thu, 01 Jan 2026 00:20:00 UTC\n'
    await place.put('apt/dists/stable/Release', stanza + dates)
    await place.put('apt/dists/stable/main/binary-amd64/Packages', '\n')
    await place.put('apt/dists/stable/main/binary-amd64/hello_1.0_amd64.deb', deb())
    const begun = Date.now()
    expect((await run(0)).outcome).to.equal('written')
    const first = await validUntil()
    expect(first).to.be.within(begun + 20 * minute - 1000, Date.now() + 20 * minute)
    const early = await run(4 * minute)
    expect(early.outcome).to.equal('unchanged')
    // The lock is read and written.
    expect(early.calls.filter((call) => /GetObject$/.test(call))).to.have.length.of.at.most(1)
    expect(await validUntil()).to.equal(first)
    expect((await run(12 * minute)).outcome).to.equal('written')
    expect(await validUntil()).to.be.within(first + 12 * minute - 1000, first + 14 * minute)
    expect((await run(12 * minute)).outcome).to.equal('unchanged')
  })
})
