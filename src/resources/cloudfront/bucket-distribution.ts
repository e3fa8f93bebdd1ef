import { type DistributionConfig, DistributionConfig$, type Origin } from '@aws-sdk/client-cloudfront'

import { arnOfBucket, arnOfDistribution } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import type { Names } from '../../aws/names.ts'
import { CtlError } from '../../errors.ts'
import { type Bucket, regionalHost } from '../s3/bucket.ts'
import { type DistributionEdit, editChanges, withEdit } from './distribution-edit.ts'
import { editNeeds, writeEdit } from './existing-distribution.ts'
import { unlessLost } from '../kept-config.ts'
import {
  anyDistribution,
  getTagged,
  isHostOf,
  isServing,
  listDistributions,
  serving,
  type TaggedDistribution,
} from './live-distribution.ts'
import { createDistribution, type NewDistribution, notMadeYet, plainConfig } from './new-distribution.ts'
import { change, create, type Decision, type Need, refuse, type Resource, theOnly, updateIf } from '../resource.ts'
import { tagChanges, type Tags } from '../tags.ts'

/**
 * Names and marks of what cfcreate makes. They are none of an installation's, so that neither `reconfigure-…` nor
 * `status` takes such a distribution, or the statement that lets it into its bucket, for its own.
 */
export const cfcreateNames: Pick<Names, 'originAccess' | 'policy' | 'mark' | 'sidPrefix' | 'tag' | 'callerReference'> =
  {
    originAccess: 'pc-ctl cfcreate',
    policy: 'pc-ctl-cfcreate',
    mark: 'made by pc-ctl cfcreate',
    sidPrefix: 'PcCtlCfcreate',
    tag: { Key: 'pc-ctl:created-by', Value: 'cfcreate' },
    callerReference: (bucket) => `pc-ctl:cfcreate:${bucket}`,
  }

/** Whether cfcreate made a distribution. */
export const isOfCfcreate = (tags: Tags): boolean => tags[cfcreateNames.tag.Key] === cfcreateNames.tag.Value

/** How a distribution reads the bucket: as anybody, as anybody from the website endpoint, or by an access control. */
export type OriginKind =
  { readonly kind: 'public' } | { readonly kind: 'website' } | { readonly kind: 'private'; readonly controlId: string }

export interface BucketDistributionWant {
  readonly accountId: string
  readonly bucket: Bucket
  readonly origin: OriginKind
  readonly cachePolicyId: string
  readonly edit: DistributionEdit
  readonly tags: Tags
}

/**
 * The distribution of one bucket, which CloudFront reads as anybody, from its website or by an access control. Its caller
 * reference follows from the bucket's name and it is tagged in the call that makes it, so making it twice makes one.
 * Another's distribution that serves the bucket is told of, never changed.
 */
export function bucketDistribution(aws: Aws): Resource<BucketDistributionWant, TaggedDistribution> {
  return {
    kind: 'CloudFront distribution',
    name: ({ bucket }) => `for s3://${bucket.name}`,
    id: ({ id }) => id,
    needs: createNeeds,
    pattern: (want) => ({
      ...anyDistribution(want.accountId),
      config: withEdit(newConfig(want), want.edit),
      tags: { ...want.tags, ...ourTag },
    }),
    ties: ({ origin, cachePolicyId, bucket }) => [
      { to: cachePolicyId, as: 'refers to' },
      ...(origin.kind === 'private' ? [{ to: origin.controlId, as: 'fetches as' }] : []),
      { to: arnOfBucket(bucket.name), as: 'fetches from' },
    ],
    describe: ({ bucket }) => findServing(aws, bucket.name),
    decide: decideBucketDistribution,

    async apply(want, live, talk) {
      const found = live ?? (await createDistribution(aws, creation(want), talk))
      if (!isServing(found.config, want.bucket.name)) throw notTaken(found.id, want.bucket, 'has another origin now')
      // Aliases come in a second step: if one is taken, the distribution itself is there all the same.
      return writeEdit(aws, found, wantedConfig(found.config, want), { ...want.tags, ...ourTag }, talk)
    },
  }
}

const ourTag: Tags = { [cfcreateNames.tag.Key]: cfcreateNames.tag.Value }

function createNeeds({ accountId }: BucketDistributionWant): readonly Need[] {
  const { Key, Value } = cfcreateNames.tag
  return [
    ...editNeeds(accountId),
    {
      access: 'write',
      actions: ['cloudfront:CreateDistribution', 'cloudfront:TagResource'],
      resources: [arnOfDistribution(accountId)],
      condition: { StringEquals: { [`aws:RequestTag/${Key}`]: Value } },
    },
  ]
}

/**
 * The distribution that serves a bucket: of several, the one that cfcreate made, else the first, which is never changed.
 *
 * @throws CtlError of kind `refused` if cfcreate made several of them
 */
export async function findServing(aws: Aws, bucket: string): Promise<TaggedDistribution | undefined> {
  const all: TaggedDistribution[] = []
  for (const { Id } of serving(await listDistributions(aws), bucket)) {
    const found = Id === undefined ? undefined : await getTagged(aws, Id)
    if (found !== undefined) all.push(found)
  }
  const ours = all.filter(({ tags }) => isOfCfcreate(tags))
  const only = theOnly(ours, () => ({
    what: `distributions that cfcreate made for s3://${bucket}`,
    each: ours.map(({ id, domain }) => `${id} (${domain})`),
    hint: ['Change the one that is meant:', ...ours.map(({ id }) => `pc-ctl cfmodify cf://${id} …`)],
  }))
  return only ?? all[0]
}

