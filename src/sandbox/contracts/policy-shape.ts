import { boolean, decimal, integer, items, oneOf, required, structure, text, type Of } from './shape.ts'

/* The smaller documents of CloudFront's API (service model 2020-05-31). */

export const originAccessIdentityConfig = structure({ CallerReference: required(text), Comment: required(text) })

export const originAccessControlConfig = structure({
  Name: required(text),
  Description: text,
  SigningProtocol: required(oneOf('sigv4')),
  SigningBehavior: required(oneOf('never', 'always', 'no-override')),
  OriginAccessControlOriginType: required(oneOf('s3', 'mediastore', 'mediapackagev2', 'lambda')),
})

const names = items('Name', text)
const some = oneOf('none', 'whitelist', 'allExcept', 'all')

export const cachePolicyConfig = structure({
  Comment: text,
  Name: required(text),
  DefaultTTL: integer,
  MaxTTL: integer,
  MinTTL: required(integer),
  ParametersInCacheKeyAndForwardedToOrigin: structure({
    EnableAcceptEncodingGzip: required(boolean),
    EnableAcceptEncodingBrotli: boolean,
    HeadersConfig: required(structure({ HeaderBehavior: required(oneOf('none', 'whitelist')), Headers: names })),
    CookiesConfig: required(structure({ CookieBehavior: required(some), Cookies: names })),
    QueryStringsConfig: required(structure({ QueryStringBehavior: required(some), QueryStrings: names })),
  }),
})

export const originRequestPolicyConfig = structure({
  Comment: text,
  Name: required(text),
  HeadersConfig: required(
    structure({
      HeaderBehavior: required(oneOf('none', 'whitelist', 'allViewer', 'allViewerAndWhitelistCloudFront', 'allExcept')),
      Headers: names,
    }),
  ),
  CookiesConfig: required(structure({ CookieBehavior: required(some), Cookies: names })),
  QueryStringsConfig: required(structure({ QueryStringBehavior: required(some), QueryStrings: names })),
})

export const responseHeadersPolicyConfig = structure({
  Comment: text,
  Name: required(text),
  CorsConfig: structure({
    AccessControlAllowOrigins: required(items('Origin', text)),
    AccessControlAllowHeaders: required(items('Header', text)),
    AccessControlAllowMethods: required(items('Method', text)),
    AccessControlAllowCredentials: required(boolean),
    AccessControlExposeHeaders: items('Header', text),
    AccessControlMaxAgeSec: integer,
    OriginOverride: required(boolean),
  }),
  SecurityHeadersConfig: structure({
    XSSProtection: structure({
      Override: required(boolean),
      Protection: required(boolean),
      ModeBlock: boolean,
      ReportUri: text,
    }),
    FrameOptions: structure({ Override: required(boolean), FrameOption: required(oneOf('DENY', 'SAMEORIGIN')) }),
    ReferrerPolicy: structure({ Override: required(boolean), ReferrerPolicy: required(text) }),
    ContentSecurityPolicy: structure({ Override: required(boolean), ContentSecurityPolicy: required(text) }),
    ContentTypeOptions: structure({ Override: required(boolean) }),
    StrictTransportSecurity: structure({
      Override: required(boolean),
      IncludeSubdomains: boolean,
      Preload: boolean,
      AccessControlMaxAgeSec: required(integer),
    }),
  }),
  ServerTimingHeadersConfig: structure({ Enabled: required(boolean), SamplingRate: decimal }),
  CustomHeadersConfig: items(
    'ResponseHeadersPolicyCustomHeader',
    structure({ Header: required(text), Value: required(text), Override: required(boolean) }),
  ),
  RemoveHeadersConfig: items('ResponseHeadersPolicyRemoveHeader', structure({ Header: required(text) })),
})

export const invalidationBatch = structure({ Paths: required(items('Path', text)), CallerReference: required(text) })

export type OriginAccessIdentityConfig = Of<typeof originAccessIdentityConfig>
export type OriginAccessControlConfig = Of<typeof originAccessControlConfig>
export type CachePolicyConfig = Of<typeof cachePolicyConfig>
export type OriginRequestPolicyConfig = Of<typeof originRequestPolicyConfig>
export type ResponseHeadersPolicyConfig = Of<typeof responseHeadersPolicyConfig>
export type InvalidationBatch = Of<typeof invalidationBatch>
