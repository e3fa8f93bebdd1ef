import type { ConfigDocument } from './documents.ts'
import type {
  CachePolicyConfig,
  OriginRequestPolicyConfig,
  ResponseHeadersPolicyConfig,
} from '../contracts/policy-shape.ts'
import { itemList } from '../contracts/shape.ts'

/*
 * Policies that AWS provides, with their real ids. Source: CloudFront developer guide, "Use managed cache policies",
 * "Use managed origin request policies", "Use managed response headers policies".
 */

const released = Date.UTC(2020, 6, 22)

const managed = <C>(id: string, config: C): ConfigDocument<C> => ({
  id,
  config,
  createdAt: released,
  modifiedAt: released,
  etag: 'E23ZP02F085DFQ',
  pastEtags: [],
})

interface Key {
  encodings: boolean
  headers?: readonly string[]
  cookies?: 'none' | 'all'
  queryStrings?: 'none' | 'all'
}

function cachePolicy(
  id: string,
  name: string,
  comment: string,
  [MinTTL, DefaultTTL, MaxTTL]: readonly [number, number, number],
  { encodings, headers = [], cookies = 'none', queryStrings = 'none' }: Key,
): ConfigDocument<CachePolicyConfig> {
  return managed(id, {
    Comment: comment,
    Name: `Managed-${name}`,
    DefaultTTL,
    MaxTTL,
    MinTTL,
    ParametersInCacheKeyAndForwardedToOrigin: {
      EnableAcceptEncodingGzip: encodings,
      EnableAcceptEncodingBrotli: encodings,
      HeadersConfig:
        headers.length === 0
          ? { HeaderBehavior: 'none' as const }
          : { HeaderBehavior: 'whitelist' as const, Headers: itemList(headers) },
      CookiesConfig: { CookieBehavior: cookies },
      QueryStringsConfig: { QueryStringBehavior: queryStrings },
    },
  })
}

const day = 86_400
const year = 31_536_000
const originHeaders = ['Host', 'Origin', 'X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']

export const managedCachePolicies: readonly ConfigDocument<CachePolicyConfig>[] = [
  cachePolicy(
    '658327ea-f89d-4fab-a63d-7e88639e58f6',
    'CachingOptimized',
    'Policy with caching enabled. Supports Gzip and Brotli compression.',
    [1, day, year],
    { encodings: true },
  ),
  cachePolicy(
    'b2884449-e4de-46a7-ac36-70bc7f1ddd6d',
    'CachingOptimizedForUncompressedObjects',
    'Default policy when compression is disabled',
    [1, day, year],
    { encodings: false },
  ),
  cachePolicy('4135ea2d-6df8-44a3-9df3-4b5a84be39ad', 'CachingDisabled', 'Policy with caching disabled', [0, 0, 0], {
    encodings: false,
  }),
  cachePolicy(
    '83da9c7e-98b4-4e11-a168-04f0df8e2c65',
    'UseOriginCacheControlHeaders',
    'Policy for origins that return Cache-Control headers. Query strings are not included in the cache key.',
    [0, 0, year],
    { encodings: true, headers: originHeaders, cookies: 'all' },
  ),
  cachePolicy(
    '4cc15a8a-d715-48a4-82b8-cc0b614638fe',
    'UseOriginCacheControlHeaders-QueryStrings',
    'Policy for origins that return Cache-Control headers and serve different content based on query strings.',
    [0, 0, year],
    { encodings: true, headers: originHeaders, cookies: 'all', queryStrings: 'all' },
  ),
]

export const managedOriginRequestPolicies: readonly ConfigDocument<OriginRequestPolicyConfig>[] = [
  managed('216adef6-5c7f-47e4-b989-5492eafa07d3', {
    Comment: 'Policy to forward all parameters in viewer requests',
    Name: 'Managed-AllViewer',
    HeadersConfig: { HeaderBehavior: 'allViewer' as const },
    CookiesConfig: { CookieBehavior: 'all' as const },
    QueryStringsConfig: { QueryStringBehavior: 'all' as const },
  }),
  managed('b689b0a8-53d0-40ab-baf2-68738e2966ac', {
    Comment: 'Policy to forward all parameters in viewer requests except for the Host header',
    Name: 'Managed-AllViewerExceptHostHeader',
    HeadersConfig: { HeaderBehavior: 'allExcept' as const, Headers: itemList(['host']) },
    CookiesConfig: { CookieBehavior: 'all' as const },
    QueryStringsConfig: { QueryStringBehavior: 'all' as const },
  }),
  managed('88a5eaf4-2fd4-4709-b370-b4c650ea3fcf', {
    Comment: 'Policy for S3 origin with CORS',
    Name: 'Managed-CORS-S3Origin',
    HeadersConfig: {
      HeaderBehavior: 'whitelist' as const,
      Headers: itemList(['origin', 'access-control-request-headers', 'access-control-request-method']),
    },
    CookiesConfig: { CookieBehavior: 'none' as const },
    QueryStringsConfig: { QueryStringBehavior: 'none' as const },
  }),
]

export const managedResponseHeadersPolicies: readonly ConfigDocument<ResponseHeadersPolicyConfig>[] = [
  managed('60669652-455b-4ae9-85a4-c4c02393f86c', {
    Comment: 'Allows all origins for simple CORS requests',
    Name: 'Managed-SimpleCORS',
    CorsConfig: {
      AccessControlAllowOrigins: itemList(['*']),
      AccessControlAllowHeaders: itemList<string>([]),
      AccessControlAllowMethods: itemList(['GET', 'HEAD']),
      AccessControlAllowCredentials: false,
      OriginOverride: false,
    },
  }),
  managed('67f7725c-6f97-4210-82d7-5512b31e9d03', {
    Comment: 'Adds a set of security headers to every response',
    Name: 'Managed-SecurityHeadersPolicy',
    SecurityHeadersConfig: {
      XSSProtection: { Override: false, Protection: true, ModeBlock: true },
      FrameOptions: { Override: false, FrameOption: 'SAMEORIGIN' as const },
      ReferrerPolicy: { Override: false, ReferrerPolicy: 'strict-origin-when-cross-origin' },
      ContentTypeOptions: { Override: true },
      StrictTransportSecurity: { Override: false, AccessControlMaxAgeSec: year },
    },
  }),
]
