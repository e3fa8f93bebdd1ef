import { AwsError, type AwsRequest } from './service.ts'

/** What a request is about: a bucket (empty for ListBuckets) and a key (empty for a request on the bucket). */
export interface Address {
  bucket: string
  key: string
  /** Addressed through the bucket's static website endpoint. */
  website: boolean
}

const websiteHost = /^(.+)\.s3-website[.-][a-z0-9-]+\./
const virtualHost = /^(.+)\.s3(?:[.-][a-z0-9.-]+)?\.(?:amazonaws\.com(?:\.cn)?|localhost)$|^(.+)\.s3\.localhost$/

/**
 * Bucket and key from Host and path: `/bucket/key`, or `/key` where Host is `BUCKET.s3.REGION.amazonaws.com` and the
 * like. In a path S3 reads a literal `+` as a space. Throws InvalidURI for what is not percent-encoded UTF-8.
 */
export function addressOf(request: Pick<AwsRequest, 'headers' | 'rawPath'>): Address {
  const host = (request.headers['host'] ?? '').toLowerCase().replace(/:\d+$/, '')
  const website = websiteHost.exec(host)?.[1]
  const match = virtualHost.exec(host)
  const named = website ?? match?.[1] ?? match?.[2]
  if (named !== undefined) {
    return { bucket: named, key: decodeKey(request.rawPath.slice(1)), website: website !== undefined }
  }
  const slash = request.rawPath.indexOf('/', 1)
  if (slash === -1) return { bucket: decodeKey(request.rawPath.slice(1)), key: '', website: false }
  return {
    bucket: decodeKey(request.rawPath.slice(1, slash)),
    key: decodeKey(request.rawPath.slice(slash + 1)),
    website: false,
  }
}

/** Percent-decodes a key as S3 does. */
export function decodeKey(raw: string): string {
  try {
    return decodeURIComponent(raw.replaceAll('+', ' '))
  } catch {
    throw new AwsError(400, 'InvalidURI', "Couldn't parse the specified URI.", { fields: { URI: raw } })
  }
}

type Methods = Readonly<Partial<Record<string, string>>>

/** Subresources of a bucket: the query parameter that names them, and the operation of each method. */
const bucketSubresources: Readonly<Record<string, Methods>> = {
  acl: { GET: 'GetBucketAcl', PUT: 'PutBucketAcl' },
  policy: { GET: 'GetBucketPolicy', PUT: 'PutBucketPolicy', DELETE: 'DeleteBucketPolicy' },
  policyStatus: { GET: 'GetBucketPolicyStatus' },
  encryption: { GET: 'GetBucketEncryption', PUT: 'PutBucketEncryption', DELETE: 'DeleteBucketEncryption' },
  ownershipControls: {
    GET: 'GetBucketOwnershipControls',
    PUT: 'PutBucketOwnershipControls',
    DELETE: 'DeleteBucketOwnershipControls',
  },
  publicAccessBlock: {
    GET: 'GetPublicAccessBlock',
    PUT: 'PutPublicAccessBlock',
    DELETE: 'DeletePublicAccessBlock',
  },
  versioning: { GET: 'GetBucketVersioning', PUT: 'PutBucketVersioning' },
  location: { GET: 'GetBucketLocation' },
  website: { GET: 'GetBucketWebsite', PUT: 'PutBucketWebsite', DELETE: 'DeleteBucketWebsite' },
  cors: { GET: 'GetBucketCors', PUT: 'PutBucketCors', DELETE: 'DeleteBucketCors' },
  lifecycle: {
    GET: 'GetBucketLifecycleConfiguration',
    PUT: 'PutBucketLifecycleConfiguration',
    DELETE: 'DeleteBucketLifecycle',
  },
  tagging: { GET: 'GetBucketTagging', PUT: 'PutBucketTagging', DELETE: 'DeleteBucketTagging' },
  replication: { GET: 'GetBucketReplication' },
  logging: { GET: 'GetBucketLogging', PUT: 'PutBucketLogging' },
  notification: { GET: 'GetBucketNotificationConfiguration' },
  requestPayment: { GET: 'GetBucketRequestPayment' },
  accelerate: { GET: 'GetBucketAccelerateConfiguration' },
  'object-lock': { GET: 'GetObjectLockConfiguration', PUT: 'PutObjectLockConfiguration' },
  versions: { GET: 'ListObjectVersions' },
  uploads: { GET: 'ListMultipartUploads' },
  delete: { POST: 'DeleteObjects' },
}

const objectSubresources: Readonly<Record<string, Methods>> = {
  acl: { GET: 'GetObjectAcl', PUT: 'PutObjectAcl' },
  tagging: { GET: 'GetObjectTagging', PUT: 'PutObjectTagging', DELETE: 'DeleteObjectTagging' },
  attributes: { GET: 'GetObjectAttributes' },
  retention: { GET: 'GetObjectRetention', PUT: 'PutObjectRetention' },
  'legal-hold': { GET: 'GetObjectLegalHold', PUT: 'PutObjectLegalHold' },
  uploads: { POST: 'CreateMultipartUpload' },
}

const bucketMethods: Methods = { PUT: 'CreateBucket', HEAD: 'HeadBucket', DELETE: 'DeleteBucket' }

