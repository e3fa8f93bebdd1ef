import type { DistributionConfig } from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'
import * as fc from 'fast-check'

import {
  blankConfig,
  changesFor,
  checkedBy,
  type DistributionWishes,
  lacksCertificate,
  bucketOrigin,
  withWishes,
} from '../../../src/resources/cloudfront/distribution-config.ts'
import { checkOf, runningIn } from '../../../src/resources/cloudfront/viewer-check.ts'
import { engineOf } from '../../../src/aws/arns.ts'
import { engineNames } from '../../../src/edge/engine.ts'
import { obstacles } from '../../../src/resources/cloudfront/distribution-obstacles.ts'
import { bucket, certificate, functionWishes, operatorsConfig, someWishes, wishes } from './distribution-configs.ts'

/** By what CloudFront tells the members of a list apart. */
function nameOf(member: unknown, index: number): string {
  if (typeof member === 'string') return member
  if (typeof member !== 'object' || member === null) return String(index)
  const { Id, ErrorCode, EventType, PathPattern } = member as Record<string, string | number | undefined>
  return String(Id ?? ErrorCode ?? EventType ?? (PathPattern === undefined ? index : `${PathPattern}#${index}`))
}

/** The paths of everything that is not the same before and after. */
function differences(before: unknown, after: unknown, path = ''): string[] {
  if (Object.is(before, after)) return []
  if (typeof before !== 'object' || typeof after !== 'object' || before === null || after === null) return [path]
  const members = (value: object): Record<string, unknown> =>
    Array.isArray(value)
      ? Object.fromEntries(value.map((member: unknown, index) => [nameOf(member, index), member]))
      : { ...value }
  const [old, young] = [members(before), members(after)]
  return [...new Set([...Object.keys(old), ...Object.keys(young)])].flatMap((member) =>
    differences(old[member], young[member], path === '' ? member : `${path}.${member}`),
  )
}

/** What pc-ctl may change, as the design says it. All else is the operator's. */
const owned = [
  /^Enabled$/,
  /^CustomErrorResponses(\.Quantity|\.Items\.404(\.ErrorCachingMinTTL)?)?$/,
  /^Origins\.Items\.(packages|s3-acme-packages)\.(DomainName|OriginAccessControlId|CustomOriginConfig|S3OriginConfig(\.OriginAccessIdentity)?)$/,
  /^DefaultCacheBehavior\.(TargetOriginId|ViewerProtocolPolicy|AllowedMethods|Compress|CachePolicyId)(\.|$)/,
  /^DefaultCacheBehavior\.(ForwardedValues|MinTTL|DefaultTTL|MaxTTL)$/,
  /^(DefaultCacheBehavior|CacheBehaviors\.Items\.[^.]+)\.LambdaFunctionAssociations(\.Quantity|\.Items|\.Items\.viewer-request(\.(LambdaFunctionARN|IncludeBody))?)?$/,
  /^(DefaultCacheBehavior|CacheBehaviors\.Items\.[^.]+)\.FunctionAssociations(\.Quantity|\.Items|\.Items\.viewer-request(\.FunctionARN)?)?$/,
]
const wished = (of: DistributionWishes): RegExp[] => [
  ...(of.priceClass === undefined ? [] : [/^PriceClass$/]),
  ...(of.certificate === undefined ? [] : [/^ViewerCertificate(\.|$)/]),
  ...of.aliases.map((alias) => new RegExp(`^Aliases\\.(Quantity|Items\\.${alias.replaceAll('.', '\\.')})$`)),
]
/** Fields that CloudFront wants in every update: filled in where they are absent, never changed where they are not. */
const filledIn =
  /^(Aliases|Aliases\.Items|Origins\.Items\.[^.]+\.(ConnectionAttempts|ConnectionTimeout|OriginPath|CustomHeaders|OriginShield)|DefaultCacheBehavior\.(SmoothStreaming|FieldLevelEncryptionId))$/

