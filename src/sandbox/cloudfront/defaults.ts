import type { CacheBehavior, DistributionConfig, Origin } from '../contracts/distribution-shape.ts'
import { invalidArgument } from './documents.ts'
import { itemList, itemsOf } from '../contracts/shape.ts'
import { AwsError } from '../contracts/service.ts'

/** The config as CloudFront keeps and answers it: with a value for what a create request may leave out. */
export function withDefaults(config: DistributionConfig): DistributionConfig {
  return {
    Aliases: { Quantity: 0 },
    DefaultRootObject: '',
    OriginGroups: { Quantity: 0 },
    CacheBehaviors: { Quantity: 0 },
    CustomErrorResponses: { Quantity: 0 },
    PriceClass: 'PriceClass_All',
    Restrictions: { GeoRestriction: { RestrictionType: 'none', Quantity: 0 } },
    WebACLId: '',
    HttpVersion: 'http2',
    IsIPV6Enabled: false,
    ContinuousDeploymentPolicyId: '',
    Staging: false,
    ...config,
    Logging: { Enabled: false, IncludeCookies: false, Bucket: '', Prefix: '', ...config.Logging },
    ViewerCertificate: viewerCertificate(config.ViewerCertificate),
    Origins: itemList(itemsOf(config.Origins).map(completeOrigin)),
    DefaultCacheBehavior: completeBehavior(config.DefaultCacheBehavior),
    ...(itemsOf(config.CacheBehaviors).length === 0
      ? {}
      : {
          CacheBehaviors: itemList(
            itemsOf(config.CacheBehaviors).map(({ PathPattern, ...behavior }) => ({
              PathPattern,
              ...completeBehavior(behavior),
            })),
          ),
        }),
  }
}

function viewerCertificate(given: DistributionConfig['ViewerCertificate']): DistributionConfig['ViewerCertificate'] {
  const arn = given?.ACMCertificateArn
  if (arn !== undefined && arn !== '') {
    const filled = { CloudFrontDefaultCertificate: false, MinimumProtocolVersion: 'TLSv1' as const, ...given }
    return { ...filled, Certificate: arn, CertificateSource: 'acm' }
  }
  if (given?.IAMCertificateId !== undefined) return { CloudFrontDefaultCertificate: false, ...given }
  return {
    CloudFrontDefaultCertificate: true,
    SSLSupportMethod: 'vip',
    MinimumProtocolVersion: 'TLSv1',
    CertificateSource: 'cloudfront',
  }
}

function completeOrigin(origin: Origin): Origin {
  const { S3OriginConfig, CustomOriginConfig } = origin
  return {
    OriginPath: '',
    CustomHeaders: { Quantity: 0 },
    ConnectionAttempts: 3,
    ConnectionTimeout: 10,
    OriginShield: { Enabled: false },
    OriginAccessControlId: '',
    ...origin,
    ...(S3OriginConfig === undefined ? {} : { S3OriginConfig: { OriginReadTimeout: 30, ...S3OriginConfig } }),
    ...(CustomOriginConfig === undefined
      ? {}
      : {
          CustomOriginConfig: {
            OriginSslProtocols: itemList(['TLSv1', 'TLSv1.1', 'TLSv1.2'] as const),
            OriginReadTimeout: 30,
            OriginKeepaliveTimeout: 5,
            ...CustomOriginConfig,
          },
        }),
  }
}

function completeBehavior(behavior: CacheBehavior): CacheBehavior {
  const { AllowedMethods, ForwardedValues } = behavior
  const legacy =
    ForwardedValues === undefined
      ? {}
      : {
          MinTTL: 0,
          DefaultTTL: 86_400,
          MaxTTL: 31_536_000,
        }
  return {
    TrustedSigners: { Enabled: false, Quantity: 0 },
    TrustedKeyGroups: { Enabled: false, Quantity: 0 },
    SmoothStreaming: false,
    Compress: false,
    FunctionAssociations: { Quantity: 0 },
    FieldLevelEncryptionId: '',
    GrpcConfig: { Enabled: false },
    ...legacy,
    ...behavior,
    AllowedMethods: {
      ...(AllowedMethods ?? itemList(['HEAD', 'GET'] as const)),
      CachedMethods: AllowedMethods?.CachedMethods ?? itemList(['HEAD', 'GET'] as const),
    },
    LambdaFunctionAssociations: itemList(
      itemsOf(behavior.LambdaFunctionAssociations).map((one) => ({ ...one, IncludeBody: one.IncludeBody ?? false })),
    ),
    ...(ForwardedValues === undefined
      ? {}
      : { ForwardedValues: { Headers: { Quantity: 0 }, QueryStringCacheKeys: { Quantity: 0 }, ...ForwardedValues } }),
  }
}

/**
 * UpdateDistribution replaces the whole config, and refuses one without members that CreateDistribution fills in: so
 * a client that rebuilds the config instead of changing what GetDistributionConfig answered is found out.
 * Sources: API reference, UpdateDistribution ("fields that are required for updates"); messages as AWS words them.
 */
export function requireUpdateMembers(config: DistributionConfig): void {
  for (const origin of itemsOf(config.Origins)) {
    if (origin.OriginPath === undefined) throw missing('Origin path')
    if (origin.CustomHeaders === undefined) throw missing('Custom headers')
    if (origin.CustomOriginConfig !== undefined && origin.CustomOriginConfig.OriginReadTimeout === undefined) {
      throw new AwsError(400, 'IllegalUpdate', 'OriginReadTimeout is required for updates.')
    }
  }
  for (const behavior of [config.DefaultCacheBehavior, ...itemsOf(config.CacheBehaviors)]) {
    if (behavior.AllowedMethods === undefined) throw missing('Allowed methods')
    if (behavior.AllowedMethods.CachedMethods === undefined) throw missing('Cached methods')
    if (behavior.SmoothStreaming === undefined) throw missing('Smooth streaming')
    if (behavior.LambdaFunctionAssociations === undefined) throw missing('Lambda function associations')
    if (behavior.FieldLevelEncryptionId === undefined) throw missing('Field level encryption id')
    if (behavior.Compress === undefined) throw missing('Compress')
  }
  const whole: [string, unknown][] = [
    ['Aliases', config.Aliases],
    ['Default root object', config.DefaultRootObject],
    ['Custom error responses', config.CustomErrorResponses],
    ['Cache behaviors', config.CacheBehaviors],
    ['Logging', config.Logging],
    ['Price class', config.PriceClass],
    ['Viewer certificate', config.ViewerCertificate],
    ['Restrictions', config.Restrictions],
    ['Web ACL id', config.WebACLId],
    ['Http version', config.HttpVersion],
  ]
  for (const [name, value] of whole) if (value === undefined) throw missing(name)
}

const missing = (name: string): AwsError => invalidArgument(`The parameter ${name} is required.`)
