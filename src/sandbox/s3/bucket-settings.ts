import { isOwnersOnly } from './acl.ts'
import { current } from './bucket.ts'
import { ownerships } from './buckets.ts'
import type { XmlElement } from '../contracts/xml-document.ts'
import { invalidArgument, noContent, notModelled, xml } from './answers.ts'
import type { Handler } from './call.ts'
import { lockRule } from './lock.ts'
import { childOf, element, field, malformedXml, onlyChildren, parseDocument, requiredText, textOf } from './xml.ts'
import { AwsError } from '../contracts/service.ts'

/** Documents that are a list of rules, of which there is to be one. Throws MalformedXML. */
function onlyRule(root: XmlElement): XmlElement {
  const [rule] = root.children
  if (rule?.name !== 'Rule' || root.children.length > 1) throw malformedXml()
  return rule
}

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
  const rule = onlyRule(parseDocument(await request.buffer(), 'ServerSideEncryptionConfiguration'))
  if (childOf(rule, 'BlockedEncryptionTypes') !== undefined) {
    throw notModelled('the element BlockedEncryptionTypes of PutBucketEncryption')
  }
  onlyChildren(rule, ['ApplyServerSideEncryptionByDefault', 'BucketKeyEnabled'])
  const chosen = childOf(rule, 'ApplyServerSideEncryptionByDefault')
  if (chosen === undefined) throw malformedXml()
  onlyChildren(chosen, ['SSEAlgorithm', 'KMSMasterKeyID'])
  const algorithm = requiredText(chosen, 'SSEAlgorithm')
  const keyId = textOf(chosen, 'KMSMasterKeyID')
  if (algorithm !== 'AES256' && algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse') throw malformedXml()
  if (algorithm === 'AES256' && keyId !== undefined) {
    const message = 'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse'
    throw invalidArgument(message, 'ApplyServerSideEncryptionByDefault')
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
  const rule = onlyRule(parseDocument(await request.buffer(), 'OwnershipControls'))
  onlyChildren(rule, ['ObjectOwnership'])
  const ownership = ownerships.find((known) => known === textOf(rule, 'ObjectOwnership'))
  if (ownership === undefined) throw malformedXml()
  if (ownership === 'BucketOwnerEnforced' && !isOwnersOnly(bucket, state.buckets.owner)) {
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
  onlyChildren(root, accessBlocks)
  if (!root.children.every(({ text }) => /^(?:true|false)$/i.test(text.trim()))) throw malformedXml()
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
  const root = parseDocument(await request.buffer(), 'VersioningConfiguration')
  if (childOf(root, 'MfaDelete') !== undefined) throw notModelled('the element MfaDelete of PutBucketVersioning')
  onlyChildren(root, ['Status'])
  const status = textOf(root, 'Status')
  if (status === undefined) {
    const message = 'The Versioning element must be specified'
    throw new AwsError(400, 'IllegalVersioningConfigurationException', message)
  }
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
  const rule = lockRule(root)
  const latest = current(state, bucket)
  state.buckets.put({
    ...latest,
    objectLock: true,
    documents: { ...latest.documents, ObjectLock: rule === '' ? '' : element('Rule', rule) },
  })
  return { status: 200 }
}

/** The configurations of a bucket. */
export const bucketSettingOperations: Readonly<Record<string, Handler>> = {
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
