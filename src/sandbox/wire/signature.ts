/** Signature Version 4, calculated: "Create a signed AWS API request", IAM User Guide. */
import { createHash, createHmac } from 'node:crypto'

/** A request as it came over the wire; nothing decoded. */
export interface WireRequest {
  method: string
  rawPath: string
  /** Without the question mark. */
  rawQuery: string
  /** Lower-case names; values of repeated headers joined with a comma. */
  headers: Readonly<Record<string, string>>
}

export const algorithm = 'AWS4-HMAC-SHA256'

export const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest()

/** `YYYYMMDDTHHMMSSZ` of milliseconds since the epoch. */
export const stampOf = (instant: number): string => new Date(instant).toISOString().replace(/[-:]|\.\d+/g, '')

/** Those that were last asked for: a client signs all requests of a day to a service with one. */
const signingKeys = new Map<string, Buffer>()
const mostSigningKeys = 100

export function signingKeyOf(secret: string, date: string, region: string, service: string): Buffer {
  const id = JSON.stringify([secret, date, region, service])
  const known = signingKeys.get(id)
  if (known !== undefined) return known
  const key = [date, region, service, 'aws4_request'].reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`))
  if (signingKeys.size === mostSigningKeys) signingKeys.clear()
  signingKeys.set(id, key)
  return key
}

/** The canonical request: "Create a signed AWS API request" in the IAM User Guide, step 1. */
export function canonicalRequest(
  request: WireRequest,
  signature: { readonly service: string; readonly signedHeaders: readonly string[] },
  payloadHash: string,
): string {
  const headers = signature.signedHeaders.map((name) => {
    const value = request.headers[name] ?? ''
    return `${name}:${value.trim().replace(/ +/g, ' ')}\n`
  })
  return [
    request.method,
    signature.service === 's3' ? s3Path(request.rawPath) : doublyEncodedPath(request.rawPath),
    canonicalQuery(request.rawQuery),
    headers.join(''),
    signature.signedHeaders.join(';'),
    payloadHash,
  ].join('\n')
}

/** RFC 3986, with `%` and upper-case hex for all but the unreserved characters. */
export const uriEncode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

/** Decodes what can be decoded; a malformed escape stands for itself. */
function uriDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** S3 signs the path of the key as it is, every character encoded once. */
const s3Path = (rawPath: string): string =>
  rawPath
    .split('/')
    .map((segment) => uriEncode(uriDecode(segment)))
    .join('/')

/** All other services sign the normalised path with what was sent encoded once more. */
function doublyEncodedPath(rawPath: string): string {
  const segments: string[] = []
  for (const segment of rawPath.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') segments.pop()
    else segments.push(uriEncode(segment))
  }
  const slash = segments.length > 0 && rawPath.endsWith('/') ? '/' : ''
  return `/${segments.join('/')}${slash}`
}

function canonicalQuery(rawQuery: string): string {
  const decode = (text: string): string => uriEncode(uriDecode(text.replaceAll('+', '%20')))
  const pairs = rawQuery
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=')
      return at < 0 ? [decode(pair), ''] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))]
    })
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name = '', value = '']) => `${name}=${value}`)
  // By name, then by value: the encoded "=" sorts as any other character would, so compare the two apart.
  return pairs.sort((a, b) => compareParameters(a, b)).join('&')
}

function compareParameters(a: string, b: string): number {
  const [nameA = '', valueA = ''] = a.split('=')
  const [nameB = '', valueB = ''] = b.split('=')
  if (nameA !== nameB) return nameA < nameB ? -1 : 1
  return valueA < valueB ? -1 : Number(valueA > valueB)
}

/** The signature of a canonical request. */
export const signatureOf = (key: Buffer, timestamp: string, scope: string, canonical: string): Buffer =>
  hmac(key, [algorithm, timestamp, scope, sha256(canonical)].join('\n'))

/** The next signature in the chain of a streamed body: "Signature calculations for … chunked uploads", S3 API reference. */
export function chainSignature(
  key: Buffer,
  word: 'PAYLOAD' | 'TRAILER',
  parts: { timestamp: string; scope: string; previous: string; hashes: readonly string[] },
): string {
  const text = [`${algorithm}-${word}`, parts.timestamp, parts.scope, parts.previous, ...parts.hashes].join('\n')
  return hmac(key, text).toString('hex')
}
