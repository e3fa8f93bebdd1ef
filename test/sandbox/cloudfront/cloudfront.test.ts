import { ImportCertificateCommand, ListCertificatesCommand, RequestCertificateCommand } from '@aws-sdk/client-acm'
import {
  CreateCachePolicyCommand,
  CreateCloudFrontOriginAccessIdentityCommand,
  CreateDistributionCommand,
  CreateDistributionWithTagsCommand,
  CreateInvalidationCommand,
  CreateOriginAccessControlCommand,
  DeleteCachePolicyCommand,
  DeleteCloudFrontOriginAccessIdentityCommand,
  DeleteDistributionCommand,
  DeleteOriginAccessControlCommand,
  GetCachePolicyCommand,
  GetCloudFrontOriginAccessIdentityCommand,
  GetCloudFrontOriginAccessIdentityConfigCommand,
  GetDistributionCommand,
  GetDistributionConfigCommand,
  GetInvalidationCommand,
  GetOriginAccessControlConfigCommand,
  ListCachePoliciesCommand,
  ListCloudFrontOriginAccessIdentitiesCommand,
  ListConflictingAliasesCommand,
  ListDistributionsByWebACLIdCommand,
  ListDistributionsCommand,
  ListInvalidationsCommand,
  ListOriginAccessControlsCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateCachePolicyCommand,
  UpdateCloudFrontOriginAccessIdentityCommand,
  UpdateDistributionCommand,
  UpdateOriginAccessControlCommand,
  type CachePolicyConfig,
  type DistributionConfig,
} from '@aws-sdk/client-cloudfront'
import { DeleteFunctionCommand } from '@aws-sdk/client-lambda'
import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api'
import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'

import { behavior, config, startCloudFront, type CloudFrontFixture } from '../../support/cloudfront-fixture.ts'
import { edgeTrust, functionZip } from '../../support/function-zip.ts'
import { failureOf } from '../../support/s3-client.ts'

