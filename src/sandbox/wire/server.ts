import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createHash, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { isAsymmetric, verifyAsymmetric } from './asymmetric-check.ts'
import { unframe } from './aws-chunked.ts'
import { wordingOf } from './errors.ts'
import { AwsError, type AwsRequest, type AwsResponse, type Caller } from '../contracts/service.ts'
import { readSignature, verifySignature, type Secret, type Signature } from './signature-check.ts'
import { sha256, type WireRequest } from './signature.ts'

/** A request before anybody has looked at its signature. */
export interface Arrival extends WireRequest {
  requestId: string
  incoming: IncomingMessage
}

/** Thrown to break the connection without an answer. */
export class DroppedConnection extends Error {}

/**
 * AWS has these in us-east-1 only. A client that was given an endpoint does not know that and signs for its own region,
 * so any region's signature is taken.
 */
const globalServices = new Set(['iam', 'cloudfront', 'cloudfront-keyvaluestore'])

/** Bodies of all services but S3 are held in memory. */
const largestBody = 128 * 1024 * 1024

/**
 * An HTTP server on loopback. The handler's answers are written as they are; a {@link DroppedConnection} breaks the
 * connection; anything else it throws is the sandbox's own fault and answers 500.
 */
export async function listen(port: number, handle: (arrival: Arrival) => Promise<AwsResponse>): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    void serve(incoming, outgoing, handle)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return server
}

/** The port that a server listens on. */
export function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Stops listening and breaks the connections that are left. */
export async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

async function serve(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handle: (arrival: Arrival) => Promise<AwsResponse>,
): Promise<void> {
  // A client that goes away while it is answered is its own affair.
  outgoing.on('error', () => undefined)
  try {
    const response = await handle(arrivalOf(incoming))
    await write(incoming, outgoing, response)
  } catch (error) {
    if (error instanceof DroppedConnection || outgoing.headersSent) incoming.socket.destroy()
    else await write(incoming, outgoing, { status: 500, body: `${String(error)}\n` }).catch(() => undefined)
  }
}

