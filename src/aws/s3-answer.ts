/** What S3 answers to {@link LeanS3}, and which of it is an error. */
import type { IncomingMessage } from 'node:http'

import { ProxyFailure } from './tunnel.ts'

export interface S3Response {
  readonly status: number
  /** Values as bytes, each a character (Latin-1). */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** An error that S3 answered. Its name is S3's code, such as `NoSuchKey`; `Http412` where an answer has no body. */
export class S3Error extends Error {
  readonly $metadata: {
    readonly httpStatusCode: number
    readonly requestId?: string | undefined
    /** S3's second id, which its support asks for too. */
    readonly extendedRequestId?: string | undefined
  }
  constructor(code: string, status: number, message: string, ids: { requestId?: string; hostId?: string } = {}) {
    super(message)
    this.name = code
    this.$metadata = { httpStatusCode: status, requestId: ids.requestId, extendedRequestId: ids.hostId }
  }
}

/** The whole body. What Node has for it makes a Blob of it first, which costs as much as the rest of a request. */
export function bodyOf(message: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    message.on('data', (chunk: Buffer) => chunks.push(chunk))
    message.on('end', () => resolve(Buffer.concat(chunks)))
    message.on('error', reject)
    message.on('close', () => {
      if (!message.complete) reject(Object.assign(new Error('The answer broke off'), { code: 'ECONNRESET' }))
    })
  })
}

/** Node joins what is repeated, but for a few names that S3 sends once. */
export function headersOf(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return headers
}

/** The text of the first element of a name, as it is written there; undefined if there is none. */
export const textOf = (xml: string, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]

const retried = new Set([429, 500, 502, 503, 504])

/**
 * The error that an answer is. A copy can fail after S3 has begun to answer 200; then the error is in the body.
 *
 * Source: Amazon S3 API Reference, CopyObject, "Response and special errors".
 */
export function errorIn({ status, headers, body }: S3Response, method: string): S3Error | undefined {
  if (status < 300 && (method === 'GET' || method === 'HEAD' || body.length === 0)) return undefined
  const text = body.length > 64_000 ? '' : body.toString('utf8')
  const found = /<Error>([^]*)<\/Error>/.exec(text)?.[1]
  if (found === undefined && status < 300) return undefined
  const field = (name: string): string | undefined =>
    textOf(found ?? '', name)?.replace(/&(quot|apos|lt|gt|amp);/g, unescape)
  const code = field('Code') ?? `Http${status}`
  const message = field('Message') ?? headers['x-amz-error-message'] ?? `S3 answered ${status}`
  const [requestId, hostId] = [headers['x-amz-request-id'], headers['x-amz-id-2']]
  const ids = { ...(requestId === undefined ? {} : { requestId }), ...(hostId === undefined ? {} : { hostId }) }
  // What comes too late for a status of its own is the service's trouble.
  return new S3Error(code, status < 300 ? 500 : status, message, ids)
}

const unescape = (entity: string): string => ({ '&quot;': '"', '&apos;': "'", '&lt;': '<', '&gt;': '>' })[entity] ?? '&'

export const isSlowDown = (error: unknown): boolean =>
  error instanceof S3Error && (error.$metadata.httpStatusCode === 503 || error.name === 'SlowDown')

export function isPassing(error: unknown): boolean {
  if (error instanceof S3Error) {
    return retried.has(error.$metadata.httpStatusCode) || error.name === 'RequestTimeout' || error.name === 'SlowDown'
  }
  if (error instanceof ProxyFailure) return error.$retryable !== undefined
  return error instanceof Error && 'code' in error && /^(ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|HPE_)/.test(String(error.code))
}

/** Is it only read with a key that its owner has, and S3 has not (SSE-C)? The answer to HEAD has no body to say so. */
export const asksForCustomerKey = (error: unknown): boolean =>
  error instanceof S3Error &&
  error.$metadata.httpStatusCode === 400 &&
  /Server Side Encryption|customer.{0,20}key/i.test(error.message)
