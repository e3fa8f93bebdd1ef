import { matches } from '../policy/authorization.ts'

/** What a statement about an action can name. */
export type S3Resource = 'bucket' | 'object'

const words = (text: string): string[] => text.trim().split(/\s+/)

/*
 * S3's IAM actions by the resource that they are about, and the condition keys that only some actions have. Source:
 * Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3".
 */
const bucketActions = words(`
  AllowVendedLogDeliveryForResource CreateBucket CreateBucketMetadataTableConfiguration DeleteBucket
  DeleteBucketMetadataTableConfiguration DeleteBucketPolicy DeleteBucketWebsite GetAccelerateConfiguration
  GetAnalyticsConfiguration GetBucketAbac GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging
  GetBucketMetadataTableConfiguration GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls
  GetBucketPolicy GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging
  GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration
  GetInventoryConfiguration GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration ListBucket
  ListBucketMultipartUploads ListBucketVersions ListTagsForResource PauseReplication PutAccelerateConfiguration
  PutAnalyticsConfiguration PutBucketAbac PutBucketAcl PutBucketCORS PutBucketLogging PutBucketNotification
  PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock
  PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration
  PutIntelligentTieringConfiguration PutInventoryConfiguration PutLifecycleConfiguration PutMetricsConfiguration
  PutReplicationConfiguration TagResource UntagResource UpdateBucketMetadataAnnotationTableConfiguration
  UpdateBucketMetadataInventoryTableConfiguration UpdateBucketMetadataJournalTableConfiguration
`)
const objectActions = words(`
  AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectAnnotation DeleteObjectTagging
  DeleteObjectVersion DeleteObjectVersionAnnotation DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAnnotation
  GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging GetObjectTorrent GetObjectVersion
  GetObjectVersionAcl GetObjectVersionAnnotation GetObjectVersionAnnotationForReplication GetObjectVersionAttributes
  GetObjectVersionForReplication GetObjectVersionTagging GetObjectVersionTorrent InitiateReplication
  ListMultipartUploadParts ListObjectAnnotations ListObjectVersionAnnotations ObjectOwnerOverrideToBucketOwner PutObject
  PutObjectAcl PutObjectAnnotation PutObjectLegalHold PutObjectRetention PutObjectTagging PutObjectVersionAcl
  PutObjectVersionAnnotation PutObjectVersionTagging ReplicateDelete ReplicateObject ReplicateObjectAnnotation
  ReplicateTags RestoreObject UpdateObjectEncryption
`)
/** About access points, access grants, jobs, dashboards or the account: known, but nothing a bucket policy decides. */
const otherActions = words(`
  AssociateAccessGrantsIdentityCenter CreateAccessGrant CreateAccessGrantsInstance CreateAccessGrantsLocation
  CreateAccessPoint CreateAccessPointForObjectLambda CreateJob CreateMultiRegionAccessPoint CreateStorageLensGroup
  DeleteAccessGrant DeleteAccessGrantsInstance DeleteAccessGrantsInstanceResourcePolicy DeleteAccessGrantsLocation
  DeleteAccessPoint DeleteAccessPointForObjectLambda DeleteAccessPointPolicy DeleteAccessPointPolicyForObjectLambda
  DeleteJobTagging DeleteMultiRegionAccessPoint DeleteStorageLensConfiguration DeleteStorageLensConfigurationTagging
  DeleteStorageLensGroup DescribeJob DescribeMultiRegionAccessPointOperation DissociateAccessGrantsIdentityCenter
  GetAccessGrant GetAccessGrantsInstance GetAccessGrantsInstanceForPrefix GetAccessGrantsInstanceResourcePolicy
  GetAccessGrantsLocation GetAccessPoint GetAccessPointConfigurationForObjectLambda GetAccessPointForObjectLambda
  GetAccessPointPolicy GetAccessPointPolicyForObjectLambda GetAccessPointPolicyStatus
  GetAccessPointPolicyStatusForObjectLambda GetAccountPublicAccessBlock GetDataAccess GetJobTagging
  GetMultiRegionAccessPoint GetMultiRegionAccessPointPolicy GetMultiRegionAccessPointPolicyStatus
  GetMultiRegionAccessPointRoutes GetStorageLensConfiguration GetStorageLensConfigurationTagging GetStorageLensDashboard
  GetStorageLensGroup ListAccessGrants ListAccessGrantsInstances ListAccessGrantsLocations ListAccessPoints
  ListAccessPointsForObjectLambda ListAllMyBuckets ListCallerAccessGrants ListJobs ListMultiRegionAccessPoints
  ListStorageLensConfigurations ListStorageLensGroups PutAccessGrantsInstanceResourcePolicy
  PutAccessPointConfigurationForObjectLambda PutAccessPointPolicy PutAccessPointPolicyForObjectLambda
  PutAccessPointPublicAccessBlock PutAccountPublicAccessBlock PutJobTagging PutMultiRegionAccessPointPolicy
  PutStorageLensConfiguration PutStorageLensConfigurationTagging SubmitMultiRegionAccessPointRoutes
  UpdateAccessGrantsLocation UpdateJobPriority UpdateJobStatus UpdateStorageLensGroup
`)