/** A client that takes this for its proxy sends whole URLs (RFC 9112, section 3.2.2). */
const withoutOrigin = (url: string): string => url.replace(/^https?:\/\/[^/?#]*\/?/i, '/')

function arrivalOf(incoming: IncomingMessage): Arrival {
  const url = withoutOrigin(incoming.url ?? '/')
  const mark = url.indexOf('?')
  const headers: Record<string, string> = {}
  for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) {
    const name = (incoming.rawHeaders[at] ?? '').toLowerCase()
    const value = incoming.rawHeaders[at + 1] ?? ''
    headers[name] = name in headers ? `${headers[name] ?? ''},${value}` : value
  }
  return {
    method: incoming.method ?? 'GET',
    rawPath: mark < 0 ? url : url.slice(0, mark),
    rawQuery: mark < 0 ? '' : url.slice(mark + 1),
    headers,
    requestId: randomUUID(),
    incoming,
  }
}

async function write(incoming: IncomingMessage, outgoing: ServerResponse, response: AwsResponse): Promise<void> {
  const { body } = response
  outgoing.statusCode = response.status
  for (const [name, value] of Object.entries(response.headers ?? {})) outgoing.setHeader(name, value)
  // What is left of a body that was refused would be taken for the next request.
  if (!incoming.complete) outgoing.setHeader('connection', 'close')
  if (body instanceof Readable) {
    if (incoming.method === 'HEAD') body.destroy()
    else return pipeline(body, outgoing)
  } else if (incoming.method !== 'HEAD') {
    const bytes = Buffer.from(body ?? '')
    if (response.status !== 204 && response.status !== 304) outgoing.setHeader('content-length', bytes.length)
    if (response.cut === true) outgoing.write(bytes.subarray(0, bytes.length / 2), () => incoming.socket.destroy())
    else outgoing.end(bytes)
    return
  }
  outgoing.end()
}

/**
 * Verifies who sent a request and opens its body. `findSecret` knows the access keys.
 * Throws AwsError in the words of the service.
 */
export async function authenticate(
  arrival: Arrival,
  service: string,
  findSecret: (accessKeyId: string) => Secret | undefined,
  now: number,
): Promise<AwsRequest> {
  const isAsymmetricOnly = isAsymmetric(service)
  const signature = isAsymmetricOnly ? undefined : readSignature(arrival, service)
  const common = {
    requestId: arrival.requestId,
    service,
    region: globalServices.has(service) ? 'us-east-1' : (signature?.region ?? 'us-east-1'),
    method: arrival.method,
    rawPath: arrival.rawPath,
    query: new URLSearchParams(arrival.rawQuery),
    headers: arrival.headers,
  }
  if (service === 's3' || service === 's3control')
    return { ...common, ...openObjectBody(arrival, signature, findSecret, now) }
  if (signature === undefined && !isAsymmetricOnly) throw wordingOf(service).missing()
  const body = await readAll(arrival.incoming)
  const caller =
    signature === undefined
      ? verifyAsymmetric(arrival, service, sha256(body), findSecret, now)
      : verifySignature(arrival, signature, sha256(body), findSecret, now).caller
  return { ...common, caller, body: Readable.from([body]), buffer: () => Promise.resolve(body), trailers: {} }
}

async function readAll(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of source) {
    size += piece.length
    if (size > largestBody) throw new AwsError(413, 'RequestEntityTooLarge', 'Request body is too large.')
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

type Opened = Pick<AwsRequest, 'caller' | 'body' | 'buffer' | 'trailers'>

/** S3 streams: the header says the hash, or how the body is framed and signed. */
function openObjectBody(
  arrival: Arrival,
  signature: Signature | undefined,
  findSecret: (accessKeyId: string) => Secret | undefined,
  now: number,
): Opened {
  const trailers: Record<string, string> = {}
  const opened = (caller: Caller, source: AsyncIterable<Buffer>): Opened => {
    const body = Readable.from(source, { objectMode: false })
    let whole: Promise<Buffer> | undefined
    return { caller, body, trailers, buffer: () => (whole ??= readAll(body)) }
  }
  const payload = payloadOf(arrival, signature)
  if (signature === undefined) {
    const source =
      payload === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
        ? unframe(arrival.incoming, decodedLength(arrival), undefined, trailers)
        : arrival.incoming
    return opened({ kind: 'anonymous' }, source)
  }
  const { caller, signingKey, scope } = verifySignature(arrival, signature, payload, findSecret, now)
  if (payload.startsWith('STREAMING-')) {
    const { timestamp, signature: seed } = signature
    const signing = payload.startsWith('STREAMING-UNSIGNED-') ? undefined : { key: signingKey, scope, timestamp, seed }
    return opened(caller, unframe(arrival.incoming, decodedLength(arrival), signing, trailers))
  }
  return opened(caller, payload === unsigned ? arrival.incoming : hashed(arrival.incoming, payload))
}

const unsigned = 'UNSIGNED-PAYLOAD'
const streamed = new Set([
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
])

function payloadOf(arrival: Arrival, signature: Signature | undefined): string {
  const presigned = signature?.expires !== undefined
  const payload =
    arrival.headers['x-amz-content-sha256'] ?? (presigned || signature === undefined ? unsigned : undefined)
  if (payload === undefined) {
    throw new AwsError(400, 'InvalidRequest', 'Missing required header for this request: x-amz-content-sha256')
  }
  if (payload === unsigned || streamed.has(payload) || /^[0-9a-f]{64}$/.test(payload)) return payload
  throw new AwsError(
    400,
    'InvalidArgument',
    'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
    { fields: { ArgumentName: 'x-amz-content-sha256', ArgumentValue: payload } },
  )
}

function decodedLength(arrival: Arrival): number {
  const length = Number(arrival.headers['x-amz-decoded-content-length'] ?? Number.NaN)
  if (Number.isInteger(length) && length >= 0) return length
  throw new AwsError(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.')
}

async function* hashed(source: AsyncIterable<Buffer>, wanted: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  for await (const piece of source) {
    hash.update(piece)
    yield piece
  }
  const computed = hash.digest('hex')
  if (computed === wanted) return
  throw new AwsError(
    400,
    'XAmzContentSHA256Mismatch',
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
    { fields: { ClientComputedContentSHA256: wanted, S3ComputedContentSHA256: computed } },
  )
}
