/** What an error of AWS says about itself, whoever threw it: the SDK, or our own client of S3. */
import { arnsOfServiceRoles } from './arns.ts'
import { messageOf } from '../errors.ts'
import { nameOf } from './absent.ts'
import { networkReason } from './network-reason.ts'

interface Metadata {
  readonly httpStatusCode?: unknown
  readonly requestId?: unknown
  readonly extendedRequestId?: unknown
  readonly attempts?: unknown
}

function metadataOf(error: unknown): Metadata {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return {}
  const { $metadata } = error
  return typeof $metadata === 'object' && $metadata !== null ? $metadata : {}
}

/** The HTTP status of AWS's answer, if there was one. */
export function statusOf(error: unknown): number | undefined {
  const { httpStatusCode } = metadataOf(error)
  return typeof httpStatusCode === 'number' ? httpStatusCode : undefined
}

/** How AWS finds the request in its logs. S3 has two ids, and its support asks for both. */
export interface RequestIds {
  readonly requestId: string
  readonly hostId?: string | undefined
}

/** The ids of the request that an error answers, if AWS gave any. */
export function requestIdsOf(error: unknown): RequestIds | undefined {
  const { requestId, extendedRequestId } = metadataOf(error)
  if (typeof requestId !== 'string' || requestId === '') return undefined
  return { requestId, ...(typeof extendedRequestId === 'string' ? { hostId: extendedRequestId } : {}) }
}

/** What to tell AWS when asking about an error: a line for the hints of a CtlError, where AWS gave an id. */
export function requestIdLines(error: unknown): string[] {
  const ids = requestIdsOf(error)
  if (ids === undefined) return []
  const host = ids.hostId === undefined ? '' : `, host id ${ids.hostId}`
  return [`AWS knows this call by its request id ${ids.requestId}${host}.`]
}

/** How often a call was made until it ended in an error. */
export function attemptsOf(error: unknown): number {
  const { attempts } = metadataOf(error)
  return typeof attempts === 'number' ? attempts : 1
}

const denials = /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|Forbidden|AllAccessDisabled)$/
const badCredentials =
  /^(InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidSignatureException|InvalidAccessKeyId|ExpiredToken|ExpiredTokenException|CredentialsProviderError|ProviderError|IncompleteSignature|InvalidToken|TokenRefreshRequired|NotSignedUp)$/
const badClock = /^(RequestTimeTooSkewed|RequestExpired)$/
/** Services other than S3 call a wrong clock a wrong signature. */
const badClockMessage = /^Signature (expired|not yet current)/i

/** Whether AWS refused a request because of the time that it was signed for. */
export const isBadClock = (error: unknown): boolean =>
  badClock.test(nameOf(error)) || badClockMessage.test(messageOf(error))

/** Whether AWS does not know who asks, so that nothing else will be answered either. */
export const isBadIdentity = (error: unknown): boolean => badCredentials.test(nameOf(error)) || isBadClock(error)

/** Whether AWS would have done it for somebody else; that whose the credentials are is known is taken for granted. */
export const isDenial = (error: unknown): boolean =>
  denials.test(nameOf(error)) || statusOf(error) === 403 || deniedBy(messageOf(error)) !== undefined

interface Denied {
  readonly action: string
  readonly resource?: string | readonly string[]
}

/** The action and resource that a message says were denied: IAM's way, `Lambda@Edge`'s way, CloudFront's way. */
export function deniedBy(message: string): Denied | undefined {
  const [, action, resource] =
    /not authorized to perform: ([^\s,]+)(?: on resource: ("[^"]+"|[^\s,]+))?/.exec(message) ??
    /add permission: ([^\s,]+) for resource: (\S+)/.exec(message) ??
    []
  if (action !== undefined) {
    return { action, ...(resource === undefined ? {} : { resource: resource.replaceAll('"', '') }) }
  }
  if (!/not authorized to create or assume a service linked role/i.test(message)) return undefined
  return { action: 'iam:CreateServiceLinkedRole', resource: arnsOfServiceRoles('*') }
}

const connectionFailed =
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|EPROTO|ERR_SSL_.*|UNABLE_TO_.*|CERT_.*|.*_CERT.*|UND_ERR_.*)$/

/** Why the connection failed, if it did; Node hides the reason in `code`, in an aggregate, or in a cause. */
export function networkFailure(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const code = codeOf(error)
  if (error instanceof AggregateError)
    return networkFailure(error.errors[0]) ?? (connectionFailed.test(code) ? code : undefined)
  if (connectionFailed.test(code)) return networkReason(error)
  return error.name === 'TimeoutError' ? silenceIn(error.message) : networkFailure(error.cause)
}

/** The SDK's words for a connection that fell silent are about its own settings. */
function silenceIn(message: string): string {
  const [, milliseconds] = / after (\d+) ms of inactivity/.exec(message) ?? []
  return milliseconds === undefined ? message : `no answer within ${Number(milliseconds) / 1000} s`
}

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : '')
