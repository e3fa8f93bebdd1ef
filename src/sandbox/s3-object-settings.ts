import { checkTags } from './s3-attributes.ts'
import { aclAskedFor, aclMarkup } from './s3-bucket.ts'
import { type Handler, noContent, type S3Call, xml } from './s3-call.ts'
import { checksumElement } from './s3-checksum.ts'
import type { Attributes, StoredObject } from './s3-index.ts'
import { findObject, versionHeaders } from './s3-object.ts'
import { childOf, childrenOf, element, field, parseDocument, requiredText, textOf } from './s3-xml.ts'
import { AwsError } from './service.ts'

/** Changes attributes of an object in place; its body, ETag and time of modification stay. */
function change(call: S3Call, object: StoredObject, attributes: Partial<Attributes>): void {
  const { state, bucket, key } = call
  const changed = { ...object, attributes: { ...object.attributes, ...attributes } }
  const current = state.index.get(bucket.name, key)
  if (current?.versionId === object.versionId) {
    state.index.put(changed)
    return
  }
  state.index.transaction(() => {
    state.index.deleteVersion(bucket.name, key, object.versionId)
    state.index.putVersion(changed, false)
  })
}

const getTagging: Handler = (call) => {
  const object = findObject(call)
  const tags = object.attributes.tags.map(([key, value]) => element('Tag', field('Key', key) + field('Value', value)))
  return xml('Tagging', element('TagSet', tags.join('')), versionHeaders(call, object))
}

const putTagging: Handler = async (call) => {
  const root = parseDocument(await call.request.buffer(), 'Tagging')
  const set = childOf(root, 'TagSet')
  const tags = (set === undefined ? [] : childrenOf(set, 'Tag')).map((tag): [string, string] => [
    requiredText(tag, 'Key'),
    requiredText(tag, 'Value'),
  ])
  const object = findObject(call)
  change(call, object, { tags: checkTags(tags) })
  return { status: 200, headers: versionHeaders(call, object) }
}

const deleteTagging: Handler = (call) => {
  const object = findObject(call)
  change(call, object, { tags: [] })
  return noContent(versionHeaders(call, object))
}

const getAcl: Handler = (call) => {
  const { state, bucket } = call
  const object = findObject(call)
  const { acl, grants, owner = state.buckets.owner } = object.attributes
  const markup =
    bucket.ownership === 'BucketOwnerEnforced'
      ? aclMarkup(state.buckets.owner, 'private')
      : aclMarkup(owner, acl, grants)
  return xml('AccessControlPolicy', markup, versionHeaders(call, object))
}

const putAcl: Handler = async (call) => {
  const acl = await aclAskedFor(call.request, call.bucket)
  const object = findObject(call)
  change(call, object, { acl })
  return { status: 200, headers: versionHeaders(call, object) }
}

const getAttributes: Handler = (call) => {
  const object = findObject(call)
  const wanted = new Set((call.request.headers['x-amz-object-attributes'] ?? '').split(',').map((name) => name.trim()))
  const known = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize']
  if (![...wanted].every((name) => known.includes(name))) {
    throw new AwsError(400, 'InvalidArgument', 'Invalid attribute name specified.', {
      fields: { ArgumentName: 'x-amz-object-attributes' },
    })
  }
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

function checkLockable({ bucket }: S3Call): void {
  if (!bucket.objectLock) throw new AwsError(400, 'InvalidRequest', 'Bucket is missing Object Lock Configuration')
}

const noLock = (): AwsError =>
  new AwsError(404, 'NoSuchObjectLockConfiguration', 'The specified object does not have a ObjectLock configuration')

const getRetention: Handler = (call) => {
  checkLockable(call)
  const { lock } = findObject(call).attributes
  if (lock?.until === undefined) throw noLock()
  return xml('Retention', field('Mode', lock.mode) + field('RetainUntilDate', lock.until))
}

const putRetention: Handler = async (call) => {
  checkLockable(call)
  const root = parseDocument(await call.request.buffer(), 'Retention')
  const mode = textOf(root, 'Mode')
  const until = textOf(root, 'RetainUntilDate')
  const object = findObject(call)
  const { legalHold } = object.attributes.lock ?? {}
  change(call, object, {
    lock: {
      ...(legalHold === undefined ? {} : { legalHold }),
      ...(mode === undefined ? {} : { mode }),
      ...(until === undefined ? {} : { until }),
    },
  })
  return { status: 200 }
}

const getLegalHold: Handler = (call) => {
  checkLockable(call)
  const { lock } = findObject(call).attributes
  if (lock?.legalHold === undefined) throw noLock()
  return xml('LegalHold', field('Status', lock.legalHold ? 'ON' : 'OFF'))
}

const putLegalHold: Handler = async (call) => {
  checkLockable(call)
  const status = textOf(parseDocument(await call.request.buffer(), 'LegalHold'), 'Status')
  const object = findObject(call)
  change(call, object, { lock: { ...object.attributes.lock, legalHold: status === 'ON' } })
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
