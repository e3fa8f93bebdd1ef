import { type DistributionConfig, GetDistributionCommand, UpdateDistributionCommand } from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'

import { modifyDistribution } from '../../../src/tasks/cf/modify.ts'
import { applyChain, planChain } from '../../../src/tasks/chain/chain.ts'
import { noSettings } from '../../support/aws-under-test.ts'
import { behavior } from '../../support/cloudfront-fixture.ts'
import { type CfBench, conduct, failureOf, noEdit, startCf, yes } from './bench.ts'

/** As much of a configuration as an operator can have made by hand. */
const rich: Partial<DistributionConfig> = {
  Comment: 'by hand',
  DefaultRootObject: 'start.html',
  HttpVersion: 'http2and3',
  PriceClass: 'PriceClass_200',
  Restrictions: { GeoRestriction: { RestrictionType: 'blacklist', Quantity: 2, Items: ['AQ', 'BV'] } },
  CustomErrorResponses: {
    Quantity: 1,
    Items: [{ ErrorCode: 404, ResponseCode: '200', ResponsePagePath: '/404.html', ErrorCachingMinTTL: 7 }],
  },
  CacheBehaviors: { Quantity: 1, Items: [{ ...behavior({ Compress: true }), PathPattern: 'docs/*' }] },
  Logging: { Enabled: true, IncludeCookies: true, Bucket: 'logs.s3.amazonaws.com', Prefix: 'cf/' },
}