describe('the sandbox CloudFront', () => {
  let fixture: CloudFrontFixture
  let client: CloudFrontFixture['client']

  /** Stands still where it is set. */
  let clock: number | undefined

  before(async () => {
    fixture = await startCloudFront(() => clock ?? Date.now())
    client = fixture.client
  })
  after(() => fixture.close())

  const create = (DistributionConfig: DistributionConfig) =>
    client.send(new CreateDistributionCommand({ DistributionConfig }))
  const refusal = (more: Partial<DistributionConfig>) => failureOf(create(config('refused', more)))
  const origin = (more: object) => ({ Origins: { Quantity: 1, Items: [{ ...theOrigin(), ...more }] } })
  const theOrigin = () => {
    const [first] = config('x').Origins?.Items ?? []
    if (first === undefined) throw new Error('no origin')
    return first
  }
  const newIdentity = async (CallerReference: string, Comment = 'packages') => {
    const CloudFrontOriginAccessIdentityConfig = { CallerReference, Comment }
    return client.send(new CreateCloudFrontOriginAccessIdentityCommand({ CloudFrontOriginAccessIdentityConfig }))
  }

  describe('origin access identities', () => {
    it('are replayed for the same reference and comment, refused for another comment', async () => {
      const made = await newIdentity('oai-1')
      const identity = made.CloudFrontOriginAccessIdentity
      expect(identity?.Id).to.match(/^E[A-Z0-9]{13}$/)
      expect(identity?.S3CanonicalUserId).to.match(/^[0-9a-f]{96}$/)
      const again = await newIdentity('oai-1')
      expect(again.CloudFrontOriginAccessIdentity).to.deep.equal(identity)
      const refused = await failureOf(newIdentity('oai-1', 'other'))
      expect(refused).to.include({ name: 'CloudFrontOriginAccessIdentityAlreadyExists', status: 409 })
      expect(refused.message).to.match(/is associated with another identity\.$/)
    })

    it('are listed in pages, updated against their ETag, and deleted', async () => {
      await Promise.all([newIdentity('oai-2'), newIdentity('oai-3')])
      const first = await client.send(new ListCloudFrontOriginAccessIdentitiesCommand({ MaxItems: 2 }))
      const list = first.CloudFrontOriginAccessIdentityList
      expect(list).to.include({ IsTruncated: true, Quantity: 2 })
      const Marker = list?.NextMarker
      const rest = await client.send(new ListCloudFrontOriginAccessIdentitiesCommand({ Marker }))
      expect(rest.CloudFrontOriginAccessIdentityList).to.include({ IsTruncated: false, Quantity: 1 })
      const Id = list?.Items?.[0]?.Id ?? ''
      const { ETag, CloudFrontOriginAccessIdentityConfig } = await client.send(
        new GetCloudFrontOriginAccessIdentityConfigCommand({ Id }),
      )
      const changed = { ...CloudFrontOriginAccessIdentityConfig, Comment: 'new' }
      const update = (IfMatch: string | undefined, more = {}) =>
        client.send(
          new UpdateCloudFrontOriginAccessIdentityCommand({
            Id,
            IfMatch,
            CloudFrontOriginAccessIdentityConfig: { CallerReference: '', ...changed, ...more },
          }),
        )
      expect((await failureOf(update(undefined))).name).to.equal('InvalidIfMatchVersion')
      expect((await failureOf(update(ETag, { CallerReference: 'x' }))).name).to.equal('IllegalUpdate')
      const updated = await update(ETag)
      expect((await failureOf(update(ETag))).name).to.equal('PreconditionFailed')
      await client.send(new DeleteCloudFrontOriginAccessIdentityCommand({ Id, IfMatch: updated.ETag }))
      const gone = await failureOf(client.send(new GetCloudFrontOriginAccessIdentityCommand({ Id })))
      expect(gone).to.include({ name: 'NoSuchCloudFrontOriginAccessIdentity', status: 404 })
    })
  })

  it('keeps origin access controls by unique names', async () => {
    const OriginAccessControlConfig = {
      Name: 'packages',
      SigningProtocol: 'sigv4' as const,
      SigningBehavior: 'always' as const,
      OriginAccessControlOriginType: 's3' as const,
    }
    const made = await client.send(new CreateOriginAccessControlCommand({ OriginAccessControlConfig }))
    const Id = made.OriginAccessControl?.Id ?? ''
    const twice = await failureOf(client.send(new CreateOriginAccessControlCommand({ OriginAccessControlConfig })))
    expect(twice).to.include({ name: 'OriginAccessControlAlreadyExists', status: 409 })
    const changed = { ...OriginAccessControlConfig, Description: 'for apt' }
    const updated = await client.send(
      new UpdateOriginAccessControlCommand({ Id, IfMatch: made.ETag, OriginAccessControlConfig: changed }),
    )
    const read = await client.send(new GetOriginAccessControlConfigCommand({ Id }))
    expect(read.OriginAccessControlConfig).to.deep.equal(changed)
    expect(read.ETag).to.equal(updated.ETag).and.not.to.equal(made.ETag)
    const list = await client.send(new ListOriginAccessControlsCommand({}))
    expect(list.OriginAccessControlList?.Items?.[0]).to.include({ Id, Name: 'packages', Description: 'for apt' })
    await client.send(new DeleteOriginAccessControlCommand({ Id, IfMatch: updated.ETag }))
  })

  describe('cache policies', () => {
    const policy = (Name: string, more: Partial<CachePolicyConfig> = {}): CachePolicyConfig => ({
      Name,
      MinTTL: 0,
      ParametersInCacheKeyAndForwardedToOrigin: {
        EnableAcceptEncodingGzip: false,
        HeadersConfig: { HeaderBehavior: 'none' },
        CookiesConfig: { CookieBehavior: 'none' },
        QueryStringsConfig: { QueryStringBehavior: 'none' },
      },
      ...more,
    })
    const make = (CachePolicyConfig: CachePolicyConfig) =>
      client.send(new CreateCachePolicyCommand({ CachePolicyConfig }))

    it('are completed, listed by type, updated and deleted', async () => {
      const { CachePolicy, ETag } = await make(policy('mine'))
      expect(CachePolicy?.CachePolicyConfig).to.include({ MinTTL: 0, DefaultTTL: 86_400, MaxTTL: 31_536_000 })
      expect((await failureOf(make(policy('mine')))).name).to.equal('CachePolicyAlreadyExists')
      const custom = await client.send(new ListCachePoliciesCommand({ Type: 'custom' }))
      expect(custom.CachePolicyList?.Items?.map((one) => one.CachePolicy?.Id)).to.deep.equal([CachePolicy?.Id])
      const managed = await client.send(new ListCachePoliciesCommand({ Type: 'managed' }))
      const names = managed.CachePolicyList?.Items?.map((one) => one.CachePolicy?.CachePolicyConfig?.Name)
      expect(names).to.include('Managed-CachingOptimized')
      const Id = CachePolicy?.Id ?? ''
      const updated = await client.send(
        new UpdateCachePolicyCommand({ Id, IfMatch: ETag, CachePolicyConfig: policy('mine', { DefaultTTL: 0 }) }),
      )
      expect(updated.CachePolicy?.CachePolicyConfig?.DefaultTTL).to.equal(0)
      await client.send(new DeleteCachePolicyCommand({ Id, IfMatch: updated.ETag }))
      expect((await failureOf(client.send(new GetCachePolicyCommand({ Id })))).name).to.equal('NoSuchCachePolicy')
    })

    it('are refused with TTLs out of order, or with a key while caching is off', async () => {
      const order = await failureOf(make(policy('order', { MinTTL: 10, DefaultTTL: 5 })))
      expect(order.name).to.equal('InvalidArgument')
      const { ParametersInCacheKeyAndForwardedToOrigin: key } = policy('off')
      if (key === undefined) throw new Error('no key')
      const off = policy('off', { DefaultTTL: 0, MaxTTL: 0 })
      off.ParametersInCacheKeyAndForwardedToOrigin = { ...key, EnableAcceptEncodingGzip: true }
      const refused = await failureOf(make(off))
      expect(refused.message).to.equal(
        'The parameter EnableAcceptEncodingGzip is invalid for policy with caching disabled.',
      )
    })
  })

  describe('distributions', () => {
    it('are in progress, then deployed; the edge serves what is deployed', async () => {
      const made = await create(config('life'))
      const { Id = '', Status, DomainName, DistributionConfig } = made.Distribution ?? {}
      const edge = () => fixture.sandbox.services.cloudfront.distributions().find(({ id }) => id === Id)
      expect(Id).to.match(/^E[A-Z0-9]{13}$/)
      expect(Status).to.equal('InProgress')
      expect(DomainName).to.match(/^127\.0\.0\.1:\d+$/)
      expect(DistributionConfig).to.include({ PriceClass: 'PriceClass_All', HttpVersion: 'http2' })
      expect(edge()?.deployedConfig()).to.equal(undefined)
      await fixture.deployed()
      expect((await client.send(new GetDistributionCommand({ Id }))).Distribution?.Status).to.equal('Deployed')
      const changed = { ...config('life'), ...DistributionConfig, Comment: 'changed' }
      const updated = await client.send(
        new UpdateDistributionCommand({ Id, IfMatch: made.ETag, DistributionConfig: changed }),
      )
      expect(updated.ETag).not.to.equal(made.ETag)
      expect(updated.Distribution?.Status).to.equal('InProgress')
      expect(edge()?.deployedConfig()?.Comment).to.equal('a test')
      await fixture.deployed()
      expect(edge()?.deployedConfig()?.Comment).to.equal('changed')
    })

    it('refuse a caller reference that is in use, naming the distribution', async () => {
      const made = await create(config('twice'))
      const refused = await failureOf(create(config('twice')))
      const id = made.Distribution?.Id ?? ''
      expect(refused).to.deep.equal({
        name: 'DistributionAlreadyExists',
        status: 409,
        message: `The caller reference that you are using to create a distribution is associated with another distribution. Already exists: ${id}`,
      })
      const both = await Promise.allSettled([create(config('at-once')), create(config('at-once'))])
      expect(both.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected'])
    })

    it('keep everything an operator has set through a get and an update', async () => {
      const rich = config('operator', {
        CacheBehaviors: {
          Quantity: 1,
          Items: [
            {
              ...behavior({ CachePolicyId: undefined }),
              PathPattern: '/images/*',
              /* eslint-disable-next-line @typescript-eslint/no-deprecated -- operators still use it */
              ForwardedValues: {
                QueryString: true,
                Cookies: { Forward: 'whitelist', WhitelistedNames: { Quantity: 1, Items: ['session'] } },
                QueryStringCacheKeys: { Quantity: 2, Items: ['a', 'b'] },
              },
            },
          ],
        },
        CustomErrorResponses: { Quantity: 1, Items: [{ ErrorCode: 404, ErrorCachingMinTTL: 0 }] },
        DefaultRootObject: 'index.html',
        Logging: { Enabled: true, IncludeCookies: false, Bucket: 'logs.s3.amazonaws.com', Prefix: 'cf & <co>/' },
        Restrictions: { GeoRestriction: { RestrictionType: 'blacklist', Quantity: 2, Items: ['KP', 'AQ'] } },
        WebACLId: 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/w/0e7e1a2b',
        ...origin({
          CustomHeaders: { Quantity: 1, Items: [{ HeaderName: 'X-Origin-Secret', HeaderValue: ' kept as is ' }] },
          OriginShield: { Enabled: true, OriginShieldRegion: 'eu-west-1' },
        }),
        CacheTagConfig: { HeaderName: 'x-amz-meta-tag' },
      })
      const made = await create(rich)
      const Id = made.Distribution?.Id ?? ''
      const read = await client.send(new GetDistributionConfigCommand({ Id }))
      await client.send(
        new UpdateDistributionCommand({ Id, IfMatch: read.ETag, DistributionConfig: read.DistributionConfig }),
      )
      const again = await client.send(new GetDistributionConfigCommand({ Id }))
      expect(again.DistributionConfig).to.deep.equal(read.DistributionConfig)
      expect(again.DistributionConfig?.Logging).to.deep.equal(rich.Logging)
      expect(again.DistributionConfig?.Origins?.Items?.[0]?.CustomHeaders?.Items?.[0]?.HeaderValue).to.equal(
        ' kept as is ',
      )
      expect(again.DistributionConfig?.CacheTagConfig).to.deep.equal(rich.CacheTagConfig)
      const byAcl = await client.send(new ListDistributionsByWebACLIdCommand({ WebACLId: rich.WebACLId }))
      expect(byAcl.DistributionList?.Items?.map((one) => one.Id)).to.deep.equal([Id])
    })

    it('refuse updates against a stale version, a made-up one, or without what updates need', async () => {
      const made = await create(config('guarded'))
      const Id = made.Distribution?.Id ?? ''
      const complete = made.Distribution?.DistributionConfig
      const update = (IfMatch: string | undefined, DistributionConfig: DistributionConfig | undefined) =>
        failureOf(client.send(new UpdateDistributionCommand({ Id, IfMatch, DistributionConfig })))
      expect(await update(undefined, complete)).to.include({ name: 'InvalidIfMatchVersion', status: 400 })
      expect(await update('EMADEUP', complete)).to.include({ name: 'InvalidIfMatchVersion', status: 400 })
      const bare = await update(made.ETag, config('guarded'))
      expect(bare).to.include({ name: 'InvalidArgument', message: 'The parameter Origin path is required.' })
      const other = await update(made.ETag, { ...config('x'), ...complete, CallerReference: 'other' })
      expect(other.name).to.equal('IllegalUpdate')
      await client.send(new UpdateDistributionCommand({ Id, IfMatch: made.ETag, DistributionConfig: complete }))
      const stale = await update(made.ETag, complete)
      expect(stale).to.deep.equal({
        name: 'PreconditionFailed',
        status: 412,
        message: "The request failed because it didn't meet the preconditions in one or more request-header fields.",
      })
    })

    it('are deleted only when disabled and deployed', async () => {
      const made = await create(config('doomed'))
      const Id = made.Distribution?.Id ?? ''
      const enabled = await failureOf(client.send(new DeleteDistributionCommand({ Id, IfMatch: made.ETag })))
      expect(enabled).to.include({ name: 'DistributionNotDisabled', status: 409 })
      const DistributionConfig = { ...config('doomed'), ...made.Distribution?.DistributionConfig, Enabled: false }
      const off = await client.send(new UpdateDistributionCommand({ Id, IfMatch: made.ETag, DistributionConfig }))
      const soon = await failureOf(client.send(new DeleteDistributionCommand({ Id, IfMatch: off.ETag })))
      expect(soon.name).to.equal('DistributionNotDisabled')
      await fixture.deployed()
      await client.send(new DeleteDistributionCommand({ Id, IfMatch: off.ETag }))
      const gone = await failureOf(client.send(new GetDistributionCommand({ Id })))
      expect(gone).to.include({ name: 'NoSuchDistribution', status: 404 })
    })

    it('are listed in pages, without their caller reference', async () => {
      const ids: (string | undefined)[] = []
      let Marker: string | undefined
      do {
        const { DistributionList } = await client.send(new ListDistributionsCommand({ Marker, MaxItems: 2 }))
        ids.push(...(DistributionList?.Items ?? []).map(({ Id }) => Id))
        for (const item of DistributionList?.Items ?? []) expect(item).not.to.have.property('CallerReference')
        Marker = DistributionList?.NextMarker
      } while (Marker !== undefined)
      const ports = fixture.sandbox.services.cloudfront.distributions().map(({ port }) => port)
      expect(new Set(ids).size).to.equal(ids.length).and.to.equal(ports.length)
      expect(new Set(ports).size).to.equal(ports.length)
    })

    it('carry tags from the start, and the tagging API finds them', async () => {
      const made = await client.send(
        new CreateDistributionWithTagsCommand({
          DistributionConfigWithTags: {
            DistributionConfig: config('tagged'),
            Tags: { Items: [{ Key: 'packagecloud:enterprise', Value: 'tests' }] },
          },
        }),
      )
      const Resource = made.Distribution?.ARN ?? ''
      await client.send(new TagResourceCommand({ Resource, Tags: { Items: [{ Key: 'x', Value: 'y' }] } }))
      await client.send(new UntagResourceCommand({ Resource, TagKeys: { Items: ['x'] } }))
      const { Tags } = await client.send(new ListTagsForResourceCommand({ Resource }))
      expect(Tags?.Items).to.deep.equal([{ Key: 'packagecloud:enterprise', Value: 'tests' }])
      const find = async (Values: string[], type: string) => {
        const filter = { TagFilters: [{ Key: 'packagecloud:enterprise', Values }], ResourceTypeFilters: [type] }
        const found = await fixture.tagging.send(new GetResourcesCommand(filter))
        return found.ResourceTagMappingList?.map(({ ResourceARN }) => ResourceARN)
      }
      expect(await find(['tests'], 'cloudfront:distribution')).to.deep.equal([Resource])
      expect(await find([], 'cloudfront')).to.deep.equal([Resource])
      expect(await find(['others'], 'cloudfront:distribution')).to.deep.equal([])
      expect(await find(['tests'], 'kms:key')).to.deep.equal([])
    })
  })

  describe('what a distribution refers to', () => {
    it('must exist and fit together', async () => {
      const names = {
        origin: (await refusal({ DefaultCacheBehavior: behavior({ TargetOriginId: 'other' }) })).name,
        identity: (
          await refusal(origin({ S3OriginConfig: { OriginAccessIdentity: 'origin-access-identity/cloudfront/ENONE' } }))
        ).name,
        control: (await refusal(origin({ OriginAccessControlId: 'ENONE' }))).name,
        cachePolicy: (await refusal({ DefaultCacheBehavior: behavior({ CachePolicyId: 'none' }) })).name,
        headersPolicy: (await refusal({ DefaultCacheBehavior: behavior({ ResponseHeadersPolicyId: 'none' }) })).name,
        bucket: (await refusal(origin({ DomainName: 'example.com' }))).message,
        website: (await refusal(origin({ DomainName: 'packages.s3-website-us-east-1.amazonaws.com' }))).message,
        path: (await refusal(origin({ OriginPath: 'pool' }))).name,
        comment: (await refusal({ Comment: 'x'.repeat(129) })).name,
        errorCode: (await refusal({ CustomErrorResponses: { Quantity: 1, Items: [{ ErrorCode: 418 }] } })).name,
        acl: (await refusal({ WebACLId: 'mine' })).name,
      }
      expect(names).to.deep.equal({
        origin: 'NoSuchOrigin',
        identity: 'InvalidOriginAccessIdentity',
        control: 'InvalidOriginAccessControl',
        cachePolicy: 'NoSuchCachePolicy',
        headersPolicy: 'NoSuchResponseHeadersPolicy',
        bucket: 'The parameter Origin DomainName does not refer to a valid S3 bucket.',
        website: 'The parameter Origin DomainName does not refer to a valid S3 bucket.',
        path: 'InvalidArgument',
        comment: 'InvalidArgument',
        errorCode: 'InvalidErrorCode',
        acl: 'InvalidWebACLId',
      })
    })

    it('is not both an identity and an access control', async () => {
      const { CloudFrontOriginAccessIdentity } = await newIdentity('both')
      const OriginAccessIdentity = `origin-access-identity/cloudfront/${CloudFrontOriginAccessIdentity?.Id ?? ''}`
      const refused = await refusal(origin({ S3OriginConfig: { OriginAccessIdentity }, OriginAccessControlId: 'EXXX' }))
      expect(refused.name).to.equal('IllegalOriginAccessConfiguration')
    })

    it('is in use as long as a distribution refers to it', async () => {
      const { CloudFrontOriginAccessIdentity, ETag: IfMatch } = await newIdentity('used')
      const Id = CloudFrontOriginAccessIdentity?.Id ?? ''
      const OriginAccessIdentity = `origin-access-identity/cloudfront/${Id}`
      await create(config('uses', origin({ S3OriginConfig: { OriginAccessIdentity } })))
      const refused = await failureOf(client.send(new DeleteCloudFrontOriginAccessIdentityCommand({ Id, IfMatch })))
      expect(refused).to.include({ name: 'CloudFrontOriginAccessIdentityInUse', status: 409 })
    })

    it('does not mix a cache policy with legacy settings', async () => {
      const mixed = await refusal({ DefaultCacheBehavior: behavior({ MinTTL: 0 }) })
      expect(mixed).to.include({ name: 'InvalidArgument' })
      expect(mixed.message).to.equal(
        'The parameter MinTTL cannot be used when a cache policy is associated to the cache behavior.',
      )
      const ForwardedValues = { QueryString: false, Cookies: { Forward: 'none' as const } }
      const order = { CachePolicyId: undefined, ForwardedValues, MinTTL: 5, DefaultTTL: 1, MaxTTL: 9 }
      expect((await refusal({ DefaultCacheBehavior: behavior(order) })).name).to.equal('InvalidTTLOrder')
    })
  })

  describe('functions at the edge', () => {
    const associated = (
      LambdaFunctionARN: string,
      EventType: 'viewer-request' | 'origin-request' = 'viewer-request',
    ) => ({
      DefaultCacheBehavior: behavior({
        LambdaFunctionAssociations: { Quantity: 1, Items: [{ LambdaFunctionARN, EventType }] },
      }),
    })

    it('must be numbered versions in us-east-1 that exist', async () => {
      const arn = await fixture.publish('numbered')
      const unnumbered = await refusal(associated(arn.replace(/:1$/, '')))
      expect(unnumbered).to.include({ name: 'InvalidLambdaFunctionAssociation', status: 400 })
      expect(unnumbered.message).to.match(/^The function ARN must reference a specific function version\./)
      expect((await refusal(associated(arn.replace(/:1$/, ':$LATEST')))).message).to.equal(
        unnumbered.message.replace(/numbered$/, 'numbered:$LATEST'),
      )
      expect((await refusal(associated(arn.replace('us-east-1', 'eu-west-1')))).message).to.match(/us-east-1/)
      expect((await refusal(associated(arn.replace(/:1$/, ':7')))).message).to.match(/cannot be found/)
      const made = await create(config('associated', associated(arn)))
      expect(made.Distribution?.DistributionConfig?.DefaultCacheBehavior?.LambdaFunctionAssociations).to.deep.equal({
        Quantity: 1,
        Items: [{ LambdaFunctionARN: arn, EventType: 'viewer-request', IncludeBody: false }],
      })
      const kept = await failureOf(fixture.lambda.send(new DeleteFunctionCommand({ FunctionName: 'numbered' })))
      expect(kept.message).to.match(/^Lambda was unable to delete .*:1 because it is a replicated function\./)
    })

    it('must be Active', async () => {
      const arn = await fixture.publish('pending', {}, false)
      const refused = await refusal(associated(arn))
      expect(refused.message).to.match(
        /^The function must be in an Active state\. The current state for function arn:.*:1 is Pending/,
      )
      await sleep(150)
      await create(config('active', associated(arn)))
    })

    it('must keep to the limits and restrictions of the edge', async () => {
      const noEdge = await fixture.makeRole('no-edge', edgeTrust.replace(',"edgelambda.amazonaws.com"', ''))
      const wide = functionZip(noise(1_500_000), 'data.bin')
      const wrong = {
        memory: await fixture.publish('memory', { MemorySize: 256 }),
        slow: await fixture.publish('slow', { Timeout: 6 }),
        size: await fixture.publish('size', { Code: { ZipFile: wide } }),
        variables: await fixture.publish('variables', { Environment: { Variables: { A: 'b' } } }),
        arm: await fixture.publish('arm', { Architectures: ['arm64'] }),
        runtime: await fixture.publish('runtime', { Runtime: 'ruby3.4' }),
        role: await fixture.publish('role', { Role: noEdge }),
      }
      const messages: Record<string, string> = {}
      for (const [what, arn] of Object.entries(wrong)) messages[what] = (await refusal(associated(arn))).message
      expect(messages['memory']).to.match(
        /^The function memory size is larger than the maximum .*: 256 Max allowed: 128 Function: arn/,
      )
      expect(messages['slow']).to.match(/^The function timeout is larger .*: 6 Max allowed: 5/)
      expect(messages['size']).to.match(/^The function code size is larger .* Max allowed: 1048576/)
      expect(messages['variables']).to.match(/environment variables/)
      expect(messages['arm']).to.match(/x86_64/)
      expect(messages['runtime']).to.match(/not supported by Lambda@Edge: ruby3\.4 .*Supported runtimes: \[nodejs22/)
      expect(messages['role']).to.match(/^The function execution role must be assumable with edgelambda.*no-edge$/)
      await create(config('slow but at the origin', associated(wrong.slow, 'origin-request')))
    })

    it('come one an event', async () => {
      const LambdaFunctionARN = await fixture.publish('twice')
      const one = { LambdaFunctionARN, EventType: 'viewer-request' as const }
      const both = { LambdaFunctionAssociations: { Quantity: 2, Items: [one, one] } }
      const refused = await refusal({ DefaultCacheBehavior: behavior(both) })
      expect(refused.name).to.equal('InvalidLambdaFunctionAssociation')
    })
  })

  describe('aliases and certificates', () => {
    const withAlias = (alias: string, ACMCertificateArn?: string): Partial<DistributionConfig> => ({
      Aliases: { Quantity: 1, Items: [alias] },
      ...(ACMCertificateArn === undefined
        ? {}
        : {
            ViewerCertificate: {
              ACMCertificateArn,
              SSLSupportMethod: 'sni-only',
              MinimumProtocolVersion: 'TLSv1.2_2021',
            },
          }),
    })

    it('go together: a certificate of us-east-1 that covers the alias', async () => {
      const request = new RequestCertificateCommand({ DomainName: '*.example.com' })
      const here = (await fixture.acm.send(request)).CertificateArn ?? ''
      const elsewhere = (await fixture.acmElsewhere.send(request)).CertificateArn ?? ''
      const names = [
        await refusal(withAlias('packages.example.com')),
        await refusal(withAlias('packages.example.com', elsewhere)),
        await refusal(withAlias('packages.example.com', `${here}0`)),
        await refusal(withAlias('deep.packages.example.com', here)),
      ].map(({ name }) => name)
      expect(new Set(names)).to.deep.equal(new Set(['InvalidViewerCertificate']))
      const made = await create(config('aliased', withAlias('packages.example.com', here)))
      expect(made.Distribution?.DistributionConfig?.ViewerCertificate).to.include({
        ACMCertificateArn: here,
        CertificateSource: 'acm',
        CloudFrontDefaultCertificate: false,
      })
      const taken = await refusal(withAlias('packages.example.com', here))
      expect(taken).to.deep.equal({
        name: 'CNAMEAlreadyExists',
        status: 409,
        message: 'One or more of the CNAMEs you provided are already associated with a different resource.',
      })
      const other = await create(config('asks'))
      const { ConflictingAliasesList } = await client.send(
        new ListConflictingAliasesCommand({ DistributionId: other.Distribution?.Id, Alias: 'packages.example.com' }),
      )
      expect(ConflictingAliasesList?.Items?.[0]?.DistributionId).to.equal(
        `*******${made.Distribution?.Id?.slice(7) ?? ''}`,
      )
      const listed = await fixture.acm.send(new ListCertificatesCommand({}))
      expect(listed.CertificateSummaryList?.map(({ CertificateArn }) => CertificateArn)).to.deep.equal([here])
    })

    it('refuses to import what is no certificate', async () => {
      const nonsense = new TextEncoder().encode('nonsense')
      const refused = await failureOf(
        fixture.acm.send(new ImportCertificateCommand({ Certificate: nonsense, PrivateKey: nonsense })),
      )
      expect(refused.name).to.equal('ValidationException')
    })
  })

  describe('invalidations', () => {
    it('run for a while, are told to the edge, and keep to the rules', async () => {
      const { Distribution } = await create(config('invalidated'))
      const DistributionId = Distribution?.Id ?? ''
      const heard: unknown[] = []
      const stop = fixture.sandbox.services.cloudfront.onInvalidation((id, paths) => heard.push([id, paths]))
      const invalidate = (CallerReference: string, ...Items: string[]) =>
        client.send(
          new CreateInvalidationCommand({
            DistributionId,
            InvalidationBatch: { CallerReference, Paths: { Quantity: Items.length, Items } },
          }),
        )
      clock = Date.now()
      const made = await invalidate('one', '/dists/*', '/a%20b')
      expect(made.Invalidation).to.include({ Status: 'InProgress' })
      expect(heard).to.deep.equal([[DistributionId, ['/dists/*', '/a%20b']]])
      stop()
      const running = await client.send(new GetDistributionCommand({ Id: DistributionId }))
      expect(running.Distribution?.InProgressInvalidationBatches).to.equal(1)
      const repeated = await invalidate('one', '/a%20b', '/dists/*')
      expect(repeated.Invalidation?.Id).to.equal(made.Invalidation?.Id)
      const again = await failureOf(invalidate('one', '/dists/*'))
      expect(again.message).to.match(/caller reference that was used for a previous invalidation batch/)
      for (const path of ['relative', '/a b', '/é', '/1.0~rc1.deb', '/1.0%7Erc1.deb', '/a*b']) {
        expect((await failureOf(invalidate(`bad ${path}`, path))).name).to.equal('InvalidArgument')
      }
      const wildcards = Array.from({ length: 15 }, (_, index) => `/${index}/*`)
      expect((await failureOf(invalidate('many', ...wildcards))).name).to.equal('TooManyInvalidationsInProgress')
      clock += 220
      const Id = made.Invalidation?.Id ?? ''
      const done = await client.send(new GetInvalidationCommand({ DistributionId, Id }))
      expect(done.Invalidation?.Status).to.equal('Completed')
      await invalidate('many again', ...wildcards)
      const list = await client.send(new ListInvalidationsCommand({ DistributionId }))
      expect(list.InvalidationList?.Quantity).to.equal(2)
    })
    afterEach(() => (clock = undefined))
  })
})

/** Text that does not compress. */
function noise(length: number): string {
  let state = 1
  let text = ''
  while (text.length < length) {
    state = (state * 48_271) % 2_147_483_647
    text += String.fromCharCode(33 + (state % 90))
  }
  return text
}