const at = (config: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, member) => {
    if (typeof value !== 'object' || value === null) return undefined
    const list: unknown[] = Array.isArray(value) ? value : []
    return Array.isArray(value)
      ? list.find((item, index) => nameOf(item, index) === member)
      : (value as Record<string, unknown>)[member]
  }, config)

describe('withWishes', () => {
  it('changes nothing but the fields that pc-ctl owns', () => {
    fc.assert(
      fc.property(operatorsConfig, someWishes, (config, of) => {
        const changed = differences(config, withWishes(config, of))
        const allowed = [...owned, ...wished(of)]
        const wrong = changed.filter(
          (path) =>
            !allowed.some((pattern) => pattern.test(path)) &&
            !(filledIn.test(path) && (at(config, path) === undefined || path.startsWith('Aliases'))),
        )
        expect(wrong).to.deep.equal([])
      }),
      { numRuns: 500 },
    )
  })

  it('announces every field that it changes', () => {
    fc.assert(
      fc.property(operatorsConfig, someWishes, (config, of) => {
        const after = withWishes(config, of)
        const silent = differences(config, after).filter((path) => !filledIn.test(path) && !/Quantity$/.test(path))
        expect(changesFor(config, after, of).length > 0 || silent.length === 0, silent.join()).to.equal(true)
      }),
      { numRuns: 500 },
    )
  })

  it('changes nothing a second time', () => {
    fc.assert(
      fc.property(operatorsConfig, someWishes, (config, of) => {
        const once = withWishes(config, of)
        expect(withWishes(once, of)).to.deep.equal(once)
        expect(changesFor(once, withWishes(once, of), of)).to.deep.equal([])
        // What is in the way stays so unless the operator has agreed that it may go.
        const adopted = { ...of, adopt: true }
        expect(obstacles(withWishes(config, adopted), adopted)).to.deep.equal([])
      }),
      { numRuns: 300 },
    )
  })

  it('leaves the configuration that it was given as it is', () => {
    fc.assert(
      fc.property(operatorsConfig, someWishes, (config, of) => {
        const before = structuredClone(config)
        withWishes(config, of)
        expect(config).to.deep.equal(before)
      }),
    )
  })

  it('makes every list as long as it says', () => {
    const counted = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return
      if ('Quantity' in value && 'Items' in value) expect(value.Items).to.have.length(Number(value.Quantity))
      Object.values(value).forEach(counted)
    }
    fc.assert(fc.property(operatorsConfig, someWishes, (config, of) => counted(withWishes(config, of))))
  })

  it('has the bucket read in exactly one way, whatever the way was before', () => {
    fc.assert(
      fc.property(operatorsConfig, someWishes, (config, of) => {
        const origin = bucketOrigin(withWishes(config, of), bucket)
        const ways = [origin?.S3OriginConfig?.OriginAccessIdentity, origin?.OriginAccessControlId]
        expect(ways.filter((way) => way !== '')).to.have.length(1)
        expect(ways).to.include(
          of.access.kind === 'oai' ? `origin-access-identity/cloudfront/${of.access.id}` : of.access.id,
        )
        expect(origin?.CustomOriginConfig).to.equal(undefined)
      }),
    )
  })

  it('checks every request of the default behaviour and caches by its path alone', () => {
    fc.assert(
      fc.property(operatorsConfig, someWishes, (config, of) => {
        const after = withWishes(config, of)
        const behavior = after.DefaultCacheBehavior
        expect(checkedBy(after)).to.equal(of.functionArn)
        expect(behavior).to.include({ ...of.policies, Compress: false })
        expect(behavior?.TargetOriginId).to.equal(bucketOrigin(after, bucket)?.Id)
        expect(behavior?.ViewerProtocolPolicy).to.be.oneOf(['https-only', 'redirect-to-https'])
        expect(behavior).to.not.have.any.keys('ForwardedValues', 'MinTTL', 'DefaultTTL', 'MaxTTL')
      }),
    )
  })

  it('leaves what the operator chose for the certificate in use', () => {
    const ViewerCertificate = {
      ACMCertificateArn: certificate,
      SSLSupportMethod: 'sni-only' as const,
      MinimumProtocolVersion: 'TLSv1.2_2025' as const,
    }
    const config = { ...blankConfig(wishes), ViewerCertificate }
    expect(withWishes(config, { ...wishes, certificate }).ViewerCertificate).to.deep.equal(ViewerCertificate)
  })

  it('uses, of several origins that are the bucket, the one that the default behaviour uses', () => {
    const origin = (Id: string, OriginPath: string) => ({
      Id,
      OriginPath,
      DomainName: 'acme-packages.s3.amazonaws.com',
    })
    const config: DistributionConfig = {
      ...blankConfig(wishes),
      Origins: { Quantity: 2, Items: [origin('logs', '/logs'), origin('packages', '')] },
      DefaultCacheBehavior: { TargetOriginId: 'packages', ViewerProtocolPolicy: 'https-only' },
    }
    const after = withWishes(config, wishes)
    expect(after.DefaultCacheBehavior?.TargetOriginId).to.equal('packages')
    expect(after.Origins?.Items?.[0]).to.deep.equal(origin('logs', '/logs'))
    expect(after.Origins?.Items?.[1]).to.have.property('DomainName', 'acme-packages.s3.eu-west-1.amazonaws.com')
  })

  it('has the check, and nothing else of ours, at the viewer events that one engine alone may have', () => {
    fc.assert(
      fc.property(operatorsConfig, someWishes, (config, of) => {
        const adopted = { ...of, adopt: true }
        const { DefaultCacheBehavior: behavior, CacheBehaviors: further } = withWishes(config, adopted)
        const checked = (further?.Items ?? []).filter((one) => checkOf(one) === of.functionArn)
        for (const one of [behavior, ...checked]) {
          const engines = new Set(runningIn(one).map(({ engine }) => engine))
          expect([...engines]).to.deep.equal([engineOf(of.functionArn)])
        }
      }),
    )
  })

  for (const [from, to] of [
    [wishes, functionWishes],
    [functionWishes, { ...wishes, alsoOurs: [functionWishes.functionArn] }],
  ] as const) {
    const [before, after] = [engineNames[engineOf(from.functionArn)], engineNames[engineOf(to.functionArn)]]

    it(`swaps what runs at viewer-request in one configuration, from ${before} to ${after}`, () => {
      const start = withWishes(blankConfig(from), from)
      const kept = {
        EventType: 'origin-response' as const,
        LambdaFunctionARN: 'arn:aws:lambda:us-east-1:123456789012:function:theirs:1',
        IncludeBody: false,
      }
      const { DefaultCacheBehavior: behavior } = start
      const lambdas = [...(behavior?.LambdaFunctionAssociations?.Items ?? []), kept]
      const live: DistributionConfig = {
        ...start,
        DefaultCacheBehavior: {
          TargetOriginId: 's3-acme-packages',
          ViewerProtocolPolicy: 'https-only',
          ...behavior,
          LambdaFunctionAssociations: { Quantity: lambdas.length, Items: lambdas },
        },
      }
      const moved = withWishes(live, to)
      expect(obstacles(live, to)).to.deep.equal([])
      expect(runningIn(moved.DefaultCacheBehavior).map(({ arn }) => arn)).to.deep.equal([to.functionArn])
      expect(moved.DefaultCacheBehavior?.LambdaFunctionAssociations?.Items).to.deep.include(kept)
      expect(changesFor(live, moved, to)[0]).to.deep.equal({ field: 'Engine', before, after })
      expect(differences(live, moved).filter((path) => !/FunctionAssociations/.test(path))).to.deep.equal([])
      const back = withWishes(moved, { ...from, alsoOurs: [to.functionArn.replace(/:7$/, '')] })
      expect(runningIn(back.DefaultCacheBehavior)).to.deep.equal(runningIn(live.DefaultCacheBehavior))
      expect(back.DefaultCacheBehavior?.LambdaFunctionAssociations?.Items).to.deep.include(kept)
    })

    it(`takes further behaviours that have the check along, from ${before} to ${after}`, () => {
      const start = withWishes(blankConfig(from), from)
      const { LambdaFunctionAssociations, FunctionAssociations } = start.DefaultCacheBehavior ?? {}
      const further = {
        PathPattern: '/7/*',
        TargetOriginId: 's3-acme-packages',
        ViewerProtocolPolicy: 'https-only' as const,
        LambdaFunctionAssociations,
        FunctionAssociations,
      }
      const live = { ...start, CacheBehaviors: { Quantity: 1, Items: [further] } }
      const moved = withWishes(live, to)
      expect(runningIn(moved.CacheBehaviors?.Items?.[0]).map(({ arn }) => arn)).to.deep.equal([to.functionArn])
      expect(changesFor(live, moved, to).map(({ field }) => field)).to.include(
        'CacheBehaviors./7/*.FunctionAssociations.viewer',
      )
    })
  }

  it('keeps the check of further behaviours at the version of the default one, and adds none', () => {
    const behaving = (PathPattern: string, LambdaFunctionARN: string, EventType = 'viewer-request' as const) => ({
      PathPattern,
      TargetOriginId: 's3-acme-packages',
      ViewerProtocolPolicy: 'https-only' as const,
      LambdaFunctionAssociations: { Quantity: 1, Items: [{ EventType, LambdaFunctionARN, IncludeBody: false }] },
    })
    const theirs = 'arn:aws:lambda:us-east-1:123456789012:function:theirs:1'
    const older = wishes.functionArn.replace(/7$/, '3')
    const bare = { ...behaving('/open/*', older), LambdaFunctionAssociations: { Quantity: 0 } }
    const live: DistributionConfig = {
      ...withWishes(blankConfig(wishes), wishes),
      CacheBehaviors: { Quantity: 3, Items: [behaving('/7/*', older), behaving('/x/*', theirs), bare] },
    }
    const after = withWishes(live, wishes)
    expect(after.CacheBehaviors?.Items).to.deep.equal([
      behaving('/7/*', wishes.functionArn),
      behaving('/x/*', theirs),
      bare,
    ])
    expect(changesFor(live, after, wishes)).to.deep.equal([
      {
        field: 'CacheBehaviors./7/*.LambdaFunctionAssociations.viewer-request',
        before: older,
        after: wishes.functionArn,
      },
    ])
  })
})

