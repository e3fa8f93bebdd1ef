import { createHash, randomBytes } from 'node:crypto'

import { invalidArgument } from './answers.ts'
import type { S3Call } from './call.ts'
import { noSuchKey } from './conditions.ts'
import type { StoredObject } from './index.ts'
import { AwsError, type AwsRequest } from '../contracts/service.ts'

/**
 * Makes an object the current one of its key. Where versioning is enabled the former one stays as a version; else it
 * is replaced. Call without an `await` since the conditions were checked, so that nothing comes between.
 */
export function commit(call: S3Call, object: Omit<StoredObject, 'bucket' | 'key' | 'versionId'>): StoredObject {
  const { state, bucket, key } = call
  const enabled = bucket.versioning === 'Enabled'
  const stored = { ...object, bucket: bucket.name, key, versionId: enabled ? newVersionId() : 'null' }
  const former = state.index.get(bucket.name, key)
  const removed: (string | undefined)[] = []
  state.index.transaction(() => {
    if (former !== undefined && bucket.versioning !== undefined && (enabled || former.versionId !== 'null')) {
      state.index.putVersion(former, false)
    } else removed.push(former?.body)
    if (!enabled && bucket.versioning !== undefined) removed.push(...dropNullVersion(call))
    state.index.put(stored)
  })
  for (const body of removed) state.bodies.remove(body)
  return stored
}

export function dropNullVersion({ state, bucket, key }: S3Call): (string | undefined)[] {
  const former = state.index.versions(bucket.name, key).filter(({ versionId }) => versionId === 'null')
  state.index.deleteVersion(bucket.name, key, 'null')
  return former.map(({ body }) => body)
}

/** A random id with a checksum, so that one that S3 never gave out is told from one that is gone. */
export const newVersionId = (): string => {
  const random = randomBytes(20)
  return Buffer.concat([random, checkOf(random)]).toString('base64url')
}

const checkOf = (random: Buffer): Buffer => createHash('sha256').update(random).digest().subarray(0, 4)

/** Could this be the id of a version? */
export function isVersionId(id: string): boolean {
  const bytes = Buffer.from(id, 'base64url')
  return id === 'null' || (bytes.length === 24 && checkOf(bytes.subarray(0, 20)).equals(bytes.subarray(20)))
}

/** The version that a request names. Throws InvalidArgument for an id that is none. */
export function versionIdIn({ query }: AwsRequest): string | undefined {
  const id = query.get('versionId')
  if (id === null) return undefined
  if (id === '') throw invalidArgument('Version id cannot be the empty string', 'versionId', id)
  return id
}

export const invalidVersion = (id: string): AwsError => invalidArgument('Invalid version id specified', 'versionId', id)

export const versionHeaders = ({ bucket }: S3Call, object: StoredObject): Record<string, string> =>
  bucket.versioning === undefined ? {} : { 'x-amz-version-id': object.versionId }

/**
 * The object (or the version) that a request is about. Throws NoSuchKey, NoSuchVersion, InvalidArgument, or AccessDenied
 * instead of telling; MethodNotAllowed for a delete marker that is named, or where `refusesMarker` the latest.
 */
export function findObject(call: S3Call, refusesMarker = false): StoredObject {
  const { state, request, bucket, key } = call
  const versionId = versionIdIn(request)
  const current = state.index.get(bucket.name, key)
  if (versionId !== undefined) return findVersion(call, current, versionId)
  if (current !== undefined) return current
  // Whether a key exists is nothing that a caller who may not list the bucket is told.
  if (!state.access.mayList(request, bucket)) throw new AwsError(403, 'AccessDenied', 'Access Denied')
  const latest = state.index.versions(bucket.name, key)[0]
  const error = noSuchKey(key)
  if (latest?.marker !== true) throw error
  const headers = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': latest.versionId }
  throw refusesMarker
    ? markerRefused(request, headers)
    : new AwsError(404, error.code, error.message, { fields: error.fields, headers })
}

function findVersion(call: S3Call, current: StoredObject | undefined, versionId: string): StoredObject {
  const { state, request, bucket, key } = call
  if (current?.versionId === versionId) return current
  const found = state.index.versions(bucket.name, key).find((version) => version.versionId === versionId)
  if (found === undefined) {
    if (!isVersionId(versionId)) throw invalidVersion(versionId)
    throw new AwsError(404, 'NoSuchVersion', 'The specified version does not exist.', {
      fields: { Key: key, VersionId: versionId },
    })
  }
  if (!found.marker) return found
  throw markerRefused(request, {
    'x-amz-delete-marker': 'true',
    'last-modified': new Date(found.modified).toUTCString(),
  })
}

const markerRefused = ({ method }: AwsRequest, headers: Record<string, string>): AwsError =>
  new AwsError(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.', {
    fields: { Method: method, ResourceType: 'DeleteMarker' },
    headers,
  })
