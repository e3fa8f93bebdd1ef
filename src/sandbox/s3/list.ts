import { invalidArgument, isoTime, xml } from './answers.ts'
import type { Handler, S3Call } from './call.ts'
import type { ListedObject } from './index.ts'
import { element, escapeXml, field } from './xml.ts'

export const pageLimit = 1000

/** What a page of a listing is asked for. */
export interface ListQuery {
  prefix: string
  /** Empty: no grouping. */
  delimiter: string
  /** First key that may appear. */
  from: string
  /** A common prefix that the page before ended with, or that V1's marker names; not shown again. */
  skip: string | undefined
  limit: number
}

export interface ListPage {
  objects: ListedObject[]
  prefixes: string[]
  /** Where the next page begins, if there is one. */
  next: string | undefined
  /** The last key or common prefix shown. */
  last: string | undefined
}

/**
 * The least string, in UTF-8 binary order, that is greater than all strings beginning with `prefix`; undefined if
 * there is none.
 */
export function successorOf(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0)
  for (let point = points.pop(); point !== undefined; point = points.pop()) {
    if (point === 0x10ffff) continue
    // Surrogates are no characters of UTF-8.
    return String.fromCodePoint(...points, point === 0xd7ff ? 0xe000 : point + 1)
  }
  return undefined
}

/** The least string greater than `key`. */
export const after = (key: string): string => `${key}\u0000`

type ReadKeys = (from: string, to: string | undefined, limit: number) => ListedObject[]

/**
 * One page. A group of keys under a common prefix is not read through: the look-up after it starts behind the group.
 */
export function listPage(read: ReadKeys, query: ListQuery): ListPage {
  const { prefix, delimiter, limit, skip } = query
  const end = prefix === '' ? undefined : successorOf(prefix)
  const page: ListPage = { objects: [], prefixes: [], next: undefined, last: undefined }
  let from: string | undefined = compareUtf8(query.from, prefix) < 0 ? prefix : query.from
  let group: string | undefined
  while (from !== undefined) {
    const count: number = limit - page.objects.length - page.prefixes.length + 1
    const keys = read(from, end, count)
    for (const object of keys) {
      if (group !== undefined && object.key.startsWith(group)) continue
      const cut = delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length)
      group = cut === -1 ? undefined : object.key.slice(0, cut + delimiter.length)
      if (group !== undefined && group === skip) continue
      if (page.objects.length + page.prefixes.length === limit) return { ...page, next: object.key }
      if (group === undefined) page.objects.push(object)
      else page.prefixes.push(group)
      page.last = group ?? object.key
    }
    const lastKey = keys.at(-1)?.key
    if (lastKey === undefined || keys.length < count) return page
    from = group === undefined ? after(lastKey) : successorOf(group)
  }
  return page
}

/** Compares two strings in UTF-8 binary order. JavaScript's own order differs beyond the basic plane. */
export const compareUtf8 = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** `encoding-type=url`: percent-encoded, spaces as `+`, slashes kept. Most keys have nothing to encode. */
const encodeUrl = (text: string): string =>
  /^[\w./-]*$/.test(text)
    ? text
    : encodeURIComponent(text)
        .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
        .replaceAll('%2F', '/')
        .replaceAll('%20', '+')

export interface Encoding {
  type: string | undefined
  /** Text of an element that holds a key, prefix or delimiter. */
  encode: (text: string) => string
}

export function encodingOf({ request }: S3Call): Encoding {
  const type = request.query.get('encoding-type') ?? undefined
  if (type === undefined) return { type, encode: escapeXml }
  if (type !== 'url') throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', type)
  return { type, encode: encodeUrl }
}

/** `max-keys` and its like, or a marker that is a number. Throws InvalidArgument. */
export function limitOf({ request }: S3Call, name: string, otherwise = pageLimit): number {
  const text = request.query.get(name)
  if (text === null || text === '') return otherwise
  const limit = Number(text)
  if (!Number.isInteger(limit) || Math.abs(limit) > 2 ** 31 - 1) {
    throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, text)
  }
  if (limit < 0) throw invalidArgument(`Argument ${name} must be an integer between 0 and 2147483647`, name, text)
  return limit
}

