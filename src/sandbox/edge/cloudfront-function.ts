import { isObject } from '../../json-object.ts'
import type { FunctionRun } from '../contracts/cloudfront-functions.ts'
import type { ViewerRequest } from './behavior.ts'
import { disallowedHeaders, type EventSource, type FunctionOutcome } from './viewer-function.ts'

/*
 * CloudFront Functions at viewer events: the event that one is given, and what the edge makes of its answer.
 * Developer guide, "CloudFront Functions event structure" and "Restrictions on all edge functions".
 */

/** A query parameter, header or cookie: its value, and all of them where it came more than once. */
interface Field {
  value: string
  multiValue?: { value: string }[]
}

type Fields = Record<string, Field>

export interface FunctionEvent {
  version: '1.0'
  context: { distributionDomainName: string; distributionId: string; eventType: string; requestId: string }
  viewer: { ip: string }
  request: { method: string; uri: string; querystring: Fields; headers: Fields; cookies: Fields }
}

/** The event of a viewer's request: path and query as they came, nothing decoded. */
export function functionEvent(request: ViewerRequest, source: EventSource): FunctionEvent {
  const headers: [string, string][] = []
  for (let position = 0; position + 1 < source.rawHeaders.length; position += 2) {
    const name = (source.rawHeaders[position] ?? '').toLowerCase()
    if (!disallowedHeaders.test(name)) headers.push([name, source.rawHeaders[position + 1] ?? ''])
  }
  const cookies = headers.filter(([name]) => name === 'cookie').flatMap(([, value]) => pairsOf(value, /;\s*/))
  return {
    version: '1.0',
    context: {
      distributionDomainName: source.distributionDomainName,
      distributionId: source.distributionId,
      eventType: 'viewer-request',
      requestId: source.requestId,
    },
    viewer: { ip: source.clientIp },
    request: {
      method: request.method,
      uri: request.path,
      querystring: fieldsOf(pairsOf(request.query, '&')),
      headers: fieldsOf(headers.filter(([name]) => name !== 'cookie')),
      cookies: fieldsOf(cookies),
    },
  }
}

function pairsOf(text: string, separator: string | RegExp): [string, string][] {
  const pairs = text.split(separator).filter((pair) => pair !== '')
  return pairs.map((pair) => {
    const sign = pair.indexOf('=')
    return sign === -1 ? [pair, ''] : [pair.slice(0, sign), pair.slice(sign + 1)]
  })
}

function fieldsOf(pairs: readonly (readonly [name: string, value: string])[]): Fields {
  const values = Map.groupBy(pairs, ([name]) => name)
  const fields = [...values].map(([name, all]): [string, Field] => {
    const [first, ...more] = all.map(([, value]) => ({ value }))
    return [name, { value: first?.value ?? '', ...(more.length > 0 && first && { multiValue: [first, ...more] }) }]
  })
  return Object.fromEntries(fields)
}

/** The event of the response to a viewer, of which a function sees all but the body. */
export function functionResponseEvent(
  event: FunctionEvent,
  response: SeenResponse,
): FunctionEvent & { response: object } {
  const { 'set-cookie': cookie, ...headers } = response.headers
  const seen = Object.entries(headers).filter(([name]) => !disallowedHeaders.test(name))
  const [name = '', ...value] = cookie?.split(';', 1)[0]?.split('=') ?? []
  const attributes = cookie?.slice(cookie.indexOf(';') + 1).trim()
  const more = attributes === undefined || cookie?.includes(';') !== true ? {} : { attributes }
  return {
    ...event,
    context: { ...event.context, eventType: 'viewer-response' },
    response: {
      statusCode: response.status,
      ...(response.reason !== undefined && { statusDescription: response.reason }),
      headers: fieldsOf(seen),
      cookies: cookie === undefined ? {} : { [name]: { value: value.join('='), ...more } },
    },
  }
}

