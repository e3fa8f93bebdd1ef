import { s3Arn } from '../contracts/arns.ts'
import { invalidArgument } from './answers.ts'
import { AwsError, type AwsRequest } from '../contracts/service.ts'

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
type Subresources = Readonly<Record<string, Methods>>

/** A bucket has many of these: a request with an `id` is about one of them, and one without lists them. */
const configurations = (name: string, noun: string): Subresources => ({
  [name]: { GET: `Get${noun}`, PUT: `Put${noun}`, DELETE: `Delete${noun}`, LIST: `List${noun}s` },
})
const metadataTable = (name: string, noun: string): Subresources => ({
  [name]: { POST: `Create${noun}`, GET: `Get${noun}`, DELETE: `Delete${noun}` },
})

/**
 * Subresources of a bucket: the query parameter that names them, and the operation of each method. They are all that S3
 * has: those that have no handler are refused by name.
 */
const bucketSubresources: Subresources = {
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
  replication: { GET: 'GetBucketReplication', PUT: 'PutBucketReplication', DELETE: 'DeleteBucketReplication' },
  logging: { GET: 'GetBucketLogging', PUT: 'PutBucketLogging' },
  notification: { GET: 'GetBucketNotificationConfiguration', PUT: 'PutBucketNotificationConfiguration' },
  requestPayment: { GET: 'GetBucketRequestPayment', PUT: 'PutBucketRequestPayment' },
  accelerate: { GET: 'GetBucketAccelerateConfiguration', PUT: 'PutBucketAccelerateConfiguration' },
  abac: { GET: 'GetBucketAbac', PUT: 'PutBucketAbac' },
  ...configurations('inventory', 'BucketInventoryConfiguration'),
  ...configurations('analytics', 'BucketAnalyticsConfiguration'),
  ...configurations('metrics', 'BucketMetricsConfiguration'),
  ...configurations('intelligent-tiering', 'BucketIntelligentTieringConfiguration'),
  ...metadataTable('metadataConfiguration', 'BucketMetadataConfiguration'),
  ...metadataTable('metadataTable', 'BucketMetadataTableConfiguration'),
  metadataInventoryTable: { PUT: 'UpdateBucketMetadataInventoryTableConfiguration' },
  metadataJournalTable: { PUT: 'UpdateBucketMetadataJournalTableConfiguration' },
  metadataAnnotationTable: { PUT: 'UpdateBucketMetadataAnnotationTableConfiguration' },
  session: { GET: 'CreateSession' },
  'object-lock': { GET: 'GetObjectLockConfiguration', PUT: 'PutObjectLockConfiguration' },
  versions: { GET: 'ListObjectVersions' },
  uploads: { GET: 'ListMultipartUploads' },
  delete: { POST: 'DeleteObjects' },
}

const objectSubresources: Subresources = {
  acl: { GET: 'GetObjectAcl', PUT: 'PutObjectAcl' },
  tagging: { GET: 'GetObjectTagging', PUT: 'PutObjectTagging', DELETE: 'DeleteObjectTagging' },
  attributes: { GET: 'GetObjectAttributes' },
  retention: { GET: 'GetObjectRetention', PUT: 'PutObjectRetention' },
  'legal-hold': { GET: 'GetObjectLegalHold', PUT: 'PutObjectLegalHold' },
  uploads: { POST: 'CreateMultipartUpload' },
  restore: { POST: 'RestoreObject' },
  select: { POST: 'SelectObjectContent' },
  torrent: { GET: 'GetObjectTorrent' },
  renameObject: { PUT: 'RenameObject' },
  encryption: { PUT: 'UpdateObjectEncryption' },
  annotation: {
    GET: 'GetObjectAnnotation',
    PUT: 'PutObjectAnnotation',
    DELETE: 'DeleteObjectAnnotation',
    LIST: 'ListObjectAnnotations',
  },
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
  if (methods !== undefined) return methodOf(methods, request, 'id')
  // A form in a browser, "POST Object".
  if (request.method === 'POST') return 'PostObject'
  const type = request.query.get('list-type')
  if (type !== null && type !== '2')
    throw invalidArgument('Invalid List Type value specified in Request', 'list-type', type)
  if (request.method === 'GET') return type === '2' ? 'ListObjectsV2' : 'ListObjects'
  return bucketMethods[request.method]
}

/** Subresources that buckets alone have, and what S3 says to a key with one. */
const misplacedOnKeys = [
  ['versions', 'There is no such thing as the ?versions sub-resource for a key'],
  ['uploads', 'Key is not expected for the GET method ?uploads subresource'],
] as const

function objectOperation(request: AwsRequest): string | undefined {
  const { method, query, headers } = request
  const misplaced = method === 'GET' ? misplacedOnKeys.find(([name]) => query.has(name)) : undefined
  if (misplaced !== undefined) throw new AwsError(400, 'InvalidRequest', misplaced[1])
  if (query.has('uploadId')) return uploadOperation(request)
  const methods = subresource(objectSubresources, request)
  if (methods !== undefined) return methodOf(methods, request, 'annotationName')
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

/** `one` is the parameter that names one of several. */
function methodOf(methods: Methods, { method, query }: AwsRequest, one: string): string | undefined {
  const lists = method === 'GET' && methods['LIST'] !== undefined && !query.has(one)
  return methods[lists ? 'LIST' : method]
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

function subresource(table: Subresources, request: AwsRequest): Methods | undefined {
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

const versioned = new Set([
  ...['GetObject', 'HeadObject', 'DeleteObject', 'GetObjectAcl', 'PutObjectAcl', 'GetObjectAttributes'],
  ...['GetObjectTagging', 'PutObjectTagging', 'DeleteObjectTagging'],
  ...['GetObjectAnnotation', 'PutObjectAnnotation', 'DeleteObjectAnnotation', 'ListObjectAnnotations'],
])

/** The IAM action that an operation needs on the bucket or object it addresses. */
export function actionOf(request: AwsRequest, operation: string): string {
  const action = actions[operation] ?? `s3:${operation}`
  return versioned.has(operation) && request.query.has('versionId')
    ? action.replace(/^s3:(Get|Put|Delete|List)Object/, 's3:$1ObjectVersion')
    : action
}

/** The ARN that policies name. */
export const arnOf = ({ bucket, key }: Pick<Address, 'bucket' | 'key'>): string =>
  bucket === '' ? '*' : s3Arn(bucket, key)