const contents = (object: ListedObject, { encode }: Encoding, owner = ''): string =>
  `<Contents><Key>${encode(object.key)}</Key><LastModified>${isoTime(object.modified)}</LastModified>` +
  `<ETag>&quot;${object.etag}&quot;</ETag><Size>${object.size}</Size>${owner}` +
  `<StorageClass>${object.storageClass}</StorageClass></Contents>`

export const commonPrefixes = (prefixes: readonly string[], { encode }: Encoding): string =>
  prefixes.map((prefix) => `<CommonPrefixes><Prefix>${encode(prefix)}</Prefix></CommonPrefixes>`).join('')

function pageOf(call: S3Call, start: Pick<ListQuery, 'from' | 'skip'>): ListPage & { limit: number } {
  const { state, request, bucket } = call
  const limit = Math.min(limitOf(call, 'max-keys'), pageLimit)
  if (limit === 0) return { objects: [], prefixes: [], next: undefined, last: undefined, limit }
  const page = listPage((from, to, count) => state.index.list(bucket.name, from, to, count), {
    prefix: request.query.get('prefix') ?? '',
    delimiter: request.query.get('delimiter') ?? '',
    limit,
    ...start,
  })
  return { ...page, limit }
}

export const ownerMarkup = ({ state }: S3Call): string => element('Owner', field('ID', state.buckets.owner))

const listObjectsV2: Handler = (call) => {
  const { request, bucket } = call
  const { query } = request
  const encoding = encodingOf(call)
  const token = query.get('continuation-token')
  const startAfter = query.get('start-after')
  const from = token === null ? (startAfter === null ? '' : after(startAfter)) : readToken(token)
  const page = pageOf(call, { from, skip: token === null ? (startAfter ?? undefined) : undefined })
  const owner = query.get('fetch-owner') === 'true' ? ownerMarkup(call) : ''
  const optional = (name: string, text: string | null): string =>
    text === null ? '' : `<${name}>${encoding.encode(text)}</${name}>`
  return xml(
    'ListBucketResult',
    field('Name', bucket.name) +
      `<Prefix>${encoding.encode(query.get('prefix') ?? '')}</Prefix>` +
      optional('StartAfter', startAfter) +
      field('ContinuationToken', token ?? undefined) +
      field('NextContinuationToken', page.next === undefined ? undefined : writeToken(page.next)) +
      field('KeyCount', page.objects.length + page.prefixes.length) +
      field('MaxKeys', page.limit) +
      optional('Delimiter', query.get('delimiter')) +
      field('EncodingType', encoding.type) +
      field('IsTruncated', page.next !== undefined) +
      page.objects.map((object) => contents(object, encoding, owner)).join('') +
      commonPrefixes(page.prefixes, encoding),
  )
}

/** Continuation tokens are opaque: here the key that the next page begins with. */
const writeToken = (key: string): string => Buffer.from(`1${key}`).toString('base64')

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64').toString('utf8')
  if (token === '' || !text.startsWith('1')) {
    throw invalidArgument('The continuation token provided is incorrect', 'continuation-token')
  }
  return text.slice(1)
}

const listObjects: Handler = (call) => {
  const { request, bucket } = call
  const { query } = request
  const encoding = encodingOf(call)
  const marker = query.get('marker') ?? ''
  const page = pageOf(call, { from: marker === '' ? '' : after(marker), skip: marker === '' ? undefined : marker })
  const delimiter = query.get('delimiter')
  return xml(
    'ListBucketResult',
    field('Name', bucket.name) +
      `<Prefix>${encoding.encode(query.get('prefix') ?? '')}</Prefix><Marker>${encoding.encode(marker)}</Marker>` +
      // V1 tells the next marker only where keys are grouped; else it is the last key.
      (page.next === undefined || delimiter === null
        ? ''
        : `<NextMarker>${encoding.encode(page.last ?? '')}</NextMarker>`) +
      field('MaxKeys', page.limit) +
      (delimiter === null ? '' : `<Delimiter>${encoding.encode(delimiter)}</Delimiter>`) +
      field('EncodingType', encoding.type) +
      field('IsTruncated', page.next !== undefined) +
      page.objects.map((object) => contents(object, encoding, ownerMarkup(call))).join('') +
      commonPrefixes(page.prefixes, encoding),
  )
}

export const listOperations: Readonly<Record<string, Handler>> = {
  ListObjectsV2: listObjectsV2,
  ListObjects: listObjects,
}
