import { asymmetricAlgorithm, isAsymmetricSignature } from './asymmetric-signature.ts'
import { wordingOf } from './errors.ts'
import {
  checkSignedHeaders,
  checkTime,
  checkToken,
  headerParts,
  type Secret,
  type Signature,
} from './signature-check.ts'
import { canonicalRequest, type WireRequest } from './signature.ts'
import { AwsError, type Caller } from '../contracts/service.ts'

/** Services that are in no region, and take Signature Version 4A only. */
const asymmetricServices = new Set(['cloudfront-keyvaluestore'])

export const isAsymmetric = (service: string): boolean => asymmetricServices.has(service)

/**
 * Verifies a request to a service that takes Signature Version 4A only.
 *
 * @param now - milliseconds since the epoch
 * @returns who signed
 * @throws AwsError in the service's own words
 */
export function verifyAsymmetric(
  request: WireRequest,
  service: string,
  payloadHash: string,
  findSecret: (accessKeyId: string) => Secret | undefined,
  now: number,
): Caller {
  const wording = wordingOf(service)
  const { authorization } = request.headers
  if (authorization === undefined) throw wording.missing()
  if (!authorization.startsWith(`${asymmetricAlgorithm} `)) {
    throw wording.malformed('Credential should be scoped to a valid region.')
  }
  const signature = readAsymmetric(request, authorization, service)
  const secret = findSecret(signature.accessKeyId)
  if (secret === undefined) throw wording.unknownKey(signature.accessKeyId)
  checkToken(signature, secret, now)
  // Developer guide, "Using temporary credentials with the CloudFront KeyValueStore API"; the words are AWS's.
  if (secret.tokenVersion === 1) throw new AwsError(403, 'AccessDeniedException', 'Authentication failed')
  checkTime(signature, now)
  checkSignedHeaders(request, signature)
  checkRegions(request, signature)
  const { accessKeyId, date, timestamp } = signature
  const scope = `${date}/${service}/aws4_request`
  const canonical = canonicalRequest(request, signature, payloadHash)
  const credentials = { accessKeyId, secretAccessKey: secret.secretAccessKey }
  if (!isAsymmetricSignature(signature.signature, credentials, { timestamp, scope, canonical }))
    throw wording.mismatch()
  return secret.caller
}

function readAsymmetric(request: WireRequest, authorization: string, service: string): Signature {
  const { credential, ...parts } = headerParts(request, authorization.slice(asymmetricAlgorithm.length), service)
  const [accessKeyId, date, scoped, end, ...rest] = credential.split('/')
  if (
    accessKeyId === undefined ||
    date === undefined ||
    scoped === undefined ||
    end !== 'aws4_request' ||
    rest.length > 0
  ) {
    throw wordingOf(service).malformed('Credential must have exactly 4 slash-delimited elements.')
  }
  return { ...parts, accessKeyId, date, region: '', service: scoped, expires: undefined }
}

/** The regions that a signature is good for are in a header, which is signed: `*`, names, or names with a `*`. */
function checkRegions({ headers }: WireRequest, { service, signedHeaders }: Signature): void {
  const regions = headers['x-amz-region-set']
  if (regions === undefined || !signedHeaders.includes('x-amz-region-set')) {
    throw wordingOf(service).malformed("'x-amz-region-set' must be a 'SignedHeader' in the AWS Authorization.")
  }
  const isHere = regions.split(',').some((region) => {
    const [start = '', end] = region.trim().split('*')
    return end === undefined ? start === home : home.startsWith(start) && home.endsWith(end)
  })
  if (!isHere) throw wordingOf(service).malformed('Credential should be scoped to a valid region.')
}

/** Where global services are at home. */
const home = 'us-east-1'
