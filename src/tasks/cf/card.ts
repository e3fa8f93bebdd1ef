import type { LiveDistribution } from '../../resources/cloudfront/live-distribution.ts'
import { bucketOf } from '../../resources/cloudfront/live-distribution.ts'
import type { LabelValue } from '../../ui/s3cmd-labels.ts'
import { type Block, table } from '../../text.ts'

/** A distribution, as the s3cmd commands show it. */
export interface CfCard {
  readonly id: string
  /** `cf://ID`. */
  readonly uri: string
  readonly arn: string
  readonly domain: string
  /** Where the default behaviour fetches: `s3://BUCKET/`, or `http://HOST/` for a web server or website endpoint. */
  readonly origin: string
  readonly origins: readonly CfOrigin[]
  readonly aliases: readonly string[]
  readonly status: string
  readonly enabled: boolean
  readonly comment: string
}

export interface CfOrigin {
  readonly host: string
  readonly bucket: string | undefined
  readonly path: string
  readonly access: 'public' | 'identity' | 'access control' | 'web server'
}

/** What only the whole configuration tells. */
export interface CfDetail extends CfCard {
  readonly defaultRootObject: string
  /** `s3://BUCKET/PREFIX`; `undefined` while it is off. */
  readonly logging: string | undefined
  readonly certificate: string | undefined
  readonly priceClass: string
  readonly webAcl: string | undefined
  readonly etag: string
  readonly tags: Readonly<Record<string, string>>
}

/** What a summary and a configuration share. */
type Shown = Pick<LiveDistribution['config'], 'Aliases' | 'Comment' | 'DefaultCacheBehavior' | 'Enabled' | 'Origins'>

/** A card of what a list of distributions says of one. */
export const cardOf = (
  of: {
    Id?: string | undefined
    ARN?: string | undefined
    DomainName?: string | undefined
    Status?: string | undefined
  },
  config: Shown,
): CfCard => ({
  id: of.Id ?? '',
  uri: `cf://${of.Id ?? ''}`,
  arn: of.ARN ?? '',
  domain: of.DomainName ?? '',
  origin: originUri(config),
  origins: (config.Origins?.Items ?? []).map(toCfOrigin),
  aliases: config.Aliases?.Items ?? [],
  status: of.Status ?? '',
  enabled: config.Enabled === true,
  comment: config.Comment ?? '',
})

export function detailOf(live: LiveDistribution, tags: Readonly<Record<string, string>>): CfDetail {
  const { id: Id, arn: ARN, domain: DomainName, status: Status, config, etag } = live
  const { Logging, ViewerCertificate, WebACLId = '' } = config
  const logBucket = bucketOf(Logging?.Bucket ?? '') ?? Logging?.Bucket
  return {
    ...cardOf({ Id, ARN, DomainName, Status }, config),
    defaultRootObject: config.DefaultRootObject ?? '',
    logging: Logging?.Enabled === true ? `s3://${logBucket ?? ''}/${Logging.Prefix ?? ''}` : undefined,
    certificate: ViewerCertificate?.ACMCertificateArn ?? ViewerCertificate?.IAMCertificateId,
    priceClass: config.PriceClass ?? '',
    webAcl: WebACLId === '' ? undefined : WebACLId,
    etag,
    tags,
  }
}

type Origin = NonNullable<NonNullable<Shown['Origins']>['Items']>[number]

function toCfOrigin(origin: Origin): CfOrigin {
  const host = origin.DomainName ?? ''
  const access =
    origin.CustomOriginConfig !== undefined
      ? 'web server'
      : (origin.OriginAccessControlId ?? '') !== ''
        ? 'access control'
        : (origin.S3OriginConfig?.OriginAccessIdentity ?? '') !== ''
          ? 'identity'
          : 'public'
  return { host, bucket: bucketOf(host), path: origin.OriginPath ?? '', access }
}

