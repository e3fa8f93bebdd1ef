import { IAMClient, paginateListPolicies } from '@aws-sdk/client-iam'

import type { Aws } from '../../aws/connect.ts'
import { edgeRegion } from '../../aws/names.ts'

/** A managed policy of the account. */
export interface ManagedPolicy {
  readonly arn: string
  /** How many users and roles it bounds. */
  readonly bounds: number
}

/** The account's own managed policies: AWS's, of which there are a thousand, bound nobody as an account would want it. */
export async function ownPolicies(aws: Aws): Promise<ManagedPolicy[]> {
  const policies: ManagedPolicy[] = []
  const client = aws.client(IAMClient, edgeRegion)
  for await (const { Policies = [] } of paginateListPolicies({ client }, { Scope: 'Local' })) {
    for (const { Arn, PermissionsBoundaryUsageCount = 0 } of Policies) {
      if (Arn !== undefined) policies.push({ arn: Arn, bounds: PermissionsBoundaryUsageCount })
    }
  }
  return policies
}
