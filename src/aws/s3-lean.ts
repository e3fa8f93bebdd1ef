/**
 * S3 for the calls that are made millions of times. The SDK takes more than a millisecond of CPU a call, several times
 * what these take; everything else goes through the SDK. Where S3 is and how the bucket is addressed is the SDK's word.
 */
import { createHash } from 'node:crypto'
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'

import { GetBucketLocationCommand, S3Client } from '@aws-sdk/client-s3'

import type { Aws } from './connect.ts'
import { noteError } from './denial.ts'
import { type Credentials, createSigner, encodePath, encodeQuery } from './signature-v4.ts'

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** What IAM calls it, for messages: `s3:GetObject`. */
  readonly action: string
  /** Not percent-encoded; nothing for a call on the bucket. */
  readonly key?: string
  readonly query?: Readonly<Record<string, string>>
  /** Names in lower case; values as bytes, each a character (Latin-1). */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Not sent again when the answer is lost: its effect could then be taken for somebody else's. */
  readonly once?: true
}

export interface S3Response {
  readonly status: number
  /** Values as bytes, each a character (Latin-1). */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** An error that S3 answered. Its name is S3's code, such as `NoSuchKey`; `Http412` where an answer has no body. */
export class S3Error extends Error {
  readonly $metadata: { readonly httpStatusCode: number }
  constructor(code: string, status: number, message: string) {
    super(message)
    this.name = code
    this.$metadata = { httpStatusCode: status }
  }
}

/** What happens on the wire, for whoever sets the pace. */
export interface Traffic {
  /** S3 asked for fewer requests, or could not answer in time. */
  slowDown(): void
  retry(): void
}

export interface LeanS3 {
  readonly bucket: string
  readonly address: S3Address
  /** Those in use now: they may be others after a while. */
  credentials(): Promise<Credentials>
  /** @throws S3Error, or what the network threw, after patient retries of what can be repeated */
  send(request: S3Request): Promise<S3Response>
  /** The body as it comes; who reads it deals with its breaking off. */
  open(request: S3Request): Promise<IncomingMessage>
  close(): void
}

/** Where requests for the bucket go. */
export interface S3Address {
  readonly protocol: string
  readonly hostname: string
  readonly port: number | undefined
  /** Without a slash at its end: empty, or `/bucket`. */
  readonly base: string
  readonly region: string
}

const attempts = 10
const idleMs = 120_000
const retried = new Set([429, 500, 502, 503, 504])

/**
 * @param region - of the bucket
 * @throws what looking for credentials throws
 */
export async function connectLean(aws: Aws, bucket: string, region: string, traffic: Traffic): Promise<LeanS3> {
  const client = aws.client(S3Client, region)
  const address = await addressOf(client, bucket, region)
  return createLeanS3(bucket, address, () => client.config.credentials(), traffic)
}

/** Has the SDK prepare a request, which is not sent: custom endpoints, path style, dual stack and FIPS are its matter. */
async function addressOf(client: S3Client, bucket: string, region: string): Promise<S3Address> {
  const command = new GetBucketLocationCommand({ Bucket: bucket })
  let found: S3Address | undefined
  command.middlewareStack.add(
    () => async (args) => {
      const { protocol, hostname, port, path } = args.request as RequestToSend
      found = { protocol, hostname, port, base: path.replace(/\/$/, ''), region }
      return { response: {}, output: { $metadata: {} } }
    },
    { step: 'build', name: 'findAddress', priority: 'low' },
  )
  await client.send(command)
  if (found === undefined) throw new Error('The SDK prepared no request.')
  return found
}

interface RequestToSend {
  readonly protocol: string
  readonly hostname: string
  readonly port: number | undefined
  readonly path: string
}

export function createLeanS3(
  bucket: string,
  address: S3Address,
  credentials: () => Promise<Credentials>,
  traffic: Traffic,
): LeanS3 {
  const secure = address.protocol === 'https:'
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, scheduling: 'lifo' })
  const connect = secure ? httpsRequest : httpRequest
  const sign = createSigner(address.region)
  const host = address.port === undefined ? address.hostname : `${address.hostname}:${address.port}`

  const sendOnce = async ({ method, key, query = {}, headers = {}, body }: S3Request): Promise<IncomingMessage> => {
    const path = key === undefined ? (address.base === '' ? '/' : address.base) : `${address.base}/${encodePath(key)}`
    // Buckets with Object Lock take nothing without it.
    const digest: Record<string, string> =
      body === undefined ? {} : { 'content-md5': createHash('md5').update(body).digest('base64') }
    const sent = { host, ...digest, ...headers }
    const signed = sign({ method, path, query, headers: sent, body }, await credentials(), new Date())
    if (body !== undefined) signed['content-length'] = String(body.length)
    else if (method === 'PUT' || method === 'POST') signed['content-length'] = '0'
    const search = encodeQuery(query)
    return new Promise((resolve, reject) => {
      const request = connect(
        {
          hostname: address.hostname.replace(/^\[|\]$/g, ''),
          port: address.port,
          method,
          path: search === '' ? path : `${path}?${search}`,
          headers: signed,
          agent,
        },
        resolve,
      )
      request.setTimeout(idleMs, () =>
        request.destroy(Object.assign(new Error('S3 did not answer in time'), { code: 'ETIMEDOUT' })),
      )
      request.on('error', reject)
      request.end(body)
    })
  }

  /** One attempt: an answer that is none of success is thrown. */
  const answerTo = async (request: S3Request): Promise<S3Response> => {
    const message = await sendOnce(request)
    const response = { status: message.statusCode ?? 0, headers: headersOf(message), body: await bodyOf(message) }
    const error = errorIn(response, request.method)
    if (error !== undefined) throw error
    return response
  }

  const patiently = async <T>(request: S3Request, attempt: () => Promise<T>): Promise<T> => {
    for (let made = 1; ; made++) {
      try {
        return await attempt()
      } catch (error) {
        noteError(error, request.action, { Bucket: bucket, ...(request.key === undefined ? {} : { Key: request.key }) })
        const slow = isSlowDown(error)
        if (slow) traffic.slowDown()
        if (made === attempts || !isPassing(error) || (request.once === true && !slow)) throw error
        traffic.retry()
        await sleep(Math.random() * Math.min(20_000, (slow ? 400 : 100) * 2 ** made))
      }
    }
  }

  return {
    bucket,
    address,
    credentials,
    send: (request) => patiently(request, () => answerTo(request)),
    open: (request) =>
      patiently(request, async () => {
        const message = await sendOnce(request)
        const status = message.statusCode ?? 0
        if (status < 300) return message
        const answer = { status, headers: headersOf(message), body: await bodyOf(message) }
        throw errorIn(answer, request.method) ?? new S3Error(`Http${status}`, status, `S3 answered ${status}`)
      }),
    close: () => agent.destroy(),
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
function headersOf(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return headers
}

/**
 * The error that an answer is. A copy can fail after S3 has begun to answer 200; then the error is in the body.
 *
 * Source: Amazon S3 API Reference, CopyObject, "Response and special errors".
 */
function errorIn({ status, headers, body }: S3Response, method: string): S3Error | undefined {
  if (status < 300 && (method === 'GET' || method === 'HEAD' || body.length === 0)) return undefined
  const text = body.length > 64_000 ? '' : body.toString('utf8')
  const found = /<Error>([^]*)<\/Error>/.exec(text)?.[1]
  if (found === undefined && status < 300) return undefined
  const field = (name: string): string | undefined =>
    new RegExp(`<${name}>([^<]*)</${name}>`).exec(found ?? '')?.[1]?.replace(/&(quot|apos|lt|gt|amp);/g, unescape)
  const code = field('Code') ?? `Http${status}`
  const message = field('Message') ?? headers['x-amz-error-message'] ?? `S3 answered ${status}`
  // What comes too late for a status of its own is the service's trouble.
  return new S3Error(code, status < 300 ? 500 : status, message)
}

const unescape = (entity: string): string => ({ '&quot;': '"', '&apos;': "'", '&lt;': '<', '&gt;': '>' })[entity] ?? '&'

const isSlowDown = (error: unknown): boolean =>
  error instanceof S3Error && (error.$metadata.httpStatusCode === 503 || error.name === 'SlowDown')

function isPassing(error: unknown): boolean {
  if (error instanceof S3Error) {
    return retried.has(error.$metadata.httpStatusCode) || error.name === 'RequestTimeout' || error.name === 'SlowDown'
  }
  return error instanceof Error && 'code' in error && /^(ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|HPE_)/.test(String(error.code))
}
