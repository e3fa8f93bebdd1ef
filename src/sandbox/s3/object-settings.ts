import { aclAskedFor, aclMarkup, checkAcl } from './acl.ts'
import { invalidArgument, noContent, xml } from './answers.ts'
import type { Handler, S3Call } from './call.ts'
import { checksumElement } from './checksum.ts'
import type { Attributes, StoredObject } from './index.ts'
import { checkLockable, eventHoldMarkup, held, isHeld, isWeaker, type Lock, retentionIn } from './lock.ts'
import { mayBypass } from './deletion.ts'
import { findObject, versionHeaders } from './version.ts'
import { tagSetMarkup, tagsInDocument } from './tags.ts'
import { element, field, malformedXml, onlyChildren, parseDocument, textOf } from './xml.ts'
import { AwsError } from '../contracts/service.ts'

/** Changes attributes of an object in place; its body, ETag and time of modification stay. */
export function changeAttributes(call: S3Call, object: StoredObject, attributes: Partial<Attributes>): void {
  const { state, bucket, key } = call
  const changed = { ...object, attributes: { ...object.attributes, ...attributes } }
  const current = state.index.get(bucket.name, key)
  if (current?.versionId === object.versionId) {
    state.index.put(changed)
    return
  }
  state.index.updateVersion(changed)
}

const getTagging: Handler = (call) => {
  const object = findObject(call, true)
  return xml('Tagging', tagSetMarkup(object.attributes.tags), versionHeaders(call, object))
}

const putTagging: Handler = async (call) => {
  const tags = tagsInDocument(await call.request.buffer(), 'object')
  const object = findObject(call, true)
  changeAttributes(call, object, { tags })
  return { status: 200, headers: versionHeaders(call, object) }
}

const deleteTagging: Handler = (call) => {
  const object = findObject(call, true)
  changeAttributes(call, object, { tags: [] })
  return noContent(versionHeaders(call, object))
}

const getAcl: Handler = (call) => {
  const { state, bucket } = call
  const object = findObject(call)
  const { owner = state.buckets.owner } = object.attributes
  const markup =
    bucket.ownership === 'BucketOwnerEnforced'
      ? aclMarkup(state.buckets.owner, { acl: 'private' })
      : aclMarkup(owner, object.attributes)
  return xml('AccessControlPolicy', markup, versionHeaders(call, object))
}

const putAcl: Handler = async (call) => {
  const { owner } = call.state.buckets
  const asked = checkAcl(await aclAskedFor(call.request, 'object', owner), call.bucket, owner)
  const object = findObject(call, true)
  const others = { ...object.attributes }
  delete others.grants
  changeAttributes(call, { ...object, attributes: others }, asked)
  return { status: 200, headers: versionHeaders(call, object) }
}

const attributeNames = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize']

const getAttributes: Handler = (call) => {
  const asked = call.request.headers['x-amz-object-attributes'] ?? ''
  if (asked.trim() === '') {
    const message =
      'The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty'
    throw new AwsError(400, 'InvalidRequest', message)
  }
  const wanted = new Set(asked.split(',').map((name) => name.trim()))
  if (![...wanted].every((name) => attributeNames.includes(name))) {
    throw invalidArgument('Invalid attribute name specified.', 'x-amz-object-attributes', asked)
  }
  const object = findObject(call)
  const { checksum, parts } = object.attributes
  return xml(
    'GetObjectAttributesResponse',
    (wanted.has('ETag') ? field('ETag', object.etag) : '') +
      (wanted.has('Checksum') && checksum !== undefined
        ? element(
            'Checksum',
            field(checksumElement(checksum.algorithm), checksum.value) + field('ChecksumType', checksum.type),
          )
        : '') +
      (wanted.has('ObjectParts') && parts !== undefined
        ? element('ObjectParts', field('PartsCount', parts.length) + field('IsTruncated', false))
        : '') +
      (wanted.has('StorageClass') ? field('StorageClass', object.storageClass) : '') +
      (wanted.has('ObjectSize') ? field('ObjectSize', object.size) : ''),
    { 'last-modified': new Date(object.modified).toUTCString(), ...versionHeaders(call, object) },
  )
}

const noLock = (): AwsError =>
  new AwsError(404, 'NoSuchObjectLockConfiguration', 'The specified object does not have a ObjectLock configuration')

const getRetention: Handler = (call) => {
  checkLockable(call.bucket)
  const { lock } = findObject(call).attributes
  if (lock?.until === undefined && lock?.eventHold === undefined) throw noLock()
  const retention = field('Mode', lock.mode) + field('RetainUntilDate', lock.until)
  return xml('Retention', retention + eventHoldMarkup(lock.eventHold))
}

const putRetention: Handler = async (call) => {
  checkLockable(call.bucket)
  const now = call.state.context.now()
  const retention = retentionIn(parseDocument(await call.request.buffer(), 'Retention'), now)
  const object = findObject(call)
  const { lock } = object.attributes
  if (isWeaker(retention, lock) && isHeld(lock, now, mayBypass(call))) throw held()
  const others: Lock = { ...lock }
  delete others.mode
  delete others.until
  changeAttributes(call, object, { lock: { ...others, ...retention } })
  return { status: 200 }
}

const getLegalHold: Handler = (call) => {
  checkLockable(call.bucket)
  const { lock } = findObject(call).attributes
  if (lock?.legalHold === undefined) throw noLock()
  return xml('LegalHold', field('Status', lock.legalHold ? 'ON' : 'OFF'))
}

const putLegalHold: Handler = async (call) => {
  checkLockable(call.bucket)
  const root = parseDocument(await call.request.buffer(), 'LegalHold')
  onlyChildren(root, ['Status'])
  const status = textOf(root, 'Status')
  if (status !== 'ON' && status !== 'OFF') throw malformedXml()
  const object = findObject(call)
  changeAttributes(call, object, { lock: { ...object.attributes.lock, legalHold: status === 'ON' } })
  return { status: 200 }
}

/** Tags, ACL, lock and the attributes of an object. */
export const objectSettingOperations: Readonly<Record<string, Handler>> = {
  GetObjectTagging: getTagging,
  PutObjectTagging: putTagging,
  DeleteObjectTagging: deleteTagging,
  GetObjectAcl: getAcl,
  PutObjectAcl: putAcl,
  GetObjectAttributes: getAttributes,
  GetObjectRetention: getRetention,
  PutObjectRetention: putRetention,
  GetObjectLegalHold: getLegalHold,
  PutObjectLegalHold: putLegalHold,
}
