import type { DistributionConfig } from '@aws-sdk/client-cloudfront'

import { isObject, type JsonObject } from '../../json-object.ts'
import { Blocks, type HclBody, type HclValue } from '../../ui/hcl.ts'
import { type Exported, ref } from '../exported.ts'
import { tagList } from '../tags.ts'
import type { TaggedDistribution } from './live-distribution.ts'

/** The distribution with all that is set in it, whoever has set it. */
export function exportedDistribution({ id, arn, config, tags }: TaggedDistribution): Exported {
  const told = flatConfig(config)
  const terraform = new Renaming('terraform')
  const cloudFormation = new Renaming('cloudFormation')
  return {
    terraform: [
      {
        type: 'aws_cloudfront_distribution',
        id,
        body: { ...asBlocks(terraform.of(told)), tags },
        known: { [id]: 'id', [arn]: 'arn' },
      },
    ],
    cloudFormation: [
      {
        type: 'AWS::CloudFront::Distribution',
        identifier: { Id: id },
        properties: { DistributionConfig: cloudFormation.of(told), Tags: tagList(tags) },
        known: { [id]: ref, [arn]: arnFrom(arn) },
      },
    ],
    leftOut: [...new Set([...terraform.leftOut, ...cloudFormation.leftOut])],
  }
}

/** CloudFormation's distribution has no attribute with its ARN. */
const arnFrom = (arn: string) => (name: string) => ({
  'Fn::Sub': `${/^arn:[^/]+\//.exec(arn)?.[0] ?? 'arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/'}\${${name}}`,
})

/**
 * The configuration without what says nothing: lists without their quantities, nothing that is empty or switched off. What is left has the names of the API.
 */
function flatConfig(config: DistributionConfig): JsonObject {
  const { ViewerCertificate } = config
  const flattened = flat({ ...config, CallerReference: undefined, ViewerCertificate: undefined })
  return {
    ...(isObject(flattened) ? flattened : {}),
    ViewerCertificate:
      ViewerCertificate?.ACMCertificateArn === undefined && ViewerCertificate?.IAMCertificateId === undefined
        ? { CloudFrontDefaultCertificate: true }
        : flat({ ...ViewerCertificate, CloudFrontDefaultCertificate: undefined }),
    Restrictions: flat(config.Restrictions) ?? { GeoRestriction: { RestrictionType: 'none' } },
  }
}

/** Members that mean what is the case without them, too. */
const unsaid: Readonly<Record<string, unknown>> = { ConnectionMode: 'direct', IpAddressType: 'ipv4' }

/** Members that others say again, in newer words. */
const saidTwice = new Set(['Quantity', 'Certificate', 'CertificateSource'])

function flat(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(flat)
  if (!isObject(value)) return value
  if (value['Enabled'] === false && isSwitch(value)) return undefined
  const entries = Object.entries(value).flatMap(([member, inner]) =>
    saidTwice.has(member) || inner === unsaid[member] ? [] : flatMember(member, inner),
  )
  const said = entries.filter(([, inner]) => !isEmpty(inner))
  return said.length === 0 ? undefined : Object.fromEntries(said)
}

/** Logging, shields, gRPC, trusted signers: with `Enabled` and no origins they are switched on or off as a whole. */
const isSwitch = (value: JsonObject): boolean => !('Origins' in value) && !('DefaultCacheBehavior' in value)

