import { CtlError, messageOf } from '../ui/errors.ts'
import { nameOf } from './absent.ts'

type Handler = (args: never) => Promise<unknown>
type Middleware = (next: Handler, context: { clientName?: string; commandName?: string }) => Handler

/** What a client must have so that its errors can be told apart by operation. */
export interface Notable {
  middlewareStack: { add(middleware: Middleware, options: { step: 'initialize'; name: string }): void }
}

interface Operation {
  /** The IAM prefix of the service, such as `s3`. */
  readonly service: string
  /** The API operation, such as `CreateRole`. */
  readonly operation: string
}

const operations = new WeakMap<object, Operation>()

/** Makes a client remember, for each error it throws, which operation it was: AWS's own message often doesn't say. */
export function noteOperation(client: Notable): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      try {
        return await next(args)
      } catch (error) {
        if (typeof error === 'object' && error !== null) {
          const service = (context.clientName ?? '').replace(/Client$/, '').toLowerCase()
          operations.set(error, {
            service: servicePrefixes[service] ?? service,
            operation: (context.commandName ?? '').replace(/Command$/, ''),
          })
        }
        throw error
      }
    },
    { step: 'initialize', name: 'noteOperation' },
  )
}

/** Where the IAM prefix of a service is not its client's name. */
const servicePrefixes: Readonly<Record<string, string>> = { resourcegroupstaggingapi: 'tag' }

/** Operations that IAM knows by another name, from AWS's Service Authorization Reference. */
const renamedActions: Readonly<Record<string, string>> = {
  's3:HeadBucket': 's3:ListBucket',
  's3:ListObjectsV2': 's3:ListBucket',
  's3:HeadObject': 's3:GetObject',
  's3:CopyObject': 's3:PutObject',
  's3:GetBucketEncryption': 's3:GetEncryptionConfiguration',
  's3:GetPublicAccessBlock': 's3:GetBucketPublicAccessBlock',
  'cloudfront:CreateDistributionWithTags': 'cloudfront:CreateDistribution',
}

const denials = /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|Forbidden|AllAccessDisabled)$/
const badCredentials =
  /^(InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidSignatureException|InvalidAccessKeyId|ExpiredToken|ExpiredTokenException|CredentialsProviderError|IncompleteSignature|InvalidToken)$/
const badClock = /^(RequestTimeTooSkewed|RequestExpired)$/

/**
 * Turns what an AWS call threw into an error that an operator can act on. Anything that is a `CtlError` already passes.
 *
 * @param doing - the step that failed, such as `Create the IAM role`
 */
export function explain(error: unknown, doing: string): CtlError {
  if (error instanceof CtlError) return error
  const { service, operation } = (typeof error === 'object' && error && operations.get(error)) || unknownOperation
  const name = nameOf(error)
  const message = messageOf(error)
  const call = operation === '' ? '' : ` (${service}:${operation})`
  if (/account must be verified/i.test(message)) {
    return new CtlError('failed', `${doing}: ${message}`, {
      hint: 'This is not a permission problem: AWS Support must verify the account before it can use CloudFront.',
      code: name,
      cause: error,
    })
  }
  if (denials.test(name) || statusOf(error) === 403) {
    if (badCredentials.test(name)) return credentialFailure(doing, name, message, error)
    return denial(doing, { service, operation }, message, error)
  }
  if (badCredentials.test(name)) return credentialFailure(doing, name, message, error)
  if (badClock.test(name)) {
    return new CtlError('failed', `${doing}: this machine's clock is wrong: ${message}`, {
      hint: 'Set the clock (timedatectl, chronyc) and run the command again.',
      code: name,
      cause: error,
    })
  }
  const network = networkFailure(error)
  if (network !== undefined) {
    return new CtlError('failed', `${doing}: AWS can't be reached${call}: ${network}`, {
      hint: 'Check the network, proxy and AWS_ENDPOINT_URL, then run the command again.',
      code: name === '' || name === 'Error' ? 'NetworkError' : name,
      cause: error,
    })
  }
  return new CtlError('failed', `${doing}: AWS answered ${name}${call}: ${message}`, {
    hint: 'Run the same command again once this is put right; what is done is kept.',
    code: name,
    cause: error,
  })
}

const unknownOperation: Operation = { service: '', operation: '' }

const credentialFailure = (doing: string, code: string, message: string, cause: unknown): CtlError =>
  new CtlError('configuration', `${doing}: AWS does not accept the credentials: ${message}`, {
    hint: [
      "Check packagecloud_rails['aws_access_key'] and ['aws_secret_key'], or --profile, or the AWS_* variables;",
      '`pc-ctl show-config` tells which of them is used.',
    ],
    code,
    cause,
  })

/** Says which action was denied on what, and the statement that allows it. */
function denial(doing: string, { service, operation }: Operation, message: string, cause: unknown): CtlError {
  const said = /not authorized to perform: (\S+?)(?: on resource: (\S+?))?(?:[\s,]|$)/.exec(message)
  const called = `${service}:${operation}`
  const action = said?.[1] ?? renamedActions[called] ?? called
  const resource = said?.[2]?.replace(/^"|"$/g, '')
  const statement = { Effect: 'Allow', Action: action, Resource: resource ?? '*' }
  const why = /because .*$/.exec(message)?.[0]
  return new CtlError(
    'denied',
    `${doing}: AWS denied ${action}${resource === undefined ? '' : ` on ${resource}`}${why === undefined ? '' : ` ${why}`}.`,
    {
      hint: ['Add this statement to the policy of the credentials in use:', JSON.stringify(statement)],
      code: nameOf(cause),
      cause,
    },
  )
}

/** The HTTP status of AWS's answer, if there was one. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined
  const metadata: unknown = error.$metadata
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined
}

/** Why the connection failed, if it did; Node hides the reason in `code` or in an aggregate. */
function networkFailure(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error
  const code = inner instanceof Error && 'code' in inner ? String(inner.code) : ''
  const known =
    /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|CERT_.*|.*_CERT.*)$/
  if (known.test(code)) return inner instanceof Error && inner.message !== '' ? inner.message : code
  return error.name === 'TimeoutError' ? error.message : undefined
}
