import { GetDistributionCommand, UpdateDistributionCommand } from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'

import type { Settings } from '../../../src/settings/settings.ts'
import { findDoomed, type RemoveWishes, removeDistributions, type Removals } from '../../../src/tasks/cf/remove.ts'
import { applyChain, planChain } from '../../../src/tasks/chain/chain.ts'
import type { PlanLine } from '../../../src/ui/plan.ts'
import { noSettings } from '../../support/aws-under-test.ts'
import { bucket, type CfBench, conduct, existsIn, failureOf, originsOf, startCf, yes } from './bench.ts'

const settled = { force: false, wait: true }
const given = <T>(value: T) => ({ value, source: { kind: 'default' as const } })

describe('cfremove', function () {
  this.timeout(60_000)
  let bench: CfBench
  let id: string
  beforeEach(async () => {
    bench = await startCf()
    id = (await bench.create())[0]?.id ?? ''
    bench.sandbox.calls.clear()
  })
  afterEach(() => bench.close())

  const chainFor = async (words: string[], wishes: RemoveWishes = settled, settings: Settings = noSettings) =>
    removeDistributions(bench.aws, settings, await findDoomed(bench.aws, settings, words, wishes), wishes)
  const remove = async (
    words: string[],
    wishes?: RemoveWishes,
    settings?: Settings,
  ): Promise<{ ctx: Removals; report: PlanLine[] }> => applyChain(await chainFor(words, wishes, settings), conduct, yes)

  it('disables, waits and deletes, and touches nothing else', async () => {
    await remove([`cf://${id}`])
    expect(await existsIn(bench, id)).to.equal(false)
    expect(bench.changes()).to.deep.equal(['UpdateDistribution', 'DeleteDistribution'])
  })

  it('asks for each, naming what goes; a no changes nothing', async () => {
    const plan = await planChain(await chainFor([`s3://${bucket}`]), conduct)
    expect(plan.map((line) => line.do)).to.deep.equal(['update', 'remove'])
    expect(plan[0]?.ask).to.match(new RegExp(`^Remove cf://${id} \\(.*; s3://${bucket}/; enabled\\)\\?$`))
    const error = await failureOf(applyChain(await chainFor([id]), conduct, async () => false))
    expect(error.failure).to.equal('refused')
    expect(bench.changes()).to.deep.equal([])
  })

  it('takes each once, several at the same time', async () => {
    const other = await bench.makeForeign('other')
    const { report } = await remove([id, `cf://${other}`, `s3://${bucket}`])
    expect(report.filter((line) => line.do === 'remove').map(({ id: gone }) => gone)).to.deep.equal([id, other])
    expect([await existsIn(bench, id), await existsIn(bench, other)]).to.deep.equal([false, false])
  })

  it('goes on wherever it was cut off', async () => {
    const { ctx } = await remove([id], { force: false, wait: false })
    expect(ctx[id]?.live?.config.Enabled).to.equal(false)
    expect(await existsIn(bench, id)).to.equal(true)
    // Disabled, not yet Deployed: only the wait and the deletion are left.
    bench.sandbox.calls.clear()
    await remove([id])
    expect(bench.changes()).to.deep.equal(['DeleteDistribution'])
    // Gone: told, and no error.
    const doomed = await findDoomed(bench.aws, noSettings, [id, `s3://${bucket}`], settled)
    expect(doomed.distributions).to.deep.equal([])
    expect(doomed.missing.map(({ word }) => word)).to.deep.equal([id, `s3://${bucket}`])
    expect((await remove([id])).report).to.deep.equal([])
  })

  for (const when of ['before', 'after'] as const) {
    it(`takes a call that breaks ${when} it has its effect for what it is`, async () => {
      for (const operation of ['UpdateDistribution', 'DeleteDistribution']) {
        bench.sandbox.faults.add({ operation, calls: 1, when, what: { kind: 'drop' } })
      }
      await remove([id])
      expect(await existsIn(bench, id)).to.equal(false)
    })
  }

  for (const operation of ['UpdateDistribution', 'DeleteDistribution']) {
    for (const when of ['before', 'after'] as const) {
      it(`ends at ${operation}, ${when} its effect, and the same command goes on`, async () => {
        const what = { kind: 'error' as const, code: 'ServiceFault', status: 400 }
        bench.sandbox.faults.add({ operation, calls: 1, when, what })
        expect((await failureOf(remove([id]))).code).to.equal('ServiceFault')
        await remove([id])
        expect(await existsIn(bench, id)).to.equal(false)
      })
    }
  }

  it('reads the version again where it is stale, or CloudFront is not done', async () => {
    const fault = { operation: 'DeleteDistribution', calls: 1 }
    bench.sandbox.faults.add({ ...fault, what: { kind: 'error', code: 'PreconditionFailed' } })
    bench.sandbox.faults.add({ ...fault, what: { kind: 'error', code: 'DistributionNotDisabled', status: 409 } })
    bench.sandbox.faults.add({
      operation: 'UpdateDistribution',
      calls: 1,
      what: { kind: 'error', code: 'PreconditionFailed' },
    })
    await remove([id])
    expect(await existsIn(bench, id)).to.equal(false)
  })

  it('leaves it as it is if somebody enables it meanwhile', async () => {
    const chain = await chainFor([id])
    const enabling = chain.map((step) =>
      step.title === 'Remove'
        ? {
            title: 'Somebody enables it',
            onlyWhenApplied: true,
            run: async (): Promise<undefined> => {
              const { ETag, Distribution } = await bench.cloudfront.send(new GetDistributionCommand({ Id: id }))
              if (Distribution?.DistributionConfig === undefined) throw new Error('gone')
              const DistributionConfig = { ...Distribution.DistributionConfig, Enabled: true }
              await bench.cloudfront.send(new UpdateDistributionCommand({ Id: id, IfMatch: ETag, DistributionConfig }))
            },
          }
        : step,
    )
    const last = chain.at(-1)
    if (last === undefined) throw new Error('no steps')
    const error = await failureOf(applyChain([...enabling, last], conduct, yes))
    expect([error.failure, error.message]).to.deep.equal([
      'refused',
      `Someone enabled ${id} while it was to be removed, so it is left as it is.`,
    ])
    expect(await existsIn(bench, id)).to.equal(true)
  })

  describe('refuses what carries packagecloud’s traffic', () => {
    const packagecloud = { 'packagecloud:enterprise': 'packagecloud' }
    const refused = async (target: string, settings: Settings, reason: string): Promise<void> => {
      bench.sandbox.calls.clear()
      const error = await failureOf(remove([target], settled, settings))
      expect([error.failure, error.exitCode]).to.deep.equal(['refused', 4])
      expect(error.message).to.contain(reason)
      expect(error.hint.join()).to.contain('--force')
      expect(bench.changes()).to.deep.equal([])
      await remove([target], { force: true, wait: true }, settings)
      expect(await existsIn(bench, target)).to.equal(false)
    }

    it('named in packagecloud.rb', async () => {
      await refused(id, { ...noSettings, cloudfrontDistributionId: given(id) }, 'cloudfront_distribution_id')
    })

    it('serving the packages domain', async () => {
      const { Distribution } = await bench.cloudfront.send(new GetDistributionCommand({ Id: id }))
      const domain = given(Distribution?.DomainName?.toUpperCase() ?? '')
      await refused(id, { ...noSettings, cloudfrontPackagesDomain: domain }, 'cloudfront_packages_domain')
    })

    it('enabled and marked as an installation’s', async () => {
      const other = await bench.makeForeign('managed', originsOf('x.s3.amazonaws.com'), packagecloud)
      await refused(other, noSettings, 'installation "packagecloud"')
    })

    it('but not what is marked and disabled', async () => {
      const more = { ...originsOf('x.s3.amazonaws.com'), Enabled: false }
      const other = await bench.makeForeign('managed', more, packagecloud)
      await remove([other])
      expect(await existsIn(bench, other)).to.equal(false)
    })

    it('nor goes on where packagecloud.rb can not be understood', async () => {
      const problem = {
        kind: 'unknown' as const,
        file: '/p.rb',
        line: 3,
        key: 'cloudfront_distribution_id' as const,
        reason: 'calls x',
      }
      const settings = { ...noSettings, problems: { cloudfrontDistributionId: problem } }
      expect((await failureOf(remove([id], settled, settings))).failure).to.equal('configuration')
      expect(await existsIn(bench, id)).to.equal(true)
    })
  })
})
