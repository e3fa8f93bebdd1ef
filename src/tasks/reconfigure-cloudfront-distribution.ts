import { join } from 'node:path'

import type { Aws } from '../aws/connect.ts'
import { namesOf } from '../aws/names.ts'
import type { Account } from '../aws/account.ts'
import { bucketPolicy, type BucketPolicy, type Reader } from '../resources/origin/bucket-policy.ts'
import type { Bucket } from '../resources/s3/bucket.ts'
import {
  type PolicyIds,
  type PolicyMember,
  policyMembers,
  type PolicyWant,
} from '../resources/cloudfront/behavior-policies.ts'
import { cachePolicy } from '../resources/cloudfront/cache-policy.ts'
import type { BucketKey } from '../resources/kms/bucket-key.ts'
import { type OriginAccess, type PriceClass } from '../resources/cloudfront/distribution-config.ts'
import { distribution, type DistributionWant } from '../resources/cloudfront/distribution.ts'
import { type Distribution, findDistribution } from '../resources/cloudfront/find-distribution.ts'
import {
  originAccessControl,
  type OriginAccessControl,
  originAccessIdentity,
  type OriginAccessIdentity,
} from '../resources/origin/origin-access.ts'
import type { Resource } from '../resources/resource.ts'
import type { Tags } from '../resources/tags.ts'
import { askBootstrap } from '../resources/edge-engine.ts'
import { engineBehind, parseEdgeArn } from '../resources/edge-engines.ts'
import { optional, type Settings } from '../settings/settings.ts'
import { stateFolder } from '../settings/state-folder.ts'
import { type Chain, check, compute, ensure, type Step, together } from './chain/chain.ts'
import { keysInTheWayNeeds, letUseKey } from './bucket-key.ts'
import { checkMove, checkMoveNeeds } from './check-move.ts'
import { accessNames, chooseAccess, whyControl, whyNotNeeded } from './origin-access-choice.ts'
import { configuredBucket } from './configured-bucket.ts'
import { credentials } from './credentials.ts'
import { waitForEdges } from './wait-for-edges.ts'
import type { InTheWay } from './hindrance.ts'
import { lookInTheWay } from './in-the-way.ts'

/**
 * The policies that the default behaviour refers to, each by the member that holds its id; all are made before the
 * distribution is. A further one is a line here.
 */
const policies: Partial<Record<PolicyMember, (aws: Aws) => Resource<PolicyWant, Policy>>> = {
  CachePolicyId: cachePolicy,
}

interface Policy {
  readonly id: string
}

/** The policies that are there or made, by the same members. */
type Policies = Partial<Record<PolicyMember, Policy>>

export interface Reconfigure extends Policies {
  account: Account
  bucket: Bucket
  /** The distribution as it is before anything is written. */
  existing: Distribution | undefined
  access: OriginAccess['kind']
  identity: OriginAccessIdentity
  control: OriginAccessControl
  bucketPolicy: BucketPolicy
  distribution: Distribution
  /** The policy of the key that the bucket is encrypted with, where that is one of KMS and CloudFront could use it. */
  keyPolicy: BucketKey
  /** What others have set that keeps packages from being served, or from being guarded. */
  inTheWay?: InTheWay
}

export interface ReconfigureWishes {
  /** `undefined`: as the distribution has it, else an origin access identity, or a control where that can't read. */
  readonly originAccess: OriginAccess['kind'] | undefined
  /** Id of the distribution meant; `undefined`: as packagecloud.rb says, else it is searched for. */
  readonly distribution: string | undefined
  readonly aliases: readonly string[]
  readonly certificate: string | undefined
  readonly priceClass: PriceClass | undefined
  readonly adopt: boolean
  /** Write the policy of the bucket's KMS key too. */
  readonly keyPolicy?: boolean
  /** The settings flags in use, for commands that are suggested. */
  readonly carried?: readonly string[]
  readonly tags?: Tags | undefined
}

/**
 * Has CloudFront serve the bucket behind the function's check. Safe to run again at any time.
 *
 * @throws CtlError of kind `usage` for an ARN that can't be used
 */
