import { CostExplorerClient, UpdateCostAllocationTagsStatusCommand } from '@aws-sdk/client-cost-explorer'
import { expect } from 'chai'

import type { CostReport } from '../../src/tasks/costs/costs.ts'
import { estimate } from '../../src/tasks/costs/estimate.ts'
import { install, type Installation, newSecretLines, objectKey, wordsOf } from '../support/installation.ts'
import { resultOf } from '../support/json-document.ts'
import { runQuickly } from '../support/run-here.ts'

const flat = (text: string): string => text.replace(/\s+/g, ' ')
const activation =
  'aws ce update-cost-allocation-tags-status --cost-allocation-tags-status TagKey=packagecloud:enterprise,Status=Active'

describe('pc-ctl costs', function () {
  this.timeout(120_000)
  let place: Installation
  before(async () => {
    place = await install()
    await place.connect()
  })
  after(() => place.close())
  afterEach(() => place.sandbox.faults.clear())

  async function activate(Status: 'Active' | 'Inactive'): Promise<void> {
    const { endpoint, accessKeyId, secretAccessKey } = place.sandbox
    const client = new CostExplorerClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId, secretAccessKey },
    })
    const CostAllocationTagsStatus = [{ TagKey: 'packagecloud:enterprise', Status }]
    await client.send(new UpdateCostAllocationTagsStatusCommand({ CostAllocationTagsStatus }))
    client.destroy()
  }

  const asked = (): string[] =>
    place.sandbox.calls.list(({ service }) => service === 'ce').map(({ operation }) => operation)

  it('says how to activate the tag where it is not, and asks no more than that', async () => {
    const before = asked().length
    const { code, stdout, stderr } = await place.run(['costs'])
    expect([code, stdout]).to.deep.equal([3, ''])
    expect(stderr).to.contain(activation).and.to.contain('each costs $0.01')
    expect(asked().slice(before)).to.deep.equal(['ListCostAllocationTags'])
    const status = await place.run(['status', '--costs', '--exit-code'])
    expect(status.code, status.stderr).to.equal(0)
    expect(flat(status.stderr)).to.contain('Its costs are not told').and.to.contain(activation)
    const none = await place.run(['costs', '--installation', 'another', '--json'])
    expect(none.code).to.equal(3)
  })

  it('tells the month by service and day, the forecast, and what asking costs', async () => {
    await activate('Active')
    const before = asked().length
    const url = (await place.succeed(['sign-url', objectKey])).trim().replace('https:', 'http:')
    for (let times = 0; times < 3; times++) expect((await fetch(url)).status).to.equal(200)
    const { costs } = resultOf(await place.succeed(['costs', '--json'])) as { costs: CostReport }
    const today = new Date().getUTCDate()
    expect(costs.byDay).to.have.length(today)
    expect(costs.questions).to.equal(asked().length - before)
    expect(costs.paidForAsking).to.be.closeTo(0.03, 1e-9)
    const amountOf = (name: string): number => costs.services.find(({ service }) => service === name)?.amount ?? -1
    expect(amountOf('KMS')).to.be.closeTo(today / 30, 1e-6)
    expect(amountOf('CloudFront')).to.be.greaterThan(0)
    expect(amountOf('Lambda@Edge')).to.be.greaterThan(0)
    expect(amountOf('S3 requests')).to.equal(0)
    expect(costs.total).to.be.closeTo(
      costs.byDay.reduce((sum, { amount }) => sum + amount, 0),
      1e-9,
    )
    // On the first of a month there is nothing to go by.
    if (today === 1) expect(costs.forecast).to.equal(null)
    else expect(costs.forecast).to.be.greaterThan(costs.total - 1)
  })

  it('draws a bar a day, and adds all that to status', async () => {
    const { stdout, stderr, code } = await place.run(['costs'])
    expect([code, flat(stderr)]).to.deep.equal([
      0,
      `Cost Explorer is asked three questions, or a few more where there is much to tell: each costs $0.01. `,
    ])
    expect(stdout)
      .to.match(/^CloudFront +< \$0\.01$/m)
      .and.to.match(/^KMS +\$\d\.\d\d$/m)
    expect(stdout).to.match(/^\d\d-\d\d +\$0\.03 +#{39,40}$/m)
    expect(flat(stdout)).to.contain('Asking took 3 questions: $0.03.')
    const status = await place.succeed(['status', '--costs'])
    expect(status)
      .to.match(/^Distribution +\w+/m)
      .and.to.match(/^So far +\$\d/m)
    const { costs } = resultOf(await place.succeed(['status', '--costs', '--json'])) as { costs: CostReport }
    expect(costs.installation).to.equal('packagecloud')
  })

  it('never asks under --watch', async () => {
    const before = asked().length
    const { code, stderr } = await place.run(['status', '--costs', '--watch'])
    expect([code, stderr.includes('--watch')], stderr).to.deep.equal([2, true])
    expect(asked()).to.have.length(before)
  })

  it('tells what it may, and of what it may not ask that it may not', async () => {
    for (const call of ['ListCostAllocationTags', 'GetCostForecast']) {
      place.sandbox.faults.add(`ce:${call}:*:code=AccessDeniedException`)
    }
    const { costs } = resultOf(await place.succeed(['costs', '--json'])) as { costs: CostReport }
    expect([costs.tag, costs.forecast]).to.deep.equal(['unknown', null])
    expect(costs.notTold.join(' ')).to.contain('ce:ListCostAllocationTags').and.to.contain('ce:GetCostForecast')
    expect(await place.succeed(['costs'])).to.match(/^Forecast for the month +not told$/m)
    place.sandbox.faults.clear()
    place.sandbox.faults.add('ce:GetCostForecast:*:code=ValidationException')
    const refused = await place.succeed(['costs'])
    expect(refused)
      .to.match(/^Forecast for the month +not told$/m)
      .and.to.contain('Note: Ask for the forecast')
    place.sandbox.faults.add('ce:GetCostAndUsage:*:code=AccessDeniedException')
    const denied = await place.run(['costs'])
    expect([denied.code, denied.stdout]).to.deep.equal([5, ''])
    expect(denied.stderr).to.contain('"Action":"ce:GetCostAndUsage"').and.to.contain('pc-ctl costs --estimate')
    const status = await place.run(['status', '--costs'])
    expect(status.code, status.stderr).to.equal(0)
    expect(status.stderr).to.contain('ce:GetCostAndUsage')
  })

  it('costs the other installation nothing, whose tag has another value', async () => {
    await place.paste(newSecretLines)
    const { costs } = resultOf(await place.succeed(['costs', '--installation', 'another', '--json'])) as {
      costs: CostReport
    }
    expect([costs.total, costs.forecast]).to.deep.equal([0, null])
    expect(costs.byDay.every(({ amount }) => amount === 0)).to.equal(true)
    const run = await place.run(['costs', '--installation', 'another'])
    expect(run.stdout).to.contain('none: AWS has too little to go by')
    expect(run.stderr).to.match(
      /This account has the installation packagecloud\.[^]*pc-ctl costs --installation packagecloud\n/,
    )
  })
})

