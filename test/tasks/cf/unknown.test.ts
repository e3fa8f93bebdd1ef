import { type DistributionConfig, UpdateDistributionCommand } from '@aws-sdk/client-cloudfront'
import { CreateBucketCommand, PutBucketWebsiteCommand, S3Client } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { parseTree } from '../../../src/xml-tree.ts'
import { type DistributionEdit, withEdit } from '../../../src/resources/cloudfront/distribution-edit.ts'
import { findDoomed, removeDistributions } from '../../../src/tasks/cf/remove.ts'
import { applyChain } from '../../../src/tasks/chain/chain.ts'
import { noSettings } from '../../support/aws-under-test.ts'
import { strewnEverywhere, unknownIn } from '../../resources/cloudfront/unknown-elements.ts'
import { behavior } from '../../support/cloudfront-fixture.ts'
import { type RawCloudFront, rawCloudFront } from '../../support/raw-cloudfront.ts'
import { bucket, type CfBench, conduct, failureOf, noEdit, region, startCf, yes } from './bench.ts'

/** As much of a configuration as there are kinds of elements in it that others can stand in. */
const rich = (certificate: string): Partial<DistributionConfig> => ({
  Aliases: { Quantity: 2, Items: ['a.example.org', 'b.example.org'] },
  ViewerCertificate: { ACMCertificateArn: certificate, SSLSupportMethod: 'sni-only' },
  Restrictions: { GeoRestriction: { RestrictionType: 'blacklist', Quantity: 2, Items: ['AQ', 'BV'] } },
  CustomErrorResponses: { Quantity: 1, Items: [{ ErrorCode: 404, ErrorCachingMinTTL: 7 }] },
  CacheBehaviors: { Quantity: 1, Items: [{ ...behavior({ Compress: true }), PathPattern: 'docs/*' }] },
  Logging: { Enabled: true, IncludeCookies: true, Bucket: 'logs.s3.amazonaws.com', Prefix: 'cf/' },
})

