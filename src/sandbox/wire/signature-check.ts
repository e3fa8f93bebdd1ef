import { timingSafeEqual } from 'node:crypto'

import { wordingOf } from './errors.ts'
import { algorithm, canonicalRequest, signatureOf, signingKeyOf, stampOf, type WireRequest } from './signature.ts'
import { AwsError, type Caller } from '../contracts/service.ts'

/** What an `Authorization` header or a presigned query says. */
export interface Signature {
  accessKeyId: string
  /** `YYYYMMDD`. */
  date: string
  region: string
  service: string
  signedHeaders: readonly string[]
  /** Lower-case hex. */
  signature: string
  /** `YYYYMMDDTHHMMSSZ`. */
  timestamp: string
  sessionToken: string | undefined
  /** Seconds that a presigned URL lives; undefined for a signature in the header. */
  expires: number | undefined
}

/** What belongs to an access key id. */
export interface Secret {
  secretAccessKey: string
  /** Temporary credentials have these two. */
  sessionToken?: string
  expiresAt?: number
  /** Tokens of version 1 are good in regions that every account has, and for no signature of Version 4A. */
  tokenVersion?: 1 | 2
  caller: Caller
}

const minute = 60_000
/** A presigned URL lives at most seven days. */
const longest = 604_800

/** The service of the credential scope: enough to know whom a request is for. Undefined if it carries none. */
export function scopedService(request: WireRequest): string | undefined {
  const { authorization = '' } = request.headers
  const credential = /Credential=([^,\s]+)/.exec(authorization)?.[1] ?? presignedCredential(request)
  return credential?.split('/').at(-2)
}

function presignedCredential(request: WireRequest): string | undefined {
  return new URLSearchParams(request.rawQuery).get('X-Amz-Credential') ?? undefined
}

/**
 * Takes a signature apart: Signature Version 4, "Authentication methods" in the IAM User Guide.
 * Throws the service's error for a malformed one. Undefined if the request carries none.
 */
export function readSignature(request: WireRequest, service: string): Signature | undefined {
  const { authorization } = request.headers
  if (authorization !== undefined) return readHeader(request, authorization, service)
  return presignedCredential(request) === undefined ? undefined : readPresigned(request, service)
}

function readHeader(request: WireRequest, authorization: string, service: string): Signature {
  if (!authorization.startsWith(`${algorithm} `)) {
    throw new AwsError(
      400,
      service === 's3' ? 'InvalidRequest' : 'IncompleteSignature',
      `The authorization mechanism you have provided is not supported. Please use ${algorithm}.`,
    )
  }
  const { credential, ...parts } = headerParts(request, authorization.slice(algorithm.length), service)
  return { ...readScope(credential, service), ...parts, expires: undefined }
}

/** What an `Authorization` header has behind the name of its algorithm. Throws the service's error for a malformed one. */
export function headerParts(
  request: WireRequest,
  list: string,
  service: string,
): { credential: string } & Pick<Signature, 'signedHeaders' | 'signature' | 'timestamp' | 'sessionToken'> {
  const wording = wordingOf(service)
  const parts = new Map<string, string>()
  for (const part of list.split(',')) {
    const at = part.indexOf('=')
    parts.set(part.slice(0, at).trim(), part.slice(at + 1).trim())
  }
  const signedHeaders = parts.get('SignedHeaders')
  const signature = parts.get('Signature')
  const timestamp = timestampOf(request.headers)
  if (signedHeaders === undefined || signature === undefined) {
    throw wording.malformed('The authorization header is malformed; it needs Credential, SignedHeaders and Signature.')
  }
  if (timestamp === undefined) {
    throw wording.malformed('AWS authentication requires a valid Date or x-amz-date header')
  }
  return {
    credential: parts.get('Credential') ?? '',
    signedHeaders: signedHeaders.split(';'),
    signature,
    timestamp,
    sessionToken: request.headers['x-amz-security-token'],
  }
}

function readPresigned(request: WireRequest, service: string): Signature {
  const query = new URLSearchParams(request.rawQuery)
  const incomplete = (message: string): AwsError =>
    service === 's3'
      ? new AwsError(400, 'AuthorizationQueryParametersError', message)
      : wordingOf(service).malformed(message)
  const required = (name: string): string => {
    const value = query.get(name)
    if (value !== null) return value
    throw incomplete(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    )
  }
  if (required('X-Amz-Algorithm') !== algorithm) {
    throw incomplete(`X-Amz-Algorithm only supports "${algorithm} and AWS4-ECDSA-P256-SHA256"`)
  }
  // Only S3 insists on a lifetime; elsewhere the usual fifteen minutes hold.
  const expires = Number(service === 's3' ? required('X-Amz-Expires') : (query.get('X-Amz-Expires') ?? 900))
  if (!Number.isInteger(expires) || expires < 0) throw incomplete('X-Amz-Expires should be a number')
  if (expires > longest) {
    throw incomplete(
      `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${longest} seconds`,
    )
  }
  const timestamp = required('X-Amz-Date')
  if (instantOf(timestamp) === undefined) {
    throw incomplete("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
  }
  return {
    ...readScope(required('X-Amz-Credential'), service),
    signedHeaders: required('X-Amz-SignedHeaders').split(';'),
    signature: required('X-Amz-Signature'),
    timestamp,
    sessionToken: query.get('X-Amz-Security-Token') ?? undefined,
    expires,
  }
}

function readScope(
  credential: string,
  service: string,
): Pick<Signature, 'accessKeyId' | 'date' | 'region' | 'service'> {
  const [accessKeyId, date, region, scoped, end, ...rest] = credential.split('/')
  if (
    accessKeyId === undefined ||
    date === undefined ||
    region === undefined ||
    scoped === undefined ||
    end !== 'aws4_request' ||
    rest.length > 0
  ) {
    const message = `The authorization header is malformed; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`
    throw wordingOf(service).malformed(message)
  }
  return { accessKeyId, date, region, service: scoped }
}

function timestampOf(headers: WireRequest['headers']): string | undefined {
  const stamp = headers['x-amz-date']
  if (stamp !== undefined) return instantOf(stamp) === undefined ? undefined : stamp
  const date = Date.parse(headers['date'] ?? '')
  return Number.isNaN(date) ? undefined : stampOf(date)
}

function instantOf(stamp: string): number | undefined {
  const digits = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp)
  if (digits === null) return undefined
  const [year, month, day, hour, minutes, seconds] = digits.slice(1)
  const instant = Date.parse(
    `${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minutes ?? ''}:${seconds ?? ''}Z`,
  )
  return Number.isNaN(instant) ? undefined : instant
}

