/** What the policies that a distribution's behaviour refers to have in common, whatever kind they are. */
import type { DefaultCacheBehavior } from '@aws-sdk/client-cloudfront'

import type { Names } from '../../aws/names.ts'
import type { Change } from '../../ui/plan.ts'
import { change } from '../resource.ts'

export interface PolicyWant {
  readonly names: Pick<Names, 'policy' | 'mark'>
  readonly accountId: string
}

/** Members of a behaviour that hold a policy's id. */
export const policyMembers = ['CachePolicyId', 'OriginRequestPolicyId', 'ResponseHeadersPolicyId'] as const
export type PolicyMember = (typeof policyMembers)[number]

/** What a behaviour refers to: each policy's id, by the member that holds it. A member that is not there is the operator's. */
export type PolicyIds = Readonly<Partial<Record<PolicyMember, string>>>

/** The policies that the default behaviour should have others of. */
export const policyChanges = (live: DefaultCacheBehavior | undefined, wanted: PolicyIds): Change[] =>
  policyMembers.flatMap((member) =>
    wanted[member] === undefined ? [] : change(`DefaultCacheBehavior.${member}`, live?.[member], wanted[member]),
  )

/**
 * Why a policy that was just made is waited for, if an error is CloudFront's answer before it has seen it.
 *
 * @param error - its name, such as `NoSuchCachePolicy`
 */
export function whyPolicyNotYet(error: string): string | undefined {
  const kind = /^NoSuch(\w+Policy)$/.exec(error)?.[1]?.replace(/\B[A-Z]/g, ' $&')
  return kind === undefined ? undefined : `waiting until CloudFront knows the new ${kind.toLowerCase()} everywhere`
}