/** What of a response a viewer-response function may change. */
export interface SeenResponse {
  readonly status: number
  readonly reason?: string
  readonly headers: Readonly<Record<string, string>>
}

class InvalidAnswer extends Error {}

/** Reads what became of a run. What the function left alone goes on as it came in, to the byte. */
export function readRun(run: FunctionRun, { request }: FunctionEvent, original: ViewerRequest): FunctionOutcome {
  return outcomeOf(run, (output) =>
    'response' in output
      ? readResponse(asObject(output.response), {}, readOnly)
      : { kind: 'request', request: readRequest(asObject(output.request), request, original) },
  )
}

/** What became of a run at a response. Without a body of its own the response keeps the one that it has. */
export function readResponseRun(run: FunctionRun, seen: SeenResponse): FunctionOutcome & { keepsBody?: boolean } {
  const asked = fieldsOf(Object.entries(seen.headers).filter(([name]) => name !== 'set-cookie'))
  const outcome = outcomeOf(run, (output) =>
    'response' in output
      ? readResponse(asObject(output.response), asked, ['via', 'warning'])
      : { kind: 'invalid', problem: 'it is no response' },
  )
  const body = run.output !== undefined && 'response' in run.output ? asObject(run.output.response)['body'] : undefined
  return outcome.kind === 'response' ? { ...outcome, keepsBody: body === undefined } : outcome
}

function outcomeOf(
  run: FunctionRun,
  read: (output: NonNullable<FunctionRun['output']>) => FunctionOutcome,
): FunctionOutcome {
  if (run.output === undefined) {
    if (run.failure === 'throttling') return { kind: 'throttled' }
    return run.failure === 'validation' ? { kind: 'invalid', problem: run.errorMessage ?? '' } : { kind: 'failed' }
  }
  try {
    return read(run.output)
  } catch (error) {
    if (error instanceof InvalidAnswer) return { kind: 'invalid', problem: error.message }
    throw error
  }
}

const asObject = (value: unknown): Readonly<Record<string, unknown>> => (isObject(value) ? value : {})

/** Headers that a function may see but not touch in a viewer's request. */
const readOnly = ['cdn-loop', 'content-length', 'host', 'transfer-encoding', 'via']
const urlLimit = 8192

