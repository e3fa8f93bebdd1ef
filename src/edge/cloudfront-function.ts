/**
 * The code that runs as a CloudFront Function: it answers as the handler of Lambda's function does (`handler.ts`), from what
 * both share.
 *
 * Its runtime, cloudfront-js-2.0, knows ES5.1 with const, let, arrow functions, template literals, rest parameters and
 * async functions. This file, and all that it imports, keeps to that: no destructuring, no spread, no default values, no
 * classes, no `for` of, no `await` in arguments. `?.`, `??` and shorthand properties are rewritten by the build. Lint, the build and the tests, which
 * run it in njs, each hold it to that. It is built without names that others could mean, and as small as it can be: a
 * function may have 10 KB.
 */
import type { EdgeRules } from './config.ts'
import { type Answer, badSignature, type Candidate, checkRequest, unavailable } from './guard.ts'
import { encodePath } from './path.ts'
import { decodeSecret } from './secret-text.ts'
import { storeKey } from './store-value.ts'
import { signedText } from './token.ts'

interface Parameter {
  readonly value: string
  /** All of them, where it stands there more than once. */
  readonly multiValue?: readonly { readonly value: string }[]
}

/** The request inside CloudFront's event. The path is raw, and so are the values of parameters. */
interface FunctionRequest {
  readonly method: string
  uri: string
  querystring: Readonly<Record<string, Parameter>>
  /** Tells undefined where there is no question mark. */
  readonly rawQueryString?: () => string | undefined
}

/** CloudFront's viewer-request event (functions-event-structure.html). */
export interface FunctionEvent {
  readonly request: FunctionRequest
}

/** An answer made at the edge. */
export interface FunctionResponse {
  readonly statusCode: number
  readonly statusDescription: string
  readonly headers: Readonly<Record<string, { readonly value: string }>>
  readonly body: { readonly encoding: 'text'; readonly data: string }
}

// What stands in the first line of the code, see `function-code.ts`.
declare const cf: { kvs: () => { get: (key: string) => Promise<string> } }
declare const crypto: {
  createHmac: (
    algorithm: string,
    key: Uint8Array,
  ) => { update: (text: string) => { digest: (encoding: 'hex') => string } }
}
declare const rules: EdgeRules

/** Handler of viewer-request events: the request to go on with, or the answer to give instead. Never rejects. */
export async function handler(event: FunctionEvent): Promise<FunctionRequest | FunctionResponse> {
  try {
    const request = event.request
    const asked = { path: request.uri, querystring: queryOf(request) }
    const found = checkRequest(request.method, asked, rules, Date.now() / 1000)
    if ('status' in found) return responseOf(found)
    // What is asynchronous is dear there, so there is no more of it than this.
    const value = await cf.kvs().get(storeKey)
    if (!isSigned(found, value)) return responseOf(badSignature)
    request.uri = encodePath(found.path)
    request.querystring = {}
    return request
  } catch (error) {
    // A function that throws is an error page of CloudFront's own for the viewer.
    console.log(String(error))
    return responseOf(unavailable)
  }
}

/** As it came, so that both engines read it alike; where a test of the function brings only what was parsed, the token of that. */
function queryOf(request: FunctionRequest): string {
  const raw = typeof request.rawQueryString === 'function' ? request.rawQueryString() : undefined
  const token = request.querystring['t']
  if (raw !== undefined || token === undefined) return raw ?? ''
  return (token.multiValue ?? [token]).map((one) => `t=${one.value}`).join('&')
}

function responseOf(answer: Answer): FunctionResponse {
  const headers: Record<string, { value: string }> = {}
  Object.keys(answer.headers).forEach((name) => {
    headers[name] = { value: String(answer.headers[name]) }
  })
  return {
    statusCode: answer.status,
    statusDescription: answer.phrase,
    headers: headers,
    body: { encoding: 'text', data: answer.body },
  }
}

/**
 * Whether the current secret, or else the previous one, has made the signature.
 *
 * @param value - what the store holds
 * @throws Error where none has that can be used, and one can't be; its message holds no secret
 */
function isSigned(found: Candidate, value: string): boolean {
  const stored = secretsIn(value)
  const text = signedText(found.path, found.token.expires)
  const given = Buffer.from(found.token.signature, 'hex')
  let trouble: Error | undefined
  for (let index = 0; index < stored.length; index++) {
    try {
      const key = decodeSecret(stored[index] as string)
      const made = crypto.createHmac(found.token.algorithm, key).update(text).digest('hex')
      if (isSame(Buffer.from(made, 'hex'), given)) return true
    } catch (error) {
      trouble = new Error(`the ${index === 0 ? 'current' : 'previous'} secret is unusable: ${String(error)}`)
    }
  }
  if (trouble !== undefined) throw trouble
  return false
}

/** The current secret, and the previous one if there is one; what can't be a secret is found out when it is decoded. */
function secretsIn(text: string): readonly unknown[] {
  let value: { c?: unknown; p?: unknown }
  try {
    value = JSON.parse(text) as typeof value
  } catch {
    // What JSON.parse says of it might quote it.
    throw new Error('the secrets in the store are not JSON')
  }
  return value.p === undefined ? [value.c] : [value.c, value.p]
}

/** Compares digests in constant time: by words, since each step costs this runtime a tenth of the HMAC. */
function isSame(made: Buffer, given: Buffer): boolean {
  let difference = made.length ^ given.length
  for (let at = 0; at < made.length; at += 4) difference |= made.readInt32BE(at) ^ given.readInt32BE(at)
  return difference === 0
}
