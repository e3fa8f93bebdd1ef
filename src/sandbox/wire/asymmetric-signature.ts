/** Signature Version 4A: "AWS Signature Version 4A", IAM User Guide; how the key is derived, as AWS's SDKs do it. */
import { createECDH, createHmac, createPublicKey, verify, type KeyObject } from 'node:crypto'

import { sha256 } from './signature.ts'

export const asymmetricAlgorithm = 'AWS4-ECDSA-P256-SHA256'

/** The order of the curve P-256, less 2. */
const highest = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n - 2n

/** The private key that belongs to an access key, as a number of 32 bytes. */
export function privateKeyOf(accessKeyId: string, secretAccessKey: string): Buffer {
  for (let counter = 1; counter <= 254; counter++) {
    const candidate = createHmac('sha256', `AWS4A${secretAccessKey}`)
      .update(Buffer.from([0, 0, 0, 1]))
      .update(asymmetricAlgorithm)
      .update(Buffer.from([0]))
      .update(accessKeyId)
      .update(Buffer.from([counter, 0, 0, 1, 0]))
      .digest('hex')
    const number = BigInt(`0x${candidate}`)
    if (number <= highest) return Buffer.from((number + 1n).toString(16).padStart(64, '0'), 'hex')
  }
  throw new Error('No private key can be derived.')
}

/** What signatures with an access key are verified with. */
function publicKeyOf(accessKeyId: string, secretAccessKey: string): KeyObject {
  const pair = createECDH('prime256v1')
  pair.setPrivateKey(privateKeyOf(accessKeyId, secretAccessKey))
  const point = pair.getPublicKey()
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'))
  return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' } })
}

/**
 * Whether a signature, in hex, is that of a canonical request.
 *
 * @param scope - names no region
 */
export function isAsymmetricSignature(
  signature: string,
  credentials: { readonly accessKeyId: string; readonly secretAccessKey: string },
  parts: { readonly timestamp: string; readonly scope: string; readonly canonical: string },
): boolean {
  const text = [asymmetricAlgorithm, parts.timestamp, parts.scope, sha256(parts.canonical)].join('\n')
  const key = publicKeyOf(credentials.accessKeyId, credentials.secretAccessKey)
  return verify('sha256', Buffer.from(text), key, Buffer.from(signature, 'hex'))
}
