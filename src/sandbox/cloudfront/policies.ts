import { randomUUID } from 'node:crypto'

import { policyMembers, type ConfigResource } from './config-resource.ts'
import { invalidArgument, type ConfigDocument } from './documents.ts'
import {
  managedCachePolicies,
  managedOriginRequestPolicies,
  managedResponseHeadersPolicies,
} from './managed-policies.ts'
import {
  cachePolicyConfig,
  originRequestPolicyConfig,
  responseHeadersPolicyConfig,
  type CachePolicyConfig,
  type OriginRequestPolicyConfig,
  type ResponseHeadersPolicyConfig,
} from '../contracts/policy-shape.ts'
import { itemsOf, type ItemsOf } from '../contracts/shape.ts'
import { AwsError } from '../contracts/service.ts'
import type { Store } from '../contracts/store.ts'
import type { Users } from './users.ts'

interface Named {
  Name: string
  Comment?: string | undefined
}

/** 20 custom policies of each kind per account (developer guide, "Quotas"). */
const maxPolicies = 20

/** What the three kinds of policies have in common. */
function policyResource<C extends Named>(
  name: string,
  words: string,
  path: string,
  users: Users,
): Omit<ConfigResource<C>, 'config' | 'documents' | 'managed' | 'accept'> & {
  acceptName: (config: C, previous: unknown, others: readonly ConfigDocument<C>[], managed: number) => void
} {
  const plural = name.replace(/y$/, 'ies')
  return {
    name,
    plural,
    path,
    isPolicy: true,
    newId: randomUUID,
    notFound: () => new AwsError(404, `NoSuch${name}`, `The specified ${words} does not exist.`),
    describe: policyMembers,
    inUse: (id) =>
      users.isUsed(id)
        ? new AwsError(409, `${name}InUse`, `The specified ${words} is currently associated with a distribution.`)
        : undefined,
    changed: (id) => users.changed(id),
    acceptName(config, previous, others, managed) {
      if (!/^[A-Za-z0-9_-]{1,128}$/.test(config.Name)) throw invalidArgument('The parameter Name is not valid.')
      if ((config.Comment ?? '').length > 128) throw invalidArgument('The parameter Comment is too long.')
      if (others.some((other) => other.config.Name === config.Name)) {
        const message = `A ${words} with the same name already exists: ${config.Name}`
        throw new AwsError(409, `${name}AlreadyExists`, message)
      }
      if (previous === undefined && others.length - managed >= maxPolicies) {
        throw new AwsError(400, `TooMany${plural}`, `You have reached the maximum number of these policies.`)
      }
    },
  }
}

export function cachePolicies(store: Store, users: Users): ConfigResource<CachePolicyConfig> {
  const { acceptName, ...common } = policyResource<CachePolicyConfig>(
    'CachePolicy',
    'cache policy',
    'cache-policy',
    users,
  )
  return {
    ...common,
    config: cachePolicyConfig,
    documents: store.collection('cloudfront-cache-policy'),
    managed: managedCachePolicies,
    accept(config, previous, others) {
      acceptName(config, previous, others, managedCachePolicies.length)
      return acceptCachePolicy(config)
    },
  }
}

/** Fills in CloudFront's defaults. Throws InvalidArgument. */
function acceptCachePolicy(config: CachePolicyConfig): CachePolicyConfig {
  const { MinTTL } = config
  const DefaultTTL = config.DefaultTTL ?? Math.max(86_400, MinTTL)
  const MaxTTL = config.MaxTTL ?? Math.max(31_536_000, DefaultTTL)
  if (MinTTL < 0 || MinTTL > DefaultTTL || DefaultTTL > MaxTTL) {
    throw invalidArgument('The parameters MinTTL, DefaultTTL and MaxTTL must satisfy MinTTL <= DefaultTTL <= MaxTTL.')
  }
  const key = config.ParametersInCacheKeyAndForwardedToOrigin ?? {
    EnableAcceptEncodingGzip: false,
    HeadersConfig: { HeaderBehavior: 'none' as const },
    CookiesConfig: { CookieBehavior: 'none' as const },
    QueryStringsConfig: { QueryStringBehavior: 'none' as const },
  }
  const parts: [string, string, ItemsOf<string> | undefined][] = [
    ['HeaderBehavior', key.HeadersConfig.HeaderBehavior, key.HeadersConfig.Headers],
    ['CookieBehavior', key.CookiesConfig.CookieBehavior, key.CookiesConfig.Cookies],
    ['QueryStringBehavior', key.QueryStringsConfig.QueryStringBehavior, key.QueryStringsConfig.QueryStrings],
  ]
  const caches = MaxTTL > 0
  for (const [member, behavior, names] of parts) {
    const lists = behavior === 'whitelist' || behavior === 'allExcept'
    if (lists !== itemsOf(names).length > 0) throw invalidArgument(`The parameter ${member} does not fit its items.`)
    if (!caches && behavior !== 'none') {
      throw invalidArgument(`The parameter ${member} is invalid for policy with caching disabled.`)
    }
  }
  const encodings = { EnableAcceptEncodingBrotli: false, ...key }
  for (const member of ['EnableAcceptEncodingGzip', 'EnableAcceptEncodingBrotli'] as const) {
    if (!caches && encodings[member]) {
      throw invalidArgument(`The parameter ${member} is invalid for policy with caching disabled.`)
    }
  }
  return { Comment: '', ...config, DefaultTTL, MaxTTL, ParametersInCacheKeyAndForwardedToOrigin: encodings }
}

export function originRequestPolicies(store: Store, users: Users): ConfigResource<OriginRequestPolicyConfig> {
  const { acceptName, ...common } = policyResource<OriginRequestPolicyConfig>(
    'OriginRequestPolicy',
    'origin request policy',
    'origin-request-policy',
    users,
  )
  return {
    ...common,
    config: originRequestPolicyConfig,
    documents: store.collection('cloudfront-origin-request-policy'),
    managed: managedOriginRequestPolicies,
    accept(config, previous, others) {
      acceptName(config, previous, others, managedOriginRequestPolicies.length)
      return { Comment: '', ...config }
    },
  }
}

export function responseHeadersPolicies(store: Store, users: Users): ConfigResource<ResponseHeadersPolicyConfig> {
  const { acceptName, ...common } = policyResource<ResponseHeadersPolicyConfig>(
    'ResponseHeadersPolicy',
    'response headers policy',
    'response-headers-policy',
    users,
  )
  return {
    ...common,
    config: responseHeadersPolicyConfig,
    documents: store.collection('cloudfront-response-headers-policy'),
    managed: managedResponseHeadersPolicies,
    accept(config, previous, others) {
      acceptName(config, previous, others, managedResponseHeadersPolicies.length)
      return { Comment: '', ...config }
    },
  }
}
