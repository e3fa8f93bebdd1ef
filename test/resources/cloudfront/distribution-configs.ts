import type { CustomErrorResponse, DefaultCacheBehavior, DistributionConfig, Origin } from '@aws-sdk/client-cloudfront'
import * as fc from 'fast-check'

import { namesOf } from '../../../src/aws/names.ts'
import { type Bucket, hostsOf } from '../../../src/resources/s3/bucket.ts'
import { type DistributionWishes, priceClasses } from '../../../src/resources/cloudfront/distribution-config.ts'

/** What distribution tests want, and configurations as operators leave them behind. */

export const bucket: Bucket = {
  name: 'acme-packages',
  region: 'eu-west-1',
  encryption: 'AES256',
  kmsKey: undefined,
  ownership: 'BucketOwnerEnforced',
}

const functionName = 'arn:aws:lambda:us-east-1:123456789012:function:packagecloud_cloudfront_auth'
const ofCloudFront = 'arn:aws:cloudfront::123456789012:function/packagecloud_cloudfront_auth'
export const certificate = 'arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555'

export const wishes: DistributionWishes = {
  names: namesOf('packagecloud'),
  bucket,
  functionArn: `${functionName}:7`,
  policies: { CachePolicyId: 'the-cache-policy' },
  access: { kind: 'oai', id: 'E1IDENTITY' },
  aliases: [],
  certificate: undefined,
  priceClass: undefined,
}

/** The same with a CloudFront Function. */
export const functionWishes: DistributionWishes = { ...wishes, functionArn: ofCloudFront, alsoOurs: [functionName] }

export const someWishes: fc.Arbitrary<DistributionWishes> = fc
  .record({
    functionArn: fc.constantFrom(`${functionName}:7`, `${functionName}:12`, ofCloudFront),
    alsoOurs: fc.constant([functionName, ofCloudFront]),
    access: fc.constantFrom<DistributionWishes['access'][]>(
      { kind: 'oai', id: 'E1IDENTITY' },
      { kind: 'oac', id: 'E2' },
    ),
    aliases: fc.subarray(['packages.example.com', 'mirror.example.com']),
    certificate: fc.constantFrom(undefined, certificate),
    priceClass: fc.constantFrom(undefined, ...priceClasses),
  })
  .map((some) => ({ ...wishes, ...some }))

const listed = <T>(items: fc.Arbitrary<T[]>) => items.map((Items) => ({ Quantity: Items.length, Items }))
const text = fc.constantFrom('', 'a', 'b-2')
const flag = fc.boolean()

const originSettings = {
  OriginPath: fc.constantFrom('', '/repositories'),
  CustomHeaders: listed(fc.array(fc.record({ HeaderName: text, HeaderValue: text }), { maxLength: 2 })),
  ConnectionAttempts: fc.integer({ min: 1, max: 3 }),
  ConnectionTimeout: fc.integer({ min: 1, max: 10 }),
  OriginShield: fc.record({ Enabled: flag, OriginShieldRegion: fc.constant('eu-west-1') }),
  OriginAccessControlId: fc.constantFrom('', 'E9OTHER'),
  CustomOriginConfig: fc.constantFrom(undefined, {
    HTTPPort: 80,
    HTTPSPort: 443,
    OriginProtocolPolicy: 'https-only' as const,
  }),
}

const bucketOrigin: fc.Arbitrary<Origin> = fc.record(
  {
    ...originSettings,
    Id: fc.constantFrom('packages', 's3-acme-packages'),
    DomainName: fc.constantFrom(...hostsOf(bucket)),
    S3OriginConfig: fc.record(
      {
        OriginAccessIdentity: fc.constantFrom('', 'origin-access-identity/cloudfront/E9'),
        OriginReadTimeout: fc.nat(120),
      },
      { requiredKeys: ['OriginAccessIdentity'] },
    ),
  },
  { requiredKeys: ['Id', 'DomainName'] },
)
const otherOrigin: fc.Arbitrary<Origin> = fc.record(
  {
    ...originSettings,
    Id: fc.constantFrom('site', 'blog'),
    DomainName: fc.constantFrom('example.com', 'x.s3.amazonaws.com'),
  },
  { requiredKeys: ['Id', 'DomainName'] },
)
const origins = fc
  .tuple(bucketOrigin, fc.uniqueArray(otherOrigin, { maxLength: 2, selector: ({ Id }) => Id }), fc.nat(2))
  .map(([ours, others, at]) => others.toSpliced(at, 0, ours))

