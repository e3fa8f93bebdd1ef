/** What CloudFront's key value stores answer, and what to make of it. */
import { CtlError, messageOf } from '../errors.ts'
import { isObject } from '../json-object.ts'
import { deniedBy, isBadClock, isBadIdentity, statusOf } from './aws-error.ts'
import type { LeanMetadata } from './lean-client.ts'

/** An error that AWS answered. Its name is AWS's, such as `ConflictException`. */
export class StoreError extends Error {
  readonly $metadata: LeanMetadata
  /** Whether the credentials were those of a session. */
  readonly hasSession: boolean

  constructor(name: string, message: string, $metadata: LeanMetadata, hasSession: boolean) {
    super(message)
    this.name = name
    this.$metadata = $metadata
    this.hasSession = hasSession
  }
}

/** The JSON document in an answer; empty where there is none. */
export function documentIn(body: Buffer): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {}
  const document: unknown = JSON.parse(body.toString('utf8'))
  return isObject(document) ? document : {}
}

interface Refusal {
  /** The header that names the error; not all have it. */
  readonly type: string | undefined
  readonly body: Buffer
  readonly $metadata: LeanMetadata
  readonly hasSession: boolean
}

/** The error that an answer tells, in a header or in its document. */
export function errorIn({ type, body, $metadata, hasSession }: Refusal): StoreError {
  let told: Readonly<Record<string, unknown>> = {}
  try {
    told = documentIn(body)
  } catch {
    // Something between here and AWS has answered.
  }
  const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
  const name = text(type) ?? text(told['__type']) ?? text(told['code']) ?? `Http${$metadata.httpStatusCode}`
  const message = text(told['message']) ?? text(told['Message']) ?? `AWS answered ${$metadata.httpStatusCode}`
  return new StoreError(name.replace(/:.*$/, '').replace(/^.*#/, ''), message, $metadata, hasSession)
}

/**
 * What to do about a session that other services take and this one does not. Tokens of the old kind, which STS gives at
 * its global endpoint, hold in some regions only, and are refused as credentials that nobody knows.
 *
 * @returns the error itself where it is another one
 */
export function explainSession(error: unknown): unknown {
  if (!(error instanceof StoreError) || !error.hasSession || isBadClock(error) || /^ExpiredToken/.test(error.name)) {
    return error
  }
  const isRefused = isBadIdentity(error) || statusOf(error) === 401 || isWordless(error)
  if (!isRefused) return error
  return new CtlError(
    'configuration',
    `CloudFront's key value store does not accept this session: ${messageOf(error)}`,
    {
      hint: [
        'Other services do. So its token is most likely of version 1, as the global endpoint of STS (sts.amazonaws.com) gives ' +
          'them: the key value store takes those of version 2 only.',
        'Set AWS_STS_REGIONAL_ENDPOINTS=regional, or sts_regional_endpoints = regional in the profile that gets the ' +
          'credentials, get new ones, and run the same command again.',
        'The keys of a user, without a session, work as well.',
      ],
      code: error.name,
      cause: error,
    },
  )
}

/** A refusal that names no action is none of a permission: those do. AWS calls this one so all the same. */
const isWordless = (error: StoreError): boolean =>
  statusOf(error) === 403 &&
  deniedBy(error.message) === undefined &&
  (!/^AccessDenied/.test(error.name) || /authentication failed/i.test(error.message))
