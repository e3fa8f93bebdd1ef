import { expect } from 'chai'

import { connect } from '../../../src/aws/connect.ts'
import type { Settings } from '../../../src/settings/settings.ts'
import type { Exported } from '../../../src/resources/exported.ts'
import { stacksOf } from '../../../src/tasks/export/cloud-formation.ts'
import { type ExportedInstallation, installationChain, leftOutOf } from '../../../src/tasks/export/installation.ts'
import { terraformOf } from '../../../src/tasks/export/terraform.ts'
import { exportedDistribution } from '../../../src/resources/cloudfront/distribution-export.ts'
import { readHcl } from '../../support/hcl-reader.ts'
import { noSettings } from '../../support/aws-under-test.ts'

const given = (value: string) => ({ value, source: { kind: 'default' as const } })
const settings: Settings = { ...noSettings, bucket: given('packages-example-org') }

describe('What an installation is made of', () => {
  it('says of each how it is exported', async () => {
    const chain = installationChain(await connect(settings, {}, { later: true }), settings)
    const subjects = chain.flatMap((step) => step.together ?? [step]).flatMap(({ subject }) => subject ?? [])
    expect(subjects.length).to.be.greaterThan(10)
    for (const { kind, exported } of subjects) expect(exported, kind).to.be.a('function')
  })
})

const installationOf = (...all: readonly Exported[]): ExportedInstallation => ({
  name: 'packagecloud',
  bucket: { name: 'packages-example-org', region: 'us-east-1' },
  nodes: all.map((exported, index) => ({ kind: 'thing', name: String(index), exported, isThere: true })),
})

const legacy = exportedDistribution({
  id: 'E1',
  arn: 'arn:aws:cloudfront::111122223333:distribution/E1',
  domain: 'd1.cloudfront.net',
  status: 'Deployed',
  etag: '',
  tags: {},
  config: {
    CallerReference: 'x',
    Comment: '',
    Enabled: false,
    ViewerCertificate: {
      ACMCertificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/1',
      CloudFrontDefaultCertificate: false,
      SSLSupportMethod: 'sni-only',
      MinimumProtocolVersion: 'TLSv1.2_2021',
      Certificate: 'arn:aws:acm:us-east-1:111122223333:certificate/1',
      CertificateSource: 'acm',
    },
    Aliases: { Quantity: 1, Items: ['packages.example.org'] },
    AnycastIpListId: 'anycast-1',
    Origins: { Quantity: 1, Items: [{ Id: 'a', DomainName: 'a.s3.us-east-1.amazonaws.com' }] },
    OriginGroups: {
      Quantity: 1,
      Items: [
        {
          Id: 'both',
          FailoverCriteria: { StatusCodes: { Quantity: 1, Items: [503] } },
          Members: { Quantity: 2, Items: [{ OriginId: 'a' }, { OriginId: 'b' }] },
        },
      ],
    },
    DefaultCacheBehavior: {
      TargetOriginId: 'both',
      ViewerProtocolPolicy: 'https-only',
      TrustedKeyGroups: { Enabled: true, Quantity: 1, Items: ['group-1'] },
      ForwardedValues: {
        QueryString: true,
        Cookies: { Forward: 'whitelist', WhitelistedNames: { Quantity: 1, Items: ['a'] } },
        Headers: { Quantity: 0 },
      },
      MinTTL: 0,
      DefaultTTL: 60,
    },
  },
})

describe('An export', () => {
  it('has what is seldom in a distribution, switched off or in old words too', () => {
    const [block] = readHcl(terraformOf(installationOf(legacy))).filter(({ type }) => type === 'resource')
    const inside = (type: string) => block?.blocks.find((one) => one.type === type)
    expect(block?.args).to.deep.equal({ enabled: false, aliases: ['packages.example.org'], tags: {} })
    expect(inside('viewer_certificate')?.args).to.deep.equal({
      acm_certificate_arn: 'arn:aws:acm:us-east-1:111122223333:certificate/1',
      ssl_support_method: 'sni-only',
      minimum_protocol_version: 'TLSv1.2_2021',
    })
    expect(inside('origin_group')).to.deep.include({ args: { origin_id: 'both' } })
    expect(inside('origin_group')?.blocks.map(({ args }) => args)).to.deep.equal([
      { status_codes: [503] },
      { origin_id: 'a' },
      { origin_id: 'b' },
    ])
    const behavior = inside('default_cache_behavior')
    expect(behavior?.args).to.deep.include({ trusted_key_groups: ['group-1'], min_ttl: 0, default_ttl: 60 })
    expect(behavior?.blocks[0]?.args).to.deep.equal({ query_string: true })
    expect(behavior?.blocks[0]?.blocks[0]?.args).to.deep.equal({ forward: 'whitelist', whitelisted_names: ['a'] })
    const [stack] = stacksOf(installationOf(legacy))
    expect(JSON.stringify(stack?.template)).to.contain('"OriginGroups":{"Quantity":1,"Items":[{"Id":"both"')
    expect(JSON.stringify(stack?.template)).to.contain('"AcmCertificateArn"').and.to.contain('"SslSupportMethod"')
  })

  it('tells what it has no word for', () => {
    expect(leftOutOf(installationOf(legacy))).to.deep.equal(['DistributionConfig.AnycastIpListId'])
  })
})