/** Pure. */
export function decideBucketDistribution(
  want: BucketDistributionWant,
  live: TaggedDistribution | undefined,
): Decision<TaggedDistribution> {
  if (live === undefined) {
    const config = withEdit(newConfig(want), want.edit)
    return create({
      ...notMadeYet,
      config,
      tags: { ...want.tags, ...ourTag },
    })
  }
  const config = wantedConfig(live.config, want)
  const changes = [
    ...editChanges(live.config, config),
    ...change('Origin', accessOf(live.config, want.bucket), accessOf(config, want.bucket)),
    ...tagChanges(live.tags, want.tags),
  ]
  if (!isOfCfcreate(live.tags) && changes.length > 0) {
    const fields = changes.map(({ field }) => field).join(', ')
    return refuse(
      live,
      `s3://${want.bucket.name} is served by ${live.id} (${live.domain}) already, which differs in ${fields} and which ` +
        'cfcreate did not make',
      `Change it with \`pc-ctl cfmodify cf://${live.id}\`, or look at it with \`pc-ctl cfinfo cf://${live.id}\`.`,
    )
  }
  const decision = updateIf({ ...live, config, tags: { ...live.tags, ...want.tags } }, changes)
  return unlessLost(DistributionConfig$, `CloudFront distribution ${live.id}`, live, config, decision)
}

/** A private distribution stays private, and a website a website, unless the other is asked for by name. */
function wantedConfig(live: DistributionConfig, { bucket, origin, edit }: BucketDistributionWant): DistributionConfig {
  const config = withEdit(live, edit)
  if (origin.kind === 'public') return config
  const Items = (config.Origins?.Items ?? []).map((present) =>
    isHostOf(bucket.name, present.DomainName ?? '') && kindOf(present) !== origin.kind
      ? { ...present, ...newOrigin(bucket, origin), Id: present.Id }
      : present,
  )
  return { ...config, Origins: { Quantity: Items.length, Items } }
}

const kindOf = (origin: Origin): OriginKind['kind'] =>
  origin.CustomOriginConfig !== undefined
    ? 'website'
    : (origin.OriginAccessControlId ?? '') === ''
      ? 'public'
      : 'private'

const accessOf = (config: DistributionConfig, bucket: Bucket): string[] =>
  (config.Origins?.Items ?? []).filter(({ DomainName = '' }) => isHostOf(bucket.name, DomainName)).map(kindOf)

/** Objects without Cache-Control are kept for a day, as s3cmd's distributions did. */
export const defaultTtl = 86_400

const newConfig = (want: BucketDistributionWant): DistributionConfig => ({
  ...plainConfig,
  CallerReference: cfcreateNames.callerReference(want.bucket.name),
  // As s3cmd has it.
  Comment: `http://${want.bucket.name}.s3.amazonaws.com/`,
  Origins: { Quantity: 1, Items: [{ Id: `s3-${want.bucket.name}`, ...newOrigin(want.bucket, want.origin) }] },
  DefaultCacheBehavior: {
    TargetOriginId: `s3-${want.bucket.name}`,
    ViewerProtocolPolicy: 'redirect-to-https',
    AllowedMethods: { Quantity: 2, Items: ['HEAD', 'GET'], CachedMethods: { Quantity: 2, Items: ['HEAD', 'GET'] } },
    // CloudFront would compress text and weaken its ETags.
    Compress: false,
    CachePolicyId: want.cachePolicyId,
  },
})

function newOrigin(bucket: Bucket, origin: OriginKind): Omit<Origin, 'Id'> {
  const shared = { OriginPath: '', CustomHeaders: { Quantity: 0 }, ConnectionAttempts: 3, ConnectionTimeout: 10 }
  if (origin.kind === 'website') {
    return {
      ...shared,
      DomainName: websiteHost(bucket),
      S3OriginConfig: undefined,
      OriginAccessControlId: '',
      CustomOriginConfig: {
        HTTPPort: 80,
        HTTPSPort: 443,
        // Website endpoints speak plain HTTP only.
        OriginProtocolPolicy: 'http-only',
        OriginSslProtocols: { Quantity: 1, Items: ['TLSv1.2'] },
        OriginReadTimeout: 30,
        OriginKeepaliveTimeout: 5,
      },
    }
  }
  return {
    ...shared,
    DomainName: regionalHost(bucket),
    CustomOriginConfig: undefined,
    S3OriginConfig: { OriginAccessIdentity: '' },
    OriginAccessControlId: origin.kind === 'private' ? origin.controlId : '',
  }
}

/**
 * Regions whose website endpoints have a dash where all others have a dot.
 *
 * Source: AWS General Reference, "Amazon S3 website endpoints".
 */
const dashed = new Set([
  'us-east-1',
  'us-west-1',
  'us-west-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-northeast-1',
  'eu-west-1',
  'sa-east-1',
])

const websiteHost = ({ name, region }: Bucket): string =>
  `${name}.s3-website${dashed.has(region) ? '-' : '.'}${region}.amazonaws.com`

/** What {@link createDistribution} is to make: without aliases. */
const creation = (want: BucketDistributionWant): NewDistribution => ({
  config: {
    ...withEdit(newConfig(want), { ...want.edit, addAliases: [], certificate: undefined }),
    CallerReference: cfcreateNames.callerReference(want.bucket.name),
  },
  tags: { ...want.tags, ...ourTag },
  isOurs: isOfCfcreate,
  refusal: ({ id }, cause) => notTaken(id, want.bucket, 'has lost its tag', cause),
})

const notTaken = (id: string, bucket: Bucket, why: string, cause?: unknown): CtlError =>
  new CtlError('refused', `${id} was made by cfcreate for s3://${bucket.name}, but ${why}.`, {
    hint: `Look at it with \`pc-ctl cfinfo cf://${id}\`, and change or remove it.`,
    cause,
  })
