import { boolean, integer, items, list, oneOf, required, structure, text, type Of } from './shape.ts'

/*
 * DistributionConfig and what it is made of, from CloudFront's API reference and service model (2020-05-31). Members
 * stand in the order in which CloudFront writes them.
 */

const eventType = oneOf('viewer-request', 'viewer-response', 'origin-request', 'origin-response')
const method = oneOf('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'OPTIONS', 'DELETE')

const lambdaFunctionAssociation = structure({
  LambdaFunctionARN: required(text),
  EventType: required(eventType),
  IncludeBody: boolean,
})

const forwardedValues = structure({
  QueryString: required(boolean),
  Cookies: required(
    structure({ Forward: required(oneOf('none', 'whitelist', 'all')), WhitelistedNames: items('Name', text) }),
  ),
  Headers: items('Name', text),
  QueryStringCacheKeys: items('Name', text),
})

const behaviorMembers = {
  TargetOriginId: required(text),
  TrustedSigners: items('AwsAccountNumber', text, { Enabled: required(boolean) }),
  TrustedKeyGroups: items('KeyGroup', text, { Enabled: required(boolean) }),
  ViewerProtocolPolicy: required(oneOf('allow-all', 'https-only', 'redirect-to-https')),
  AllowedMethods: items('Method', method, { CachedMethods: items('Method', method) }),
  SmoothStreaming: boolean,
  Compress: boolean,
  LambdaFunctionAssociations: items('LambdaFunctionAssociation', lambdaFunctionAssociation),
  FunctionAssociations: items(
    'FunctionAssociation',
    structure({ FunctionARN: required(text), EventType: required(eventType) }),
  ),
  FieldLevelEncryptionId: text,
  RealtimeLogConfigArn: text,
  CachePolicyId: text,
  OriginRequestPolicyId: text,
  ResponseHeadersPolicyId: text,
  GrpcConfig: structure({ Enabled: required(boolean) }),
  ForwardedValues: forwardedValues,
  MinTTL: integer,
  DefaultTTL: integer,
  MaxTTL: integer,
}
const defaultCacheBehavior = structure(behaviorMembers)
const cacheBehavior = structure({ PathPattern: required(text), ...behaviorMembers })

const customOriginConfig = structure({
  HTTPPort: required(integer),
  HTTPSPort: required(integer),
  OriginProtocolPolicy: required(oneOf('http-only', 'match-viewer', 'https-only')),
  OriginSslProtocols: items('SslProtocol', oneOf('SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2')),
  OriginReadTimeout: integer,
  OriginKeepaliveTimeout: integer,
  IpAddressType: oneOf('ipv4', 'ipv6', 'dualstack'),
  OriginMtlsConfig: structure({ ClientCertificateArn: required(text) }),
})

const origin = structure({
  Id: required(text),
  DomainName: required(text),
  OriginPath: text,
  CustomHeaders: items('OriginCustomHeader', structure({ HeaderName: required(text), HeaderValue: required(text) })),
  S3OriginConfig: structure({ OriginAccessIdentity: required(text), OriginReadTimeout: integer }),
  CustomOriginConfig: customOriginConfig,
  VpcOriginConfig: structure({
    VpcOriginId: required(text),
    OwnerAccountId: text,
    OriginReadTimeout: integer,
    OriginKeepaliveTimeout: integer,
  }),
  ConnectionAttempts: integer,
  ConnectionTimeout: integer,
  ResponseCompletionTimeout: integer,
  OriginShield: structure({ Enabled: required(boolean), OriginShieldRegion: text }),
  OriginAccessControlId: text,
})

const originGroup = structure({
  Id: required(text),
  FailoverCriteria: required(structure({ StatusCodes: required(items('StatusCode', integer)) })),
  Members: required(items('OriginGroupMember', structure({ OriginId: required(text) }))),
  SelectionCriteria: oneOf('default', 'media-quality-based'),
})

const customErrorResponse = structure({
  ErrorCode: required(integer),
  ResponsePagePath: text,
  ResponseCode: text,
  ErrorCachingMinTTL: integer,
})

const viewerCertificate = structure({
  CloudFrontDefaultCertificate: boolean,
  IAMCertificateId: text,
  ACMCertificateArn: text,
  SSLSupportMethod: oneOf('sni-only', 'vip', 'static-ip'),
  MinimumProtocolVersion: oneOf(
    ...(['SSLv3', 'TLSv1', 'TLSv1_2016', 'TLSv1.1_2016', 'TLSv1.2_2018', 'TLSv1.2_2019', 'TLSv1.2_2021'] as const),
    ...(['TLSv1.3_2025', 'TLSv1.2_2025'] as const),
  ),
  Certificate: text,
  CertificateSource: oneOf('cloudfront', 'iam', 'acm'),
})

const tenantParameter = structure({
  Name: required(text),
  Definition: required(
    structure({ StringSchema: structure({ Comment: text, DefaultValue: text, Required: required(boolean) }) }),
  ),
})

export const distributionConfig = structure({
  CallerReference: required(text),
  Aliases: items('CNAME', text),
  DefaultRootObject: text,
  Origins: required(items('Origin', origin)),
  OriginGroups: items('OriginGroup', originGroup),
  DefaultCacheBehavior: required(defaultCacheBehavior),
  CacheBehaviors: items('CacheBehavior', cacheBehavior),
  CustomErrorResponses: items('CustomErrorResponse', customErrorResponse),
  Comment: required(text),
  Logging: structure({ Enabled: boolean, IncludeCookies: boolean, Bucket: text, Prefix: text }),
  PriceClass: oneOf('PriceClass_100', 'PriceClass_200', 'PriceClass_All', 'None'),
  Enabled: required(boolean),
  ViewerCertificate: viewerCertificate,
  Restrictions: structure({
    GeoRestriction: required(
      items('Location', text, { RestrictionType: required(oneOf('blacklist', 'whitelist', 'none')) }),
    ),
  }),
  WebACLId: text,
  HttpVersion: oneOf('http1.1', 'http2', 'http3', 'http2and3'),
  IsIPV6Enabled: boolean,
  ContinuousDeploymentPolicyId: text,
  Staging: boolean,
  AnycastIpListId: text,
  TenantConfig: structure({ ParameterDefinitions: list('member', tenantParameter) }),
  ConnectionMode: oneOf('direct', 'tenant-only'),
  ViewerMtlsConfig: structure({
    Mode: oneOf('required', 'optional', 'passthrough'),
    TrustStoreConfig: structure({
      TrustStoreId: required(text),
      AdvertiseTrustStoreCaNames: boolean,
      IgnoreCertificateExpiry: boolean,
    }),
  }),
  ConnectionFunctionAssociation: structure({ Id: required(text) }),
  CacheTagConfig: structure({ HeaderName: required(text) }),
})

export const tags = structure({ Items: list('Tag', structure({ Key: required(text), Value: text })) })
export const tagKeys = structure({ Items: list('Key', text) })

export const distributionConfigWithTags = structure({
  DistributionConfig: required(distributionConfig),
  Tags: required(tags),
})

export type DistributionConfig = Of<typeof distributionConfig>
export type CacheBehavior = Of<typeof defaultCacheBehavior>
export type Origin = Of<typeof origin>
