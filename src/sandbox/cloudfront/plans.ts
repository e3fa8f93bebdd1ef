import { randomUUID } from 'node:crypto'

import type { DistributionConfig } from '../contracts/distribution-shape.ts'
import { planNames, type FlatRatePlans, type PlanName, type PlannedDistribution } from '../contracts/plan-peers.ts'
import { itemsOf } from '../contracts/shape.ts'
import { AwsError, type Context } from '../contracts/service.ts'
import type { Collection } from '../contracts/store.ts'
import { invalidArgument, nextVersion } from './documents.ts'
import { findDistribution, type DistributionParts } from './parts.ts'

/*
 * Flat-rate plans. What each has and has not: developer guide, "CloudFront flat-rate pricing plans". How CloudFront words
 * its refusals stands nowhere: the words here are guesses, and begin as its other refusals of arguments do.
 */

/** Where distributions' plans are kept. */
export type Plans = Collection<PlannedDistribution>

export const plansOf = (context: Context): Plans => context.store.collection('cloudfront-plan')

/** What of a configuration a plan can lack tells others than the configuration itself. */
export interface PlanQuestions {
  /** Is this cache, origin request or response headers policy one of AWS's own? */
  readonly isManagedPolicy: (id: string) => boolean
  /** Does this CloudFront Function read a key value store? */
  readonly readsStore: (functionArn: string) => boolean
}

const mostBehaviors: Readonly<Record<PlanName, number>> = { free: 5, pro: 10, business: 50, premium: 100 }

const behaviorsOf = (config: DistributionConfig) => [config.DefaultCacheBehavior, ...itemsOf(config.CacheBehaviors)]

/** What a configuration has, and the least plan that has it; undefined: none has. */
const features: readonly {
  name: string
  from?: PlanName
  isIn: (config: DistributionConfig, questions: PlanQuestions) => boolean
}[] = [
  {
    name: 'Lambda@Edge functions',
    isIn: (config) => behaviorsOf(config).some((one) => itemsOf(one.LambdaFunctionAssociations).length > 0),
  },
  {
    name: 'origin access identities',
    isIn: (config) =>
      itemsOf(config.Origins).some(({ S3OriginConfig }) => (S3OriginConfig?.OriginAccessIdentity ?? '') !== ''),
  },
  {
    name: 'ForwardedValues',
    isIn: (config) => behaviorsOf(config).some((one) => one.ForwardedValues !== undefined),
  },
  {
    name: 'real-time logs',
    isIn: (config) => behaviorsOf(config).some((one) => (one.RealtimeLogConfigArn ?? '') !== ''),
  },
  { name: 'Anycast static IPs', isIn: (config) => (config.AnycastIpListId ?? '') !== '' },
  {
    name: 'continuous deployment',
    isIn: (config) => config.Staging === true || (config.ContinuousDeploymentPolicyId ?? '') !== '',
  },
  { name: 'access logs', from: 'pro', isIn: (config) => config.Logging?.Enabled === true },
  {
    name: 'CloudFront KeyValueStore',
    from: 'pro',
    isIn: (config, { readsStore }) =>
      behaviorsOf(config).some((one) => itemsOf(one.FunctionAssociations).some((fn) => readsStore(fn.FunctionARN))),
  },
  { name: 'custom cache policies', from: 'business', isIn: hasCustom('CachePolicyId') },
  { name: 'custom origin request policies', from: 'business', isIn: hasCustom('OriginRequestPolicyId') },
  { name: 'custom response headers policies', from: 'business', isIn: hasCustom('ResponseHeadersPolicyId') },
]

function hasCustom(member: 'CachePolicyId' | 'OriginRequestPolicyId' | 'ResponseHeadersPolicyId') {
  return (config: DistributionConfig, { isManagedPolicy }: PlanQuestions): boolean =>
    behaviorsOf(config).some(({ [member]: id = '' }) => id !== '' && !isManagedPolicy(id))
}

const includes = (plan: PlanName, least: PlanName | undefined): boolean =>
  least !== undefined && planNames.indexOf(plan) >= planNames.indexOf(least)

const titleOf = (plan: PlanName): string => plan.charAt(0).toUpperCase() + plan.slice(1)

/** Refuses a configuration with what the plan has not. Throws InvalidArgument. */
function requireInPlan(config: DistributionConfig, plan: PlanName, questions: PlanQuestions): void {
  const lacking = features.find(({ from, isIn }) => !includes(plan, from) && isIn(config, questions))
  if (lacking !== undefined) {
    throw invalidArgument(
      `The distribution is subscribed to the ${titleOf(plan)} pricing plan, which does not support ${lacking.name}.`,
    )
  }
  if (behaviorsOf(config).length > mostBehaviors[plan]) {
    throw invalidArgument(
      `The ${titleOf(plan)} pricing plan does not support more than ${mostBehaviors[plan]} cache behaviors.`,
    )
  }
}

/** Checks an update of a distribution that may be on a plan. Throws InvalidArgument. */
export function checkPlan(plans: Plans, id: string, config: DistributionConfig, questions: PlanQuestions): void {
  const { plan } = plans.get(id) ?? {}
  if (plan === undefined) return
  requireInPlan(config, plan, questions)
  if ((config.WebACLId ?? '') === '') {
    throw invalidArgument('The web ACL of a distribution that is subscribed to a pricing plan cannot be removed.')
  }
}

/** A distribution can't be deleted until its plan has ended. Throws InvalidArgument. */
export function requireNoPlan(plans: Plans, id: string): void {
  if (plans.get(id) === undefined) return
  throw invalidArgument('The distribution is subscribed to a pricing plan. Cancel the plan before you delete it.')
}

/** Puts distributions on plans: what is in them must be in the plan, and they get a web ACL if they have none. */
export function flatRatePlans(parts: DistributionParts, plans: Plans, questions: PlanQuestions): FlatRatePlans {
  return {
    plans: () => plans.list().map(({ distributionId, plan }) => ({ distributionId, plan })),
    putOnPlan(distributionId, plan) {
      const distribution = findDistribution(parts, distributionId)
      if (plan === undefined) {
        plans.delete(distributionId)
        return
      }
      requireInPlan(distribution.config, plan, questions)
      if (plans.list().filter((one) => one.distributionId !== distributionId).length >= maxPlans) {
        throw new AwsError(400, 'TooManyPricingPlans', `An account can have ${maxPlans} pricing plans.`)
      }
      plans.put(distributionId, { distributionId, plan })
      if ((distribution.config.WebACLId ?? '') !== '') return
      const config = { ...distribution.config, WebACLId: newWebAcl(parts.context) }
      const next = { ...distribution, ...nextVersion(distribution), config }
      parts.distributions.put(distributionId, next)
      parts.changed(next)
    },
  }
}

const maxPlans = 100

/** The web ACL that comes with a plan. There is no AWS WAF here, so it lets everything pass. */
const newWebAcl = ({ accountId }: Context): string =>
  `arn:aws:wafv2:us-east-1:${accountId}:global/webacl/CreatedByCloudFront-${randomUUID().slice(0, 8)}/${randomUUID()}`
