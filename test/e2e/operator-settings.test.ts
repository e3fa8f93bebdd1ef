import { RequestCertificateCommand } from '@aws-sdk/client-acm'
import {
  type DistributionConfig,
  GetDistributionConfigCommand,
  UpdateDistributionCommand,
} from '@aws-sdk/client-cloudfront'
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { statementsOf } from '../support/end-state.ts'
import { bucket, type Clients, type Installation, secret, withInstallation } from '../support/installation.ts'
import { makeFunction } from './somebody.ts'

const arn = `arn:aws:s3:::${bucket}`

/** What an operator may have in the policy of a bucket, in an order and with spellings of their own. */
const theirStatements = [
  {
    Sid: 'OnlyTls',
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: [arn, `${arn}/*`],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  },
  {
    Effect: 'Allow',
    Principal: { Service: 'logging.s3.amazonaws.com' },
    Action: ['s3:PutObject'],
    Resource: `${arn}/logs/*`,
    Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' }, ArnLike: { 'aws:SourceArn': arn } },
  },
  {
    Sid: 'PackagecloudEnterprisePackagecloudMirrorOaiGetObject',
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:DeleteBucket',
    Resource: arn,
  },
]

describe('what the operator has set by hand', function () {
  this.timeout(60_000)

  it('stays in the bucket policy, statement by statement and in its order', () =>
    withInstallation({}, async (place) => {
      const { s3 } = place.clients
      const Policy = JSON.stringify({ Version: '2012-10-17', Id: 'theirs', Statement: theirStatements })
      await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }))
      const { next } = await place.connect()
      const after = await statementsOf(place.clients)
      expect(after.slice(0, 3)).to.deep.equal(theirStatements)
      expect(after).to.have.length(5)
      await place.succeed([...next, '--origin-access', 'oac'])
      const migrated = await statementsOf(place.clients)
      expect(migrated.slice(0, 5)).to.deep.equal(after)
      expect(migrated).to.have.length(7)
    }))

  it('stays in the distribution, in all but the fields that the command is about', () =>
    withInstallation({}, async (place) => {
      const { lines } = await place.connect()
      const id = /'(E[A-Z0-9]+)'/.exec(lines)?.[1] ?? ''
      const before = await operate(place.clients, id)
      const next = await withNewSecret(place)
      const talk = await place.run([...next, '--price-class', 'PriceClass_200'])
      expect(talk.code, talk.stderr).to.equal(0)
      // The behaviour that they added has no check, which they ought to know.
      expect(talk.stderr).to.match(/Warning: .*public\/\*/)
      // A name of their own is better in URLs than CloudFront's.
      expect(talk.stdout).to.include("['cloudfront_packages_domain'] = 'packages.example.org'")

      const { DistributionConfig: after } = await place.clients.cloudfront.send(
        new GetDistributionConfigCommand({ Id: id }),
      )
      const wanted = structuredClone(before)
      wanted.PriceClass = 'PriceClass_200'
      for (const association of wanted.DefaultCacheBehavior?.LambdaFunctionAssociations?.Items ?? []) {
        if (association.EventType === 'viewer-request') association.LambdaFunctionARN = next[1]
      }
      expect(after).to.deep.equal(wanted)
      expect(next[1]).to.match(/:2$/)

      expect(await place.changes(() => place.succeed(next))).to.deep.equal([])
    }))
})

/** Sets by hand what an operator might; returns the configuration as CloudFront then shows it. */
async function operate(clients: Clients, Id: string): Promise<DistributionConfig> {
  const { acm, cloudfront } = clients
  const { CertificateArn } = await acm.send(
    new RequestCertificateCommand({ DomainName: '*.example.org', SubjectAlternativeNames: ['example.org'] }),
  )
  const theirFunction = await makeFunction(clients, 'adds-a-header')
  const { ETag, DistributionConfig: live } = await cloudfront.send(new GetDistributionConfigCommand({ Id }))
  const behavior = live?.DefaultCacheBehavior
  if (live === undefined || behavior === undefined) throw new Error('no distribution')
  const associations = behavior.LambdaFunctionAssociations?.Items ?? []
  const config: DistributionConfig = {
    ...live,
    Comment: 'Packages; ask ops@example.org before changing anything',
    WebACLId: 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/packages/473e64fd-f30b-4765-81a0-62ad96dd167a',
    Aliases: { Quantity: 2, Items: ['packages.example.org', 'pkg.example.org'] },
    ViewerCertificate: {
      ACMCertificateArn: CertificateArn,
      SSLSupportMethod: 'sni-only',
      MinimumProtocolVersion: 'TLSv1.2_2019',
    },
    Logging: { Enabled: true, IncludeCookies: true, Bucket: 'logs.s3.amazonaws.com', Prefix: 'cdn/' },
    Restrictions: { GeoRestriction: { RestrictionType: 'blacklist', Quantity: 2, Items: ['AQ', 'BV'] } },
    HttpVersion: 'http2and3',
    IsIPV6Enabled: false,
    DefaultRootObject: 'index.html',
    CustomErrorResponses: {
      Quantity: 2,
      Items: [
        { ErrorCode: 503, ErrorCachingMinTTL: 1, ResponsePagePath: '/public/sorry.html', ResponseCode: '503' },
        ...(live.CustomErrorResponses?.Items ?? []),
      ],
    },
    Origins: {
      Quantity: 2,
      Items: [
        {
          Id: 'site',
          DomainName: 'www.example.org',
          OriginPath: '/static',
          CustomHeaders: { Quantity: 1, Items: [{ HeaderName: 'x-from', HeaderValue: 'cdn' }] },
          CustomOriginConfig: {
            HTTPPort: 80,
            HTTPSPort: 443,
            OriginProtocolPolicy: 'https-only',
            OriginSslProtocols: { Quantity: 1, Items: ['TLSv1.2'] },
            OriginReadTimeout: 30,
            OriginKeepaliveTimeout: 5,
          },
        },
        ...(live.Origins?.Items ?? []),
      ],
    },
    DefaultCacheBehavior: {
      ...behavior,
      ViewerProtocolPolicy: 'redirect-to-https',
      LambdaFunctionAssociations: {
        Quantity: 2,
        Items: [...associations, { EventType: 'origin-request', LambdaFunctionARN: theirFunction, IncludeBody: false }],
      },
    },
    CacheBehaviors: {
      Quantity: 2,
      Items: [
        {
          ...behavior,
          PathPattern: '/site/*',
          TargetOriginId: 'site',
          ViewerProtocolPolicy: 'allow-all',
          CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6',
          LambdaFunctionAssociations: { Quantity: 0 },
        },
        {
          ...behavior,
          PathPattern: 'public/*',
          CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
          LambdaFunctionAssociations: { Quantity: 0 },
        },
      ],
    },
  }
  await cloudfront.send(new UpdateDistributionCommand({ Id, IfMatch: ETag, DistributionConfig: config }))
  const { DistributionConfig: set } = await cloudfront.send(new GetDistributionConfigCommand({ Id }))
  if (set === undefined) throw new Error('no distribution')
  return set
}

/** Puts another secret in place; returns the command for the version that holds it. */
async function withNewSecret(place: Installation): Promise<string[]> {
  await place.paste(
    "packagecloud_rails['cloudfront_secret'] = 'YW5vdGhlciBvbmUsIGZvciB0aGUgcm90YXRpb24gb2Yga2V5cw'\n" +
      `packagecloud_rails['cloudfront_previous_secret'] = '${secret}'\n`,
  )
  return place.bootstrap()
}
