import type { XmlElement } from '../contracts/xml-document.ts'
import { aclInHeaders, isOwnersOnly, isPublicAcl } from './acl.ts'
import { type Bucket, isBucketName, ownerships } from './buckets.ts'
import { invalidArgument, notModelled } from './answers.ts'
import type { S3State } from './call.ts'
import { checkTags, tagSetMarkup, tagsIn } from './tags.ts'
import { childOf, onlyChildren, parseDocument, textOf } from './xml.ts'
import { AwsError, type AwsRequest, type AwsResponse } from '../contracts/service.ts'

/** Legacy spelling of a location constraint. */
const regionOfConstraint = (constraint: string): string => (constraint === 'EU' ? 'eu-west-1' : constraint)

/** The region that a new bucket is asked for. Throws as the endpoint of the request's region would. */
function regionAskedFor(request: AwsRequest, configuration: XmlElement | undefined): string {
  const constraint = textOf(configuration, 'LocationConstraint')
  if (constraint === undefined || constraint === '') {
    if (request.region === 'us-east-1') return request.region
    throw illegalConstraint('unspecified')
  }
  if (constraint === 'us-east-1' || !/^(?:EU|[a-z]{2}(?:-[a-z]+)+-\d)$/.test(constraint)) {
    throw new AwsError(400, 'InvalidLocationConstraint', 'The specified location-constraint is not valid', {
      fields: { LocationConstraint: constraint },
    })
  }
  const region = regionOfConstraint(constraint)
  if (request.region !== 'us-east-1' && request.region !== region) throw illegalConstraint(constraint)
  return region
}

/** Old s3cmd signs for "US" and, told so, again for the region that this error names. */
const wrongRegion = (region: string): AwsError =>
  new AwsError(
    400,
    'AuthorizationHeaderMalformed',
    `The authorization header is malformed; the region '${region}' is wrong; expecting 'us-east-1'`,
    { fields: { Region: 'us-east-1' } },
  )

const illegalConstraint = (constraint: string): AwsError =>
  new AwsError(
    400,
    'IllegalLocationConstraintException',
    `The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  )

/** CreateBucket comes before there is a bucket, so it is not a {@link Handler}. */
export async function createBucket(state: S3State, request: AwsRequest, name: string): Promise<AwsResponse> {
  if (!isBucketName(name)) {
    throw new AwsError(400, 'InvalidBucketName', 'The specified bucket is not valid.', { fields: { BucketName: name } })
  }
  if (!/^[a-z]{2}(?:-[a-z]+)+-\d$/.test(request.region)) throw wrongRegion(request.region)
  const configuration = await configurationOf(request)
  const region = regionAskedFor(request, configuration)
  const tags = checkTags(tagsIn(childOf(configuration, 'Tags')), 'bucket')
  const existing = state.buckets.find(name)
  const headers = { location: `/${name}` }
  if (existing !== undefined) {
    // In us-east-1 alone, to create one's own bucket again succeeds.
    if (existing.region === 'us-east-1' && region === 'us-east-1' && tags.length === 0) return { status: 200, headers }
    throw new AwsError(
      409,
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
      { fields: { BucketName: name } },
    )
  }
  const objectLock = request.headers['x-amz-bucket-object-lock-enabled']?.toLowerCase() === 'true'
  state.buckets.put({
    name,
    region,
    createdAt: state.context.now(),
    ...accessAskedFor(request, state.buckets.owner),
    publicAccessBlock: {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    },
    encryption: { algorithm: 'AES256', bucketKey: false },
    objectLock,
    ...(objectLock ? { versioning: 'Enabled' as const } : {}),
    documents: tags.length === 0 ? {} : { Tagging: tagSetMarkup(tags) },
  })
  return { status: 200, headers }
}

async function configurationOf(request: AwsRequest): Promise<XmlElement | undefined> {
  const body = await request.buffer()
  if (body.length === 0) return undefined
  const configuration = parseDocument(body, 'CreateBucketConfiguration')
  for (const name of ['Location', 'Bucket']) {
    if (childOf(configuration, name) !== undefined)
      throw notModelled(`the element ${name} of CreateBucketConfiguration`)
  }
  onlyChildren(configuration, ['LocationConstraint', 'Tags'])
  return configuration
}

/** Ownership and ACL. Throws InvalidArgument, InvalidBucketAclWith…. */
function accessAskedFor(request: AwsRequest, owner: string): Pick<Bucket, 'ownership' | 'acl' | 'grants'> {
  const asked = request.headers['x-amz-object-ownership'] ?? ownerships[0]
  const ownership = ownerships.find((known) => known === asked)
  if (ownership === undefined) {
    throw invalidArgument(`Invalid x-amz-object-ownership header: ${asked}`, 'x-amz-object-ownership')
  }
  const acl = aclInHeaders(request, 'bucket') ?? { acl: 'private' }
  if (ownership === 'BucketOwnerEnforced' && !isOwnersOnly(acl, owner)) {
    throw new AwsError(
      400,
      'InvalidBucketAclWithObjectOwnership',
      "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    )
  }
  // Since April 2023 new buckets block public access, so a public ACL cannot be asked for at creation.
  if (isPublicAcl(acl)) {
    throw new AwsError(
      400,
      'InvalidBucketAclWithBlockPublicAccessError',
      'Bucket cannot have public ACLs set with BlockPublicAccess enabled',
    )
  }
  return { ownership, ...acl }
}
