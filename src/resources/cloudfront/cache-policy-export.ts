import type { CachePolicyConfig } from '@aws-sdk/client-cloudfront'

import { Blocks } from '../../ui/hcl.ts'
import { type Exported, given, ref } from '../exported.ts'
import type { Kept } from '../kept-config.ts'

/** The cache policy with all that is in its key. */
export function exportedCachePolicy({ id, config }: Kept<CachePolicyConfig>): Exported {
  const inKey = config.ParametersInCacheKeyAndForwardedToOrigin
  const headers = inKey?.HeadersConfig?.Headers?.Items ?? []
  const cookies = inKey?.CookiesConfig?.Cookies?.Items ?? []
  const queries = inKey?.QueryStringsConfig?.QueryStrings?.Items ?? []
  const named = { name: config.Name ?? '', comment: given(config.Comment) }
  const behaviors = {
    headers: inKey?.HeadersConfig?.HeaderBehavior ?? 'none',
    cookies: inKey?.CookiesConfig?.CookieBehavior ?? 'none',
    queries: inKey?.QueryStringsConfig?.QueryStringBehavior ?? 'none',
  }
  const gzip = inKey?.EnableAcceptEncodingGzip
  const brotli = inKey?.EnableAcceptEncodingBrotli
  const listed = (items: readonly string[]) => (items.length === 0 ? undefined : new Blocks({ items }))
  return {
    terraform: [
      {
        type: 'aws_cloudfront_cache_policy',
        id,
        body: {
          ...named,
          min_ttl: config.MinTTL,
          default_ttl: config.DefaultTTL,
          max_ttl: config.MaxTTL,
          parameters_in_cache_key_and_forwarded_to_origin: new Blocks({
            enable_accept_encoding_gzip: gzip,
            enable_accept_encoding_brotli: brotli,
            headers_config: new Blocks({ header_behavior: behaviors.headers, headers: listed(headers) }),
            cookies_config: new Blocks({ cookie_behavior: behaviors.cookies, cookies: listed(cookies) }),
            query_strings_config: new Blocks({
              query_string_behavior: behaviors.queries,
              query_strings: listed(queries),
            }),
          }),
        },
        known: { [id]: 'id' },
      },
    ],
    cloudFormation: [
      {
        type: 'AWS::CloudFront::CachePolicy',
        identifier: { Id: id },
        properties: {
          CachePolicyConfig: {
            Name: named.name,
            Comment: named.comment,
            MinTTL: config.MinTTL,
            DefaultTTL: config.DefaultTTL,
            MaxTTL: config.MaxTTL,
            ParametersInCacheKeyAndForwardedToOrigin: {
              EnableAcceptEncodingGzip: gzip,
              EnableAcceptEncodingBrotli: brotli,
              HeadersConfig: { HeaderBehavior: behaviors.headers, Headers: given(headers) },
              CookiesConfig: { CookieBehavior: behaviors.cookies, Cookies: given(cookies) },
              QueryStringsConfig: { QueryStringBehavior: behaviors.queries, QueryStrings: given(queries) },
            },
          },
        },
        known: { [id]: ref },
      },
    ],
  }
}
