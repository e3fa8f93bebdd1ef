/**
 * S3 for the calls that are made millions of times. The SDK takes more than a millisecond of CPU a call, several times
 * what these take; everything else goes through the SDK. Where S3 is and how the bucket is addressed is the SDK's word.
 */
import { createHash } from 'node:crypto'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'

import { GetBucketLocationCommand, S3Client } from '@aws-sdk/client-s3'

import { requestIdsOf, statusOf } from './aws-error.ts'
import { CallSums, type EndedCall, isTraced } from './call-trace.ts'
import { noteChange } from '../ui/envelope.ts'
import type { Aws } from './connect.ts'
import { idleMs, type Network, networkOf } from './network.ts'
import { codeOf, noteError } from './operation.ts'
import { bodyOf, errorIn, headersOf, isPassing, isSlowDown, S3Error, type S3Response } from './s3-answer.ts'
import { type Credentials, createRequestSigner, encodePath, encodeQuery } from './signature-v4.ts'

export { bodyOf, S3Error, type S3Response } from './s3-answer.ts'

interface S3Request {
  /** There is no way to delete an object. */
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST'
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
  /** Of our own, such as the lock: nothing that anybody would call changed. */
  readonly isMark?: true
}

/** A request as it goes out. */
type Outgoing = Omit<S3Request, 'method'> & { readonly method: S3Request['method'] | 'DELETE' }

/** What happens on the wire, for whoever sets the pace. */
export interface Traffic {
  /** S3 asked for fewer requests, or could not answer in time. */
  slowDown(): void
  retry(): void
}

export interface LeanS3 {
  readonly bucket: string
  readonly address: S3Address
  /** Own authorities that are trusted, in PEM: what threads must be told. */
  readonly authorities: readonly string[]
  /** Takes down a call that a thread made for this client. */
  noteCall(call: EndedCall): void
  /** Those in use now: they may be others after a while. */
  credentials(): Promise<Credentials>
  /** @throws S3Error, or what the network threw, after patient retries of what can be repeated */
  send(request: S3Request): Promise<S3Response>
  /** Ends an upload in parts that will not be completed. Throws as {@link send}. */
  abortUpload(key: string, uploadId: string): Promise<void>
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

/**
 * @param region - of the bucket
 * @throws what looking for credentials throws
 */
export async function connectLean(aws: Aws, bucket: string, region: string, traffic: Traffic): Promise<LeanS3> {
  const client = aws.client(S3Client, region)
  const address = await addressOf(client, bucket, region)
  return createLeanS3(bucket, address, () => client.config.credentials(), traffic, aws)
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

/** @param surroundings - how to get out, and what to make of an answer without a body */
export function createLeanS3(
  bucket: string,
  address: S3Address,
  credentials: () => Promise<Credentials>,
  traffic: Traffic,
  { network, whyRefused = async (error) => error, calls = new CallSums() }: Surroundings = { network: networkOf() },
): LeanS3 {
  const secure = address.protocol === 'https:'
  const agent = network.agent(secure)
  const connect = secure ? httpsRequest : httpRequest
  const sign = createRequestSigner(address.region)
  const host = address.port === undefined ? address.hostname : `${address.hostname}:${address.port}`

  const sendOnce = async ({ method, key, query = {}, headers = {}, body }: Outgoing): Promise<IncomingMessage> => {
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
  const answerTo = async (request: Outgoing): Promise<S3Response> => {
    const message = await sendOnce(request)
    const response = { status: message.statusCode ?? 0, headers: headersOf(message), body: await bodyOf(message) }
    const error = errorIn(response, request.method)
    if (error !== undefined) throw error
    return response
  }

  const patiently = async <T extends Answered>(request: Outgoing, attempt: () => Promise<T>): Promise<T> => {
    const begun = isTraced() ? performance.now() : undefined
    for (let made = 1; ; made++) {
      try {
        const answer = await attempt()
        if (!isReading(request) && request.isMark !== true) noteChange()
        if (begun !== undefined) trace(request, begun, made, answer)
        return answer
      } catch (error) {
        const slow = isSlowDown(error)
        if (slow) traffic.slowDown()
        if (made === attempts || !isPassing(error) || (request.once === true && !slow)) {
          if (begun !== undefined) trace(request, begun, made, error)
          throw await reasonFor(error, request)
        }
        traffic.retry()
        await sleep(Math.random() * Math.min(20_000, (slow ? 400 : 100) * 2 ** made))
      }
    }
  }

  const reasonFor = async (error: unknown, { method, action, key }: Outgoing): Promise<unknown> => {
    const reason = method === 'HEAD' ? await whyRefused(error) : error
    noteError(reason, action, { Bucket: bucket, ...(key === undefined ? {} : { Key: key }) })
    return reason
  }

  const trace = (request: Outgoing, begun: number, made: number, outcome: unknown): void =>
    calls.note({
      action: operationOf(request),
      region: address.region,
      attempts: made,
      milliseconds: performance.now() - begun,
      ...(isAnswer(outcome)
        ? { status: outcome.status ?? outcome.statusCode, requestId: outcome.headers['x-amz-request-id'] as string }
        : { status: statusOf(outcome), requestId: requestIdsOf(outcome)?.requestId, code: codeOf(outcome) }),
    })

  return {
    bucket,
    address,
    authorities: network.authorities,
    noteCall: (call) => calls.note(call),
    credentials,
    send: (request) => patiently(request, () => answerTo(request)),
    async abortUpload(key, uploadId) {
      const request: Outgoing = { method: 'DELETE', action: 's3:AbortMultipartUpload', key, query: { uploadId } }
      await patiently(request, () => answerTo(request))
    },
    open: (request) =>
      patiently(request, async () => {
        const message = await sendOnce(request)
        const status = message.statusCode ?? 0
        if (status < 300) return message
        const answer = { status, headers: headersOf(message), body: await bodyOf(message) }
        throw errorIn(answer, request.method) ?? new S3Error(`Http${status}`, status, `S3 answered ${status}`)
      }),
    close() {
      calls.end()
      agent.destroy()
    },
  }
}

/** Where a client of S3 works. */
export interface Surroundings {
  readonly network: Network
  /** Finds the reason of an error that an answer without a body is; answers the error itself where there is none. */
  readonly whyRefused?: (error: unknown) => Promise<unknown>
  /** Whom to tell of calls, where that is wanted. */
  readonly calls?: Pick<CallSums, 'note' | 'end'>
}

const isReading = ({ method }: Outgoing): boolean => method === 'GET' || method === 'HEAD'

/** Calls whose permission has another name than the API gives them (Service Authorization Reference, Amazon S3). */
const operations: Readonly<Record<string, string>> = {
  's3:ListBucket': 's3:ListObjectsV2',
  's3:GetBucketObjectLockConfiguration': 's3:GetObjectLockConfiguration',
  's3:GetBucketPublicAccessBlock': 's3:GetPublicAccessBlock',
}

const operationOf = ({ method, action }: Outgoing): string =>
  method === 'HEAD' ? 's3:HeadObject' : (operations[action] ?? action)

/** An answer, whole or as it comes. */
interface Answered {
  readonly status?: number
  readonly statusCode?: number | undefined
  readonly headers: IncomingMessage['headers'] | Readonly<Record<string, string>>
}

const isAnswer = (outcome: unknown): outcome is Answered =>
  typeof outcome === 'object' && outcome !== null && 'headers' in outcome
