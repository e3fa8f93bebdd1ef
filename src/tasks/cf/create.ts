import { join } from 'node:path'

import type { Aws } from '../../aws/connect.ts'
import type { Account } from '../../aws/account.ts'
import { bucketPolicy, type BucketPolicy } from '../../resources/origin/bucket-policy.ts'
import {
  anyBucket,
  assertDnsCompatible,
  assertReadableByControl,
  type Bucket,
  bucketNeeds,
  lookUpBucket,
} from '../../resources/s3/bucket.ts'
import { cachePolicy, type CachePolicy } from '../../resources/cloudfront/cache-policy.ts'
import { certificateNeeds } from '../../resources/cloudfront/certificate.ts'
import type { DistributionEdit } from '../../resources/cloudfront/distribution-edit.ts'
import { type TaggedDistribution, untilDeployed } from '../../resources/cloudfront/live-distribution.ts'
import { originAccessControl, type OriginAccessControl } from '../../resources/origin/origin-access.ts'
import {
  cfcreateNames as names,
  defaultTtl,
  findServing,
  isOfCfcreate,
  type OriginKind,
  bucketDistribution,
} from '../../resources/cloudfront/bucket-distribution.ts'
import {
  hasWebsite,
  lookUpPublicAccess,
  readabilityNeeds,
  whyUnreadable,
} from '../../resources/s3/public-readability.ts'
import { pending } from '../../resources/resource.ts'
import type { Tags } from '../../resources/tags.ts'
import { stateFolder } from '../../settings/state-folder.ts'
import { CtlError } from '../../errors.ts'
import { type Chain, compute, type Conduct, ensure, runChain, type Step, together, wait } from '../chain/chain.ts'
import { credentials } from '../credentials.ts'
import { whyNotWaited } from '../wait-for-edges.ts'
import { type CertificateChoice, logBucket, noCertificate, chooseCertificate } from './edit.ts'
import { parseTarget } from './targets.ts'

export interface CreateWishes {
  readonly origin: OriginKind['kind']
  readonly edit: DistributionEdit
  readonly tags: Tags
  readonly wait: boolean
}

/** A bucket that is to be served. */
interface BucketLook {
  readonly bucket: Bucket
  /** The distribution that serves it already. */
  readonly existing: TaggedDistribution | undefined
  /** Why its objects will answer 403 through a new distribution. */
  readonly unreadable: readonly string[]
}

/** What is known before anything is made. */
export interface CreateLook {
  account: Account
  buckets: readonly BucketLook[]
  certificate: CertificateChoice
}

/** What the steps that make the distributions hand on, by bucket. */
export interface Creation {
  control: OriginAccessControl
  cachePolicy: CachePolicy
  [made: `distribution ${string}`]: TaggedDistribution
  [policy: `policy ${string}`]: BucketPolicy
}

/**
 * Reads the buckets' names as s3cmd does.
 *
 * @throws CtlError of kind `usage` for what is not `s3://BUCKET`, or a name that CloudFront can't use
 */
export function readBuckets(words: readonly string[], edit: DistributionEdit): string[] {
  const buckets = words.map((word) => {
    if (!/^s3:\/\//i.test(word)) {
      throw new CtlError('usage', `Distribution can only be created from a s3:// URI instead of: ${word}`)
    }
    const target = parseTarget(word)
    if (target.kind !== 'bucket' || target.key !== '') {
      throw new CtlError('usage', `Use s3:// URI with a bucket name only instead of: ${word}`)
    }
    assertDnsCompatible(target.bucket, word)
    return target.bucket
  })
  const distinct = [...new Set(buckets)]
  if (distinct.length > 1 && edit.addAliases.length > 0) {
    throw new CtlError('usage', 'An alias can belong to one distribution only, and several buckets are named.')
  }
  return distinct
}

/** Looks at the buckets, what serves them already and the certificates, and writes nothing. */
export const lookBeforeCreation = async (
  aws: Aws,
  buckets: readonly string[],
  wishes: CreateWishes,
  conduct: Conduct,
): Promise<CreateLook> => (await runChain(lookChain(aws, buckets, wishes), 'plan', conduct)).ctx

export const lookChain = (aws: Aws, buckets: readonly string[], { edit, origin }: CreateWishes): Chain<CreateLook> => [
  together<CreateLook>(
    'Check what is needed',
    credentials(aws, ({ caller }) => caller),
    compute('Buckets', {
      from: async () => {
        const found: BucketLook[] = []
        for (const name of buckets) found.push(await lookAt(aws, name, origin))
        return found
      },
      as: 'buckets',
      tell: (found) => found.map(({ bucket: { name, region } }) => `${name} in ${region}`).join(', '),
      needs: () => buckets.flatMap((name) => [bucketNeeds(name), ...readabilityNeeds(name)]),
      suppose: () => buckets.map((name) => ({ bucket: anyBucket(name), existing: undefined, unreadable: [] })),
    }),
    logBucket(aws, edit.logging),
  ),
  compute('Certificate for the aliases', {
    from: ({ buckets: [first] }) => chooseCertificate(aws, first?.existing?.config, edit),
    as: 'certificate',
    tell: ({ told }) => told,
    needs: ({ account }) => certificateNeeds(account.id),
    suppose: () => noCertificate,
  }),
]