describe('cfmodify', function () {
  this.timeout(60_000)
  let bench: CfBench
  let id: string
  beforeEach(async () => {
    bench = await startCf()
    id = await bench.makeForeign('by hand', rich)
    bench.sandbox.calls.clear()
  })
  afterEach(() => bench.close())

  it('changes what is named, and keeps everything else as it is', async () => {
    await bench.requestCertificate('*.example.org')
    const before = await bench.configOf(id)
    const edit = { ...noEdit, addAliases: ['cdn.example.org'], comment: 'hello', enabled: false }
    await bench.modify(`cf://${id}`, { edit })
    const after = await bench.configOf(id)
    expect(after).to.include({ Comment: 'hello', Enabled: false })
    expect(after?.Aliases?.Items).to.deep.equal(['cdn.example.org'])
    const named = { Comment: 0, Enabled: 0, Aliases: 0, ViewerCertificate: 0 }
    expect({ ...after, ...named }).to.deep.equal({ ...before, ...named })
    // And back again: nothing but the certificate is left.
    await bench.modify(id, {
      edit: { ...noEdit, removeAliases: ['cdn.example.org'], comment: 'by hand', enabled: true },
    })
    expect({ ...(await bench.configOf(id)), ViewerCertificate: 0 }).to.deep.equal({ ...before, ViewerCertificate: 0 })
  })

  it('writes nothing where it is so already', async () => {
    const edit = { ...noEdit, removeAliases: ['never.example.org'], comment: 'by hand', enabled: true }
    const report = await bench.modify(id, { edit: { ...edit, defaultRootObject: 'start.html' } })
    expect(report.map((line) => line.do)).to.deep.equal(['keep'])
    expect(bench.changes()).to.deep.equal([])
  })

  it('turns logging off and on', async () => {
    await bench.modify(id, { edit: { ...noEdit, logging: 'off' } })
    expect((await bench.configOf(id))?.Logging).to.deep.include({ Enabled: false, Bucket: '', Prefix: '' })
    const report = await bench.modify(id, { edit: { ...noEdit, logging: 'off' } })
    expect(report[0]?.do).to.equal('keep')
  })

  it('looks again and keeps a change that somebody makes at the same time', async () => {
    const send = bench.cloudfront.send.bind(bench.cloudfront)
    let raced = false
    const race = async (command: unknown): Promise<unknown> => {
      if (command instanceof UpdateDistributionCommand && !raced) {
        raced = true
        const { ETag, Distribution } = await bench.cloudfront.send(new GetDistributionCommand({ Id: id }))
        const theirs = { ...Distribution?.DistributionConfig, DefaultRootObject: 'theirs.html' } as DistributionConfig
        await bench.cloudfront.send(
          new UpdateDistributionCommand({ Id: id, IfMatch: ETag, DistributionConfig: theirs }),
        )
      }
      return Reflect.apply(send, undefined, [command]) as Promise<unknown>
    }
    Object.assign(bench.cloudfront, { send: race })
    await bench.modify(id, { edit: { ...noEdit, comment: 'mine' } })
    expect(raced).to.equal(true)
    expect(await bench.configOf(id)).to.include({ Comment: 'mine', DefaultRootObject: 'theirs.html' })
  })

  it('keeps the certificate in use where it is good for the new name too, and refuses one that is not', async () => {
    const arn = await bench.requestCertificate('*.example.org')
    await bench.modify(id, { edit: { ...noEdit, addAliases: ['a.example.org'] } })
    await bench.requestCertificate('*.example.org', 'example.org')
    await bench.modify(id, { edit: { ...noEdit, addAliases: ['b.example.org'] } })
    const after = await bench.configOf(id)
    expect(after?.ViewerCertificate?.ACMCertificateArn).to.equal(arn)
    const edit = { ...noEdit, addAliases: ['c.example.net'], certificate: arn }
    const error = await failureOf(bench.modify(id, { edit }))
    expect([error.failure, error.message]).to.deep.equal([
      'refused',
      `The certificate ${arn} is not for c.example.net.`,
    ])
    const elsewhere = await failureOf(
      bench.modify(id, { edit: { ...edit, certificate: arn.replace('us-east-1', 'eu-west-1') } }),
    )
    expect(elsewhere.failure).to.equal('usage')
  })

  it('says who holds an alias as far as AWS tells, and what to do where it tells nothing', async () => {
    await bench.requestCertificate('*.example.org')
    const message = 'One or more of the CNAMEs you provided are already associated with a different resource.'
    bench.sandbox.faults.add({
      operation: 'UpdateDistribution',
      what: { kind: 'error', code: 'CNAMEAlreadyExists', status: 409, message },
    })
    const error = await failureOf(bench.modify(id, { edit: { ...noEdit, addAliases: ['cdn.example.org'] } }))
    expect(error.code).to.equal('CNAMEAlreadyExists')
    expect(error.message).to.contain('AWS does not tell whose')
    bench.sandbox.faults.add({
      operation: 'ListConflictingAliases',
      what: { kind: 'error', code: 'AccessDenied', status: 403 },
    })
    const blind = await failureOf(bench.modify(id, { edit: { ...noEdit, addAliases: ['cdn.example.org'] } }))
    expect(blind.message).to.contain('could not be asked')
  })

  it('waits until it is Deployed', async () => {
    await bench.modify(id, { edit: { ...noEdit, comment: 'x' }, wait: true })
    const { Distribution } = await bench.cloudfront.send(new GetDistributionCommand({ Id: id }))
    expect(Distribution?.Status).to.equal('Deployed')
  })

  it('asks before it disables what packagecloud.rb names', async () => {
    const named = { value: id, source: { kind: 'default' as const } }
    const settings = { ...noSettings, cloudfrontDistributionId: named }
    const wishes = { edit: { ...noEdit, enabled: false }, tags: {}, wait: false }
    const chain = modifyDistribution(bench.aws, settings, [id], wishes)
    const [line] = await planChain(chain, conduct)
    expect(line?.ask).to.contain(`Disable ${id}`).and.contain('cloudfront_distribution_id')
    const error = await failureOf(applyChain(chain, conduct, async () => false))
    expect(error.failure).to.equal('refused')
    expect(bench.changes()).to.deep.equal([])
    await applyChain(chain, conduct, yes)
    expect((await bench.configOf(id))?.Enabled).to.equal(false)
  })

  it('refuses one that is removed meanwhile, whenever that happens, and makes no other', async () => {
    const what = { kind: 'error', code: 'NoSuchDistribution', status: 404 } as const
    await bench.modify(id, { edit: { ...noEdit, comment: 'x' } })
    const looks = bench.sandbox.calls.list().filter(({ operation }) => operation === 'GetDistribution').length
    for (let look = 2; look <= looks; look++) {
      bench.sandbox.faults.clear()
      bench.sandbox.faults.add({ operation: 'GetDistribution', calls: [look, 99], what })
      const error = await failureOf(bench.modify(id, { edit: { ...noEdit, comment: String(look) } }))
      expect(error.failure, `look ${look}`).to.equal('refused')
    }
    bench.sandbox.faults.clear()
    bench.sandbox.faults.add({ operation: 'UpdateDistribution', what })
    bench.sandbox.faults.add({ operation: 'GetDistribution', calls: [looks + 1, 99], what })
    const error = await failureOf(bench.modify(id, { edit: { ...noEdit, comment: 'y' } }))
    expect([error.failure, error.message]).to.deep.equal([
      'refused',
      `Refused, and this was not changed: the distribution ${id} does not exist any more.`,
    ])
    expect((await bench.configOf(id))?.Comment).to.equal('x')
  })

  it('wants one target and something to change', () => {
    const wishes = { edit: noEdit, tags: {}, wait: false }
    const build = (words: string[], edit: object) => () =>
      modifyDistribution(bench.aws, noSettings, words, { ...wishes, edit: { ...noEdit, ...edit } })
    expect(build(['E1', 'E2'], { comment: '' })).to.throw('Too many parameters. Modify one Distribution at a time.')
    expect(build(['E1'], {})).to.throw('Nothing to change is named.')
    expect(build(['E1'], { comment: undefined, enabled: undefined })).to.throw('Nothing to change is named.')
    expect(build(['E1'], { addAliases: ['a.b'], removeAliases: ['a.b'] })).to.throw('added and removed at once')
    expect(build(['E1'], { enabled: false })).not.to.throw()
  })
})
