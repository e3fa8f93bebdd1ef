import { isObject } from '../../json-object.ts'

/** What a function returned that is neither a request nor a response; the message says why, in CloudFront's words. */
export class InvalidReturn extends Error {}

export type Returned = { request: Record<string, unknown> } | { response: Record<string, unknown> }

const invalid = (problem: string): InvalidReturn =>
  new InvalidReturn(`The CloudFront function returned an invalid value: ${problem}`)

/**
 * Reads what a function returned, and completes it as TestFunction does. Developer guide, "CloudFront Functions event
 * structure". Whether its headers may be touched is looked at where a request goes on its way. Throws InvalidReturn.
 *
 * @param eventType - as the event told it
 */
export function readReturned(value: unknown, eventType: unknown): Returned {
  if (!isObject(value)) throw invalid('it is neither a request nor a response.')
  if (eventType === 'viewer-response' || 'statusCode' in value) return { response: readResponse(value) }
  if (!('method' in value) && !('uri' in value)) throw invalid('response.statusCode is missing.')
  return { request: readRequest(value) }
}

function readRequest(value: Record<string, unknown>): Record<string, unknown> {
  const { method, uri, querystring = {}, headers = {}, cookies = {}, ...more } = value
  if (typeof method !== 'string') throw invalid('request.method is missing.')
  if (typeof uri !== 'string') throw invalid('request.uri is missing.')
  if (!uri.startsWith('/')) throw invalid('request.uri must begin with a slash.')
  requireValues('request.querystring', querystring)
  requireValues('request.headers', headers)
  requireValues('request.cookies', cookies)
  return { ...more, headers, method, querystring, uri, cookies }
}

function readResponse(value: Record<string, unknown>): Record<string, unknown> {
  const { statusCode, statusDescription, headers = {}, cookies = {}, body, ...more } = value
  if (statusCode === undefined) throw invalid('response.statusCode is missing.')
  if (typeof statusCode !== 'number' || !Number.isInteger(statusCode) || statusCode < 100 || statusCode > 599) {
    throw invalid('response.statusCode is not a valid status code.')
  }
  if (statusDescription !== undefined && typeof statusDescription !== 'string') {
    throw invalid('response.statusDescription is not a string.')
  }
  requireValues('response.headers', headers)
  requireValues('response.cookies', cookies)
  if (body !== undefined) requireBody(body)
  return {
    ...more,
    headers,
    ...(statusDescription !== undefined && { statusDescription }),
    cookies,
    statusCode,
    ...(body !== undefined && { body }),
  }
}

function requireBody(body: unknown): void {
  if (typeof body === 'string') return
  const { encoding, data } = isObject(body) ? body : {}
  if (encoding !== 'text' && encoding !== 'base64') throw invalid('response.body.encoding is not valid.')
  if (typeof data !== 'string') throw invalid('response.body.data is not a string.')
  if (encoding === 'base64' && !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(data)) {
    throw invalid('response.body.data is not valid base64.')
  }
}

/** Query strings, headers and cookies: names, each with a value, and with all of its values where it has several. */
function requireValues(where: string, fields: unknown): void {
  if (!isObject(fields)) throw invalid(`${where} is not an object.`)
  for (const [name, field] of Object.entries(fields)) {
    if (!isObject(field)) throw invalid(`${where}.${name} is not an object.`)
    const { value, multiValue } = field
    if (typeof value !== 'string' && !(value === undefined && Array.isArray(multiValue))) {
      throw invalid(`${where}.${name}.value is not a string.`)
    }
    if (multiValue === undefined) continue
    if (!Array.isArray(multiValue)) throw invalid(`${where}.${name}.multiValue is not an array.`)
    for (const one of multiValue as unknown[]) {
      if (!isObject(one) || typeof one['value'] !== 'string') {
        throw invalid(`${where}.${name}.multiValue has an item without a value.`)
      }
    }
  }
}
