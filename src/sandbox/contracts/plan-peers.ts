/** CloudFront's flat-rate plans, from least to most. */
export const planNames = ['free', 'pro', 'business', 'premium'] as const

export type PlanName = (typeof planNames)[number]

/** A distribution that is paid for by a flat-rate plan. */
export interface PlannedDistribution {
  readonly distributionId: string
  readonly plan: PlanName
}

/**
 * Puts distributions on plans and takes them off. On AWS a service of its own does so (`pricingplanmanager`), here only
 * the sandbox's own control. What a distribution has that its plan lacks is an error of CloudFront's.
 */
export interface FlatRatePlans {
  plans(): readonly PlannedDistribution[]
  /** @param plan - undefined: the plan ends */
  putOnPlan(distributionId: string, plan: PlanName | undefined): void
}
