import { CtlError, messageOf } from '../ui/errors.ts'
import { type Line, verbatim } from '../ui/text.ts'
import { nameOf } from './absent.ts'
import { adviceOn } from './advice.ts'

type Handler = (args: { input: object }) => Promise<unknown>
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
  /** What the call was about, where its input tells: S3 names no resource in its errors. */
  readonly resource?: string | undefined
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
          operations.set(error, { ...operationOf(context), resource: objectOf(args.input) })
        }
        throw error
      }
    },
    { step: 'initialize', name: 'noteOperation' },
  )
}

/** Remembers the action, such as `s3:GetObject`, of a call without the SDK, and what the call was about. */
export function noteError(error: unknown, action: string, about: { Bucket?: string; Key?: string } = {}): void {
  const [service = '', operation = ''] = action.split(':')
  if (typeof error === 'object' && error !== null) {
    operations.set(error, { service, operation, resource: objectOf(about) })
  }
}

/** What calls have shown about permissions. */
export interface Heard {
  /** Actions of calls that AWS carried out, or did not find the object of. */
  readonly allowed: Set<string>
  readonly denied: Set<string>
  /** Calls that are not answered yet. */
  readonly underWay: Set<Promise<unknown>>
}

/** Takes down what each call of a client shows. */
export function hearActions(client: Notable, { allowed, denied, underWay }: Heard): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const { service, operation } = operationOf(context)
      const action = renamedActions[`${service}:${operation}`] ?? `${service}:${operation}`
      const call = next(args)
      const settled = call.then(
        () => allowed.add(action),
        (error: unknown) => {
          if (statusOf(error) === 404) allowed.add(action)
          else if (isDenial(error)) denied.add(deniedBy(messageOf(error))?.action ?? action)
        },
      )
      underWay.add(settled)
      void settled.then(() => underWay.delete(settled))
      return call
    },
    { step: 'initialize', name: 'hearActions' },
  )
}

function operationOf({ clientName = '', commandName = '' }: { clientName?: string; commandName?: string }): Operation {
  const service = clientName.replace(/Client$/, '').toLowerCase()
  return { service: servicePrefixes[service] ?? service, operation: commandName.replace(/Command$/, '') }
}