describe('blankConfig', () => {
  it('is completed to what CloudFront wants of a new distribution', () => {
    const config = withWishes(blankConfig(wishes), wishes)
    expect(config).to.deep.equal({
      CallerReference: 'packagecloud:enterprise:packagecloud:acme-packages',
      Comment: 'packagecloud:enterprise packagecloud',
      Enabled: true,
      HttpVersion: 'http2',
      IsIPV6Enabled: true,
      PriceClass: 'PriceClass_All',
      DefaultRootObject: '',
      Aliases: { Quantity: 0 },
      Origins: {
        Quantity: 1,
        Items: [
          {
            Id: 's3-acme-packages',
            DomainName: 'acme-packages.s3.eu-west-1.amazonaws.com',
            OriginPath: '',
            CustomHeaders: { Quantity: 0 },
            ConnectionAttempts: 3,
            ConnectionTimeout: 10,
            OriginShield: { Enabled: false },
            S3OriginConfig: { OriginAccessIdentity: 'origin-access-identity/cloudfront/E1IDENTITY' },
            OriginAccessControlId: '',
            CustomOriginConfig: undefined,
          },
        ],
      },
      DefaultCacheBehavior: {
        TargetOriginId: 's3-acme-packages',
        ViewerProtocolPolicy: 'https-only',
        AllowedMethods: { Quantity: 2, Items: ['HEAD', 'GET'], CachedMethods: { Quantity: 2, Items: ['HEAD', 'GET'] } },
        CachePolicyId: 'the-cache-policy',
        Compress: false,
        SmoothStreaming: false,
        FieldLevelEncryptionId: '',
        LambdaFunctionAssociations: {
          Quantity: 1,
          Items: [{ EventType: 'viewer-request', LambdaFunctionARN: wishes.functionArn, IncludeBody: false }],
        },
      },
      CustomErrorResponses: { Quantity: 1, Items: [{ ErrorCode: 404, ErrorCachingMinTTL: 0 }] },
      ViewerCertificate: { CloudFrontDefaultCertificate: true },
    })
  })

  it('takes up aliases, certificate and price class', () => {
    const of = { ...wishes, aliases: ['p.example.com'], certificate, priceClass: 'PriceClass_100' as const }
    const config = withWishes(blankConfig(of), of)
    expect(config.Aliases).to.deep.equal({ Quantity: 1, Items: ['p.example.com'] })
    expect(config.PriceClass).to.equal('PriceClass_100')
    expect(config.ViewerCertificate).to.deep.equal({
      ACMCertificateArn: certificate,
      SSLSupportMethod: 'sni-only',
      MinimumProtocolVersion: 'TLSv1.2_2021',
    })
  })
})

