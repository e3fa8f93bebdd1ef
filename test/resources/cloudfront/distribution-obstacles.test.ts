import type { CacheBehavior, DistributionConfig, Origin } from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'

import {
  blankConfig,
  changesFor,
  bucketOrigin,
  withWishes,
} from '../../../src/resources/cloudfront/distribution-config.ts'
import {
  obstacles,
  uncheckedBehaviors,
  undecidedBehaviors,
} from '../../../src/resources/cloudfront/distribution-obstacles.ts'
import { bucket, functionWishes, wishes } from './distribution-configs.ts'

describe('obstacles', () => {
  const behavior = { TargetOriginId: 'packages', ViewerProtocolPolicy: 'https-only' as const }
  const checking = (LambdaFunctionARN: string): DistributionConfig => ({
    ...blankConfig(wishes),
    DefaultCacheBehavior: {
      ...behavior,
      LambdaFunctionAssociations: { Quantity: 1, Items: [{ EventType: 'viewer-request', LambdaFunctionARN }] },
    },
  })
  const running = (EventType: 'viewer-request' | 'viewer-response'): DistributionConfig => ({
    ...blankConfig(wishes),
    DefaultCacheBehavior: {
      ...behavior,
      FunctionAssociations: { Quantity: 1, Items: [{ EventType, FunctionARN: 'arn:aws:cloudfront::1:function/f' }] },
    },
  })

  const whys = (config: DistributionConfig): string =>
    obstacles(config, wishes)
      .map(({ why }) => why)
      .join()

  it('is nothing where our function runs, in whatever version, or none at all', () => {
    for (const config of [
      blankConfig(wishes),
      withWishes(blankConfig(wishes), wishes),
      checking(wishes.functionArn),
      checking(wishes.functionArn.replace(/7$/, '1')),
    ]) {
      expect(obstacles(config, wishes)).to.deep.equal([])
    }
  })

  it('is another function at viewer-request, even one whose name begins like ours', () => {
    for (const arn of [
      'arn:aws:lambda:us-east-1:123456789012:function:somebody-elses:1',
      'arn:aws:lambda:us-east-1:123456789012:function:packagecloud_cloudfront_auth2:7',
    ]) {
      expect(whys(checking(arn)))
        .to.include(arn)
        .and.to.include('only one function can run there')
    }
  })

  it('is a CloudFront function at either viewer event', () => {
    for (const event of ['viewer-request', 'viewer-response'] as const) {
      expect(whys(running(event)))
        .to.include('function/f')
        .and.to.include(event)
    }
  })

  describe('where a CloudFront Function is to check', () => {
    const of = (config: DistributionConfig, alsoOurs = functionWishes.alsoOurs): string[] =>
      obstacles(config, { ...functionWishes, alsoOurs }).map(({ why }) => why)

    it('is nothing where our function runs, of either engine, or one at viewer-response', () => {
      expect(of(checking(wishes.functionArn))).to.deep.equal([])
      expect(of(withWishes(blankConfig(functionWishes), functionWishes))).to.deep.equal([])
      expect(of(running('viewer-response'))).to.deep.equal([])
    })

    it('is a Lambda function that only has the name of ours', () => {
      expect(of(checking(wishes.functionArn), []).join())
        .to.include(wishes.functionArn)
        .and.to.include("can't be combined with CloudFront Functions")
    })

    it('is another CloudFront Function at viewer-request', () => {
      expect(of(running('viewer-request')).join())
        .to.include('function/f')
        .and.to.include('only one function')
    })

    it('is Lambda@Edge at viewer-response, also of a further behaviour that has our check', () => {
      const theirs = 'arn:aws:lambda:us-east-1:123456789012:function:theirs:1'
      const LambdaFunctionAssociations = {
        Quantity: 2,
        Items: [
          { EventType: 'viewer-request' as const, LambdaFunctionARN: wishes.functionArn },
          { EventType: 'viewer-response' as const, LambdaFunctionARN: theirs },
        ],
      }
      const further = { ...behavior, PathPattern: '/7/*', LambdaFunctionAssociations }
      const config: DistributionConfig = {
        ...blankConfig(wishes),
        DefaultCacheBehavior: { ...behavior, LambdaFunctionAssociations },
        CacheBehaviors: { Quantity: 1, Items: [further] },
      }
      const [first = '', second = '', ...more] = of(config)
      expect(first).to.include('its default behaviour').and.to.include(theirs).and.to.include('viewer-response')
      expect(second).to.include('its behaviour for /7/*').and.to.include(theirs)
      expect(more).to.deep.equal([])
      expect(obstacles(config, wishes)).to.deep.equal([])
    })
  })

  describe('is the path of the origin', () => {
    const config = withWishes(blankConfig(wishes), wishes)
    const pathed = (OriginPath: string, behaviors: readonly CacheBehavior[] = []): DistributionConfig => ({
      ...config,
      Origins: { Quantity: 1, Items: (config.Origins?.Items ?? []).map((one) => ({ ...one, OriginPath })) },
      CacheBehaviors: { Quantity: behaviors.length, Items: [...behaviors] },
    })

    it('which goes only where the operator agrees', () => {
      const live = pathed('/repositories')
      expect(whys(live)).to.include('asks the bucket for repositories/KEY in place of KEY')
      expect(bucketOrigin(withWishes(live, wishes), bucket)).to.have.property('OriginPath', '/repositories')
      const adopted = { ...wishes, adopt: true }
      const after = withWishes(live, adopted)
      expect(obstacles(after, wishes)).to.deep.equal([])
      expect(changesFor(live, after, adopted)).to.deep.equal([
        { field: 'Origin.OriginPath', before: '/repositories', after: '' },
      ])
    })

    it('and what else reads through it is told', () => {
      const site = { PathPattern: '/site/*', TargetOriginId: 's3-acme-packages', ViewerProtocolPolicy: 'https-only' }
      const [obstacle] = obstacles(pathed('/repositories', [site as CacheBehavior]), wishes)
      expect(obstacle?.question).to.include('/site/*')
    })

    it('but not where another origin of the bucket has none', () => {
      const live = pathed('/logs')
      const bare = { Id: 'bare', DomainName: 'acme-packages.s3.amazonaws.com', OriginPath: '' }
      const both: DistributionConfig = {
        ...live,
        Origins: { Quantity: 2, Items: [...(live.Origins?.Items ?? []), bare] },
        DefaultCacheBehavior: { TargetOriginId: 'site', ViewerProtocolPolicy: 'https-only' },
      }
      expect(obstacles(both, wishes)).to.deep.equal([])
      expect(withWishes(both, wishes).DefaultCacheBehavior?.TargetOriginId).to.equal('bare')
    })
  })
})

