import {
  algorithm,
  canonicalRequest,
  signatureOf,
  signingKeyOf,
  stampOf,
  uriEncode,
} from '../sandbox/wire/signature.ts'

/**
 * A presigned S3 GET URL, as servers that know the secret key give them out ("Authenticating requests: using query
 * parameters", S3 API reference).
 *
 * @param path - `/bucket/key`, percent-encoded once
 * @param expires - seconds
 * @param now - milliseconds since the epoch
 */
export function presignedUrl(
  endpoint: string,
  path: string,
  signer: { accessKeyId: string; secretAccessKey: string; region: string },
  expires: number,
  now: number,
): string {
  const timestamp = stampOf(now)
  const date = timestamp.slice(0, 8)
  const scope = `${date}/${signer.region}/s3/aws4_request`
  const rawQuery = [
    ['X-Amz-Algorithm', algorithm],
    ['X-Amz-Credential', `${signer.accessKeyId}/${scope}`],
    ['X-Amz-Date', timestamp],
    ['X-Amz-Expires', String(expires)],
    ['X-Amz-SignedHeaders', 'host'],
  ]
    .map(([name = '', value = '']) => `${name}=${uriEncode(value)}`)
    .join('&')
  const request = { method: 'GET', rawPath: path, rawQuery, headers: { host: new URL(endpoint).host } }
  const canonical = canonicalRequest(request, { service: 's3', signedHeaders: ['host'] }, 'UNSIGNED-PAYLOAD')
  const key = signingKeyOf(signer.secretAccessKey, date, signer.region, 's3')
  const signature = signatureOf(key, timestamp, scope, canonical).toString('hex')
  return `${endpoint}${path}?${rawQuery}&X-Amz-Signature=${signature}`
}