const kinds = new Map<string, S3Resource | undefined>([
  ...bucketActions.map((name) => [name, 'bucket'] as const),
  ...objectActions.map((name) => [name, 'object'] as const),
  ...otherActions.map((name) => [name, undefined] as const),
])

/** The actions (without `s3:`) that a pattern such as `s3:Get*` stands for, and what each is about. */
export function actionsMatching(pattern: string): ReadonlyMap<string, S3Resource | undefined> {
  const wanted = pattern === '*' ? 's3:*' : pattern.toLowerCase()
  return new Map([...kinds].filter(([name]) => matches(wanted, `s3:${name.toLowerCase()}`)))
}

const aclWriters = words('CreateBucket PutBucketAcl PutObject PutObjectAcl PutObjectVersionAcl')
const encryptors = words('PutObject ReplicateObject UpdateObjectEncryption')
const listers = words('ListBucket ListBucketVersions')
const tagReaders = [...objectActions.filter((name) => /Object(Version)?(Acl|Attributes|Tagging)$/.test(name))]

/** Keys that only these actions have, in lower case. */
const restrictedKeys = new Map<string, readonly string[]>([
  ...words('prefix delimiter max-keys').map((key) => [key, listers] as const),
  ...words('acl grant-read grant-write grant-read-acp grant-write-acp grant-full-control').map(
    (key) => [`x-amz-${key}`, aclWriters] as const,
  ),
  ...words('x-amz-copy-source x-amz-metadata-directive x-amz-website-redirect-location if-none-match').map(
    (key) => [key, ['PutObject']] as const,
  ),
  ['if-match', ['DeleteObject', 'PutObject']],
  ['x-amz-storage-class', ['PutObject', 'PutObjectAcl', 'PutObjectVersionAcl']],
  ['x-amz-server-side-encryption', encryptors],
  ['x-amz-server-side-encryption-aws-kms-key-id', encryptors],
  ['x-amz-server-side-encryption-customer-algorithm', encryptors],
  ['object-lock-legal-hold', ['PutObject', 'PutObjectLegalHold']],
  ...words('object-lock-mode object-lock-remaining-retention-days object-lock-retain-until-date').map(
    (key) => [key, ['PutObject', 'PutObjectRetention']] as const,
  ),
  ['requestobjecttagkeys', ['PutObject', 'PutObjectTagging', 'PutObjectVersionTagging']],
  ['requestobjecttag/', ['PutObject', 'PutObjectTagging', 'PutObjectVersionTagging']],
  ['existingobjecttag/', ['GetObject', 'GetObjectVersion', ...tagReaders]],
  ['versionid', objectActions.filter((name) => name.includes('Version'))],
  ['objectcreationoperation', ['PutObject']],
  ['locationconstraint', ['CreateBucket']],
  ['x-amz-object-ownership', ['CreateBucket']],
  ['inventoryaccessibleoptionalfields', ['PutInventoryConfiguration']],
])

/** Keys that every action has, in lower case. */
const commonKeys = new Set(
  words(`
    accessgrantsinstancearn accesspointnetworkorigin accesspointtag/ authtype buckettag/ dataaccesspointaccount
    dataaccesspointarn resourceaccount signatureage signatureversion tlsversion x-amz-content-sha256
  `),
)

/** `existingobjecttag/team` → `existingobjecttag/`. */
const familyOf = (key: string): string => key.replace(/^([a-z]+\/).+$/, '$1')

/** Does S3 have a condition key `s3:KEY`? Without regard to case. */
export const isConditionKey = (key: string): boolean => {
  const family = familyOf(key.toLowerCase())
  return commonKeys.has(family) || restrictedKeys.has(family)
}

/** May a statement about this action (without `s3:`) have a condition on `s3:KEY`? */
export const hasConditionKey = (action: string, key: string): boolean =>
  restrictedKeys.get(familyOf(key.toLowerCase()))?.includes(action) ?? true
