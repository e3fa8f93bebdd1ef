import { noContent, notModelled, wholeSeconds, xml } from './answers.ts'
import type { Handler, S3Call } from './call.ts'
import { checkWriteConditions, requireMatch } from './conditions.ts'
import type { StoredObject } from './index.ts'
import { held, isHeld } from './lock.ts'
import { arnOf } from './route.ts'
import { dropNullVersion, invalidVersion, isVersionId, newVersionId, versionIdIn } from './version.ts'
import { childrenOf, element, field, malformedXml, onlyChildren, parseDocument, requiredText, textOf } from './xml.ts'
import type { XmlElement } from '../contracts/xml-document.ts'
import { AwsError } from '../contracts/service.ts'

/** Deletes the current object, or the version that is named. Returns what DeleteObject answers in headers. */
function remove(call: S3Call, versionId: string | undefined): { versionId?: string; marker?: boolean } {
  const { state, bucket, key } = call
  const current = state.index.get(bucket.name, key)
  if (versionId !== undefined) return removeVersion(call, versionId)
  if (bucket.versioning === undefined) {
    if (current !== undefined) state.index.delete(bucket.name, key)
    state.bodies.remove(current?.body)
    return {}
  }
  const marker: StoredObject = {
    bucket: bucket.name,
    key,
    versionId: bucket.versioning === 'Enabled' ? newVersionId() : 'null',
    size: 0,
    etag: '',
    modified: wholeSeconds(state.context.now()),
    storageClass: 'STANDARD',
    body: undefined,
    attributes: { headers: {}, metadata: {}, tags: [], encryption: { algorithm: 'AES256' }, acl: 'private' },
  }
  const removed: (string | undefined)[] = []
  state.index.transaction(() => {
    if (marker.versionId === 'null') removed.push(...dropNullVersion(call))
    if (current !== undefined) {
      if (current.versionId === marker.versionId) removed.push(current.body)
      else state.index.putVersion(current, false)
      state.index.delete(bucket.name, key)
    }
    state.index.putVersion(marker, true)
  })
  for (const body of removed) state.bodies.remove(body)
  return { versionId: marker.versionId, marker: true }
}

function removeVersion(call: S3Call, versionId: string): { versionId: string; marker?: boolean } {
  const { state, bucket, key } = call
  const current = state.index.get(bucket.name, key)
  const versions = state.index.versions(bucket.name, key)
  const found = current?.versionId === versionId ? current : versions.find((version) => version.versionId === versionId)
  if (found === undefined) return { versionId }
  const { lock } = found.attributes
  if (lock?.legalHold === true || lock?.eventHold !== undefined || isHeld(lock, state.context.now(), mayBypass(call)))
    throw held()
  state.index.transaction(() => {
    if (found === current) state.index.delete(bucket.name, key)
    else state.index.deleteVersion(bucket.name, key, versionId)
    // What was the newest version but one becomes the current object.
    const next = versions.find((version) => version.versionId !== versionId)
    if (state.index.get(bucket.name, key) === undefined && next !== undefined && !next.marker) {
      state.index.deleteVersion(bucket.name, key, next.versionId)
      state.index.put(next)
    }
  })
  state.bodies.remove(found.body)
  return { versionId, ...('marker' in found && found.marker ? { marker: true } : {}) }
}

/** Is GOVERNANCE retention to be passed over, by somebody who may? Throws AccessDenied for those who may not. */
export function mayBypass({ state, request, bucket, key }: S3Call): boolean {
  if (request.headers['x-amz-bypass-governance-retention']?.toLowerCase() !== 'true') return false
  state.access.check(request, bucket, 's3:BypassGovernanceRetention', arnOf({ bucket: bucket.name, key }))
  return true
}

const deleteObject: Handler = (call) => {
  const { request, state, bucket, key } = call
  const asked = versionIdIn(request)
  if (asked !== undefined && !isKnownVersion(call, asked)) throw invalidVersion(asked)
  if (request.headers['if-match'] !== undefined) {
    checkWriteConditions(request, state.index.get(bucket.name, key), key, 'delete')
  }
  const { versionId, marker } = remove(call, asked)
  return noContent({
    ...(versionId === undefined ? {} : { 'x-amz-version-id': versionId }),
    ...(marker === true ? { 'x-amz-delete-marker': 'true' } : {}),
  })
}

/** An id that is a version's, or may have been one's. */
const isKnownVersion = ({ state, bucket, key }: S3Call, versionId: string): boolean =>
  isVersionId(versionId) ||
  state.index.get(bucket.name, key)?.versionId === versionId ||
  state.index.versions(bucket.name, key).some((version) => version.versionId === versionId)

/** "The request contains a list of up to 1000 keys" (API reference, DeleteObjects). */
const mostKeys = 1000

const deleteObjects: Handler = async (call) => {
  const root = parseDocument(await call.request.buffer(), 'Delete')
  const objects = childrenOf(root, 'Object')
  const others = root.children.filter(({ name }) => name !== 'Object')
  if (objects.length === 0 || objects.length > mostKeys || others.some(({ name }) => name !== 'Quiet')) {
    throw malformedXml()
  }
  const quiet = textOf(root, 'Quiet')?.toLowerCase() === 'true'
  const results = objects.map((object) => deleteOne(call, object, quiet))
  return xml('DeleteResult', results.join(''))
}

function deleteOne(call: S3Call, object: XmlElement, quiet: boolean): string {
  const { request, state, bucket } = call
  for (const name of ['LastModifiedTime', 'Size']) {
    if (object.children.some((child) => child.name === name)) throw notModelled(`the element ${name} of DeleteObjects`)
  }
  onlyChildren(object, ['Key', 'VersionId', 'ETag'])
  const key = requiredText(object, 'Key')
  if (key === '') throw malformedXml()
  const asked = textOf(object, 'VersionId')
  const etag = textOf(object, 'ETag')
  const one = { ...call, key }
  try {
    const action = asked === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion'
    state.access.check(request, bucket, action, arnOf({ bucket: bucket.name, key }))
    if (asked !== undefined && !isKnownVersion(one, asked)) {
      throw new AwsError(404, 'NoSuchVersion', 'The specified version does not exist.')
    }
    if (etag !== undefined) requireMatch(etag, state.index.get(bucket.name, key), key)
    const { versionId, marker } = remove(one, asked)
    if (quiet) return ''
    const markup =
      field('VersionId', asked) +
      (marker === true ? field('DeleteMarker', true) + field('DeleteMarkerVersionId', versionId) : '')
    return element('Deleted', field('Key', key) + markup)
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    const { code, message } = error
    return element(
      'Error',
      field('Key', key) + field('VersionId', asked) + field('Code', code) + field('Message', message),
    )
  }
}

export const deletionOperations: Readonly<Record<string, Handler>> = {
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
}