const associations = fc
  .subarray(['origin-request', 'origin-response', 'viewer-response', 'viewer-request'] as const)
  .map((events) =>
    events.map((EventType) => ({
      EventType,
      LambdaFunctionARN:
        EventType === 'viewer-request' ? `${functionName}:3` : 'arn:aws:lambda:us-east-1:1:function:x:1',
      IncludeBody: false,
    })),
  )

const functions = fc.subarray(['viewer-response', 'viewer-request'] as const).map((events) =>
  events.map((EventType) => ({
    EventType,
    FunctionARN: EventType === 'viewer-request' ? ofCloudFront : 'arn:aws:cloudfront::1:function/x',
  })),
)

const defaultBehavior: fc.Arbitrary<DefaultCacheBehavior> = fc.record(
  {
    TargetOriginId: fc.constantFrom('packages', 'site'),
    ViewerProtocolPolicy: fc.constantFrom('allow-all', 'https-only', 'redirect-to-https'),
    TrustedSigners: fc.record({ Enabled: flag, Quantity: fc.constant(0) }),
    TrustedKeyGroups: fc.record({ Enabled: flag, Quantity: fc.constant(0) }),
    SmoothStreaming: flag,
    Compress: flag,
    AllowedMethods: listed(fc.subarray(['GET', 'HEAD', 'OPTIONS'])),
    LambdaFunctionAssociations: listed(associations),
    FunctionAssociations: listed(functions),
    FieldLevelEncryptionId: text,
    RealtimeLogConfigArn: text,
    OriginRequestPolicyId: text,
    ResponseHeadersPolicyId: text,
    CachePolicyId: fc.constantFrom('the-cache-policy', 'another'),
    MinTTL: fc.nat(60),
    DefaultTTL: fc.nat(60),
    ForwardedValues: fc.constant({ QueryString: true, Cookies: { Forward: 'all' as const } }),
  },
  { requiredKeys: ['TargetOriginId', 'ViewerProtocolPolicy'] },
)

const errorResponse = (ErrorCode: number): fc.Arbitrary<CustomErrorResponse> =>
  fc.record(
    { ErrorCode: fc.constant(ErrorCode), ResponsePagePath: text, ResponseCode: text, ErrorCachingMinTTL: fc.nat(300) },
    { requiredKeys: ['ErrorCode'] },
  )

/** A distribution that serves the bucket and that its operator has set up by hand, in many ways. */
export const operatorsConfig: fc.Arbitrary<DistributionConfig> = fc.record(
  {
    CallerReference: text,
    Comment: text,
    Enabled: flag,
    Aliases: listed(fc.subarray(['packages.example.com', '*.example.org'])),
    DefaultRootObject: text,
    Origins: listed(origins),
    OriginGroups: fc.constant({ Quantity: 0 }),
    DefaultCacheBehavior: defaultBehavior,
    CacheBehaviors: listed(
      fc.array(
        fc.record({
          PathPattern: fc.constantFrom('/site/*', '/x'),
          TargetOriginId: text,
          ViewerProtocolPolicy: fc.constant('allow-all' as const),
          LambdaFunctionAssociations: listed(associations),
          FunctionAssociations: listed(functions),
        }),
        {
          maxLength: 2,
        },
      ),
    ),
    CustomErrorResponses: listed(
      fc.tuple(errorResponse(403), errorResponse(404), errorResponse(503)).chain((all) => fc.subarray(all)),
    ),
    Logging: fc.record({ Enabled: flag, IncludeCookies: flag, Bucket: text, Prefix: text }),
    PriceClass: fc.constantFrom(...priceClasses),
    ViewerCertificate: fc.constantFrom(
      { CloudFrontDefaultCertificate: true },
      {
        ACMCertificateArn: certificate,
        SSLSupportMethod: 'sni-only' as const,
        MinimumProtocolVersion: 'TLSv1' as const,
      },
      {
        ACMCertificateArn: `${certificate}-old`,
        SSLSupportMethod: 'vip' as const,
        MinimumProtocolVersion: 'TLSv1' as const,
      },
    ),
    Restrictions: fc.constantFrom(
      { GeoRestriction: { RestrictionType: 'none' as const, Quantity: 0 } },
      { GeoRestriction: { RestrictionType: 'whitelist' as const, Quantity: 2, Items: ['DE', 'AT'] } },
    ),
    WebACLId: text,
    HttpVersion: fc.constantFrom('http2', 'http2and3'),
    IsIPV6Enabled: flag,
    ContinuousDeploymentPolicyId: text,
    Staging: flag,
    AnycastIpListId: text,
  },
  { requiredKeys: ['CallerReference', 'Comment', 'Enabled', 'Origins', 'DefaultCacheBehavior'] },
)
