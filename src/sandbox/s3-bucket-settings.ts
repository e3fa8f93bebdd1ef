import { current } from './s3-bucket.ts'
import { ownerships } from './s3-buckets.ts'
import { type Handler, noContent, xml } from './s3-call.ts'
import { childOf, element, field, malformedXml, markupOf, parseDocument, requiredText, textOf } from './s3-xml.ts'
import { AwsError } from './service.ts'

const getEncryption: Handler = ({ bucket }) => {
  const { algorithm, keyId, bucketKey } = bucket.encryption
  return xml(
    'ServerSideEncryptionConfiguration',
    element(
      'Rule',
      element('ApplyServerSideEncryptionByDefault', field('SSEAlgorithm', algorithm) + field('KMSMasterKeyID', keyId)) +
        field('BucketKeyEnabled', bucketKey === true),
    ),
  )
}

const putEncryption: Handler = async ({ state, request, bucket }) => {
  const rule = childOf(parseDocument(await request.buffer(), 'ServerSideEncryptionConfiguration'), 'Rule')
  const chosen = childOf(rule, 'ApplyServerSideEncryptionByDefault')
  if (rule === undefined || chosen === undefined) throw malformedXml()
  const algorithm = requiredText(chosen, 'SSEAlgorithm')
  const keyId = textOf(chosen, 'KMSMasterKeyID')
  if (algorithm !== 'AES256' && algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse') throw malformedXml()
  if (algorithm === 'AES256' && keyId !== undefined) {
    throw new AwsError(
      400,
      'InvalidArgument',
      'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse',
    )
  }
  const bucketKey = textOf(rule, 'BucketKeyEnabled') === 'true'
  state.buckets.put({
    ...current(state, bucket),
    encryption: { algorithm, bucketKey, ...(keyId === undefined ? {} : { keyId }) },
  })
  return { status: 200 }
}

const deleteEncryption: Handler = ({ state, bucket }) => {
  state.buckets.put({ ...bucket, encryption: { algorithm: 'AES256', bucketKey: false } })
  return noContent()
}

const getOwnership: Handler = ({ bucket }) => {
  if (bucket.ownership === undefined) {
    throw new AwsError(404, 'OwnershipControlsNotFoundError', 'The bucket ownership controls were not found', {
      fields: { BucketName: bucket.name },
    })
  }
  return xml('OwnershipControls', element('Rule', field('ObjectOwnership', bucket.ownership)))
}

const putOwnership: Handler = async ({ state, request, bucket }) => {
  const rule = childOf(parseDocument(await request.buffer(), 'OwnershipControls'), 'Rule')
  const ownership = ownerships.find((known) => known === textOf(rule, 'ObjectOwnership'))
  if (ownership === undefined) throw malformedXml()
  if (ownership === 'BucketOwnerEnforced' && bucket.acl !== 'private') {
    throw new AwsError(
      400,
      'InvalidBucketAclWithObjectOwnership',
      "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    )
  }
  state.buckets.put({ ...current(state, bucket), ownership })
  return { status: 200 }
}

const deleteOwnership: Handler = ({ state, bucket }) => {
  state.buckets.put({ ...bucket, ownership: undefined })
  return noContent()
}

const accessBlocks = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const

const getAccessBlock: Handler = ({ bucket }) => {
  const block = bucket.publicAccessBlock
  if (block === undefined) {
    throw new AwsError(
      404,
      'NoSuchPublicAccessBlockConfiguration',
      'The public access block configuration was not found',
      { fields: { BucketName: bucket.name } },
    )
  }
  return xml('PublicAccessBlockConfiguration', accessBlocks.map((name) => field(name, block[name])).join(''))
}

const putAccessBlock: Handler = async ({ state, request, bucket }) => {
  const root = parseDocument(await request.buffer(), 'PublicAccessBlockConfiguration')
  const isOn = (name: (typeof accessBlocks)[number]): boolean => textOf(root, name)?.toLowerCase() === 'true'
  const publicAccessBlock = {
    BlockPublicAcls: isOn('BlockPublicAcls'),
    IgnorePublicAcls: isOn('IgnorePublicAcls'),
    BlockPublicPolicy: isOn('BlockPublicPolicy'),
    RestrictPublicBuckets: isOn('RestrictPublicBuckets'),
  }
  state.buckets.put({ ...current(state, bucket), publicAccessBlock })
  return { status: 200 }
}

const deleteAccessBlock: Handler = ({ state, bucket }) => {
  state.buckets.put({ ...bucket, publicAccessBlock: undefined })
  return noContent()
}

const getVersioning: Handler = ({ bucket }) => xml('VersioningConfiguration', field('Status', bucket.versioning))

const putVersioning: Handler = async ({ state, request, bucket }) => {
  const status = textOf(parseDocument(await request.buffer(), 'VersioningConfiguration'), 'Status')
  if (status !== 'Enabled' && status !== 'Suspended') throw malformedXml()
  if (status === 'Suspended' && bucket.objectLock) {
    throw new AwsError(
      409,
      'InvalidBucketState',
      'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
    )
  }
  state.buckets.put({ ...current(state, bucket), versioning: status })
  return { status: 200 }
}

const getObjectLock: Handler = ({ bucket }) => {
  if (!bucket.objectLock) {
    throw new AwsError(
      404,
      'ObjectLockConfigurationNotFoundError',
      'Object Lock configuration does not exist for this bucket',
      { fields: { BucketName: bucket.name } },
    )
  }
  return xml('ObjectLockConfiguration', field('ObjectLockEnabled', 'Enabled') + (bucket.documents['ObjectLock'] ?? ''))
}

const putObjectLock: Handler = async ({ state, request, bucket }) => {
  const root = parseDocument(await request.buffer(), 'ObjectLockConfiguration')
  if (bucket.versioning !== 'Enabled') {
    throw new AwsError(
      409,
      'InvalidBucketState',
      "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
    )
  }
  const rule = childOf(root, 'Rule')
  const latest = current(state, bucket)
  state.buckets.put({
    ...latest,
    objectLock: true,
    documents: { ...latest.documents, ObjectLock: rule === undefined ? '' : element('Rule', markupOf(rule)) },
  })
  return { status: 200 }
}

/** A configuration that the sandbox keeps for its readers and does not act upon. */
interface KeptDocument {
  noun: string
  root: string
  /** What a bucket without one answers: an error, or an empty document with this markup. */
  missing: { code: string; message: string } | { markup: string }
  operations: { get: string; put?: string; delete?: string }
}

const keptDocuments: readonly KeptDocument[] = [
  {
    noun: 'Website',
    root: 'WebsiteConfiguration',
    missing: {
      code: 'NoSuchWebsiteConfiguration',
      message: 'The specified bucket does not have a website configuration',
    },
    operations: { get: 'GetBucketWebsite', put: 'PutBucketWebsite', delete: 'DeleteBucketWebsite' },
  },
  {
    noun: 'Cors',
    root: 'CORSConfiguration',
    missing: { code: 'NoSuchCORSConfiguration', message: 'The CORS configuration does not exist' },
    operations: { get: 'GetBucketCors', put: 'PutBucketCors', delete: 'DeleteBucketCors' },
  },
  {
    noun: 'Lifecycle',
    root: 'LifecycleConfiguration',
    missing: { code: 'NoSuchLifecycleConfiguration', message: 'The lifecycle configuration does not exist' },
    operations: {
      get: 'GetBucketLifecycleConfiguration',
      put: 'PutBucketLifecycleConfiguration',
      delete: 'DeleteBucketLifecycle',
    },
  },
  {
    noun: 'Tagging',
    root: 'Tagging',
    missing: { code: 'NoSuchTagSet', message: 'The TagSet does not exist' },
    operations: { get: 'GetBucketTagging', put: 'PutBucketTagging', delete: 'DeleteBucketTagging' },
  },
  {
    noun: 'Replication',
    root: 'ReplicationConfiguration',
    missing: {
      code: 'ReplicationConfigurationNotFoundError',
      message: 'The replication configuration was not found',
    },
    operations: { get: 'GetBucketReplication' },
  },
  {
    noun: 'Logging',
    root: 'BucketLoggingStatus',
    missing: { markup: '' },
    operations: { get: 'GetBucketLogging', put: 'PutBucketLogging' },
  },
  {
    noun: 'Notification',
    root: 'NotificationConfiguration',
    missing: { markup: '' },
    operations: { get: 'GetBucketNotificationConfiguration' },
  },
  {
    noun: 'RequestPayment',
    root: 'RequestPaymentConfiguration',
    missing: { markup: '<Payer>BucketOwner</Payer>' },
    operations: { get: 'GetBucketRequestPayment' },
  },
  {
    noun: 'Accelerate',
    root: 'AccelerateConfiguration',
    missing: { markup: '' },
    operations: { get: 'GetBucketAccelerateConfiguration' },
  },
]

function keptOperations({ noun, root, missing, operations }: KeptDocument): [string, Handler][] {
  const handlers: [string, Handler][] = [
    [
      operations.get,
      ({ bucket }) => {
        const kept = bucket.documents[noun]
        if (kept !== undefined) return xml(root, kept)
        if ('markup' in missing) return xml(root, missing.markup)
        throw new AwsError(404, missing.code, missing.message, { fields: { BucketName: bucket.name } })
      },
    ],
  ]
  if (operations.put !== undefined) {
    handlers.push([
      operations.put,
      async ({ state, request, bucket }) => {
        const kept = markupOf(parseDocument(await request.buffer(), root))
        const latest = current(state, bucket)
        state.buckets.put({ ...latest, documents: { ...latest.documents, [noun]: kept } })
        return noun === 'Tagging' ? noContent() : { status: 200 }
      },
    ])
  }
  if (operations.delete !== undefined) {
    handlers.push([
      operations.delete,
      ({ state, bucket }) => {
        const documents = Object.fromEntries(Object.entries(bucket.documents).filter(([name]) => name !== noun))
        state.buckets.put({ ...bucket, documents })
        return noContent()
      },
    ])
  }
  return handlers
}

/** The configurations of a bucket. */
export const bucketSettingOperations: Readonly<Record<string, Handler>> = {
  ...Object.fromEntries(keptDocuments.flatMap(keptOperations)),
  GetBucketEncryption: getEncryption,
  PutBucketEncryption: putEncryption,
  DeleteBucketEncryption: deleteEncryption,
  GetBucketOwnershipControls: getOwnership,
  PutBucketOwnershipControls: putOwnership,
  DeleteBucketOwnershipControls: deleteOwnership,
  GetPublicAccessBlock: getAccessBlock,
  PutPublicAccessBlock: putAccessBlock,
  DeletePublicAccessBlock: deleteAccessBlock,
  GetBucketVersioning: getVersioning,
  PutBucketVersioning: putVersioning,
  GetObjectLockConfiguration: getObjectLock,
  PutObjectLockConfiguration: putObjectLock,
}
