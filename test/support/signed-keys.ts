import { createHash, createPrivateKey, createECDH, sign } from 'node:crypto'
import { request } from 'node:http'

import type { Sandbox } from '../../src/sandbox/host/sandbox.ts'
import { privateKeyOf } from '../../src/sandbox/wire/asymmetric-signature.ts'
import { uriEncode } from '../../src/sandbox/wire/signature.ts'

/** What the API of key value stores answered. */
export interface KeysAnswer {
  status: number
  /** AWS's name of the error. */
  error: string | undefined
  etag: string | undefined
  body: Record<string, unknown>
}

export interface KeysRequest {
  method: string
  path: string
  body?: unknown
  headers?: Record<string, string>
}

interface Signer {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

/** The path of a store, or with `key` of one of its keys. */
export const keysPath = (arn: string, key?: string): string =>
  `/key-value-stores/${uriEncode(arn)}${key === undefined ? '' : `/keys/${uriEncode(key)}`}`

/** Sends a request to a sandbox, signed with Signature Version 4A. `change` has the last word on its headers. */
export async function sendSigned(
  sandbox: Pick<Sandbox, 'endpoint'>,
  signer: Signer,
  { method, path, body, headers = {} }: KeysRequest,
  change: (headers: Record<string, string>) => Record<string, string> = (same) => same,
): Promise<KeysAnswer> {
  const text = body === undefined ? '' : JSON.stringify(body)
  const { host } = new URL(sandbox.endpoint)
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const signed: Record<string, string> = {
    host,
    'x-amz-date': stamp,
    'x-amz-region-set': '*',
    ...(signer.sessionToken === undefined ? {} : { 'x-amz-security-token': signer.sessionToken }),
    ...headers,
  }
  const names = Object.keys(signed).sort()
  const [rawPath = '', query = ''] = path.split('?')
  const canonical = [
    method,
    rawPath.split('/').map(uriEncode).join('/'),
    query.split('&').sort().join('&'),
    ...names.map((name) => `${name}:${signed[name] ?? ''}`),
    '',
    names.join(';'),
    sha256(text),
  ].join('\n')
  const scope = `${stamp.slice(0, 8)}/cloudfront-keyvaluestore/aws4_request`
  const toSign = ['AWS4-ECDSA-P256-SHA256', stamp, scope, sha256(canonical)].join('\n')
  const signature = sign('sha256', Buffer.from(toSign), keyOf(signer)).toString('hex')
  const credential = `Credential=${signer.accessKeyId}/${scope}`
  const authorization = `AWS4-ECDSA-P256-SHA256 ${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  return send(sandbox, method, path, text, change({ ...signed, authorization }))
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

function keyOf({ accessKeyId, secretAccessKey }: Signer) {
  const number = privateKeyOf(accessKeyId, secretAccessKey)
  const pair = createECDH('prime256v1')
  pair.setPrivateKey(number)
  const point = pair.getPublicKey()
  const part = (from: number): string => point.subarray(from, from + 32).toString('base64url')
  const key = { kty: 'EC', crv: 'P-256', x: part(1), y: part(33), d: number.toString('base64url') }
  return createPrivateKey({ format: 'jwk', key })
}

/** With node:http, as fetch sends no Host but its own. */
function send(
  { endpoint }: Pick<Sandbox, 'endpoint'>,
  method: string,
  path: string,
  text: string,
  headers: Record<string, string>,
): Promise<KeysAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(endpoint + path, { method, headers }, (incoming) => {
      let answer = ''
      incoming.setEncoding('utf8')
      incoming.on('data', (piece: string) => (answer += piece))
      incoming.on('end', () => {
        const { 'x-amzn-errortype': error, etag } = incoming.headers
        resolve({
          status: incoming.statusCode ?? 0,
          error: typeof error === 'string' ? error : undefined,
          etag,
          body: JSON.parse(answer === '' ? '{}' : answer) as Record<string, unknown>,
        })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(text)
  })
}
