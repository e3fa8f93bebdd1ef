import type { Aws } from '../aws/connect.ts'
import { untilDeployed } from '../resources/cloudfront/live-distribution.ts'
import { type Step, wait } from './chain/chain.ts'

interface Deployed {
  readonly id: string
  readonly status: string
}

/**
 * The step that waits until a distribution is deployed.
 *
 * @param isWished - whether the operator wants to wait
 * @param because - why it is left out where not, in a few words
 */
export const waitForEdges = (
  aws: Aws,
  { isWished, because }: { readonly isWished: boolean; readonly because: string },
): Step<{ distribution: Deployed }> =>
  wait(
    'Wait until all edges have it',
    async (ctx, talk) => {
      await untilDeployed(aws, ctx.distribution.id, talk)
      ctx.distribution = { ...ctx.distribution, status: 'Deployed' }
      return 'Deployed'
    },
    ({ distribution: { status } }) => whyNotWaited(status, isWished, because),
  )

/** Why a step that waits for a distribution to be deployed is left out, if it is. */
export const whyNotWaited = (status: string | undefined, isWished: boolean, because: string): string | undefined =>
  status === 'Deployed' ? 'all edges have it' : isWished ? undefined : because
