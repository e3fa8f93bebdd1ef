import { s3Arn } from '../contracts/arns.ts'
import { aclAskedFor, aclMarkup, checkAcl } from './acl.ts'
import type { Bucket } from './buckets.ts'
import { invalidArgument, isoTime, noContent, xml } from './answers.ts'
import type { Handler, S3State } from './call.ts'
import type { BucketPolicy } from './bucket-policy-parts.ts'
import { acceptPolicy } from './bucket-policy.ts'
import { isPublicPolicy } from './public-policy.ts'
import { element, field } from './xml.ts'
import { AwsError, type AwsRequest, type AwsResponse } from '../contracts/service.ts'
import type { S3Peers } from '../contracts/s3-peers.ts'

/** ListBuckets: by name, with prefix, region and paging. */
export function listBuckets(state: S3State, { query }: AwsRequest): AwsResponse {
  const prefix = query.get('prefix') ?? ''
  const region = query.get('bucket-region')
  if (region !== null && !/^[a-z]{2}(?:-[a-z]+)+-\d$/.test(region)) {
    throw invalidArgument(`Argument value ${region} is not a valid AWS Region`, 'bucket-region')
  }
  const token = query.get('continuation-token') ?? ''
  const after = Buffer.from(token, 'base64').toString()
  if (token !== '' && (after === '' || Buffer.from(after).toString('base64') !== token)) {
    throw invalidArgument('The continuation token provided is incorrect', 'continuation-token')
  }
  const asked = query.get('max-buckets') ?? '10000'
  const limit = Number(asked)
  if (!/^\d+$/.test(asked) || limit < 1 || limit > 10_000) {
    throw invalidArgument('Argument max-buckets must be an integer between 1 and 10000.', 'max-buckets', asked)
  }
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
      field('ContinuationToken', last === undefined ? undefined : Buffer.from(last.name).toString('base64')) +
      field('Prefix', query.get('prefix') ?? undefined),
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
    const message = 'The bucket you tried to delete is not empty'
    const versioned = bucket.versioning === undefined ? '' : '. You must delete all versions in the bucket.'
    throw new AwsError(409, 'BucketNotEmpty', message + versioned, { fields: { BucketName: bucket.name } })
  }
  for (const { id } of state.uploads.uploads(bucket.name)) {
    for (const { body } of state.uploads.parts(id)) state.bodies.remove(body)
    state.uploads.deleteUpload(id)
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
        `User: ${caller} is not authorized to perform: s3:PutBucketPolicy on resource: "${s3Arn(bucket.name)}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`,
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

const getAcl: Handler = ({ state, bucket }) => {
  const { owner } = state.buckets
  return xml(
    'AccessControlPolicy',
    aclMarkup(owner, bucket.ownership === 'BucketOwnerEnforced' ? { acl: 'private' } : bucket),
  )
}

const putAcl: Handler = async ({ state, request, bucket }) => {
  const { owner } = state.buckets
  const asked = checkAcl(await aclAskedFor(request, 'bucket', owner), bucket, owner)
  const changed = { ...current(state, bucket) }
  delete changed.grants
  state.buckets.put({ ...changed, ...asked })
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