export function reconfigureCloudfrontDistribution(
  aws: Aws,
  settings: Settings,
  wishes: ReconfigureWishes & {
    /** ARN of the function version, or of the CloudFront Function, as the operator gave it. */
    readonly arn: string
    /** Wait until all edges have the new configuration. */
    readonly wait: boolean
  },
): Chain<Reconfigure> {
  const names = namesOf(settings.installation.value)
  const { carried = [] } = wishes
  const reference = parseEdgeArn(wishes.arn, carried)
  const { arn } = reference
  const engine = engineBehind(arn)
  return [
    together<Reconfigure>('Check what is needed', credentials(aws), configuredBucket(aws, settings)),
    together(
      'Look at what is there',
      check(called[reference.engine], {
        that: ({ account }) =>
          engine.lookUp(aws, names, reference, account.id, askBootstrap(reference.engine, carried)),
        ahead: true,
        needs: ({ account }) => [...engine.lookUpNeeds(arn), ...checkMoveNeeds(names, account.id)],
      }),
      findExisting(aws, settings, wishes),
    ),
    ...checkMove<Reconfigure>(aws, settings, arn, carried),
    ...serve(aws, settings, wishes, () => arn),
    waitForEdges(aws, { isWished: wishes.wait, because: 'left out by --no-wait' }),
    // S3 knows no version of a policy, so somebody else's write at the same time shows only afterwards.
    ensure('Make sure that the bucket still lets CloudFront in', {
      ...letIn(aws, settings, (ctx) =>
        ctx.access === 'oai'
          ? { kind: 'oai', ...ctx.identity }
          : { kind: 'oac', distributionArn: ctx.distribution.arn },
      ),
      onceMore: true,
    }),
    ...(wishes.keyPolicy === true
      ? [
          ensure('Make sure that the key still lets CloudFront decrypt', {
            ...letUseKey<Reconfigure>(aws, settings, wishes, () => arn),
            onceMore: true,
          }),
        ]
      : []),
  ]
}

const called = { lambda: 'Function version', function: 'CloudFront Function' } as const

const letIn = (aws: Aws, settings: Settings, reader: (ctx: Reconfigure) => Reader) => ({
  resource: bucketPolicy(aws),
  want: (ctx: Reconfigure) => ({
    names: namesOf(settings.installation.value),
    bucket: ctx.bucket,
    reader: reader(ctx),
    backups: join(stateFolder(), 'bucket-policies'),
  }),
  as: 'bucketPolicy' as const,
})

/** Nothing wished for: what is there stays as it is. */
export const noWishes: ReconfigureWishes = {
  originAccess: undefined,
  distribution: undefined,
  aliases: [],
  certificate: undefined,
  priceClass: undefined,
  adopt: false,
}

/** The distribution as it is before anything is written; whether there is one decides the order of what follows. */
export const findExisting = (aws: Aws, settings: Settings, wishes: ReconfigureWishes): Step<Reconfigure> =>
  compute('Distribution', {
    from: ({ account, bucket }) =>
      findDistribution(aws, {
        names: namesOf(settings.installation.value),
        accountId: account.id,
        bucket,
        id: distributionId(settings, wishes),
      }),
    as: 'existing',
    ahead: true,
    suppose: () => undefined,
    tell: (found) => (found === undefined ? 'none yet' : `${found.id} (${found.domain})`),
  })

const distributionId = (settings: Settings, wishes: ReconfigureWishes): string | undefined =>
  wishes.distribution ?? optional(settings, 'cloudfrontDistributionId')

/**
 * The steps from a function version to a distribution that uses it.
 *
 * An origin access identity is let into the bucket before the distribution uses it. An origin access control is let in
 * by the distribution's ARN, so for a new distribution that comes after it; for one that changes over from an identity
 * it comes before, next to the identity's statement, so that no request is refused at any moment.
 */