/** As CloudFront's API has lists: with a quantity, and sometimes with something else beside. */
function flatMember(member: string, value: unknown): (readonly [string, unknown])[] {
  if (member === 'ResponseCode' && value !== '') return [[member, value === undefined ? undefined : Number(value)]]
  // S3's own; others are told.
  if (member === 'OriginReadTimeout' && value === 30) return []
  // What is switched on needs not say so.
  if (member === 'Logging' && isObject(value) && value['Enabled'] === true)
    return [[member, flat({ ...value, Enabled: undefined })]]
  if (!isObject(value) || !('Quantity' in value)) return [[member, flat(value)]]
  const { Items = [], ...beside } = value
  const items = flat(Items)
  if (member === 'GeoRestriction') return [[member, flat({ ...beside, Locations: items })]]
  if (member === 'AllowedMethods') return [[member, items], ...flatMember('CachedMethods', beside['CachedMethods'])]
  return [[member, items]]
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === '' || (Array.isArray(value) && value.length === 0)

type Language = 'terraform' | 'cloudFormation'

/** Members that both languages call as the API does, but for Terraform's way of writing words. */
const alike = new Set(
  [
    ['Aliases', 'AllowedMethods', 'CachedMethods', 'CachePolicyId', 'Comment'],
    ['Compress', 'ConnectionAttempts', 'ConnectionTimeout', 'ContinuousDeploymentPolicyId', 'Cookies'],
    ['CustomOriginConfig', 'DefaultCacheBehavior', 'DefaultRootObject', 'DefaultTTL', 'DomainName', 'Enabled'],
    ['ErrorCachingMinTTL', 'ErrorCode', 'EventType', 'FailoverCriteria', 'FieldLevelEncryptionId', 'Forward'],
    ['ForwardedValues', 'FunctionARN', 'GeoRestriction', 'GrpcConfig', 'HTTPPort', 'HTTPSPort', 'Headers'],
    ['HttpVersion', 'IncludeBody', 'IncludeCookies', 'Locations', 'MaxTTL', 'MinTTL', 'MinimumProtocolVersion'],
    ['OriginAccessControlId', 'OriginAccessIdentity', 'OriginId', 'OriginKeepaliveTimeout', 'OriginPath'],
    ['OriginProtocolPolicy', 'OriginReadTimeout', 'OriginRequestPolicyId', 'OriginShield', 'OriginShieldRegion'],
    ['PathPattern', 'Prefix', 'PriceClass', 'QueryString', 'QueryStringCacheKeys', 'RealtimeLogConfigArn'],
    ['ResponseCode', 'ResponseHeadersPolicyId', 'ResponsePagePath', 'RestrictionType', 'Restrictions', 'Bucket'],
    ['SmoothStreaming', 'Staging', 'StatusCodes', 'TargetOriginId', 'TrustedKeyGroups', 'TrustedSigners'],
    ['ViewerCertificate', 'ViewerProtocolPolicy', 'VpcOriginConfig', 'VpcOriginId', 'WhitelistedNames'],
  ].flat(),
)

/** Members that a language calls otherwise; a language that is not named has it as the API does. */
const renamed: Readonly<Record<string, Readonly<Partial<Record<Language, string>>>>> = {
  ACMCertificateArn: { cloudFormation: 'AcmCertificateArn' },
  CacheBehaviors: { terraform: 'ordered_cache_behavior' },
  CloudFrontDefaultCertificate: { terraform: 'cloudfront_default_certificate' },
  CustomErrorResponses: { terraform: 'custom_error_response' },
  CustomHeaders: { terraform: 'custom_header', cloudFormation: 'OriginCustomHeaders' },
  FunctionAssociations: { terraform: 'function_association' },
  HeaderName: { terraform: 'name' },
  HeaderValue: { terraform: 'value' },
  IAMCertificateId: { cloudFormation: 'IamCertificateId' },
  Id: { terraform: 'origin_id' },
  IsIPV6Enabled: { terraform: 'is_ipv6_enabled', cloudFormation: 'IPV6Enabled' },
  LambdaFunctionARN: { terraform: 'lambda_arn' },
  LambdaFunctionAssociations: { terraform: 'lambda_function_association' },
  Logging: { terraform: 'logging_config' },
  Members: { terraform: 'member' },
  OriginGroups: { terraform: 'origin_group' },
  OriginSslProtocols: { cloudFormation: 'OriginSSLProtocols' },
  Origins: { terraform: 'origin' },
  S3OriginConfig: { terraform: 's3_origin_config' },
  SSLSupportMethod: { cloudFormation: 'SslSupportMethod' },
  WebACLId: { terraform: 'web_acl_id' },
}

/** Lists that CloudFormation has with their quantities. */
const counted = new Set(['OriginGroups', 'Members', 'StatusCodes'])

/** Says a configuration in a language, and notes what that has no word for. */
class Renaming {
  readonly leftOut: string[] = []
  readonly #language: Language

  constructor(language: Language) {
    this.#language = language
  }

  of(value: JsonObject, path = 'DistributionConfig'): Record<string, unknown> {
    const entries = Object.entries(value).flatMap(([member, inner]) => {
      const here = `${path}.${member}`
      const name = this.#nameOf(member)
      if (name === undefined) {
        this.leftOut.push(here)
        return []
      }
      const said = this.#within(inner, here)
      const isCounted = this.#language === 'cloudFormation' && counted.has(member) && Array.isArray(said)
      return [[name, isCounted ? { Quantity: said.length, Items: said } : said] as const]
    })
    return { ...Object.fromEntries(entries), ...this.#unlessCustom(value) }
  }

  #within(value: unknown, path: string): unknown {
    if (Array.isArray(value)) return value.map((one, index) => this.#within(one, `${path}[${index}]`))
    return isObject(value) ? this.of(value, path) : value
  }

  #nameOf(member: string): string | undefined {
    if (member in renamed) return renamed[member]?.[this.#language] ?? this.#plain(member)
    return alike.has(member) ? this.#plain(member) : undefined
  }

  #plain(member: string): string {
    if (this.#language === 'cloudFormation') return member
    return member
      .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .toLowerCase()
  }

  /** CloudFormation wants to be told that an origin is a bucket where nothing else tells so. */
  #unlessCustom(value: JsonObject): Record<string, unknown> {
    const isBucket = 'DomainName' in value && !('CustomOriginConfig' in value) && !('VpcOriginConfig' in value)
    if (this.#language === 'terraform' || !isBucket || 'S3OriginConfig' in value) return {}
    return { S3OriginConfig: { OriginAccessIdentity: '' } }
  }
}

/** In Terraform what has members is a block, and a list of that several. */
const asBlocks = (value: JsonObject): HclBody =>
  Object.fromEntries(
    Object.entries(value).map(([name, inner]): readonly [string, HclValue | Blocks] => {
      const bodies: readonly unknown[] = Array.isArray(inner) ? inner : [inner]
      if (!bodies.every(isObject) || bodies.length === 0) return [name, inner as HclValue]
      return [name, new Blocks(...bodies.map(asBlocks))]
    }),
  )
