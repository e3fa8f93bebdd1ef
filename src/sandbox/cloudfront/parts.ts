import type { DistributionDocument } from './documents.ts'
import type { References } from './validation.ts'
import { AwsError, type Context } from '../contracts/service.ts'
import type { Collection } from '../contracts/store.ts'

/** What the operations on distributions work with. */
export interface DistributionParts {
  readonly context: Context
  readonly distributions: Collection<DistributionDocument>
  readonly references: Omit<References, 'otherAliases'>
  inProgressInvalidations(distributionId: string): number
  /** Throws InvalidArgument for what the plan that a distribution may be on has not. */
  requireInPlan(distributionId: string, config: DistributionDocument['config']): void
  /** Throws InvalidArgument for a distribution on a plan. */
  requireNoPlan(distributionId: string): void
  /** Called after every change. */
  changed(distribution: DistributionDocument): void
}

/** Throws NoSuchDistribution (404). */
export function findDistribution(parts: DistributionParts, id: string): DistributionDocument {
  const distribution = parts.distributions.get(id)
  if (distribution === undefined) {
    throw new AwsError(404, 'NoSuchDistribution', 'The specified distribution does not exist.')
  }
  return distribution
}
