/** The function's only call to AWS: KMS Decrypt, signed by aws4fetch, since the SDK is a hundred times its size. */
import { AwsV4Signer } from 'aws4fetch'

import { isObject } from '../json-object.ts'
import type { EdgeConfig } from './config.ts'
import { PassingTrouble } from './secrets.ts'
import { decodeSecret } from './secret-text.ts'

/** Two calls of this length and the pause between them stay well inside the function's timeout of 5 s. */
const patienceMs = 1500

/** What KMS calls its passing troubles (API_Decrypt.html#API_Decrypt_Errors, CommonErrors.html). */
const passing = /Throttling|LimitExceeded|KMSInternal|DependencyTimeout|ServiceUnavailable|InternalFailure/

interface Answer {
  Plaintext?: unknown
  __type?: unknown
  message?: unknown
}

/**
 * Makes what decrypts a ciphertext of the configuration.
 *
 * @param environment - holds Lambda's credentials; `AWS_ENDPOINT_URL_KMS`, which a function at the edge can never have,
 *   lets a rehearsal bring its own KMS
 * @returns takes a ciphertext in base64, asks once, answers the decoded secret; it rejects where that cannot be
 *   decrypted, or is no secret, with a message that holds no secret, and with a PassingTrouble where it may be had later
 */
export function decrypting(
  config: EdgeConfig,
  environment: Record<string, string | undefined> = process.env,
): (ciphertext: string) => Promise<Uint8Array> {
  const signedBy = {
    accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
    ...(environment['AWS_SESSION_TOKEN'] && { sessionToken: environment['AWS_SESSION_TOKEN'] }),
    service: 'kms',
    region: config.region,
    url: environment['AWS_ENDPOINT_URL_KMS'] ?? `https://kms.${config.region}.amazonaws.com/`,
  }
  return (ciphertext) => decrypt(signedBy, config, ciphertext)
}

type SignedBy = ConstructorParameters<typeof AwsV4Signer>[0]

async function decrypt(signedBy: SignedBy, config: EdgeConfig, ciphertext: string): Promise<Uint8Array> {
  const { url, ...signed } = await new AwsV4Signer({
    ...signedBy,
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.Decrypt' },
    body: JSON.stringify({
      CiphertextBlob: ciphertext,
      EncryptionContext: config.encryptionContext,
      KeyId: config.keyId,
    }),
  }).sign()
  // Not with a Request, such as aws4fetch's client makes: where it is collected before the answer, its signal goes with it,
  // and nothing ends the call.
  const response = await fetch(url, { ...signed, signal: AbortSignal.timeout(patienceMs) }).catch((cause: unknown) => {
    throw new PassingTrouble('KMS Decrypt: no answer', { cause })
  })
  const answer = await readAnswer(response)
  if (typeof answer.Plaintext === 'string') return decodeSecret(Buffer.from(answer.Plaintext, 'base64').toString())
  const message = `KMS Decrypt: ${String(answer.__type)}: ${String(answer.message)}`
  throw passing.test(String(answer.__type)) ? new PassingTrouble(message) : new Error(message)
}

/** A 5xx need not hold JSON: it may come from a balancer. */
async function readAnswer(response: Response): Promise<Answer> {
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.status >= 500 || response.status === 429)
    return { __type: 'ServiceUnavailable', message: response.status }
  return isObject(answer) ? answer : {}
}
