/**
 * The manifest of an inventory, which names the files that the list is in.
 *
 * Source: Amazon S3 User Guide, "Locating your inventory list" and "Amazon S3 Inventory list".
 */
import { parseArn } from '../../aws/arns.ts'
import { isObject, type JsonObject } from '../../json-object.ts'
import { messageOf } from '../../errors.ts'
import { type InventoryPlace, unusable } from './place.ts'

export interface Inventory {
  /** When S3 began with it, in milliseconds since the epoch; undefined: it does not say. */
  readonly begun: number | undefined
  readonly columns: InventoryColumns
  readonly files: readonly InventoryFile[]
}

/** Where in a row stands what is wanted of it, from 0. */
export interface InventoryColumns {
  readonly bucket: number
  readonly key: number
  /** Only where all versions are listed. */
  readonly isLatest: number | undefined
  readonly isDeleteMarker: number | undefined
}

export interface InventoryFile {
  readonly key: string
  /** Bytes. */
  readonly size: number
  /** MD5 in hex, lower case. */
  readonly md5: string
}

/** Pure. Throws CtlError (usage) for an inventory that is not of the bucket, or not in CSV; (failed) for what is no manifest. */
export function readManifest(text: string, place: InventoryPlace, bucket: string): Inventory {
  const manifest = parsed(text, place)
  const [source, target] = [manifest['sourceBucket'], bucketIn(manifest['destinationBucket'])]
  if (typeof source !== 'string' || source === '') throw unusable(place, 'its manifest names no sourceBucket')
  if (source !== bucket) {
    throw unusable(place, `it is of the bucket ${JSON.stringify(source)}, and not of ${bucket}`, { failure: 'usage' })
  }
  if (target !== place.bucket) {
    throw unusable(place, `its files are in ${target === undefined ? 'no bucket' : `the bucket ${target}`}`, {
      failure: 'usage',
      hint: ['Give the manifest where S3 has written it: a copy elsewhere is of no use.'],
    })
  }
  return {
    begun: begunAt(manifest['creationTimestamp']),
    columns: columnsIn(manifest, place),
    files: filesIn(manifest['files'], place),
  }
}

function parsed(text: string, place: InventoryPlace): JsonObject {
  try {
    const manifest: unknown = JSON.parse(text)
    if (isObject(manifest)) return manifest
  } catch (error) {
    throw unusable(place, `its manifest is no JSON: ${messageOf(error)}`, { cause: error })
  }
  throw unusable(place, 'its manifest is no object of JSON')
}

/** It is told as an ARN; what began before that as a name. */
function bucketIn(told: unknown): string | undefined {
  if (typeof told !== 'string' || told === '') return undefined
  const { service, resource } = parseArn(told) ?? {}
  return service === 's3' ? resource : told.startsWith('arn:') ? undefined : told
}

function begunAt(told: unknown): number | undefined {
  const milliseconds = typeof told === 'string' || typeof told === 'number' ? Number(told) : NaN
  return Number.isSafeInteger(milliseconds) && milliseconds > 0 && milliseconds < 8.64e15 ? milliseconds : undefined
}

function columnsIn({ fileFormat, fileSchema }: JsonObject, place: InventoryPlace): InventoryColumns {
  if (fileFormat !== 'CSV') {
    throw unusable(place, `its files are ${typeof fileFormat === 'string' ? fileFormat : 'of no known format'}`, {
      failure: 'usage',
      hint: ['Only CSV can be read here: have the bucket write another inventory with that as its output format.'],
    })
  }
  const names = typeof fileSchema === 'string' ? fileSchema.split(',').map((name) => name.trim()) : []
  const columnOf = (name: string): number | undefined => {
    const at = names.indexOf(name)
    return at === -1 ? undefined : at
  }
  const [ofBucket, ofKey] = [columnOf('Bucket'), columnOf('Key')]
  if (ofBucket === undefined || ofKey === undefined || names.length > mostColumns) {
    throw unusable(place, 'the fileSchema of its manifest has no Bucket and Key')
  }
  return { bucket: ofBucket, key: ofKey, isLatest: columnOf('IsLatest'), isDeleteMarker: columnOf('IsDeleteMarker') }
}

const mostColumns = 100

function filesIn(told: unknown, place: InventoryPlace): InventoryFile[] {
  if (!Array.isArray(told)) throw unusable(place, 'its manifest names no files')
  return told.map((file: unknown, index) => {
    const { key, size, MD5checksum: md5 } = isObject(file) ? file : {}
    if (typeof key === 'string' && key !== '' && typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) {
      if (typeof md5 === 'string' && /^[\da-f]{32}$/i.test(md5)) return { key, size, md5: md5.toLowerCase() }
    }
    throw unusable(place, `file ${index + 1} of its manifest has no key, size and MD5checksum`)
  })
}