describe('cfmodify, cfremove and cfcreate keep what they do not know', function () {
  this.timeout(60_000)
  let bench: CfBench
  let raw: RawCloudFront
  let certificate: string
  before(async () => {
    bench = await startCf()
    raw = rawCloudFront(bench.sandbox)
    certificate = await bench.requestCertificate('*.example.org')
    const s3 = bench.aws.client(S3Client, region)
    const logs = { Bucket: 'logs-elsewhere', ObjectOwnership: 'BucketOwnerPreferred' as const }
    await s3.send(new CreateBucketCommand(logs))
    const WebsiteConfiguration = { IndexDocument: { Suffix: 'index.html' } }
    await s3.send(new PutBucketWebsiteCommand({ Bucket: bucket, WebsiteConfiguration }))
  })
  after(() => bench.close())

  let made = 0
  /** A distribution with an unknown element in every element that has others in it. */
  const make = async (): Promise<{ id: string; before: string }> => {
    const id = await bench.makeForeign(`unknown ${made++}`, { ...rich(certificate), Aliases: aliases(made) })
    return { id, before: await raw.change(`distribution/${id}`, strewnEverywhere) }
  }
  const aliases = (number: number) => ({ Quantity: 2, Items: [`a${number}.example.org`, `b${number}.example.org`] })
  /** What is unknown, what it stands in and behind what. */
  const unknown = (document: string) =>
    unknownIn(parseTree(document)).map(({ source, parent, behind }) => ({ source, parent, behind: behind.at(-1) }))

  const flags: Record<string, (number: number) => Partial<DistributionEdit>> = {
    '--comment': () => ({ comment: 'changed' }),
    '--default-root-object': () => ({ defaultRootObject: 'index.html' }),
    '--disable': () => ({ enabled: false }),
    '--log-to': () => ({ logging: { bucket: 'logs-elsewhere', prefix: 'x/' } }),
    '--no-logging': () => ({ logging: 'off' }),
    '--price-class': () => ({ priceClass: 'PriceClass_100' }),
    '--add-alias': (number) => ({ addAliases: [`c${number}.example.org`] }),
    '--remove-alias': (number) => ({ removeAliases: [`b${number}.example.org`] }),
    '--remove-alias of all': (number) => ({ removeAliases: aliases(number).Items }),
  }
  for (const [flag, editOf] of Object.entries(flags)) {
    it(`cfmodify ${flag}`, async () => {
      const { id, before } = await make()
      const known = await bench.configOf(id)
      const edit = { ...noEdit, ...editOf(made) }
      await bench.modify(`cf://${id}`, { edit })
      const after = await raw.config(`distribution/${id}`)
      expect(after).to.not.equal(before)
      const gone = edit.removeAliases.map((alias) => `CNAME(${alias})`)
      const rest = (all: ReturnType<typeof unknown>) =>
        all.filter(({ parent, behind }) => !gone.some((alias) => `${parent}${behind ?? ''}`.includes(alias)))
      expect(rest(unknown(after))).to.deep.include.members(rest(unknown(before)))
      expect(unknown(after)).to.have.length(unknown(before).length)
      // What is known changes as if nothing else were there.
      const wanted = { ...known, ...withEdit(known ?? ({} as DistributionConfig), edit) }
      const { Aliases } = (await bench.configOf(id)) ?? {}
      expect(await bench.configOf(id)).to.deep.equal(Aliases?.Quantity === 0 ? { ...wanted, Aliases } : wanted)
    })
  }

  it('cfmodify --certificate, although all else in ViewerCertificate is new', async () => {
    const { id, before } = await make()
    const other = await bench.requestCertificate('*.example.org', 'example.org')
    await bench.modify(id, { edit: { ...noEdit, certificate: other } })
    expect((await bench.configOf(id))?.ViewerCertificate?.ACMCertificateArn).to.equal(other)
    const inside = (document: string) => unknown(document).map(({ source, parent }) => `${parent} ${source}`)
    expect(inside(await raw.config(`distribution/${id}`))).to.have.members(inside(before))
  })

  it('cfmodify after somebody else was faster, what they added included', async () => {
    const { id, before } = await make()
    const send = bench.cloudfront.send.bind(bench.cloudfront)
    let raced = false
    const race = async (command: unknown): Promise<unknown> => {
      if (command instanceof UpdateDistributionCommand && !raced) {
        raced = true
        await raw.change(`distribution/${id}`, (text) => text.replace('<Comment>', '<Latest/><Comment>theirs, '))
      }
      return Reflect.apply(send, undefined, [command]) as Promise<unknown>
    }
    Object.assign(bench.cloudfront, { send: race })
    try {
      await bench.modify(id, { edit: { ...noEdit, enabled: false } })
    } finally {
      Object.assign(bench.cloudfront, { send })
    }
    const after = await raw.config(`distribution/${id}`)
    expect(raced).to.equal(true)
    expect(after).to.equal(
      before
        .replace('<Comment>', '<Latest/><Comment>theirs, ')
        .replace('<Enabled>true</Enabled><View', '<Enabled>false</Enabled><View'),
    )
  })

  it('cfmodify that has nothing to change writes nothing', async () => {
    const { id, before } = await make()
    await bench.modify(id, { edit: { ...noEdit, enabled: true } })
    expect(await raw.config(`distribution/${id}`)).to.equal(before)
  })

  it('cfmodify of a distribution without anything unknown sends what the SDK sends', async () => {
    const id = await bench.makeForeign('plain')
    const before = await raw.config(`distribution/${id}`)
    await bench.modify(id, { edit: { ...noEdit, comment: 'a & b' } })
    expect(await raw.config(`distribution/${id}`)).to.equal(before.replace('>a test<', '>a &amp; b<'))
  })

  it('cfremove, as long as it only disables', async () => {
    const { id, before } = await make()
    const wishes = { force: false, wait: false }
    const doomed = await findDoomed(bench.aws, noSettings, [id], wishes)
    await applyChain(removeDistributions(bench.aws, noSettings, doomed, wishes), conduct, yes)
    const after = await raw.config(`distribution/${id}`)
    expect(unknown(after)).to.deep.equal(unknown(before))
    expect((await bench.configOf(id))?.Enabled).to.equal(false)
  })

  it('cfcreate, where it changes what it made before', async () => {
    const [first] = await bench.create()
    const before = await raw.change(`distribution/${first?.id ?? ''}`, strewnEverywhere)
    await bench.create(undefined, { edit: { ...noEdit, comment: 'again' } })
    expect(unknown(await raw.config(`distribution/${first?.id ?? ''}`))).to.deep.equal(unknown(before))
    expect((await bench.configOf(first?.id ?? ''))?.Comment).to.equal('again')
  })

  it('cfcreate refuses where it would change the kind of an origin that has something unknown', async () => {
    const [first] = await bench.create()
    const before = await raw.config(`distribution/${first?.id ?? ''}`)
    const error = await failureOf(bench.create(undefined, { origin: 'website' }))
    expect([error.failure, error.exitCode]).to.deep.equal(['refused', 4])
    expect(error.message).to.match(/Origins\.Items\[s3-packages-example-org\]\.S3OriginConfig\.FutureSetting/)
    expect(await raw.config(`distribution/${first?.id ?? ''}`)).to.equal(before)
  })
})