describe('behaviours around the check', () => {
  const config = withWishes(blankConfig(wishes), wishes)
  const ours = { functionArn: wishes.functionArn.replace(/:7$/, '') }

  const behaving = (PathPattern: string, TargetOriginId: string, more: Partial<CacheBehavior> = {}): CacheBehavior => ({
    PathPattern,
    TargetOriginId,
    ViewerProtocolPolicy: 'https-only',
    LambdaFunctionAssociations: { Quantity: 0 },
    ...more,
  })
  const lambda = (LambdaFunctionARN: string, EventType: 'viewer-request' | 'origin-request' = 'viewer-request') => ({
    LambdaFunctionAssociations: { Quantity: 1, Items: [{ EventType, LambdaFunctionARN }] },
  })
  const having = (Items: CacheBehavior[], origins: Origin[] = []): DistributionConfig => ({
    ...config,
    Origins: { Quantity: 1 + origins.length, Items: [...(config.Origins?.Items ?? []), ...origins] },
    OriginGroups: {
      Quantity: 1,
      Items: [
        {
          Id: 'group',
          FailoverCriteria: { StatusCodes: { Quantity: 1, Items: [500] } },
          Members: { Quantity: 2, Items: [{ OriginId: 'site' }, { OriginId: 's3-acme-packages' }] },
        },
      ],
    },
    CacheBehaviors: { Quantity: Items.length, Items },
  })
  const paths = (of: DistributionConfig): string[] => uncheckedBehaviors(of, bucket, ours).map(({ path }) => path)

  it('are those that run another function, or ours elsewhere, or none', () => {
    const theirs = 'arn:aws:lambda:us-east-1:123456789012:function:theirs:1'
    const viewer = 'arn:aws:cloudfront::123456789012:function/rewrite'
    const found = uncheckedBehaviors(
      having([
        behaving('/open/*', 's3-acme-packages'),
        behaving('/late/*', 's3-acme-packages', lambda(wishes.functionArn, 'origin-request')),
        behaving('/theirs/*', 's3-acme-packages', lambda(theirs)),
        behaving('/rewritten/*', 's3-acme-packages', {
          FunctionAssociations: { Quantity: 1, Items: [{ EventType: 'viewer-request', FunctionARN: viewer }] },
        }),
        behaving('/group/*', 'group'),
        behaving('/checked/*', 's3-acme-packages', lambda(wishes.functionArn)),
        behaving('/older/*', 's3-acme-packages', lambda(`${ours.functionArn}:3`)),
        behaving('/site/*', 'site'),
      ]),
      bucket,
      ours,
    )
    expect(found).to.deep.equal([
      { path: '/open/*', runs: undefined },
      { path: '/late/*', runs: undefined },
      { path: '/theirs/*', runs: theirs },
      { path: '/rewritten/*', runs: viewer },
      { path: '/group/*', runs: undefined },
    ])
  })

  it('are none of those that CloudFront lets nobody use without its own signature', () => {
    const closed = { Enabled: true, Quantity: 1, Items: ['k'] }
    const Items = [
      behaving('/keys/*', 's3-acme-packages', { TrustedKeyGroups: closed }),
      behaving('/signers/*', 's3-acme-packages', { TrustedSigners: closed }),
    ]
    expect(paths(having(Items))).to.deep.equal([])
  })

  it('reach the bucket by any host that S3 has for it', () => {
    for (const host of [
      'acme-packages.s3.amazonaws.com',
      'ACME-packages.s3.eu-west-1.amazonaws.com',
      'acme-packages.s3-eu-west-1.amazonaws.com',
      'acme-packages.s3.dualstack.eu-west-1.amazonaws.com',
      'acme-packages.s3-fips.us-gov-west-1.amazonaws.com',
      'acme-packages.s3-external-1.amazonaws.com',
      'acme-packages.s3-accelerate.amazonaws.com',
      'acme-packages.s3-website-eu-west-1.amazonaws.com',
      'acme-packages.s3-website.eu-central-1.amazonaws.com',
    ]) {
      const origin = { Id: 'again', DomainName: host, OriginPath: '/x' }
      expect(paths(having([behaving('/again/*', 'again')], [origin])), host).to.deep.equal(['/again/*'])
    }
  })

  it('reach it with its name in the path, too', () => {
    const reaches = (PathPattern: string, OriginPath: string, DomainName = 's3.eu-west-1.amazonaws.com'): boolean =>
      paths(having([behaving(PathPattern, 'by-path')], [{ Id: 'by-path', DomainName, OriginPath }])).length > 0
    expect(reaches('/x/*', '/acme-packages')).to.equal(true)
    expect(reaches('/x/*', '/acme-packages/7', 's3.amazonaws.com')).to.equal(true)
    expect(reaches('/acme-packages/*', '')).to.equal(true)
    expect(reaches('*', '')).to.equal(true)
    expect(reaches('/x/*', '')).to.equal(false)
    expect(reaches('/x/*', '/acme-packages-old')).to.equal(false)
    expect(reaches('*', '', 's3-website-eu-west-1.amazonaws.com')).to.equal(false)
    expect(reaches('*', '', 'acme-packages-old.s3.eu-west-1.amazonaws.com')).to.equal(false)
  })

  it('are undecided where the host is an access point', () => {
    for (const host of [
      'point-123456789012.s3-accesspoint.eu-west-1.amazonaws.com',
      'point-abcdefghijklmnopqrstuvwxyz-s3alias.s3.eu-west-1.amazonaws.com',
      'mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com',
    ]) {
      const of = having([behaving('/point/*', 'point')], [{ Id: 'point', DomainName: host }])
      expect(paths(of), host).to.deep.equal([])
      expect(undecidedBehaviors(of, ours)).to.deep.equal([{ path: '/point/*', host }])
    }
    expect(undecidedBehaviors(having([behaving('/open/*', 's3-acme-packages')]), ours)).to.deep.equal([])
  })

  it('are none where there are no further behaviours', () => {
    expect(paths(config)).to.deep.equal([])
  })
})