/**
 * Verifies a signature.
 *
 * @param payloadHash - what stands for the body in the canonical request: its SHA-256 in hex, or one of S3's words
 * @param now - milliseconds since the epoch
 * @returns who signed, with the key and scope that sign the chunks of a streamed body
 * @throws AwsError in the service's own words
 */
export function verifySignature(
  request: WireRequest,
  signature: Signature,
  payloadHash: string,
  findSecret: (accessKeyId: string) => Secret | undefined,
  now: number,
): { caller: Caller; signingKey: Buffer; scope: string } {
  const wording = wordingOf(signature.service)
  const secret = findSecret(signature.accessKeyId)
  if (secret === undefined) throw wording.unknownKey(signature.accessKeyId)
  checkToken(signature, secret, now)
  checkTime(signature, now)
  checkSignedHeaders(request, signature)
  const scope = `${signature.date}/${signature.region}/${signature.service}/aws4_request`
  const canonical = canonicalRequest(request, signature, payloadHash)
  const signingKey = signingKeyOf(secret.secretAccessKey, signature.date, signature.region, signature.service)
  const wanted = signatureOf(signingKey, signature.timestamp, scope, canonical)
  const given = Buffer.from(signature.signature, 'hex')
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw wording.mismatch()
  return { caller: secret.caller, signingKey, scope }
}

export function checkToken(signature: Signature, secret: Secret, now: number): void {
  const wording = wordingOf(signature.service)
  if (signature.sessionToken !== secret.sessionToken) {
    throw signature.sessionToken === undefined ? wording.unknownKey(signature.accessKeyId) : wording.invalidToken()
  }
  if (secret.expiresAt !== undefined && secret.expiresAt <= now) throw wording.expiredToken()
}

export function checkTime(signature: Signature, now: number): void {
  const { service, timestamp, date, expires } = signature
  const wording = wordingOf(service)
  if (!timestamp.startsWith(date)) {
    throw wording.malformed(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`,
    )
  }
  const at = instantOf(timestamp) ?? 0
  if (service === 's3' && expires !== undefined) {
    checkPresignedTime(at, expires, now)
    return
  }
  const fields = {
    RequestTime: timestamp,
    ServerTime: new Date(now).toISOString().replace(/\.\d+/, ''),
    MaxAllowedSkewMilliseconds: String(15 * minute),
  }
  const past = Math.max(15 * minute, (expires ?? 0) * 1000)
  const ahead = service === 's3' ? 15 * minute : 5 * minute
  if (at < now - past) {
    const message = `Signature expired: ${timestamp} is now earlier than ${stampOf(now - past)} (${stampOf(now)} - ${past / minute} min.)`
    throw wording.skewed(message, fields)
  }
  if (at > now + ahead) {
    const message = `Signature not yet current: ${timestamp} is still later than ${stampOf(now + ahead)} (${stampOf(now)} + ${ahead / minute} min.)`
    throw wording.skewed(message, fields)
  }
}

function checkPresignedTime(at: number, expires: number, now: number): void {
  const iso = (instant: number): string => new Date(instant).toISOString().replace(/\.\d+/, '')
  if (at > now + 15 * minute) throw new AwsError(403, 'AccessDenied', 'Request is not yet valid')
  if (at + expires * 1000 > now) return
  const fields = { 'X-Amz-Expires': String(expires), Expires: iso(at + expires * 1000), ServerTime: iso(now) }
  throw new AwsError(403, 'AccessDenied', 'Request has expired', { fields })
}

export function checkSignedHeaders(request: WireRequest, signature: Signature): void {
  const signed = new Set(signature.signedHeaders)
  if (!signed.has('host') && !signed.has(':authority')) {
    throw wordingOf(signature.service).malformed(
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    )
  }
  if (signature.service !== 's3') return
  const unsigned = Object.keys(request.headers).filter((name) => name.startsWith('x-amz-') && !signed.has(name))
  if (unsigned.length === 0) return
  throw new AwsError(403, 'AccessDenied', 'There were headers present in the request which were not signed', {
    fields: { HeadersNotSigned: unsigned.join(', ') },
  })
}