/** The bucket that an S3 call names, or its objects: a permission for one of them alone is never what is meant. */
function objectOf(input: object): string | undefined {
  if (!('Bucket' in input) || typeof input.Bucket !== 'string') return undefined
  const { Bucket: bucket } = input
  return 'Key' in input ? `arn:aws:s3:::${bucket}/*` : `arn:aws:s3:::${bucket}`
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
/** Services other than S3 call a wrong clock a wrong signature. */
const badClockMessage = /^Signature (expired|not yet current)/i

/**
 * Turns what an AWS call threw into an error that an operator can act on. Anything that is a `CtlError` already passes.
 *
 * @param doing - the step that failed, such as `Create the IAM role`
 */
export function explain(error: unknown, doing: string): CtlError {
  if (error instanceof CtlError) return error
  const called = (typeof error === 'object' && error && operations.get(error)) || undefined
  const name = nameOf(error)
  const message = messageOf(error)
  const call = called === undefined ? '' : ` (${called.service}:${called.operation})`
  const failure = (text: string, hint: string | readonly string[], code = name): CtlError =>
    new CtlError('failed', `${doing}: ${text}`, { hint, code: code === '' ? 'Error' : code, cause: error })

  if (/account must be verified/i.test(message)) {
    const hint = 'This is not a permission problem: AWS Support must verify the account before it can use CloudFront.'
    return failure(message, hint)
  }
  if (badClock.test(name) || badClockMessage.test(message)) {
    const hint = 'Set the clock (timedatectl, chronyc) and run the command again.'
    return failure(`this machine's clock is wrong: ${message}`, hint)
  }
  if (badCredentials.test(name)) return credentialFailure(doing, name, message, error)
  if (isDenial(error)) return denial(doing, called, message, error)
  const network = networkFailure(error)
  if (network !== undefined) {
    const hint = 'Check the network, proxy and AWS_ENDPOINT_URL, then run the command again.'
    const nameless = name === '' || name === 'Error' || name === 'TypeError'
    return failure(`AWS can't be reached${call}: ${network}`, hint, nameless ? 'NetworkError' : name)
  }
  if (statusOf(error) === undefined)
    return failure(message, 'What is done is kept: the same command goes on from there.')
  const advice = adviceOn(name, message)
  return failure(`AWS answered ${name}${call}: ${message}`, [
    ...(advice === undefined ? [] : [advice]),
    'Run the same command again once this is put right; what is done is kept.',
  ])
}

/** Whether AWS would have done it for somebody else; that whose the credentials are is known is taken for granted. */
const isDenial = (error: unknown): boolean =>
  denials.test(nameOf(error)) || statusOf(error) === 403 || deniedBy(messageOf(error)) !== undefined

function credentialFailure(doing: string, code: string, message: string, cause: unknown): CtlError {
  // The SDK's own error, thrown before anything was sent.
  const none = code === 'CredentialsProviderError'
  const why = none ? `no AWS credentials were found: ${message}` : `AWS does not accept the credentials: ${message}`
  return new CtlError('configuration', `${doing}: ${why}`, {
    hint: [
      "Check packagecloud_rails['aws_access_key'] and ['aws_secret_key'], or --profile, or the AWS_* variables; " +
        '`pc-ctl show-config` tells which of them is used.',
    ],
    code,
    cause,
  })
}

/** Says which action was denied on what, and the statement that allows it. */
function denial(doing: string, called: Operation | undefined, message: string, cause: unknown): CtlError {
  const said = deniedBy(message)
  const operation = called === undefined ? undefined : `${called.service}:${called.operation}`
  const action = said?.action ?? (operation === undefined ? undefined : (renamedActions[operation] ?? operation))
  const why = /(because|with an explicit deny) .*$/.exec(message)?.[0]
  const resource = said?.resource ?? called?.resource
  const onWhat = resource === undefined ? '' : ` on ${String(resource)}`
  const reason = why !== undefined ? ` ${why}` : said !== undefined || wordless.test(message) ? '' : `: ${message}`
  return new CtlError(
    'denied',
    `${doing}: AWS denied ${action ?? 'the call'}${onWhat}${reason}.`.replace(/\.+$/, '.'),
    {
      hint: remedy(action, resource, why),
      code: nameOf(cause),
      cause,
    },
  )
}

function remedy(action: string | undefined, resource: string | readonly string[] | undefined, why = ''): Line[] {
  if (why.startsWith('with an explicit deny')) {
    return ['An explicit deny outweighs every permission: whoever is in charge of that policy must lift it.']
  }
  if (action === undefined) return ['The policy of the credentials in use must allow this.']
  // AWS names the kind of policy that lacks the permission; only for one of identities is it the credentials' own.
  const other = /because no (?!identity-based)(.+?) allows? /.exec(why)?.[1]
  const policy = other === undefined ? 'policy of the credentials in use' : `${other} that applies here`
  const statement = {
    Effect: 'Allow',
    Action: action,
    Resource: typeof resource === 'string' ? wide(resource) : (resource ?? '*'),
  }
  return [
    `Add this statement to the ${policy}:`,
    verbatim(JSON.stringify(statement)),
    '`pc-ctl permissions` prints all that pc-ctl needs, no wider than it must be.',
  ]
}

/** S3 names the one object; a permission for it alone is never what is meant. */
const wide = (resource: string): string => resource.replace(/^(arn:[^:]+:s3:::[^/]+)\/.+$/, '$1/*')

/** What S3, or an answer without a body, says where other services say what was denied. */
const wordless = /^(access ?denied|forbidden|unknown(error)?)?\.?$/i

interface Denied {
  readonly action: string
  readonly resource?: string | readonly string[]
}

/** The action and resource that a message says were denied: IAM's way, `Lambda@Edge`'s way, CloudFront's way. */
function deniedBy(message: string): Denied | undefined {
  const [, action, resource] =
    /not authorized to perform: ([^\s,]+)(?: on resource: ("[^"]+"|[^\s,]+))?/.exec(message) ??
    /add permission: ([^\s,]+) for resource: (\S+)/.exec(message) ??
    []
  if (action !== undefined) {
    return { action, ...(resource === undefined ? {} : { resource: resource.replaceAll('"', '') }) }
  }
  if (!/not authorized to create or assume a service linked role/i.test(message)) return undefined
  const roles = 'arn:aws:iam::*:role/aws-service-role'
  return {
    action: 'iam:CreateServiceLinkedRole',
    resource: [`${roles}/replicator.lambda.amazonaws.com/*`, `${roles}/logger.cloudfront.amazonaws.com/*`],
  }
}

/** The HTTP status of AWS's answer, if there was one. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined
  const metadata: unknown = error.$metadata
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined
}

const connectionFailed =
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|EPROTO|ERR_SSL_.*|UNABLE_TO_.*|CERT_.*|.*_CERT.*|UND_ERR_.*)$/

/** Why the connection failed, if it did; Node hides the reason in `code`, in an aggregate, or in a cause. */
function networkFailure(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error ? String(error.code) : ''
  if (error instanceof AggregateError)
    return networkFailure(error.errors[0]) ?? (connectionFailed.test(code) ? code : undefined)
  if (connectionFailed.test(code)) return error.message === '' ? code : error.message
  return error.name === 'TimeoutError' ? error.message : networkFailure(error.cause)
}
