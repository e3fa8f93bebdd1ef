/**
 * What an installation's resources are called and how they are marked. Every resource takes its name from here, so two
 * installations can share one AWS account.
 */
export interface Names {
  readonly installation: string
  /** `Lambda@Edge` functions, and what belongs to them, live in us-east-1. */
  readonly rolePath: '/packagecloud/enterprise/'
  readonly roleName: string
  readonly rolePolicyName: string
  readonly keyAlias: string
  readonly functionName: string
  /** Comment of the origin access identity and name of the origin access control; neither takes tags. */
  readonly originAccess: string
  /** Name of each of the distribution's policies: CloudFront keeps names apart only among policies of a kind. */
  readonly policy: string
  /** The mark of resources that take no tags but a comment or description. */
  readonly mark: string
  /** Beginning of the Sids of our bucket policy statements; another installation's may begin so too. */
  readonly sidPrefix: string
  readonly tag: { readonly Key: string; readonly Value: string }
  /** CloudFront makes a caller reference count once per account, so a repeated create finds the first one's result. */
  callerReference(bucket: string): string
}

/** Region of `Lambda@Edge` functions, their KMS key, and certificates that CloudFront can use. */
export const edgeRegion = 'us-east-1'

export const tagKey = 'packagecloud:enterprise'

/** @param installation - `[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*`, so that distinct names stay distinct in every form below */
export function namesOf(installation: string): Names {
  const words = installation.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return {
    installation,
    rolePath: '/packagecloud/enterprise/',
    roleName: `${installation}_cloudfront_auth`,
    rolePolicyName: `${installation}_cloudfront_auth`,
    keyAlias: `alias/${installation}_cloudfront_auth`,
    functionName: `${installation}_cloudfront_auth`,
    originAccess: `${tagKey} ${installation}`,
    policy: `packagecloud-enterprise-${installation}`,
    mark: `${tagKey} ${installation}`,
    sidPrefix: `PackagecloudEnterprise${words.join('')}`,
    tag: { Key: tagKey, Value: installation },
    callerReference: (bucket) => `${tagKey}:${installation}:${bucket}`,
  }
}

/**
 * IAM has no regions, and what these roles may do is about buckets of one: each region has roles of its own. Their names have
 * 64 characters at most.
 */
const ofRole = (names: Names, use: string, region: string): Names => {
  const name = `${names.installation}_${use}_${region}`
  return { ...names, roleName: name, rolePolicyName: name }
}

/** The names of the function that does reindex-everything's work where S3 Batch Operations runs it, and of its role. */
export const workerNames = (names: Names, region: string): Names => ({
  ...ofRole(names, 'reindex', region),
  functionName: `${names.installation}_reindex`,
})

/** The names of the role of jobs of S3 Batch Operations. */
export const jobNames = (names: Names, region: string): Names => ofRole(names, 'batch', region)

/** The names of the role of jobs that compute checksums, which invoke nothing and read objects themselves. */
export const checksumNames = (names: Names, region: string): Names => ofRole(names, 'checksum', region)

type Tags = readonly { Key?: string | undefined; Value?: string | undefined }[] | Readonly<Record<string, string>>

/** The installation that a resource's tags say it belongs to; both of AWS's spellings of tags are understood. */
export function ownerOf(tags: Tags | undefined): string | undefined {
  if (tags === undefined) return undefined
  if (isList(tags)) return tags.find((tag) => tag.Key === tagKey)?.Value
  return tags[tagKey]
}

const isList = (tags: Tags): tags is Extract<Tags, readonly unknown[]> => Array.isArray(tags)