/** As s3cmd writes it. A group of origins is shown by its first member's host, where s3cmd knows no groups. */
function originUri({ Origins, DefaultCacheBehavior }: Shown): string {
  const all = Origins?.Items ?? []
  const origin = all.find(({ Id }) => Id === DefaultCacheBehavior?.TargetOriginId) ?? all[0]
  if (origin === undefined) return '<unknown>'
  const bucket = origin.CustomOriginConfig === undefined ? bucketOf(origin.DomainName ?? '') : undefined
  return bucket === undefined ? `http://${origin.DomainName ?? ''}/` : `s3://${bucket}/`
}

type Fields = readonly (readonly [label: string, value: LabelValue])[]

const names = ({ aliases }: CfCard): string | undefined => (aliases.length === 0 ? undefined : aliases.join(', '))

/** As `s3cmd cflist` prints each; an empty line follows. */
export const listFields = (card: CfCard): Fields => [
  ['Origin', card.origin],
  ['DistId', card.uri],
  ['DomainName', card.domain],
  ['CNAMEs', names(card)],
  ['Status', card.status],
  ['Enabled', card.enabled],
]

/** As `s3cmd cfinfo` prints it. */
export const infoFields = (detail: CfDetail): Fields => [
  ['Origin', detail.origin],
  ['DistId', detail.uri],
  ['DomainName', detail.domain],
  ['CNAMEs', names(detail)],
  ['Status', detail.status],
  ['Comment', detail.comment],
  ['Enabled', detail.enabled],
  ['DfltRootObject', detail.defaultRootObject],
  ['Logging', detail.logging ?? 'Disabled'],
  ['Etag', detail.etag],
]

/** As `s3cmd cfcreate` prints it, with the line of names even if there are none. */
export const createdFields = (detail: CfDetail): Fields => [
  ['Origin', detail.origin],
  ['DistId', detail.uri],
  ['DomainName', detail.domain],
  ['CNAMEs', names(detail) ?? ''],
  ['Comment', detail.comment],
  ['Status', detail.status],
  ['Enabled', detail.enabled],
  ['DefaultRootObject', detail.defaultRootObject],
  ['Etag', detail.etag],
]

/** As `s3cmd cfmodify` prints it. */
export const modifiedFields = (detail: CfDetail): Fields => [
  ['Origin', detail.origin],
  ['DistId', detail.uri],
  ['DomainName', detail.domain],
  ['Status', detail.status],
  ['CNAMEs', names(detail) ?? ''],
  ['Comment', detail.comment],
  ['Enabled', detail.enabled],
  ['DefaultRootObject', detail.defaultRootObject],
  ['Etag', detail.etag],
]

export const listTable = (cards: readonly CfCard[]): Block =>
  cards.length === 0
    ? 'No distributions.'
    : table(
        cards.map((card) => [
          card.uri,
          card.domain,
          card.origin,
          card.status,
          yesNo(card.enabled),
          card.aliases.join(' '),
        ]),
        ['DISTRIBUTION', 'DOMAIN', 'ORIGIN', 'STATUS', 'ENABLED', 'ALIASES'],
      )

const yesNo = (of: boolean): string => (of ? 'yes' : 'no')

/** One distribution with all that pc-ctl knows of it. */
export const detailTable = (detail: CfDetail): Block =>
  table([
    ['Distribution', detail.uri],
    ['Domain', detail.domain],
    ...detail.origins.map(({ host, path, access }) => ['Origin', `${host}${path} (${access})`]),
    ...detail.aliases.map((alias) => ['Alias', alias]),
    ['Status', detail.status],
    ['Enabled', yesNo(detail.enabled)],
    ['Comment', detail.comment],
    ['Default root object', detail.defaultRootObject === '' ? 'none' : detail.defaultRootObject],
    ['Certificate', detail.certificate ?? "CloudFront's own"],
    ['Price class', detail.priceClass],
    ['Web ACL', detail.webAcl ?? 'none'],
    ['Access logs', detail.logging ?? 'off'],
    ...Object.entries(detail.tags).map(([key, value]) => ['Tag', `${key} = ${value}`]),
    ['ETag', detail.etag],
  ])
