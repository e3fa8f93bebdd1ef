import { isObject } from '../../json-object.ts'
import type { EdgeInvocation } from '../contracts/edge-peers.ts'
import type { ViewerRequest } from './behavior.ts'

/** What the viewer-request function made of a request. */
export type FunctionOutcome =
  | { kind: 'request'; request: ViewerRequest }
  | { kind: 'response'; status: number; reason: string; headers: Record<string, string>; body: Buffer }
  /** The function failed: 503. */
  | { kind: 'failed' }
  /** It ran for longer than CloudFront lets it: 503. */
  | { kind: 'throttled' }
  /** It returned what CloudFront does not take: 502. */
  | { kind: 'invalid'; problem: string }

/** Headers that a function may see but not touch in a viewer request. */
const readOnly = ['content-length', 'host', 'transfer-encoding', 'via']
/** Headers that functions neither see nor may add. */
export const disallowedHeaders =
  /^(?:connection|expect|keep-alive|proxy-.*|trailer|upgrade|x-accel-.*|x-amz-cf-.*|x-amzn-.*|x-cache|x-edge-.*|x-forwarded-proto|x-real-ip)$/
const uriLimit = 8192
const responseLimit = 40 * 1024

export interface EventSource {
  distributionId: string
  distributionDomainName: string
  requestId: string
  clientIp: string
  /** Header names and values as they came, in order. */
  rawHeaders: readonly string[]
}

/** The event of a viewer request, as lambda-event-structure.html shows it. Headers are keyed by lower-case name. */
export function viewerRequestEvent(request: ViewerRequest, source: EventSource): unknown {
  const headers: Record<string, { key: string; value: string }[]> = {}
  for (let position = 0; position + 1 < source.rawHeaders.length; position += 2) {
    const key = source.rawHeaders[position] ?? ''
    const name = key.toLowerCase()
    if (disallowedHeaders.test(name)) continue
    const list = (headers[name] ??= [])
    list.push({ key, value: source.rawHeaders[position + 1] ?? '' })
  }
  return {
    Records: [
      {
        cf: {
          config: {
            distributionDomainName: source.distributionDomainName,
            distributionId: source.distributionId,
            eventType: 'viewer-request',
            requestId: source.requestId,
          },
          request: {
            clientIp: source.clientIp,
            headers,
            method: request.method,
            querystring: request.query,
            uri: request.path,
          },
        },
      },
    ],
  }
}

/** A viewer's headers by lower-case name, without those that concern one connection only. */
export function viewerHeaders(rawHeaders: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let position = 0; position + 1 < rawHeaders.length; position += 2) {
    const name = (rawHeaders[position] ?? '').toLowerCase()
    const value = rawHeaders[position + 1] ?? ''
    if (disallowedHeaders.test(name)) continue
    const former = headers[name]
    headers[name] = former === undefined ? value : former + separatorOf(name) + value
  }
  return headers
}

const separatorOf = (name: string): string => (name === 'cookie' ? '; ' : ', ')

class InvalidResult extends Error {}

/**
 * Reads a function's result. A request goes on with the URI and query string that were returned: the bytes that came in
 * if the function left them alone.
 */
export function readResult(invocation: EdgeInvocation, original: ViewerRequest, clientIp: string): FunctionOutcome {
  if (invocation.outcome === 'error') return { kind: 'failed' }
  try {
    const { payload } = invocation
    if (!isObject(payload)) throw new InvalidResult('the result is neither a request nor a response')
    if (payload['status'] !== undefined) return readResponse(payload)
    return { kind: 'request', request: readRequest(payload, original, clientIp) }
  } catch (error) {
    if (error instanceof InvalidResult) return { kind: 'invalid', problem: error.message }
    throw error
  }
}

function readRequest(result: Record<string, unknown>, original: ViewerRequest, clientIp: string): ViewerRequest {
  const { method, uri, querystring = '' } = result
  if (method !== original.method) throw new InvalidResult('the method is read-only')
  if (result['clientIp'] !== undefined && result['clientIp'] !== clientIp) {
    throw new InvalidResult('the clientIp is read-only')
  }
  if (typeof uri !== 'string' || !uri.startsWith('/')) throw new InvalidResult('the URI must begin with a slash')
  if (/[\u0000-\u0020?#\u007f]/.test(uri)) throw new InvalidResult('the URI holds a character that is not allowed')
  if (typeof querystring !== 'string' || /[\u0000-\u0020#\u007f]/.test(querystring)) {
    throw new InvalidResult('the query string holds a character that is not allowed')
  }
  if (Buffer.byteLength(uri) + Buffer.byteLength(querystring) >= uriLimit) {
    throw new InvalidResult('URI and query string are too long')
  }
  const headers = readHeaders(result['headers'])
  for (const name of readOnly) {
    if (headers[name] !== original.headers[name]) throw new InvalidResult(`the header ${name} is read-only`)
  }
  return { method: original.method, path: uri, query: querystring, headers }
}

function readResponse(result: Record<string, unknown>): FunctionOutcome {
  const status = Number(result['status'])
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new InvalidResult('the status is not valid')
  const { body = '', bodyEncoding = 'text', statusDescription = '' } = result
  if (typeof body !== 'string' || typeof statusDescription !== 'string') throw new InvalidResult('the body is not text')
  if (bodyEncoding !== 'text' && bodyEncoding !== 'base64') throw new InvalidResult('the bodyEncoding is not valid')
  const headers = readHeaders(result['headers'])
  for (const name of ['content-length', 'transfer-encoding', 'via']) {
    if (headers[name] !== undefined) throw new InvalidResult(`the header ${name} is read-only`)
  }
  const bytes = Buffer.from(body, bodyEncoding === 'text' ? 'utf8' : 'base64')
  if (bytes.length > responseLimit) throw new InvalidResult('the response is larger than 40 KB')
  return { kind: 'response', status, reason: statusDescription, headers, body: bytes }
}

/** Headers of a result: lower-case name → list of values; several values are joined as HTTP does. */
function readHeaders(value: unknown): Record<string, string> {
  if (value === undefined) return {}
  if (!isObject(value)) throw new InvalidResult('the headers are not an object')
  const headers: Record<string, string> = {}
  for (const [name, list] of Object.entries(value)) {
    if (name !== name.toLowerCase()) throw new InvalidResult(`the header name ${name} is not lower-case`)
    if (disallowedHeaders.test(name)) throw new InvalidResult(`the header ${name} is not allowed`)
    if (!Array.isArray(list)) throw new InvalidResult(`the header ${name} is not a list`)
    headers[name] = list.map((item: unknown) => headerValue(name, item)).join(separatorOf(name))
  }
  return headers
}

function headerValue(name: string, item: unknown): string {
  const value = isObject(item) ? item['value'] : undefined
  const key = isObject(item) ? item['key'] : undefined
  if (typeof value !== 'string' || /[\r\n]/.test(value))
    throw new InvalidResult(`the header ${name} has no valid value`)
  if (key !== undefined && (typeof key !== 'string' || key.toLowerCase() !== name)) {
    throw new InvalidResult(`the header ${name} has another key`)
  }
  return value
}
