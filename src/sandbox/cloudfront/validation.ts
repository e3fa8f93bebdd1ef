import type { CacheBehavior, DistributionConfig, Origin } from '../contracts/distribution-shape.ts'
import { invalidArgument } from './documents.ts'
import { checkAssociations } from './associations.ts'
import type { CloudFrontPeers, ViewerCertificate } from '../contracts/cloudfront-peers.ts'
import { itemsOf } from '../contracts/shape.ts'
import { AwsError } from '../contracts/service.ts'

/** What a distribution's config may refer to. */
export interface References extends CloudFrontPeers {
  readonly accountId: string
  hasOriginAccessIdentity(id: string): boolean
  hasOriginAccessControl(id: string): boolean
  hasCachePolicy(id: string): boolean
  hasOriginRequestPolicy(id: string): boolean
  hasResponseHeadersPolicy(id: string): boolean
  /** Whether a CloudFront Function, by its ARN, was published. */
  hasLiveFunction(arn: string): boolean
  /** The aliases of the other distributions. */
  otherAliases(): ReadonlySet<string>
}

const error = (code: string, message: string, status = 400): AwsError => new AwsError(status, code, message)

/** Checks a completed config as CloudFront does before it creates or updates a distribution. Throws AwsError. */
export function checkConfig(config: DistributionConfig, references: References): void {
  if (config.CallerReference === '') throw invalidArgument('The parameter CallerReference is required.')
  if (config.Comment.length > 128) throw invalidArgument('The parameter Comment is too long.')
  if (/^\/|[\s<>"]/.test(config.DefaultRootObject ?? '')) {
    throw error('InvalidDefaultRootObject', 'The parameter Default root object is not valid.')
  }
  checkOrigins(itemsOf(config.Origins), references)
  checkBehaviors(config, references)
  checkErrorResponses(config)
  checkAliases(config, references)
  checkGeoRestriction(config)
  const acl = config.WebACLId ?? ''
  if (acl !== '' && !/^arn:aws:wafv2:us-east-1:\d{12}:global\/webacl\/[^/]+\/[^/]+$/.test(acl)) {
    throw error('InvalidWebACLId', 'The web ACL ID specified is not valid.')
  }
  if (
    config.Logging?.Enabled === true &&
    !/^[a-z0-9.-]+\.s3(\.[a-z0-9-]+)?\.amazonaws\.com$/.test(config.Logging.Bucket ?? '')
  ) {
    throw invalidArgument('The parameter Logging Bucket does not refer to a valid S3 bucket.')
  }
}

/** A bucket's REST endpoint; its website endpoint is a custom origin (developer guide, "Using an Amazon S3 bucket"). */
const s3Host = /^[a-z0-9][a-z0-9.-]*\.s3([.-](?!website[.-])(dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com$/
const identityPath = 'origin-access-identity/cloudfront/'

function checkOrigins(origins: readonly Origin[], references: References): void {
  if (origins.length === 0) throw error('InvalidArgument', 'The parameter Origins is required.')
  if (origins.length > 100) throw error('TooManyOrigins', 'Your request contains more origins than are allowed.')
  if (new Set(origins.map(({ Id }) => Id)).size < origins.length) {
    throw invalidArgument('The parameter Origin Id must be unique within a distribution.')
  }
  for (const origin of origins) checkOrigin(origin, references)
}

function checkOrigin(origin: Origin, references: References): void {
  const { OriginPath = '', OriginAccessControlId = '', S3OriginConfig, CustomOriginConfig, VpcOriginConfig } = origin
  if (origin.Id === '') throw invalidArgument('The parameter Origin Id is required.')
  const kinds = [S3OriginConfig, CustomOriginConfig, VpcOriginConfig].filter((kind) => kind !== undefined)
  if (kinds.length !== 1) {
    throw invalidArgument('Exactly one of S3OriginConfig, CustomOriginConfig or VpcOriginConfig must be specified.')
  }
  if (!/^[A-Za-z0-9._-]+(:\d+)?$/.test(origin.DomainName)) {
    throw invalidArgument('The parameter Origin DomainName is not valid.')
  }
  if (S3OriginConfig !== undefined && !s3Host.test(origin.DomainName)) {
    throw error('InvalidArgument', 'The parameter Origin DomainName does not refer to a valid S3 bucket.')
  }
  if (OriginPath !== '' && !/^\/.*[^/]$/.test(OriginPath)) {
    throw invalidArgument('The parameter Origin path must begin with a slash and must not end with one.')
  }
  checkRange('Connection attempts', origin.ConnectionAttempts, 1, 3)
  checkRange('Connection timeout', origin.ConnectionTimeout, 1, 10)
  if (itemsOf(origin.CustomHeaders).length > 30) {
    throw error('TooManyOriginCustomHeaders', 'Your request contains too many origin custom headers.')
  }
  const identity = S3OriginConfig?.OriginAccessIdentity ?? ''
  if (identity !== '' && OriginAccessControlId !== '') {
    const message = 'An origin cannot contain both an origin access control (OAC) and an origin access identity (OAI).'
    throw error('IllegalOriginAccessConfiguration', message)
  }
  const known =
    identity.startsWith(identityPath) && references.hasOriginAccessIdentity(identity.slice(identityPath.length))
  if (identity !== '' && !known) {
    throw error('InvalidOriginAccessIdentity', 'The specified origin access identity does not exist or is not valid.')
  }
  if (OriginAccessControlId !== '' && !references.hasOriginAccessControl(OriginAccessControlId)) {
    throw error('InvalidOriginAccessControl', 'The specified origin access control does not exist or is not valid.')
  }
  if (OriginAccessControlId !== '' && /\.s3-website[.-]/.test(origin.DomainName)) {
    const message = 'The origin access control is associated with an origin whose domain name is not supported.'
    throw error('InvalidDomainNameForOriginAccessControl', message)
  }
}

function checkRange(name: string, value: number | undefined, low: number, high: number): void {
  if (value !== undefined && (value < low || value > high)) throw invalidArgument(`The parameter ${name} is not valid.`)
}

function checkBehaviors(config: DistributionConfig, references: References): void {
  const others = itemsOf(config.CacheBehaviors)
  if (others.length > 75) throw error('TooManyCacheBehaviors', 'You cannot create more cache behaviors.')
  const patterns = others.map(({ PathPattern }) => PathPattern)
  if (patterns.some((pattern) => pattern === '' || pattern.length > 255)) {
    throw invalidArgument('The parameter PathPattern is not valid.')
  }
  if (new Set(patterns).size < patterns.length) {
    throw invalidArgument('The parameter PathPattern must be unique within a distribution.')
  }
  const targets = new Set([...itemsOf(config.Origins), ...itemsOf(config.OriginGroups)].map(({ Id }) => Id))
  const s3Origins = new Set(
    itemsOf(config.Origins).flatMap(({ Id, S3OriginConfig }) => (S3OriginConfig === undefined ? [] : [Id])),
  )
  const members = itemsOf(config.OriginGroups).flatMap((group) => itemsOf(group.Members))
  if (members.some(({ OriginId }) => !targets.has(OriginId))) throw noSuchOrigin()
  for (const behavior of [config.DefaultCacheBehavior, ...others]) {
    if (!targets.has(behavior.TargetOriginId)) throw noSuchOrigin()
    checkMethods(behavior)
    checkCaching(behavior, references, s3Origins.has(behavior.TargetOriginId))
    checkAssociations(behavior, references)
  }
}

const noSuchOrigin = (): AwsError =>
  error('NoSuchOrigin', 'One or more of your origins or origin groups do not exist.', 404)

const allowedSets = ['GET,HEAD', 'GET,HEAD,OPTIONS', 'DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT']

function checkMethods({ AllowedMethods }: CacheBehavior): void {
  const setOf = (methods: readonly string[]): string => [...methods].sort().join()
  const allowed = setOf(itemsOf(AllowedMethods))
  const cached = setOf(itemsOf(AllowedMethods?.CachedMethods))
  if (!allowedSets.includes(allowed)) throw invalidArgument('The parameter AllowedMethods is not valid.')
  if (!allowedSets.slice(0, 2).includes(cached) || (cached.includes('OPTIONS') && !allowed.includes('OPTIONS'))) {
    throw invalidArgument('The parameter CachedMethods is not valid.')
  }
}

function checkCaching(behavior: CacheBehavior, references: References, isS3: boolean): void {
  const { CachePolicyId = '', OriginRequestPolicyId = '', ResponseHeadersPolicyId = '', ForwardedValues } = behavior
  const { MinTTL, DefaultTTL, MaxTTL } = behavior
  if (CachePolicyId !== '') {
    for (const [name, value] of Object.entries({ ForwardedValues, MinTTL, DefaultTTL, MaxTTL })) {
      if (value === undefined) continue
      throw invalidArgument(
        `The parameter ${name} cannot be used when a cache policy is associated to the cache behavior.`,
      )
    }
    if (!references.hasCachePolicy(CachePolicyId)) {
      throw error('NoSuchCachePolicy', 'The specified cache policy does not exist.', 404)
    }
  } else {
    if (ForwardedValues === undefined) throw invalidArgument('The parameter ForwardedValues is required.')
    if (OriginRequestPolicyId !== '') {
      throw invalidArgument('An origin request policy cannot be used without a cache policy.')
    }
    const [min, standard, max] = [MinTTL ?? 0, DefaultTTL ?? 0, MaxTTL ?? 0]
    if (min < 0 || min > standard || standard > max) {
      throw error('InvalidTTLOrder', 'The order of TTLs must be MinTTL <= DefaultTTL <= MaxTTL.')
    }
    if (isS3 && itemsOf(ForwardedValues.Headers).includes('*')) {
      throw error('InvalidHeadersForS3Origin', 'The parameter Headers contains * that is not allowed for S3 origins.')
    }
  }
  if (OriginRequestPolicyId !== '' && !references.hasOriginRequestPolicy(OriginRequestPolicyId)) {
    throw error('NoSuchOriginRequestPolicy', 'The specified origin request policy does not exist.', 404)
  }
  if (ResponseHeadersPolicyId !== '' && !references.hasResponseHeadersPolicy(ResponseHeadersPolicyId)) {
    throw error('NoSuchResponseHeadersPolicy', 'The specified response headers policy does not exist.', 404)
  }
}

/** Codes that can have a custom error response (developer guide, "Creating a custom error page"). */
const errorCodes = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504]

function checkErrorResponses(config: DistributionConfig): void {
  const responses = itemsOf(config.CustomErrorResponses)
  for (const { ErrorCode, ErrorCachingMinTTL = 0, ResponseCode = '', ResponsePagePath = '' } of responses) {
    if (!errorCodes.includes(ErrorCode)) throw error('InvalidErrorCode', 'An invalid error code was specified.')
    if ((ResponseCode === '') !== (ResponsePagePath === '')) {
      throw invalidArgument('ResponseCode and ResponsePagePath must be specified together.')
    }
    if (ResponsePagePath !== '' && !ResponsePagePath.startsWith('/')) {
      throw error('InvalidRelativePath', 'The relative path does not begin with a slash (/).')
    }
    if (ResponseCode !== '' && ![200, ...errorCodes].includes(Number(ResponseCode))) {
      throw error('InvalidResponseCode', 'A response code is not valid.')
    }
    if (ErrorCachingMinTTL < 0) throw invalidArgument('The parameter ErrorCachingMinTTL is not valid.')
  }
  if (new Set(responses.map(({ ErrorCode }) => ErrorCode)).size < responses.length) {
    throw invalidArgument('The parameter ErrorCode must be unique within CustomErrorResponses.')
  }
}

function checkGeoRestriction(config: DistributionConfig): void {
  const { RestrictionType, ...locations } = config.Restrictions?.GeoRestriction ?? {
    RestrictionType: 'none',
    Quantity: 0,
  }
  if ((RestrictionType === 'none') !== (locations.Quantity === 0)) {
    throw error('InvalidGeoRestrictionParameter', 'The specified geo restriction parameter is not valid.')
  }
  if (itemsOf(locations).some((location) => !/^[A-Z]{2}$/.test(location))) {
    throw error('InvalidLocationCode', 'The location code specified is not valid.')
  }
}

function checkAliases(config: DistributionConfig, references: References): void {
  const aliases = itemsOf(config.Aliases)
  if (aliases.length > 100)
    throw error('TooManyDistributionCNAMEs', 'Your request contains more CNAMEs than are allowed.')
  if (aliases.some((alias) => !/^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*$/i.test(alias))) {
    throw invalidArgument('The parameter CNAME contains one or more parameters that are not valid.')
  }
  const certificate = checkCertificate(config, references)
  if (aliases.length > 0 && certificate === undefined) {
    throw error(
      'InvalidViewerCertificate',
      'To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted certificate ' +
        'that validates your authorization to use the domain name.',
    )
  }
  if (certificate !== undefined && certificate !== 'iam') {
    const uncovered = aliases.find((alias) => !certificate.names.some((name) => covers(name, alias)))
    if (uncovered !== undefined) {
      throw error(
        'InvalidViewerCertificate',
        "The certificate that is attached to your distribution doesn't cover the alternate domain name (CNAME) that " +
          "you're trying to add.",
      )
    }
  }
  const taken = references.otherAliases()
  if (aliases.some((alias) => taken.has(alias.toLowerCase())) || new Set(aliases).size < aliases.length) {
    const message = 'One or more of the CNAMEs you provided are already associated with a different resource.'
    throw error('CNAMEAlreadyExists', message, 409)
  }
}

/** The certificate of a distribution; undefined for CloudFront's own. Throws InvalidViewerCertificate. */
function checkCertificate(config: DistributionConfig, references: References): ViewerCertificate | 'iam' | undefined {
  const given = config.ViewerCertificate
  if (given?.IAMCertificateId !== undefined && given.IAMCertificateId !== '') return 'iam'
  const arn = given?.ACMCertificateArn ?? ''
  if (arn === '') return undefined
  const certificate = /^arn:aws:acm:us-east-1:/.test(arn) ? references.certificates.certificate(arn) : undefined
  if (certificate?.status !== 'ISSUED') {
    throw error(
      'InvalidViewerCertificate',
      "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a " +
        'valid certificate chain.',
    )
  }
  if (given?.SSLSupportMethod === undefined) throw invalidArgument('The parameter SSLSupportMethod is required.')
  if (given.SSLSupportMethod === 'sni-only' && given.MinimumProtocolVersion === 'SSLv3') {
    const message = 'SSLv3 cannot be the minimum protocol version of a distribution with sni-only.'
    throw error('InvalidProtocolSettings', message)
  }
  return certificate
}

/** Does a certificate's name cover a domain? A wildcard stands for one label. */
function covers(name: string, domain: string): boolean {
  const [certified, wanted] = [name.toLowerCase(), domain.toLowerCase()]
  if (certified === wanted) return true
  return certified.startsWith('*.') && wanted.slice(wanted.indexOf('.') + 1) === certified.slice(2)
}