async function lookAt(aws: Aws, name: string, origin: OriginKind['kind']): Promise<BucketLook> {
  const bucket = await lookUpBucket(aws, name, `s3://${name}`)
  const existing = await findServing(aws, name)
  if (origin === 'website' && !(await hasWebsite(aws, bucket))) {
    throw new CtlError('refused', `The bucket ${name} is not set up as a web site, so it has no website endpoint.`, {
      hint: `\`aws s3 website s3://${name} --index-document index.html\` makes it one; or leave --website out.`,
    })
  }
  if (origin === 'private') assertReadableByControl(bucket)
  const asAnybody = existing === undefined && origin !== 'private'
  return { bucket, existing, unreadable: asAnybody ? whyUnreadable(await lookUpPublicAccess(aws, bucket)) : [] }
}

/** The title of the step that makes a bucket's distribution; its line in a report goes by it. */
export const titleFor = (bucket: string): string => `Create the distribution of s3://${bucket}`

/** Makes a distribution of each bucket. Safe to run again: what is there is completed or told of. */
export function createDistributions(aws: Aws, look: CreateLook, wishes: CreateWishes): Chain<Creation> {
  const accountId = look.account.id
  const { origin } = wishes
  const own = look.buckets.filter(({ existing }) => existing === undefined || isOfCfcreate(existing.tags))
  const controlled = origin === 'private' && own.length > 0
  const whyUncontrolled = controlled
    ? undefined
    : origin === 'private'
      ? 'each bucket is served already, by a distribution that stays as it is'
      : 'not needed, for CloudFront fetches as anybody'
  const originFor = ({ control }: Creation): OriginKind =>
    origin === 'private'
      ? { kind: origin, controlId: controlled ? control.id : pending('access control id') }
      : { kind: origin }
  // An access control is let in by its distribution's ARN: before one that exists changes over, after one that is new.
  const [present, fresh] = [
    own.filter(({ existing }) => existing !== undefined),
    own.filter(({ existing }) => existing === undefined),
  ]
  return [
    together(
      'Create what the distributions refer to',
      ensure('Create the origin access control', {
        resource: originAccessControl(aws),
        want: () => ({ names, accountId }),
        as: 'control',
        skip: () => whyUncontrolled,
      }),
      ensure('Create the cache policy', {
        resource: cachePolicy(aws),
        want: () => ({ names, accountId, defaultTtl }),
        as: 'cachePolicy',
        skip: () => (fresh.length > 0 ? undefined : 'each bucket has a distribution already'),
      }),
    ),
    ...(controlled ? present : []).map(({ bucket, existing }) => letIn(aws, bucket, () => existing?.arn ?? '')),
    ...look.buckets.map(({ bucket }) =>
      ensure<Creation, `distribution ${string}`, Parameters<ReturnType<typeof bucketDistribution>['decide']>[0]>(
        titleFor(bucket.name),
        {
          resource: bucketDistribution(aws),
          want: (ctx) => ({
            accountId,
            bucket,
            origin: originFor(ctx),
            cachePolicyId: fresh.length > 0 ? ctx.cachePolicy.id : '',
            edit: { ...wishes.edit, certificate: look.certificate.arn },
            tags: wishes.tags,
          }),
          as: `distribution ${bucket.name}`,
        },
      ),
    ),
    ...(controlled ? fresh : []).map(({ bucket }) =>
      letIn(aws, bucket, (ctx) => ctx[`distribution ${bucket.name}`]?.arn ?? ''),
    ),
    ...look.buckets.map(({ bucket }) => deployed(aws, bucket.name, wishes.wait)),
  ]
}

const letIn = (aws: Aws, bucket: Bucket, arn: (ctx: Creation) => string): Step<Creation> =>
  ensure<Creation, `policy ${string}`, Parameters<ReturnType<typeof bucketPolicy>['decide']>[0]>(
    `Let the distribution read s3://${bucket.name}`,
    {
      resource: bucketPolicy(aws),
      want: (ctx) => ({
        names,
        bucket,
        reader: { kind: 'oac', distributionArn: arn(ctx) },
        backups: join(stateFolder(), 'bucket-policies'),
      }),
      as: `policy ${bucket.name}`,
    },
  )

const deployed = (aws: Aws, bucket: string, waits: boolean): Step<Creation> =>
  wait(
    `Wait until all edges have that of s3://${bucket}`,
    async (ctx, talk) => {
      const made = ctx[`distribution ${bucket}`]
      if (made === undefined) return undefined
      await untilDeployed(aws, made.id, talk)
      ctx[`distribution ${bucket}`] = { ...made, status: 'Deployed' }
      return 'Deployed'
    },
    (ctx) => whyNotWaited(ctx[`distribution ${bucket}`]?.status, waits, 'only with --wait'),
  )
