import type { Call } from '../../src/sandbox/host/call-log.ts'

/**
 * The IAM actions that an API call is authorised by, where they are not simply `service:Operation`. Written from AWS's
 * Service Authorization Reference, and on purpose apart from what the product itself believes.
 */
const differing: Readonly<Record<string, readonly string[]>> = {
  's3:HeadBucket': ['s3:ListBucket'],
  's3:ListObjectsV2': ['s3:ListBucket'],
  's3:HeadObject': ['s3:GetObject'],
  's3:GetBucketEncryption': ['s3:GetEncryptionConfiguration'],
  'cloudfront:CreateDistributionWithTags': ['cloudfront:CreateDistribution', 'cloudfront:TagResource'],
  'lambda:CreateFunction': ['lambda:CreateFunction', 'lambda:TagResource', 'iam:PassRole'],
  'iam:CreateRole': ['iam:CreateRole', 'iam:TagRole'],
  'tagging:GetResources': ['tag:GetResources'],
  'kms:CreateKey': ['kms:CreateKey', 'kms:TagResource'],
}

export function actionsOf({ service, operation }: Pick<Call, 'service' | 'operation'>): readonly string[] {
  const call = `${service}:${operation}`
  return differing[call] ?? [call]
}