export function serve<C extends Reconfigure>(
  aws: Aws,
  settings: Settings,
  wishes: ReconfigureWishes,
  functionArn: (ctx: C) => string,
): Chain<C> {
  const names = namesOf(settings.installation.value)
  const whyAccess = (ctx: Reconfigure) => whyControl({ asked: wishes.originAccess, ...ctx })
  return [
    compute('Choose how CloudFront reads the bucket', {
      from: async ({ existing, bucket }) => chooseAccess({ asked: wishes.originAccess, existing, bucket }),
      as: 'access',
      ahead: true,
      suppose: () => wishes.originAccess ?? 'oai',
      likely: () => wishes.originAccess ?? 'oai',
      tell: (access, ctx) => [accessNames[access], whyAccess(ctx) ?? []].flat().join(', for '),
    }),
    together(
      'Create what the distribution refers to',
      ensure('Create the origin access identity', {
        resource: originAccessIdentity(aws),
        want: ({ account }) => ({ names, accountId: account.id }),
        as: 'identity',
        skip: unless('oai'),
      }),
      ensure('Create the origin access control', {
        resource: originAccessControl(aws),
        want: (ctx) => ({ names, accountId: ctx.account.id, why: whyAccess(ctx) }),
        as: 'control',
        skip: unless('oac'),
      }),
      ...policyMembers.flatMap((member) => {
        const resource = policies[member]?.(aws)
        if (resource === undefined) return []
        const title = `Create the ${resource.kind.replace('CloudFront ', '')}`
        const want = ({ account }: Reconfigure): PolicyWant => ({ names, accountId: account.id })
        return ensure<Reconfigure, PolicyMember, PolicyWant>(title, { resource, want, as: member })
      }),
    ),
    ensure('Let the identity read the bucket', {
      ...letIn(aws, settings, ({ identity }) => ({ kind: 'oai', ...identity })),
      skip: unless('oai'),
    }),
    ensure('Let the existing distribution read the bucket, before it changes over', {
      ...letIn(aws, settings, ({ existing }) => ({ kind: 'oac', distributionArn: existing?.arn ?? '' })),
      skip: (ctx) => unless('oac')(ctx) ?? (ctx.existing === undefined ? 'there is no distribution yet' : undefined),
    }),
    ensure('Create the distribution, or bring it up to date', {
      resource: distribution(aws),
      want: (ctx): DistributionWant => ({
        names,
        accountId: ctx.account.id,
        bucket: ctx.bucket,
        id: distributionId(settings, wishes) ?? ctx.existing?.id,
        functionArn: functionArn(ctx),
        policies: policyIds(ctx),
        access: ctx.access === 'oai' ? { kind: 'oai', id: ctx.identity.id } : { kind: 'oac', id: ctx.control.id },
        aliases: wishes.aliases,
        certificate: wishes.certificate,
        priceClass: wishes.priceClass,
        adopt: wishes.adopt,
        tags: wishes.tags,
      }),
      as: 'distribution',
    }),
    ensure('Let the new distribution read the bucket', {
      ...letIn(aws, settings, (ctx) => ({ kind: 'oac', distributionArn: ctx.distribution.arn })),
      skip: (ctx) => unless('oac')(ctx) ?? (ctx.existing === undefined ? undefined : 'the distribution is not new'),
    }),
    ensure('Let CloudFront decrypt with the KMS key of the bucket', letUseKey(aws, settings, wishes, functionArn)),
    compute('Look for what else is in the way', {
      from: (ctx) => lookInTheWay(aws, settings, ctx, Date.now()),
      as: 'inTheWay',
      ahead: true,
      needs: (ctx) => keysInTheWayNeeds(ctx),
      tell: (seen) =>
        (seen?.found ?? []).length === 0 ? 'nothing' : (seen?.found ?? []).map(({ of }) => of).join(', '),
    }),
  ]
}

const policyIds = (made: Policies): PolicyIds =>
  Object.fromEntries(
    policyMembers.flatMap((member) => (policies[member] === undefined ? [] : [[member, made[member]?.id ?? '']])),
  )

const unless =
  (wanted: OriginAccess['kind']) =>
  ({ access }: Reconfigure): string | undefined =>
    whyNotNeeded(wanted, access)
