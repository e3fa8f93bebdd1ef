import {
  type CachePolicyConfig,
  CachePolicyConfig$,
  CloudFrontClient,
  CreateCachePolicyCommand,
  GetCachePolicyCommand,
  ListCachePoliciesCommand,
  UpdateCachePolicyCommand,
} from '@aws-sdk/client-cloudfront'

import { arnOfPolicy } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion } from '../../aws/names.ts'
import { keepReceived } from '../../aws/received.ts'
import type { PolicyWant } from './behavior-policies.ts'
import { exportedCachePolicy } from './cache-policy-export.ts'
import { keepUnknown, type Kept, unlessLost } from '../kept-config.ts'
import { change, create, notOurs, pending, type Resource, updateIf } from '../resource.ts'
import { deleteByETag } from '../takedown.ts'

export interface CachePolicyWant extends PolicyWant {
  /** Seconds that objects without Cache-Control are kept; 0 by default. */
  readonly defaultTtl?: number
}

export interface CachePolicy extends Kept<CachePolicyConfig> {
  readonly etag: string
}

/**
 * Objects say by Cache-Control how long they may be cached. With a MinTTL above 0 CloudFront would cache even what says
 * no-cache, as all of AWS's managed policies that cache do. A DefaultTTL of 0 has objects that say nothing (because they
 * have not been re-indexed yet) checked with S3 each time: slower, but never stale. Nothing of the request but its path
 * is in the cache key, so that all signed URLs of an object share one cache entry.
 */
const wantedConfig = ({ names, defaultTtl = 0 }: CachePolicyWant): CachePolicyConfig => ({
  Name: names.policy,
  Comment: names.mark,
  MinTTL: 0,
  DefaultTTL: defaultTtl,
  MaxTTL: 31_536_000,
  ParametersInCacheKeyAndForwardedToOrigin: {
    EnableAcceptEncodingGzip: false,
    EnableAcceptEncodingBrotli: false,
    HeadersConfig: { HeaderBehavior: 'none' },
    CookiesConfig: { CookieBehavior: 'none' },
    QueryStringsConfig: { QueryStringBehavior: 'none' },
  },
})

/**
 * The cache policy, found by its name, which CloudFront keeps unique in the account. It takes no tags; its comment is
 * its mark.
 */
export function cachePolicy(aws: Aws): Resource<CachePolicyWant, CachePolicy> {
  const client = () => aws.client(CloudFrontClient, edgeRegion)
  return {
    kind: 'CloudFront cache policy',
    name: ({ names }) => names.policy,
    id: ({ id }) => id,
    needs: ({ accountId }) => {
      const resources = [arnOfPolicy(accountId, 'cache-policy')]
      return [
        { access: 'read', actions: ['cloudfront:ListCachePolicies'], resources: ['*'] },
        { access: 'read', actions: ['cloudfront:GetCachePolicy'], resources },
        { access: 'write', actions: ['cloudfront:CreateCachePolicy'], resources: ['*'] },
        { access: 'write', actions: ['cloudfront:UpdateCachePolicy'], resources },
      ]
    },
    pattern: (want) => ({ id: '*', etag: '', config: wantedConfig(want) }),
    exported: (_want, live) => exportedCachePolicy(live),
    takedown: ({ names }, { id }, cli) => [
      {
        title: 'Delete the cache policy',
        commands: [deleteByETag(cli, 'cache-policy', id)],
        expected: 'Nothing is printed. `CachePolicyInUse`: a distribution refers to it still.',
        takes: 'a call',
        loses: `The cache policy ${names.policy}.`,
        undo: 'reconfigure-cloudfront-distribution makes one again, with another id.',
      },
    ],

    async describe({ names }) {
      // The SDK has no paginator for this list.
      for (let Marker: string | undefined; ;) {
        const { CachePolicyList: list } = await client().send(new ListCachePoliciesCommand({ Type: 'custom', Marker }))
        const id = list?.Items?.find(({ CachePolicy: item }) => item?.CachePolicyConfig?.Name === names.policy)
          ?.CachePolicy?.Id
        if (id !== undefined) {
          const command = new GetCachePolicyCommand({ Id: id })
          const received = keepReceived(command)
          const { ETag, CachePolicy: policy } = await client().send(command)
          const config = policy?.CachePolicyConfig
          return config === undefined ? undefined : { id, etag: ETag ?? '', config, received: received() }
        }
        Marker = list?.NextMarker
        if (Marker === undefined || Marker === '') return undefined
      }
    },

    decide(want, live) {
      const { names } = want
      const config = wantedConfig(want)
      if (live === undefined) return create({ id: pending('cache policy id'), etag: '', config })
      if (live.config.Comment !== names.mark) {
        return notOurs(live, `CloudFront cache policy ${names.policy}`, undefined, 'never')
      }
      const decision = updateIf({ ...live, config }, fieldChanges(live.config, config))
      return unlessLost(CachePolicyConfig$, `CloudFront cache policy ${names.policy}`, live, config, decision)
    },

    async apply(want, live) {
      const CachePolicyConfig = wantedConfig(want)
      const { ETag, CachePolicy: policy } =
        live === undefined
          ? await client().send(new CreateCachePolicyCommand({ CachePolicyConfig }))
          : await client().send(updating(live, CachePolicyConfig))
      return { id: policy?.Id ?? '', etag: ETag ?? '', config: CachePolicyConfig }
    },
  }
}

function updating(live: CachePolicy, config: CachePolicyConfig): UpdateCachePolicyCommand {
  const command = new UpdateCachePolicyCommand({ Id: live.id, IfMatch: live.etag, CachePolicyConfig: config })
  keepUnknown(command, CachePolicyConfig$, live, config)
  return command
}

function fieldChanges(live: CachePolicyConfig, wanted: CachePolicyConfig) {
  const inKey = live.ParametersInCacheKeyAndForwardedToOrigin
  const wantedInKey = wanted.ParametersInCacheKeyAndForwardedToOrigin
  return [
    ...change('MinTTL', live.MinTTL, wanted.MinTTL),
    ...change('DefaultTTL', live.DefaultTTL, wanted.DefaultTTL),
    ...change('MaxTTL', live.MaxTTL, wanted.MaxTTL),
    ...change('EnableAcceptEncodingGzip', inKey?.EnableAcceptEncodingGzip, wantedInKey?.EnableAcceptEncodingGzip),
    ...change('EnableAcceptEncodingBrotli', inKey?.EnableAcceptEncodingBrotli, wantedInKey?.EnableAcceptEncodingBrotli),
    ...change('HeaderBehavior', inKey?.HeadersConfig?.HeaderBehavior, wantedInKey?.HeadersConfig?.HeaderBehavior),
    ...change('CookieBehavior', inKey?.CookiesConfig?.CookieBehavior, wantedInKey?.CookiesConfig?.CookieBehavior),
    ...change(
      'QueryStringBehavior',
      inKey?.QueryStringsConfig?.QueryStringBehavior,
      wantedInKey?.QueryStringsConfig?.QueryStringBehavior,
    ),
  ]
}