function readRequest(
  answer: Readonly<Record<string, unknown>>,
  asked: FunctionEvent['request'],
  original: ViewerRequest,
): ViewerRequest {
  const { method, uri } = answer
  if (method !== asked.method) throw new InvalidAnswer('request.method is read-only')
  if (typeof uri !== 'string' || /[\0-\x20?#\x7f]/.test(uri)) {
    throw new InvalidAnswer('request.uri holds a character that is not allowed')
  }
  const query = sameFields(answer['querystring'], asked.querystring)
    ? original.query
    : valuesOf(answer['querystring'], asked.querystring)
        .map(([name, value]) => `${name}=${value}`)
        .join('&')
  if (/[\0-\x20#\x7f]/.test(query)) throw new InvalidAnswer('request.querystring holds a character that is not allowed')
  if (Buffer.byteLength(uri) + Buffer.byteLength(query) >= urlLimit) throw new InvalidAnswer('the URI is too long')
  const headers = headersOf('request.headers', answer['headers'], asked.headers)
  for (const name of readOnly) {
    if (headers[name] !== joined(asked.headers)[name]) throw new InvalidAnswer(`the header ${name} is read-only`)
  }
  const cookie = sameFields(answer['cookies'], asked.cookies)
    ? original.headers['cookie']
    : valuesOf(answer['cookies'], asked.cookies)
        .map(([name, value]) => `${name}=${value}`)
        .join('; ')
  const more = cookie === undefined || cookie === '' ? {} : { cookie }
  return { method: original.method, path: uri, query, headers: { ...headers, ...more } }
}

/** @param untouched - headers that it may not add, change or take away */
function readResponse(
  answer: Readonly<Record<string, unknown>>,
  asked: Fields,
  untouched: readonly string[],
): FunctionOutcome {
  const { statusCode, statusDescription, body, cookies } = answer
  const headers = headersOf('response.headers', answer['headers'], asked)
  for (const name of untouched) {
    if (headers[name] !== joined(asked)[name]) throw new InvalidAnswer(`the header ${name} is read-only`)
  }
  const set = setCookies(cookies)
  if (set.length > 1) throw new InvalidAnswer('the sandbox does not model several Set-Cookie headers')
  return {
    kind: 'response',
    status: Number(statusCode),
    reason: typeof statusDescription === 'string' ? statusDescription : '',
    headers: { ...headers, ...(set[0] !== undefined && { 'set-cookie': set[0] }) },
    body: bodyOf(body),
  }
}

function bodyOf(body: unknown): Buffer {
  if (typeof body === 'string') return Buffer.from(body)
  const { encoding, data } = asObject(body)
  return typeof data === 'string' ? Buffer.from(data, encoding === 'base64' ? 'base64' : 'utf8') : Buffer.alloc(0)
}

function setCookies(cookies: unknown): string[] {
  return Object.entries(asObject(cookies)).flatMap(([name, field]) => {
    const { multiValue } = asObject(field)
    const all: readonly unknown[] = Array.isArray(multiValue) ? multiValue : [field]
    return all.map(asObject).map(({ value, attributes }) => {
      const more = typeof attributes === 'string' && attributes !== '' ? `; ${attributes}` : ''
      return `${name}=${String(value)}${more}`
    })
  })
}

/** Headers of an answer by their names, several values joined as HTTP does. */
function headersOf(where: string, answer: unknown, asked: Fields): Record<string, string> {
  for (const name of Object.keys(asObject(answer))) {
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) throw new InvalidAnswer(`${where}.${name} is no lower-case name`)
    if (disallowedHeaders.test(name) || name === 'cookie' || name === 'set-cookie') {
      throw new InvalidAnswer(`the header ${name} is not allowed`)
    }
  }
  const all = valuesOf(answer, asked)
  const wrong = all.find(([, value]) => /[\0\r\n]/.test(value))
  if (wrong !== undefined) throw new InvalidAnswer(`${where}.${wrong[0]} has a value that is not allowed`)
  return joined(fieldsOf(all))
}

const joined = (fields: Fields): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, { value, multiValue }]) => [
      name,
      (multiValue ?? [{ value }]).map((one) => one.value).join(', '),
    ]),
  )

/** Has the same been returned, however its members are ordered? */
function sameFields(answer: unknown, asked: Fields): boolean {
  const flat = (fields: unknown): string =>
    JSON.stringify(
      Object.entries(asObject(fields)).map(([name, field]) => {
        const { value, multiValue } = asObject(field)
        return [name, value, Array.isArray(multiValue) ? multiValue.map((one: unknown) => asObject(one)['value']) : []]
      }),
    )
  return flat(answer) === flat(asked)
}

/**
 * All values of an answer's fields. Of those that have several, a changed list counts; where only the first value was
 * changed, the rest stays ("Duplicate query strings, headers, and cookies").
 */
function valuesOf(answer: unknown, asked: Fields): [name: string, value: string][] {
  return Object.entries(asObject(answer)).flatMap(([name, field]) => {
    const { value, multiValue } = asObject(field)
    const list = Array.isArray(multiValue)
      ? multiValue.map((one: unknown) => String(asObject(one)['value']))
      : undefined
    const before = asked[name]
    const former = before?.multiValue?.map((one) => one.value)
    if (list === undefined) return [[name, String(value)]]
    const isListKept = former !== undefined && JSON.stringify(former) === JSON.stringify(list)
    const isFirstChanged = typeof value === 'string' && value !== before?.value
    const all = isListKept && isFirstChanged ? [value, ...list.slice(1)] : list
    return all.map((one): [string, string] => [name, one])
  })
}