describe('changesFor', () => {
  const live = withWishes(blankConfig(wishes), wishes)

  it('finds each field of ours that somebody changed, before and after', () => {
    const tampered: DistributionConfig = {
      ...live,
      Enabled: false,
      DefaultCacheBehavior: {
        ...live.DefaultCacheBehavior,
        TargetOriginId: 's3-acme-packages',
        ViewerProtocolPolicy: 'allow-all',
        Compress: true,
        CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6',
        LambdaFunctionAssociations: { Quantity: 0 },
      },
      CustomErrorResponses: { Quantity: 0 },
    }
    const after = withWishes(tampered, wishes)
    expect(changesFor(tampered, after, wishes)).to.deep.equal([
      { field: 'Enabled', before: false, after: true },
      { field: 'DefaultCacheBehavior.ViewerProtocolPolicy', before: 'allow-all', after: 'https-only' },
      { field: 'DefaultCacheBehavior.Compress', before: true, after: false },
      { field: 'CustomErrorResponses.404.ErrorCachingMinTTL', before: 10, after: 0 },
      {
        field: 'DefaultCacheBehavior.LambdaFunctionAssociations.viewer-request',
        before: undefined,
        after: wishes.functionArn,
      },
      {
        field: 'DefaultCacheBehavior.CachePolicyId',
        before: '658327ea-f89d-4fab-a63d-7e88639e58f6',
        after: 'the-cache-policy',
      },
    ])
  })

  it('does not take another order of a set for a change', () => {
    const reordered: DistributionConfig = {
      ...live,
      Aliases: { Quantity: 2, Items: ['b.example.com', 'a.example.com'] },
      DefaultCacheBehavior: {
        ...live.DefaultCacheBehavior,
        TargetOriginId: 's3-acme-packages',
        ViewerProtocolPolicy: 'https-only',
        AllowedMethods: { Quantity: 2, Items: ['GET', 'HEAD'], CachedMethods: { Quantity: 2, Items: ['GET', 'HEAD'] } },
      },
    }
    const of = { ...wishes, aliases: ['a.example.com', 'b.example.com'] }
    expect(changesFor(reordered, withWishes(reordered, of), of)).to.deep.equal([])
  })
})

describe('lacksCertificate', () => {
  const Aliases = { Quantity: 1, Items: ['p.example.com'] }

  it('says so of names without a certificate', () => {
    expect(lacksCertificate({ ...blankConfig(wishes), Aliases })).to.equal(true)
    expect(lacksCertificate({ ...blankConfig(wishes), Aliases, ViewerCertificate: undefined })).to.equal(true)
  })

  it('is content without names, and with a certificate of either kind', () => {
    expect(lacksCertificate(blankConfig(wishes))).to.equal(false)
    for (const ViewerCertificate of [{ ACMCertificateArn: certificate }, { IAMCertificateId: 'ASCA' }]) {
      expect(lacksCertificate({ ...blankConfig(wishes), Aliases, ViewerCertificate })).to.equal(false)
    }
  })
})
