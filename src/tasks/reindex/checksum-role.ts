/** The role of jobs that compute checksums, and what it allows. */
import type { Aws } from '../../aws/connect.ts'
import { checksumNeeds } from '../../reindex/needs.ts'
import { inlinePolicy } from '../../resources/iam/role-policy.ts'
import { role, type RoleUse } from '../../resources/iam/role.ts'
import { policyOf } from '../../resources/policy-of-needs.ts'

const ofChecksums: RoleUse = {
  services: 'batchoperations.s3.amazonaws.com',
  sameAccount: true,
  description: 'Jobs of S3 Batch Operations that compute checksums of objects, packagecloud:enterprise',
  madeBy: '`reindex-everything --checksums batch`',
  called: 'the role of jobs that compute checksums',
}

/** The resources, for a bucket. */
export const checksumResources = (aws: Aws, bucket: string) => ({
  checksumRole: role(aws, ofChecksums),
  checksumPolicy: inlinePolicy(aws, {
    document: ({ accountId }) => policyOf(checksumNeeds({ accountId, bucket })),
    ties: () => [],
    loses: 'Jobs that are still under way fail.',
    madeBy: ofChecksums.madeBy,
    role: ofChecksums.called,
  }),
})