describe('pc-ctl costs --estimate', () => {
  const nobody = { AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere' }
  const run = (...args: string[]) => runQuickly(['costs', ...args], { env: nobody })

  it('needs no account and no configuration', async () => {
    const { code, stdout, stderr } = await run('--estimate', '--downloads', '20000000', '--gb', '3000')
    expect(stdout.match(/as others\s+quote\s+(?:it|them)/g)).to.have.length(3)
    expect([code, stderr]).to.deep.equal([0, ''])
    expect(stdout).to.match(/^Lambda@Edge +\$193\.63 +\$170\.00 +\$10\.00 +\$12\.63 +\$1\.00$/m)
    expect(stdout).to.match(/^CloudFront Function +\$182\.34 +\$170\.00 +\$10\.00 +\$2\.34 +\$0\.00$/m)
    expect(stdout)
      .to.match(/^Plan Pro +no$/m)
      .and.to.match(/^Plan Business +\$200\.00 +included/m)
    expect(flat(stdout))
      .to.contain("Plan Pro takes no cache policies but AWS's own, takes 10 M downloads.")
      .and.to.contain('https://aws.amazon.com/cloudfront/pricing/')
  })

  it('wants both numbers, and says so with a command that works', async () => {
    for (const args of [['--estimate'], ['--estimate', '--downloads', '5']]) {
      const { code, stderr } = await run(...args)
      expect(code).to.equal(2)
      const line = /pc-ctl costs --estimate.*/.exec(stderr)?.[0] ?? ''
      expect((await run(...wordsOf(line).slice(1))).code).to.equal(0)
    }
    for (const args of [
      ['--downloads', '5'],
      ['--estimate', '--downloads', '-1', '--gb', '1'],
      ['--estimate', '--gb', 'x', '--downloads', '1'],
    ]) {
      expect((await run(...args)).code, args.join(' ')).to.equal(2)
    }
  })

  it('takes off what is free, and goes through the steps of the traffic', () => {
    const [nothing] = estimate({ downloads: 0, gigabytes: 0 }).ways
    expect(nothing).to.include({ engine: 'lambda', traffic: 0, requests: 0, check: 0, key: 1, total: 1 })
    expect(estimate({ downloads: 0, gigabytes: 1000 }).ways[0]?.traffic).to.equal(0)
    // 10,240 GB at 0.085 and 760 GB at 0.08, behind the first 1,000.
    expect(estimate({ downloads: 0, gigabytes: 12_000 }).ways[0]?.traffic).to.be.closeTo(931.2, 1e-6)
    expect(estimate({ downloads: 0, gigabytes: 8_000_000 }).ways[0]?.traffic).to.be.greaterThan(130_000)
    const billion = estimate({ downloads: 1e9, gigabytes: 0 }).ways
    expect(billion[0]?.check).to.be.closeTo(631.26, 0.01)
    expect(billion[1]?.check).to.be.closeTo(129.74, 0.01)
    expect(billion.filter(({ notPossible }) => notPossible.length > 0)).to.have.length(3)
    expect(billion.at(-1)).to.include({ plan: 'Premium', total: 2_250 })
    const tooMuch = estimate({ downloads: 7e9, gigabytes: 0 }).ways.at(-1)
    expect(tooMuch?.notPossible).to.deep.equal(['takes 6,000 M downloads'])
  })
})
