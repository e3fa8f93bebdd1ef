import type {
  CustomErrorResponse,
  DefaultCacheBehavior,
  DistributionConfig,
  Origin,
  ViewerCertificate,
} from '@aws-sdk/client-cloudfront'

import { engineOf } from '../../aws/arns.ts'
import type { Names } from '../../aws/names.ts'
import { type Bucket, hostsOf, regionalHost } from '../s3/bucket.ts'
import { engineNames } from '../../edge/engine.ts'
import type { Change } from '../../ui/plan.ts'
import { plainConfig } from './new-distribution.ts'
import { change } from '../resource.ts'
import { policyChanges, type PolicyIds } from './behavior-policies.ts'
import {
  type Associating,
  type Check,
  checkOf,
  inPlaceOf,
  isChecked,
  runningBy,
  runningIn,
  withCheck,
} from './viewer-check.ts'

/** How CloudFront reads the bucket: by an origin access identity or an origin access control. */
export type OriginAccess = { readonly kind: 'oai'; readonly id: string } | { readonly kind: 'oac'; readonly id: string }

/** What the operator and the chain want of the distribution. All else in its configuration is the operator's. */
export interface DistributionWishes extends Check {
  readonly names: Names
  readonly bucket: Bucket
  readonly policies: PolicyIds
  readonly access: OriginAccess
  /** Names to add to those that the distribution has. */
  readonly aliases: readonly string[]
  /** ARN of an ACM certificate in us-east-1; `undefined` leaves the certificate as it is. */
  readonly certificate: string | undefined
  /** `undefined` leaves it as it is. */
  readonly priceClass: PriceClass | undefined
  /** Whether what is in the way of the check, or of the packages, may go: other functions, the origin's path. */
  readonly adopt?: boolean
}

export const priceClasses = ['PriceClass_100', 'PriceClass_200', 'PriceClass_All'] as const
export type PriceClass = (typeof priceClasses)[number]

/** A configuration for a distribution that does not exist yet; {@link withWishes} completes it. */
export const blankConfig = ({ names, bucket }: DistributionWishes): DistributionConfig => ({
  ...plainConfig,
  CallerReference: names.callerReference(bucket.name),
  Comment: names.mark,
  Origins: { Quantity: 0, Items: [] },
  DefaultCacheBehavior: { TargetOriginId: undefined, ViewerProtocolPolicy: 'https-only' },
})

/** The origins that are the bucket, by whichever of its hosts; several may differ in their path. */
const originsOf = (config: DistributionConfig, bucket: Bucket): Origin[] =>
  (config.Origins?.Items ?? []).filter((origin) => hostsOf(bucket).includes(origin.DomainName ?? ''))

/** The origin that is the bucket: of several, the one that the default behaviour uses, else one without a path. */
export function bucketOrigin(config: DistributionConfig, bucket: Bucket): Origin | undefined {
  const origins = originsOf(config, bucket)
  return (
    origins.find(({ Id }) => Id === config.DefaultCacheBehavior?.TargetOriginId) ??
    origins.find(({ OriginPath }) => (OriginPath ?? '') === '') ??
    origins[0]
  )
}

/**
 * A configuration changed in just the fields that pc-ctl owns. Everything else, above all what an operator has set by
 * hand (WAF, aliases, certificate, logging, geo restriction, further behaviours and origins), is carried over.
 */
export function withWishes(config: DistributionConfig, wishes: DistributionWishes): DistributionConfig {
  const origin = wantedOrigin(bucketOrigin(config, wishes.bucket), wishes)
  const others = (config.Origins?.Items ?? []).filter(({ Id }) => Id !== origin.Id)
  const aliases = [...new Set([...(config.Aliases?.Items ?? []), ...wishes.aliases])]
  return {
    ...config,
    Enabled: true,
    ...(wishes.priceClass === undefined ? {} : { PriceClass: wishes.priceClass }),
    Aliases: { Quantity: aliases.length, ...(aliases.length === 0 ? {} : { Items: aliases }) },
    Origins: { Quantity: others.length + 1, Items: replaceOrAppend(config.Origins?.Items ?? [], origin) },
    DefaultCacheBehavior: wantedBehavior(config.DefaultCacheBehavior, origin.Id, wishes),
    ...wantedFurther(config, wishes),
    CustomErrorResponses: wantedErrorResponses(config.CustomErrorResponses?.Items ?? []),
    ...wantedCertificate(config.ViewerCertificate, wishes.certificate),
  }
}

const replaceOrAppend = (origins: readonly Origin[], wanted: Origin): Origin[] =>
  origins.some(({ Id }) => Id === wanted.Id)
    ? origins.map((origin) => (origin.Id === wanted.Id ? wanted : origin))
    : [...origins, wanted]

