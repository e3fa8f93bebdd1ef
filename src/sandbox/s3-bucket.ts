import { cannedAcls, isPublicAcl } from './s3-attributes.ts'
import { type Bucket, isBucketName, ownerships } from './s3-buckets.ts'
import { type Handler, isoTime, noContent, type S3State, xml } from './s3-call.ts'
import type { Grant } from './s3-index.ts'
import type { BucketPolicy } from './s3-policy-parts.ts'
import { acceptPolicy } from './s3-policy.ts'
import { isPublicPolicy } from './s3-public-policy.ts'
import { childOf, element, field, parseDocument, textOf } from './s3-xml.ts'
import { AwsError, type AwsRequest, type AwsResponse } from './service.ts'
import type { S3Peers } from './s3-peers.ts'

/** Legacy spelling of a location constraint. */
const regionOfConstraint = (constraint: string): string => (constraint === 'EU' ? 'eu-west-1' : constraint)

/** The region that a new bucket is asked for. Throws as the endpoint of the request's region would. */
async function regionAskedFor(request: AwsRequest): Promise<string> {
  if (!/^[a-z]{2}(?:-[a-z]+)+-\d$/.test(request.region)) throw wrongRegion(request.region)
  const body = await request.buffer()
  const constraint =
    body.length === 0 ? undefined : textOf(parseDocument(body, 'CreateBucketConfiguration'), 'LocationConstraint')
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
  const region = await regionAskedFor(request)
  const existing = state.buckets.find(name)
  const headers = { location: `/${name}` }
  if (existing !== undefined) {
    // In us-east-1 alone, to create one's own bucket again succeeds.
    if (existing.region === 'us-east-1' && region === 'us-east-1') return { status: 200, headers }
    throw new AwsError(
      409,
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
      { fields: { BucketName: name } },
    )
  }
  const ownership = ownerships.find((known) => known === (request.headers['x-amz-object-ownership'] ?? ownerships[0]))
  if (ownership === undefined) {
    throw new AwsError(
      400,
      'InvalidArgument',
      'Invalid x-amz-object-ownership header: ' + (request.headers['x-amz-object-ownership'] ?? ''),
    )
  }
  const acl = request.headers['x-amz-acl'] ?? 'private'
  if (ownership === 'BucketOwnerEnforced' && acl !== 'private') {
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
  const objectLock = request.headers['x-amz-bucket-object-lock-enabled']?.toLowerCase() === 'true'
  state.buckets.put({
    name,
    region,
    createdAt: state.context.now(),
    ownership,
    publicAccessBlock: {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    },
    encryption: { algorithm: 'AES256', bucketKey: false },
    acl,
    objectLock,
    ...(objectLock ? { versioning: 'Enabled' as const } : {}),
    documents: {},
  })
  return { status: 200, headers }
}

/** ListBuckets: by name, with prefix, region and paging. */
export function listBuckets(state: S3State, { query }: AwsRequest): AwsResponse {
  const prefix = query.get('prefix') ?? ''
  const region = query.get('bucket-region')
  const after = Buffer.from(query.get('continuation-token') ?? '', 'base64').toString()
  const limit = Number(query.get('max-buckets') ?? 10_000)
  const later = state.buckets
    .list()
    .filter((bucket) => bucket.name.startsWith(prefix) && bucket.name > after)
    .filter((bucket) => region === null || bucket.region === region)
  const shown = later.slice(0, limit)
  const last = later.length > shown.length ? shown.at(-1) : undefined
  return xml(
    'ListAllMyBucketsResult',
    element('Owner', field('ID', state.buckets.owner)) +
      element(
        'Buckets',
        shown
          .map((bucket) =>
            element(
              'Bucket',
              field('Name', bucket.name) +
                field('CreationDate', isoTime(bucket.createdAt)) +
                field('BucketRegion', bucket.region),
            ),
          )
          .join(''),
      ) +
      field('ContinuationToken', last === undefined ? undefined : Buffer.from(last.name).toString('base64')),
  )
}

const headBucket: Handler = ({ bucket }) => ({
  status: 200,
  headers: {
    'x-amz-bucket-region': bucket.region,
    'x-amz-access-point-alias': 'false',
    'content-type': 'application/xml',
  },
})

const deleteBucket: Handler = ({ state, bucket }) => {
  if (!state.index.isEmpty(bucket.name)) {
    throw new AwsError(409, 'BucketNotEmpty', 'The bucket you tried to delete is not empty', {
      fields: { BucketName: bucket.name },
    })
  }
  state.buckets.delete(bucket.name)
  return noContent()
}

const getLocation: Handler = ({ bucket }) =>
  xml('LocationConstraint', bucket.region === 'us-east-1' ? '' : bucket.region)

const getPolicy: Handler = ({ bucket }) => {
  if (bucket.policy === undefined) throw noSuchPolicy(bucket)
  return { status: 200, headers: { 'content-type': 'application/json' }, body: bucket.policy }
}

const noSuchPolicy = (bucket: Bucket): AwsError =>
  new AwsError(404, 'NoSuchBucketPolicy', 'The bucket policy does not exist', { fields: { BucketName: bucket.name } })

const putPolicy =
  (peers: S3Peers): Handler =>
  async ({ state, request, bucket }) => {
    const text = (await request.buffer()).toString('utf8')
    const { context, buckets } = state
    const policy = acceptPolicy(text, { bucket: bucket.name, owner: buckets.owner, context, peers })
    if (bucket.publicAccessBlock?.BlockPublicPolicy === true && isPublicPolicy(policy)) {
      const caller = 'arn' in request.caller ? request.caller.arn : 'anonymous'
      throw new AwsError(
        403,
        'AccessDenied',
        `User: ${caller} is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::${bucket.name}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`,
      )
    }
    buckets.put({ ...current(state, bucket), policy: JSON.stringify(policy) })
    return noContent()
  }

const deletePolicy: Handler = ({ state, bucket }) => {
  const changed = { ...bucket }
  delete changed.policy
  state.buckets.put(changed)
  return noContent()
}

const getPolicyStatus: Handler = ({ bucket }) => {
  if (bucket.policy === undefined) throw noSuchPolicy(bucket)
  return xml('PolicyStatus', field('IsPublic', isPublicPolicy(JSON.parse(bucket.policy) as BucketPolicy)))
}

/** The bucket as it is after an `await`. */
export const current = (state: S3State, bucket: Bucket): Bucket => state.buckets.get(bucket.name)

const grantee = (id: string, permission: string): string =>
  `<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">${field('ID', id)}</Grantee>${field('Permission', permission)}</Grant>`
const group = (name: string, permission: string): string =>
  `<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group">${field('URI', `http://acs.amazonaws.com/groups/global/${name}`)}</Grantee>${field('Permission', permission)}</Grant>`

/** The grants that a canned ACL stands for, or those that were given. */
export function aclMarkup(owner: string, acl: string, given?: readonly Grant[]): string {
  const grants = [grantee(owner, 'FULL_CONTROL')]
  if (acl === 'public-read' || acl === 'public-read-write') grants.push(group('AllUsers', 'READ'))
  if (acl === 'public-read-write') grants.push(group('AllUsers', 'WRITE'))
  if (acl === 'authenticated-read') grants.push(group('AuthenticatedUsers', 'READ'))
  const markup = given?.map(({ who, what }) => {
    const [, kind, value = ''] = /^(id|uri)="(.*)"$/.exec(who) ?? []
    return kind === 'id' ? grantee(value, what) : group(value.replace(/^.*\//, ''), what)
  })
  return element('Owner', field('ID', owner)) + element('AccessControlList', (markup ?? grants).join(''))
}

/**
 * The canned ACL that a PutBucketAcl or PutObjectAcl asks for, by header or as a list of grants that amounts to one.
 * Throws AccessControlListNotSupported, MalformedACLError, AccessDenied, NotImplemented.
 */
export async function aclAskedFor(request: AwsRequest, bucket: Bucket): Promise<string> {
  const header = request.headers['x-amz-acl']
  const acl = header ?? cannedAclOf(await request.buffer())
  if (!cannedAcls.has(acl)) {
    throw new AwsError(400, 'InvalidArgument', 'Invalid canned ACL', {
      fields: { ArgumentName: 'x-amz-acl', ArgumentValue: acl },
    })
  }
  if (bucket.ownership === 'BucketOwnerEnforced' && acl !== 'private' && acl !== 'bucket-owner-full-control') {
    throw new AwsError(400, 'AccessControlListNotSupported', 'The bucket does not allow ACLs')
  }
  if (bucket.publicAccessBlock?.BlockPublicAcls === true && isPublicAcl(acl)) {
    throw new AwsError(403, 'AccessDenied', 'Access Denied')
  }
  return acl
}

function cannedAclOf(body: Buffer): string {
  const list = childOf(parseDocument(body, 'AccessControlPolicy'), 'AccessControlList')
  const grants = (list?.children ?? []).map((grant) => {
    const uri = textOf(childOf(grant, 'Grantee'), 'URI')
    return `${uri === undefined ? 'owner' : (uri.split('/').at(-1) ?? '')} ${textOf(grant, 'Permission') ?? ''}`
  })
  const known: Readonly<Record<string, string>> = {
    'owner FULL_CONTROL': 'private',
    'AllUsers READ,owner FULL_CONTROL': 'public-read',
    'AllUsers READ,AllUsers WRITE,owner FULL_CONTROL': 'public-read-write',
    'AuthenticatedUsers READ,owner FULL_CONTROL': 'authenticated-read',
  }
  const acl = known[[...new Set(grants)].sort().join(',')]
  if (acl === undefined) {
    throw new AwsError(501, 'NotImplemented', 'A grant you provided implies functionality that is not implemented.')
  }
  return acl
}

const getAcl: Handler = ({ state, bucket }) =>
  xml(
    'AccessControlPolicy',
    aclMarkup(state.buckets.owner, bucket.ownership === 'BucketOwnerEnforced' ? 'private' : bucket.acl),
  )

const putAcl: Handler = async ({ state, request, bucket }) => {
  const acl = await aclAskedFor(request, bucket)
  state.buckets.put({ ...current(state, bucket), acl })
  return { status: 200 }
}

/** The operations on a bucket itself and its policy. `peers` tell which principals exist. */
export const bucketOperations = (peers: S3Peers): Readonly<Record<string, Handler>> => ({
  HeadBucket: headBucket,
  DeleteBucket: deleteBucket,
  GetBucketLocation: getLocation,
  GetBucketPolicy: getPolicy,
  PutBucketPolicy: putPolicy(peers),
  DeleteBucketPolicy: deletePolicy,
  GetBucketPolicyStatus: getPolicyStatus,
  GetBucketAcl: getAcl,
  PutBucketAcl: putAcl,
})
