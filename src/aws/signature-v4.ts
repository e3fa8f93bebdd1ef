import { createHmac, hash } from 'node:crypto'

/** What requests are signed with. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** Parameters by name, not percent-encoded; of a list each member is one. */
export type Query = Readonly<Record<string, string | readonly string[]>>

/** A request, before it is signed. */
export interface Unsigned {
  readonly method: string
  /** As it is sent: percent-encoded by {@link encodePath}. */
  readonly path: string
  readonly query: Query
  /** Names in lower case, `host` among them; values as bytes, each a character (Latin-1), as Node sends them. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
}

const hexOfNothing = hash('sha256', '')

/** Percent-encodes all but the unreserved characters of RFC 3986, which is what AWS signs. */
export const encodeComponent = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

/** As {@link encodeComponent}, with slashes kept. S3's keys are encoded once and never normalised. */
export const encodePath = (path: string): string => path.split('/').map(encodeComponent).join('/')

/** A query string in the order in which it is signed: by names, and by values where a name is repeated. */
export const encodeQuery = (query: Query): string =>
  Object.entries(query)
    .flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : value.map((one) => [name, one])))
    .map(([name = '', value = '']): [string, string] => [encodeComponent(name), encodeComponent(value)])
    .sort(([a, one], [b, other]) => (a < b || (a === b && one < other) ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')

/**
 * Signs requests to S3 (AWS General Reference, "Signature Version 4", with S3's own rules: the path is encoded once, and
 * the payload's hash is a header), or to a service whose path has nothing to encode. The SDK's signer takes several times
 * as long, which decides how many objects a second one core can rewrite.
 *
 * @returns the headers to send
 */
export function createRequestSigner(
  region: string,
  service = 's3',
): (request: Unsigned, credentials: Credentials, now: Date) => Record<string, string> {
  let cached: { id: string; sign: (text: string) => string } | undefined
  const signer = ({ secretAccessKey }: Credentials, day: string): ((text: string) => string) => {
    const id = `${day} ${secretAccessKey}`
    if (cached?.id !== id) {
      const key = [day, region, service, 'aws4_request'].reduce(hmac, Buffer.from(`AWS4${secretAccessKey}`))
      cached = { id, sign: hmacSha256(key) }
    }
    return cached.sign
  }
  return (request, credentials, now) => {
    const time = timeOf(now)
    const day = time.slice(0, 8)
    const headers = headersToSign(request, credentials, time)
    const { signed, digest } = canonical(request, headers, request.path)
    const scope = `${day}/${region}/${service}/aws4_request`
    const signature = signer(credentials, day)(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`)
    headers['authorization'] =
      `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`
    return headers
  }
}

/** The time of a signature, such as `20130524T000000Z`. */
export const timeOf = (now: Date): string => now.toISOString().replace(/[-:]|\.\d+/g, '')

/** All headers that are sent, and signed: those of the request, the payload's hash, the time, and the session. */
export const headersToSign = (
  { headers, body }: Unsigned,
  { sessionToken }: Credentials,
  time: string,
): Record<string, string> => ({
  ...headers,
  'x-amz-content-sha256': body === undefined ? hexOfNothing : hexHash(body),
  'x-amz-date': time,
  ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
})

/**
 * What both algorithms sign a request by: the hash of its canonical form.
 *
 * @param path - as it is signed: S3 has it encoded once, as it is sent; all other services once more
 * @returns also the names of the signed headers
 */
export function canonical(
  { method, query }: Unsigned,
  headers: Readonly<Record<string, string>>,
  path: string,
): { readonly signed: string; readonly digest: string } {
  const names = Object.keys(headers).sort()
  const signed = names.join(';')
  const text = [
    method,
    path,
    encodeQuery(query),
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ {2,}/g, ' ')}`),
    '',
    signed,
    headers['x-amz-content-sha256'],
  ].join('\n')
  return { signed, digest: hexHash(Buffer.from(text, 'latin1')) }
}

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const hexHash = (bytes: string | Uint8Array): string => hash('sha256', bytes, 'hex')

const block = 64
const digestBytes = 32

/**
 * HMAC with SHA-256 (RFC 2104) of many texts with one key. Node's Hmac leaves a native object of a kilobyte behind each
 * time, of which the garbage collector does not know how large it is: a million requests make hundreds of megabytes.
 *
 * @param key - at most 64 bytes
 * @returns the code of a text in UTF-8, in hex
 */
export function hmacSha256(key: Uint8Array): (text: string) => string {
  const padded = Buffer.alloc(block)
  padded.set(key)
  const inner = padded.map((byte) => byte ^ 0x36)
  const outer = Buffer.alloc(block + digestBytes)
  outer.set(padded.map((byte) => byte ^ 0x5c))
  return (text) => {
    outer.set(hash('sha256', Buffer.concat([inner, Buffer.from(text)]), 'buffer'), block)
    return hash('sha256', outer, 'hex')
  }
}