function wantedOrigin(live: Origin | undefined, { bucket, access, adopt = false }: DistributionWishes): Origin {
  return {
    ConnectionAttempts: 3,
    ConnectionTimeout: 10,
    OriginPath: '',
    CustomHeaders: { Quantity: 0 },
    OriginShield: { Enabled: false },
    ...live,
    ...(adopt ? { OriginPath: '' } : {}),
    // Neither an identity nor a control can be used while the bucket is addressed as a web server of one's own.
    CustomOriginConfig: undefined,
    Id: live?.Id ?? `s3-${bucket.name}`,
    DomainName: regionalHost(bucket),
    S3OriginConfig: {
      ...live?.S3OriginConfig,
      // CloudFront refuses an origin with both; an empty identity means none.
      OriginAccessIdentity: access.kind === 'oai' ? `origin-access-identity/cloudfront/${access.id}` : '',
    },
    OriginAccessControlId: access.kind === 'oac' ? access.id : '',
  }
}

function wantedBehavior(
  live: DefaultCacheBehavior | undefined,
  originId: string | undefined,
  wishes: DistributionWishes,
): DefaultCacheBehavior {
  // Legacy cache settings can't stand beside a cache policy.
  const rest: Partial<DefaultCacheBehavior> = Object.fromEntries(
    Object.entries(live ?? {}).filter(([member]) => !legacyCacheSettings.has(member)),
  )
  return {
    SmoothStreaming: false,
    FieldLevelEncryptionId: '',
    ...rest,
    TargetOriginId: originId,
    // Redirecting plain HTTP is as safe; what an operator chose of the two stays.
    ViewerProtocolPolicy: rest.ViewerProtocolPolicy === 'redirect-to-https' ? 'redirect-to-https' : 'https-only',
    AllowedMethods: { Quantity: 2, Items: ['HEAD', 'GET'], CachedMethods: { Quantity: 2, Items: ['HEAD', 'GET'] } },
    // CloudFront would compress text indexes and weaken their ETags.
    Compress: false,
    ...wishes.policies,
    ...withCheck(live, wishes, wishes.adopt === true),
  }
}

const legacyCacheSettings = new Set(['ForwardedValues', 'MinTTL', 'DefaultTTL', 'MaxTTL'])

/** Where an operator has put the check on further behaviours, it must know the same secrets as the default one. */
function wantedFurther(
  { CacheBehaviors: live }: DistributionConfig,
  wishes: DistributionWishes,
): Pick<DistributionConfig, 'CacheBehaviors'> {
  const isOlder = (behavior: Associating): boolean =>
    isChecked(behavior, wishes) && (checkOf(behavior) !== wishes.functionArn || inPlaceOf(behavior, wishes).length > 0)
  if (live?.Items?.some(isOlder) !== true) return {}
  const Items = live.Items.map((behavior) =>
    isOlder(behavior) ? { ...behavior, ...withCheck(behavior, wishes, wishes.adopt === true) } : behavior,
  )
  return { CacheBehaviors: { ...live, Items } }
}

/** CloudFront keeps a 404 for ten seconds unless told otherwise, so an index just published would seem missing. */
function wantedErrorResponses(live: readonly CustomErrorResponse[]): DistributionConfig['CustomErrorResponses'] {
  const existing = live.find(({ ErrorCode }) => ErrorCode === 404)
  const wanted: CustomErrorResponse = { ...existing, ErrorCode: 404, ErrorCachingMinTTL: 0 }
  const items = existing === undefined ? [...live, wanted] : live.map((item) => (item === existing ? wanted : item))
  return { Quantity: items.length, Items: items }
}

/** The TLS version that an operator chose for the certificate in use stays. */
export function wantedCertificate(
  live: ViewerCertificate | undefined,
  arn: string | undefined,
): Pick<DistributionConfig, 'ViewerCertificate'> {
  if (arn === undefined || live?.ACMCertificateArn === arn) return {}
  return {
    ViewerCertificate: {
      ACMCertificateArn: arn,
      SSLSupportMethod: 'sni-only',
      MinimumProtocolVersion: 'TLSv1.2_2021',
    },
  }
}

/** The fields that pc-ctl owns, as they are now and as they should be. Sets are compared without regard to order. */
export function changesFor(
  live: DistributionConfig,
  wanted: DistributionConfig,
  { bucket, policies }: DistributionWishes,
): Change[] {
  const further = (config: DistributionConfig) => config.CacheBehaviors?.Items ?? []
  return [
    ...engineChange(live, wanted),
    ...owned.flatMap(({ field, of }) => change(field, of(live, bucket), of(wanted, bucket))),
    ...checkChanges('DefaultCacheBehavior', live.DefaultCacheBehavior, wanted.DefaultCacheBehavior),
    ...policyChanges(live.DefaultCacheBehavior, policies),
    ...further(wanted).flatMap((behavior, index) =>
      checkChanges(`CacheBehaviors.${behavior.PathPattern ?? ''}`, further(live)[index], behavior),
    ),
  ]
}

