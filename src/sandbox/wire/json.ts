import { AwsError, type AwsRequest, type AwsResponse } from '../contracts/service.ts'
import { isObject, type JsonObject } from '../../json-object.ts'

/**
 * The operation in `X-Amz-Target: PREFIX.Operation` (Smithy, "AWS JSON 1.1 protocol"). Throws UnknownOperationException.
 */
export function targetOperation(request: AwsRequest, prefix: string): string {
  const target = request.headers['x-amz-target'] ?? ''
  if (!target.startsWith(`${prefix}.`)) throw new AwsError(400, 'UnknownOperationException', '')
  return target.slice(prefix.length + 1)
}

/** The body as an object; an empty body is an empty object. Throws SerializationException (400). */
export async function readJson(request: AwsRequest): Promise<JsonObject> {
  const text = (await request.buffer()).toString('utf8')
  if (text.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new AwsError(400, 'SerializationException', 'Could not parse request body into json')
  }
  if (!isObject(value))
    throw new AwsError(400, 'SerializationException', 'Start of structure or map found where not expected.')
  return value
}

/** An answer of AWS JSON 1.1 (KMS, ACM, tagging). */
export function json11Response(request: AwsRequest, body: object = {}, status = 200): AwsResponse {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': request.requestId },
    body: JSON.stringify(body),
  }
}

/** An error of AWS JSON 1.1: the name in `__type`. */
export function json11Error(error: AwsError, request: AwsRequest): AwsResponse {
  const response = json11Response(
    request,
    { __type: error.code, message: error.message, ...error.fields },
    error.status,
  )
  return { ...response, headers: { ...response.headers, ...error.headers } }
}

/** An answer of REST-JSON (Lambda). A body of undefined answers without one. */
export function restJsonResponse(request: AwsRequest, status: number, body?: object): AwsResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-requestid': request.requestId },
    body: body === undefined ? '' : JSON.stringify(body),
  }
}

/** An error of REST-JSON: the name in `x-amzn-ErrorType` (Smithy, "AWS restJson1 protocol"), as Lambda writes it. */
export function restJsonError(error: AwsError, request: AwsRequest): AwsResponse {
  const body = { Type: error.status < 500 ? 'User' : 'Service', message: error.message, ...error.fields }
  const response = restJsonResponse(request, error.status, body)
  return { ...response, headers: { ...response.headers, 'x-amzn-errortype': error.code, ...error.headers } }
}
