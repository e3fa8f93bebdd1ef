import type { StoredObject } from './index.ts'
import { AwsError, type AwsRequest } from '../contracts/service.ts'

type Headers = Readonly<Record<string, string>>

/** Does an If-Match or If-None-Match list hold this ETag (weak comparison; quotes may be missing)? */
const listsEtag = (list: string, etag: string): boolean =>
  list
    .split(',')
    .map((item) => item.trim().replace(/^W\//, '').replaceAll('"', ''))
    .some((item) => item === '*' || item === etag)

const failed = (condition: string): AwsError =>
  new AwsError(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    fields: { Condition: condition },
  })

const secondsOf = (date: string | undefined): number | undefined => {
  const time = date === undefined ? NaN : Date.parse(date)
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000) * 1000
}

/**
 * Conditions of a read (RFC 9110, 13.2.2; as S3 documents them for GetObject). Returns false if the answer is 304;
 * throws PreconditionFailed.
 */
export function meetsReadConditions(headers: Headers, object: StoredObject): boolean {
  const match = headers['if-match']
  const noneMatch = headers['if-none-match']
  if (match !== undefined) {
    if (!listsEtag(match, object.etag)) throw failed('If-Match')
  } else {
    const unmodifiedSince = secondsOf(headers['if-unmodified-since'])
    if (unmodifiedSince !== undefined && object.modified > unmodifiedSince) throw failed('If-Unmodified-Since')
  }
  if (noneMatch !== undefined) return !listsEtag(noneMatch, object.etag)
  const modifiedSince = secondsOf(headers['if-modified-since'])
  return modifiedSince === undefined || object.modified > modifiedSince
}

/** Conditions on the source of a copy. Throws PreconditionFailed. */
export function checkCopyConditions(headers: Headers, source: StoredObject): void {
  const match = headers['x-amz-copy-source-if-match']
  const noneMatch = headers['x-amz-copy-source-if-none-match']
  const unmodifiedSince = secondsOf(headers['x-amz-copy-source-if-unmodified-since'])
  const modifiedSince = secondsOf(headers['x-amz-copy-source-if-modified-since'])
  if (match !== undefined && !listsEtag(match, source.etag)) throw failed('x-amz-copy-source-If-Match')
  if (noneMatch !== undefined && listsEtag(noneMatch, source.etag)) throw failed('x-amz-copy-source-If-None-Match')
  if (match === undefined && unmodifiedSince !== undefined && source.modified > unmodifiedSince) {
    throw failed('x-amz-copy-source-If-Unmodified-Since')
  }
  if (noneMatch === undefined && modifiedSince !== undefined && source.modified <= modifiedSince) {
    throw failed('x-amz-copy-source-If-Modified-Since')
  }
}

const notAccepted = (header: string, additionalMessage: string): AwsError =>
  new AwsError(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented', {
    fields: { Header: header, additionalMessage },
  })

/**
 * Conditions of a write: If-None-Match: *, If-Match: ETag; of a deletion If-Match alone, which may be `*`. Throws
 * PreconditionFailed, NotImplemented, NoSuchKey. Source: S3 User Guide, "Add preconditions to S3 operations".
 */
export function checkWriteConditions(
  { headers }: AwsRequest,
  current: StoredObject | undefined,
  key: string,
  kind: 'write' | 'delete' = 'write',
): void {
  const match = headers['if-match']
  const noneMatch = headers['if-none-match']
  if (match !== undefined && noneMatch !== undefined) {
    throw notAccepted('If-Match,If-None-Match', 'Multiple conditional request headers present in the request')
  }
  if (noneMatch !== undefined) {
    if (noneMatch !== '*') {
      throw notAccepted('If-None-Match', "We don't accept the provided value of If-None-Match header for this API")
    }
    if (current !== undefined) throw failed('If-None-Match')
  }
  if (match === undefined) return
  if (match === '*' && kind === 'write') {
    throw notAccepted('If-Match', "We don't accept the provided value of If-Match header for this API")
  }
  requireMatch(match, current, key)
}

/** Throws NoSuchKey, PreconditionFailed unless the object is there with this ETag. */
export function requireMatch(etag: string, current: StoredObject | undefined, key: string): void {
  if (current === undefined) throw noSuchKey(key)
  if (!listsEtag(etag, current.etag)) throw failed('If-Match')
}

export const noSuchKey = (key: string): AwsError =>
  new AwsError(404, 'NoSuchKey', 'The specified key does not exist.', { fields: { Key: key } })

/** First and last byte, both inclusive. */
export interface ByteRange {
  start: number
  end: number
}

/**
 * The range that a Range header asks for; undefined where it is missing, of another unit or malformed, and where it
 * asks for several ranges (S3 then sends the whole object). Throws InvalidRange (416).
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  if (match === null || (match[1] === '' && match[2] === '')) return undefined
  const [, first = '', last = ''] = match
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (first !== '' && last !== '' && Number(last) < start) return undefined
  if (start >= size || (first === '' && Number(last) === 0)) {
    throw new AwsError(416, 'InvalidRange', 'The requested range is not satisfiable', {
      fields: { RangeRequested: header ?? '', ActualObjectSize: String(size) },
      headers: { 'content-range': `bytes */${size}` },
    })
  }
  return { start, end }
}