/** That the check moves, in words: what it runs as is the same to clients. */
function engineChange(live: DistributionConfig, wanted: DistributionConfig): Change[] {
  const [before, after] = [checkedBy(live), checkedBy(wanted)]
  if (before === undefined || after === undefined) return []
  return change('Engine', engineNames[engineOf(before)], engineNames[engineOf(after)])
}

function checkChanges(of: string, live: Associating | undefined, wanted: Associating | undefined): Change[] {
  const functions = (behavior: Associating | undefined): string[] =>
    runningIn(behavior).flatMap(({ engine, arn }) => (engine === 'function' ? [arn] : []))
  return [
    ...(['viewer-request', 'viewer-response'] as const).flatMap((event) =>
      change(
        `${of}.LambdaFunctionAssociations.${event}`,
        runningBy('lambda', event, live),
        runningBy('lambda', event, wanted),
      ),
    ),
    ...change(`${of}.FunctionAssociations.viewer`, functions(live), functions(wanted)),
  ]
}

const owned: readonly { field: string; of: (config: DistributionConfig, bucket: Bucket) => unknown }[] = [
  { field: 'Enabled', of: (config) => config.Enabled },
  { field: 'PriceClass', of: (config) => config.PriceClass },
  { field: 'Aliases', of: (config) => sorted(config.Aliases?.Items) },
  { field: 'ViewerCertificate', of: (config) => config.ViewerCertificate?.ACMCertificateArn ?? "CloudFront's own" },
  { field: 'Origin.DomainName', of: (config, bucket) => bucketOrigin(config, bucket)?.DomainName },
  { field: 'Origin.OriginPath', of: (config, bucket) => bucketOrigin(config, bucket)?.OriginPath ?? '' },
  { field: 'Origin.CustomOriginConfig', of: (config, bucket) => bucketOrigin(config, bucket)?.CustomOriginConfig },
  {
    field: 'Origin.OriginAccessIdentity',
    of: (config, bucket) => bucketOrigin(config, bucket)?.S3OriginConfig?.OriginAccessIdentity ?? '',
  },
  {
    field: 'Origin.OriginAccessControlId',
    of: (config, bucket) => bucketOrigin(config, bucket)?.OriginAccessControlId ?? '',
  },
  { field: 'DefaultCacheBehavior.TargetOriginId', of: (config) => config.DefaultCacheBehavior?.TargetOriginId },
  {
    field: 'DefaultCacheBehavior.ViewerProtocolPolicy',
    of: (config) => config.DefaultCacheBehavior?.ViewerProtocolPolicy,
  },
  {
    field: 'DefaultCacheBehavior.AllowedMethods',
    of: (config) => sorted(config.DefaultCacheBehavior?.AllowedMethods?.Items),
  },
  {
    field: 'DefaultCacheBehavior.CachedMethods',
    of: (config) => sorted(config.DefaultCacheBehavior?.AllowedMethods?.CachedMethods?.Items),
  },
  { field: 'DefaultCacheBehavior.Compress', of: (config) => config.DefaultCacheBehavior?.Compress },
  {
    field: 'DefaultCacheBehavior.LegacyCacheSettings',
    of: ({ DefaultCacheBehavior: behavior }) =>
      Object.entries(behavior ?? {}).flatMap(([member, value]) =>
        legacyCacheSettings.has(member) && value !== undefined ? member : [],
      ),
  },
  {
    field: 'CustomErrorResponses.404.ErrorCachingMinTTL',
    of: (config) =>
      config.CustomErrorResponses?.Items?.find(({ ErrorCode }) => ErrorCode === 404)?.ErrorCachingMinTTL ?? 10,
  },
]

const sorted = (items: readonly string[] | undefined): string[] => [...(items ?? [])].sort()

/** What checks requests of the default behaviour: a function version, or a CloudFront Function. */
export const checkedBy = (config: DistributionConfig): string | undefined => checkOf(config.DefaultCacheBehavior)

/** Whether a configuration has names of the operator's own but no certificate for them, which CloudFront refuses. */
export const lacksCertificate = ({ Aliases, ViewerCertificate: of }: DistributionConfig): boolean =>
  (Aliases?.Items ?? []).length > 0 && of?.ACMCertificateArn === undefined && of?.IAMCertificateId === undefined