/** The operation that a request asks for. Throws MethodNotAllowed and NotImplemented. */
export function operationOf(request: AwsRequest): string {
  const { bucket, key, website } = addressOf(request)
  if (website) return 'GetObject'
  if (bucket === '') {
    if (request.method === 'GET') return 'ListBuckets'
    throw notAllowed(request)
  }
  const operation = key === '' ? bucketOperation(request) : objectOperation(request)
  if (operation === undefined) throw notAllowed(request)
  return operation
}

function bucketOperation(request: AwsRequest): string | undefined {
  const methods = subresource(bucketSubresources, request)
  if (methods !== undefined) return methods[request.method]
  for (const name of ['inventory', 'analytics', 'metrics', 'intelligent-tiering', 'metadataConfiguration']) {
    if (request.query.has(name)) {
      throw new AwsError(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented.')
    }
  }
  if (request.method === 'GET') return request.query.get('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects'
  return bucketMethods[request.method]
}

function objectOperation(request: AwsRequest): string | undefined {
  const { method, query, headers } = request
  if (query.has('uploadId')) return uploadOperation(request)
  const methods = subresource(objectSubresources, request)
  if (methods !== undefined) return methods[method]
  switch (method) {
    case 'GET':
      return 'GetObject'
    case 'HEAD':
      return 'HeadObject'
    case 'PUT':
      return headers['x-amz-copy-source'] === undefined ? 'PutObject' : 'CopyObject'
    case 'DELETE':
      return 'DeleteObject'
    default:
      return undefined
  }
}

function uploadOperation({ method, headers, query }: AwsRequest): string | undefined {
  switch (method) {
    case 'PUT':
      if (!query.has('partNumber')) return undefined
      return headers['x-amz-copy-source'] === undefined ? 'UploadPart' : 'UploadPartCopy'
    case 'POST':
      return 'CompleteMultipartUpload'
    case 'DELETE':
      return 'AbortMultipartUpload'
    case 'GET':
      return 'ListParts'
    default:
      return undefined
  }
}

function subresource(table: Readonly<Record<string, Methods>>, request: AwsRequest): Methods | undefined {
  for (const name of request.query.keys()) {
    if (Object.hasOwn(table, name)) return table[name]
  }
  return undefined
}

const notAllowed = (request: AwsRequest): AwsError =>
  new AwsError(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.', {
    fields: { Method: request.method, ResourceType: 'OBJECT' },
  })

/** IAM's names where they are not `s3:` and the operation's own. */
const actions: Readonly<Record<string, string>> = {
  ListBuckets: 's3:ListAllMyBuckets',
  HeadBucket: 's3:ListBucket',
  ListObjects: 's3:ListBucket',
  ListObjectsV2: 's3:ListBucket',
  ListObjectVersions: 's3:ListBucketVersions',
  ListMultipartUploads: 's3:ListBucketMultipartUploads',
  ListParts: 's3:ListMultipartUploadParts',
  HeadObject: 's3:GetObject',
  DeleteObjects: 's3:DeleteObject',
  CopyObject: 's3:PutObject',
  CreateMultipartUpload: 's3:PutObject',
  UploadPart: 's3:PutObject',
  UploadPartCopy: 's3:PutObject',
  CompleteMultipartUpload: 's3:PutObject',
  GetBucketEncryption: 's3:GetEncryptionConfiguration',
  PutBucketEncryption: 's3:PutEncryptionConfiguration',
  DeleteBucketEncryption: 's3:PutEncryptionConfiguration',
  DeleteBucketOwnershipControls: 's3:PutBucketOwnershipControls',
  GetPublicAccessBlock: 's3:GetBucketPublicAccessBlock',
  PutPublicAccessBlock: 's3:PutBucketPublicAccessBlock',
  DeletePublicAccessBlock: 's3:PutBucketPublicAccessBlock',
  GetBucketCors: 's3:GetBucketCORS',
  PutBucketCors: 's3:PutBucketCORS',
  DeleteBucketCors: 's3:PutBucketCORS',
  GetBucketLifecycleConfiguration: 's3:GetLifecycleConfiguration',
  PutBucketLifecycleConfiguration: 's3:PutLifecycleConfiguration',
  DeleteBucketLifecycle: 's3:PutLifecycleConfiguration',
  DeleteBucketTagging: 's3:PutBucketTagging',
  GetBucketReplication: 's3:GetReplicationConfiguration',
  GetBucketNotificationConfiguration: 's3:GetBucketNotification',
  GetBucketAccelerateConfiguration: 's3:GetAccelerateConfiguration',
  GetObjectLockConfiguration: 's3:GetBucketObjectLockConfiguration',
  PutObjectLockConfiguration: 's3:PutBucketObjectLockConfiguration',
}

const versioned = new Set(['GetObject', 'HeadObject', 'DeleteObject', 'GetObjectAcl', 'GetObjectTagging'])

/** The IAM action that an operation needs on the bucket or object it addresses. */
export function actionOf(request: AwsRequest, operation: string): string {
  const action = actions[operation] ?? `s3:${operation}`
  return versioned.has(operation) && request.query.has('versionId')
    ? action.replace(/^s3:(Get|Delete)Object/, 's3:$1ObjectVersion')
    : action
}

/** The ARN that policies name. */
export const arnOf = ({ bucket, key }: Pick<Address, 'bucket' | 'key'>): string =>
  bucket === '' ? '*' : key === '' ? `arn:aws:s3:::${bucket}` : `arn:aws:s3:::${bucket}/${key}`
