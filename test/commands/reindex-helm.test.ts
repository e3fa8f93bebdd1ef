import { expect } from 'chai'

import type { Report } from '../../src/reindex/report.ts'
import { chartOf } from '../repositories/helm/made-charts.ts'
import { resultOf } from '../support/json-document.ts'
import { type Installation, install, nameOfCall } from '../support/installation.ts'

describe('pc-ctl reindex-everything, charts', function () {
  this.timeout(60_000)
  let place: Installation
  before(async () => {
    place = await install()
  })
  after(() => place.close())

  const run = async (flags: readonly string[] = [], wanted = 0): Promise<Report> => {
    const { code, stdout, stderr } = await place.run(['reindex-everything', '--only', 'helm', ...flags, '--json'])
    expect(code, stdout + stderr).to.equal(wanted)
    return resultOf(stdout) as Report
  }
  const outcomes = ({ indexes }: Report): unknown =>
    indexes.map(({ format, root, outcome, packages }) => `${format} ${root} ${outcome} ${packages}`)
  const text = async (): Promise<string> => (await place.read('pkgs/charts/index.yaml')).toString()

  it('are listed in an index that is made where there is none, said first, and written once', async () => {
    await place.put('pkgs/charts/hello-1.0.0.tgz', chartOf())
    await place.put('elsewhere/hello-1.0.0.tgz', chartOf())
    expect(outcomes(await run())).to.deep.equal([])
    expect(outcomes(await run(['--create-missing', '--dry-run']))).to.deep.equal([
      'helm pkgs/charts/ would be written 1',
    ])
    expect(outcomes(await run(['--create-missing']))).to.deep.equal(['helm pkgs/charts/ written 1'])
    expect(await text()).to.include('- hello-1.0.0.tgz')
    const last = place.sandbox.calls.list().at(-1)?.number ?? 0
    expect(outcomes(await run())).to.deep.equal(['helm pkgs/charts/ unchanged 1'])
    const calls = place.sandbox.calls.list(({ number }) => number > last).map(nameOfCall)
    // The lock is taken and given back.
    expect(calls.filter((call) => call === 's3:PutObject')).to.have.length(2)
  })

  it('give way to another publisher, and take in what it has changed', async () => {
    await place.put('pkgs/charts/hello-1.1.0.tgz', chartOf({ version: '1.1.0' }))
    const theirs = (await text()).replace('apiVersion: v1\n', 'apiVersion: v1\nannotations:\n  by: theirs\n')
    const stop = place.sandbox.onCall(async (call, now) => {
      if (now === 'before' && call.operation === 'PutObject' && call.resource?.endsWith('index.yaml') === true) {
        stop()
        await place.put('pkgs/charts/index.yaml', theirs)
      }
      return undefined
    })
    expect(outcomes(await run([], 1))).to.deep.equal(['helm pkgs/charts/ failed 0'])
    expect(await text()).to.equal(theirs)
    expect(outcomes(await run())).to.deep.equal(['helm pkgs/charts/ written 2'])
    expect(await text()).to.match(/by: theirs[^]*hello-1\.1\.0\.tgz[^]*hello-1\.0\.0\.tgz/)
  })

  it('are left out where they can not be read, and never lost in number', async () => {
    await place.put('pkgs/charts/bad-1.0.0.tgz', 'no chart')
    await place.put('pkgs/charts/tools-1.0.0.tgz', chartOf({ name: '""' }))
    const report = await run()
    expect(report.problems.map(({ key }) => key)).to.deep.equal([
      'pkgs/charts/bad-1.0.0.tgz',
      'pkgs/charts/tools-1.0.0.tgz',
    ])
    await place.put('pkgs/charts/hello-1.0.0.tgz', 'broken')
    await place.put('pkgs/charts/hello-1.1.0.tgz', 'broken')
    expect(outcomes(await run([], 0))).to.deep.equal(['helm pkgs/charts/ unchanged 2'])
  })
})
