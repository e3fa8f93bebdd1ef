/**
 * Signature Version 4A, which holds in every region: CloudFront's key value stores take no other. Requests are signed with
 * a key of the curve P-256 that both sides derive from the secret access key.
 *
 * The SDK has this as a package of its own that takes more than a hundred times as long, or as a native module.
 *
 * Source: AWS General Reference, "Signature Version 4A (SigV4a)"; the derivation is that of NIST SP 800-108 (counter mode)
 * with FIPS 186-4, B.4.2.
 */
import { createECDH, createHmac, createPrivateKey, type KeyObject, sign } from 'node:crypto'

import { canonical, type Credentials, encodePath, headersToSign, timeOf, type Unsigned } from './signature-v4.ts'

const algorithm = 'AWS4-ECDSA-P256-SHA256'

/** The order of P-256's group, less 2. */
const largest = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254f', 'hex')

/**
 * The private key that belongs to an access key.
 *
 * @throws Error where none of all candidates is one, which does not happen
 */
export function deriveKey({ accessKeyId, secretAccessKey }: Credentials): Buffer {
  for (let counter = 1; counter < 255; counter++) {
    const candidate = createHmac('sha256', `AWS4A${secretAccessKey}`)
      .update(Buffer.of(0, 0, 0, 1))
      .update(algorithm)
      .update(Buffer.of(0))
      .update(accessKeyId)
      .update(Buffer.of(counter))
      // The length of what is derived, in bits.
      .update(Buffer.of(0, 0, 1, 0))
      .digest()
    if (Buffer.compare(candidate, largest) <= 0) return plusOne(candidate)
  }
  throw new Error('No signing key can be derived from this access key.')
}

/** @param number - big-endian; what it is at most leaves room */
function plusOne(number: Buffer): Buffer {
  const text = (BigInt(`0x${number.toString('hex')}`) + 1n).toString(16)
  return Buffer.from(text.padStart(64, '0'), 'hex')
}

function keyObject(privateKey: Buffer): KeyObject {
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(privateKey)
  // 04, and then both coordinates.
  const point = curve.getPublicKey()
  const text = (bytes: Buffer): string => bytes.toString('base64url')
  return createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      x: text(point.subarray(1, 33)),
      y: text(point.subarray(33)),
      d: text(privateKey),
    },
  })
}

/**
 * Signs requests to a service for all regions. A key is derived once for each pair of credentials.
 *
 * @param service - as the scope names it, such as `cloudfront-keyvaluestore`
 * @returns the headers to send
 */
export function createRequestSigner4a(
  service: string,
): (request: Unsigned, credentials: Credentials, now: Date) => Record<string, string> {
  let cached: { readonly id: string; readonly key: KeyObject } | undefined
  const keyOf = (credentials: Credentials): KeyObject => {
    const id = `${credentials.accessKeyId} ${credentials.secretAccessKey}`
    if (cached?.id !== id) cached = { id, key: keyObject(deriveKey(credentials)) }
    return cached.key
  }
  return (request, credentials, now) => {
    const time = timeOf(now)
    const headers = headersToSign(request, credentials, time)
    headers['x-amz-region-set'] = '*'
    const { signed, digest } = canonical(request, headers, encodePath(request.path))
    const scope = `${time.slice(0, 8)}/${service}/aws4_request`
    const toSign = `${algorithm}\n${time}\n${scope}\n${digest}`
    const signature = sign('sha256', Buffer.from(toSign), keyOf(credentials)).toString('hex')
    headers['authorization'] =
      `${algorithm} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`
    return headers
  }
}
