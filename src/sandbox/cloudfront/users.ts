import { behaviorsOf, servedConfig } from './distributions.ts'
import { nextVersion, type DistributionDocument } from './documents.ts'
import type { DistributionParts } from './parts.ts'
import { itemsOf } from '../contracts/shape.ts'
import type { Context } from '../contracts/service.ts'

/** Who uses a resource, and who wants to know that it has changed. */
export interface Users {
  isUsed(id: string): boolean
  changed(id: string): void
}

type Config = DistributionDocument['config']
type Changed = (distribution: DistributionDocument) => void

/** The distributions that use a resource of one kind, as `refers` tells it. */
export interface DistributionUsers extends Users {
  using(id: string): DistributionDocument[]
}

/** @param changed - told of each distribution that is rolled out anew */
export const distributionUsers =
  (context: Context, distributions: DistributionParts['distributions'], changed: Changed) =>
  (refers: (config: Config, id: string) => boolean): DistributionUsers => {
    const using = (id: string): DistributionDocument[] =>
      distributions.list().filter(({ config }) => refers(config, id))
    return {
      using,
      isUsed: (id) => distributions.list().some(({ config }) => refers(config, id)),
      // What is changed is rolled out like a change of the distribution itself, which gets a new version.
      changed(id) {
        for (const distribution of using(id)) {
          const deployedAt = context.now() + context.timing.deploy
          const served = servedConfig(distribution, context.now())
          const next = { ...distribution, ...nextVersion(distribution), servedConfig: served, deployedAt }
          distributions.put(distribution.id, next)
          changed(next)
        }
      },
    }
  }

/** Whether a behavior has the CloudFront Function with this ARN. */
export const hasFunction = (config: Config, arn: string): boolean =>
  behaviorsOf(config).some((behavior) =>
    itemsOf(behavior.FunctionAssociations).some(({ FunctionARN }) => FunctionARN === arn),
  )
