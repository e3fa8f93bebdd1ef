import { invalidArgument, isoTime, xml } from './answers.ts'
import type { Handler, S3Call } from './call.ts'
import { groupedPage } from './grouped-page.ts'
import type { StoredObject } from './index.ts'
import {
  after,
  commonPrefixes,
  compareUtf8,
  type Encoding,
  encodingOf,
  limitOf,
  ownerMarkup,
  pageLimit,
} from './list.ts'
import { invalidVersion, isVersionId } from './version.ts'
import { element, field } from './xml.ts'

type Version = StoredObject & { marker: boolean; latest: boolean }

/** All versions and delete markers, newest first within a key; each counts, as does each common prefix. */
export const listObjectVersions: Handler = (call) => {
  const { request, bucket } = call
  const { query } = request
  const encoding = encodingOf(call)
  const limit = Math.min(limitOf(call, 'max-keys'), pageLimit)
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const keyMarker = query.get('key-marker') ?? ''
  const idMarker = versionMarkerIn(query, keyMarker)
  const found = versionsAfter(call, prefix, keyMarker, idMarker)
  const page = groupedPage(found, { prefix, delimiter, keyMarker, limit })
  const { last } = page
  const next = page.truncated ? (typeof last === 'string' ? last : last?.key) : undefined
  return xml(
    'ListVersionsResult',
    field('Name', bucket.name) +
      `<Prefix>${encoding.encode(prefix)}</Prefix><KeyMarker>${encoding.encode(keyMarker)}</KeyMarker>` +
      field('VersionIdMarker', idMarker ?? '') +
      (next === undefined ? '' : `<NextKeyMarker>${encoding.encode(next)}</NextKeyMarker>`) +
      field('NextVersionIdMarker', page.truncated && typeof last === 'object' ? last.versionId : undefined) +
      field('MaxKeys', limit) +
      (delimiter === '' ? '' : `<Delimiter>${encoding.encode(delimiter)}</Delimiter>`) +
      field('EncodingType', encoding.type) +
      field('IsTruncated', page.truncated) +
      page.items.map((version) => versionMarkup(call, version, encoding)).join('') +
      commonPrefixes(page.prefixes, encoding),
  )
}

/** Throws InvalidArgument for a marker without a key, or that is no version's. */
function versionMarkerIn(query: URLSearchParams, keyMarker: string): string | undefined {
  const name = 'version-id-marker'
  const marker = query.get(name)
  if (marker === null) return undefined
  if (marker === '') throw invalidArgument('A version-id marker cannot be empty.', name, marker)
  if (keyMarker === '') {
    throw invalidArgument('A version-id marker cannot be specified without a key marker.', name, marker)
  }
  if (!isVersionId(marker)) throw invalidVersion(marker)
  return marker
}

/** Of a key that is marked with a version, the versions behind that one; then all of the keys behind it. */
function* versionsAfter(
  call: S3Call,
  prefix: string,
  keyMarker: string,
  idMarker: string | undefined,
): Generator<Version> {
  const { state, bucket } = call
  if (idMarker !== undefined && keyMarker.startsWith(prefix)) {
    const versions = versionsOf(call, keyMarker)
    const at = versions.findIndex(({ versionId }) => versionId === idMarker)
    if (at !== -1) yield* versions.slice(at + 1)
  }
  let from = keyMarker === '' ? prefix : after(keyMarker)
  if (compareUtf8(from, prefix) < 0) from = prefix
  for (;;) {
    const keys = state.index.keysWithVersions(bucket.name, from, pageLimit)
    for (const key of keys) {
      if (!key.startsWith(prefix)) return
      yield* versionsOf(call, key)
    }
    const last = keys.at(-1)
    if (last === undefined) return
    from = after(last)
  }
}

function versionsOf({ state, bucket }: S3Call, key: string): Version[] {
  const current = state.index.get(bucket.name, key)
  const older = state.index.versions(bucket.name, key)
  const all = current === undefined ? older : [{ ...current, marker: false }, ...older]
  return all.map((version, index) => ({ ...version, latest: index === 0 }))
}

function versionMarkup(call: S3Call, version: Version, { encode }: Encoding): string {
  const common =
    `<Key>${encode(version.key)}</Key>` +
    field('VersionId', version.versionId) +
    field('IsLatest', version.latest) +
    field('LastModified', isoTime(version.modified))
  if (version.marker) return element('DeleteMarker', common + ownerMarkup(call))
  return element(
    'Version',
    common +
      `<ETag>&quot;${version.etag}&quot;</ETag><Size>${version.size}</Size>${ownerMarkup(call)}` +
      field('StorageClass', version.storageClass),
  )
}
