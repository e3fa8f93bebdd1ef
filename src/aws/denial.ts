import { rails } from '../options.ts'
import { parseArn } from './arns.ts'
import { regions } from '../settings/regions.ts'
import { didYouMean } from '../ui/near.ts'
import { CtlError, messageOf } from '../errors.ts'
import { type Line, verbatim } from '../text.ts'
import { nameOf } from './absent.ts'
import { adviceOn } from './advice.ts'
import { deniedBy, isBadClock, isBadIdentity, isDenial, networkFailure, requestIdLines, statusOf } from './aws-error.ts'
import { isAboutPlan, planAdvice } from './flat-rate-plan.ts'
import { howItBrokeOff } from './no-answer.ts'
import { networkAdvice } from './network-reason.ts'
import { iamAction, type Operation, operationBehind } from './operation.ts'

export { isBadIdentity, statusOf } from './aws-error.ts'
export { hearActions, type Heard, noteOperation } from './operation.ts'

/**
 * Turns what an AWS call threw into an error that an operator can act on. Anything that is a `CtlError` already passes.
 *
 * @param doing - the step that failed, such as `Create the IAM role`
 */
export function explainError(error: unknown, doing: string): CtlError {
  if (error instanceof CtlError) return withRequestIds(error)
  const explained = explainAnswer(error, doing)
  const { failure, message, hint, code } = explained
  return new CtlError(failure, message, { hint: [...hint, ...requestIdLines(error)], code, cause: error })
}

/** Whether credentials are given and not good; that there are none, or a wrong clock, is something else. */
export const isRefusedIdentity = ({ failure, code, cause }: CtlError): boolean =>
  failure === 'configuration' && code !== 'configuration' && code !== 'NoCredentials' && !isBadClock(cause)

/** What we have said of an answer of AWS in words of our own. */
function withRequestIds(error: CtlError): CtlError {
  const lines = requestIdLines(error.cause).filter((line) => !error.hint.includes(line))
  if (lines.length === 0) return error
  const { failure, message, hint, code, cause } = error
  return new CtlError(failure, message, { hint: [...hint, ...lines], code, cause })
}

const keptSoFar = 'Run the same command again once this is put right; what is done is kept.'

function explainAnswer(error: unknown, doing: string): CtlError {
  const called = operationBehind(error)
  const name = nameOf(error)
  const message = messageOf(error)
  const call = called === undefined ? '' : ` (${called.service}:${called.operation})`
  const failure = (text: string, hint: string | readonly string[], code = name): CtlError =>
    new CtlError('failed', `${doing}: ${text}`, { hint, code: code === '' ? 'Error' : code, cause: error })

  if (/account must be verified/i.test(message)) {
    const hint = 'This is not a permission problem: AWS Support must verify the account before it can use CloudFront.'
    return failure(message, hint)
  }
  if (statusOf(error) !== undefined && isAboutPlan(message)) {
    return failure(`AWS answered ${name}${call}: ${message}`, [...planAdvice(message), keptSoFar])
  }
  if (isBadIdentity(error)) return identityFailure(doing, error)
  if (isDenial(error)) return denial(doing, called, message, error)
  const brokenOff = howItBrokeOff(error)
  if (brokenOff !== undefined) {
    const hint = 'What the call did is not known: run the same command again, it looks first and goes on from there.'
    return failure(`AWS gave no complete answer${call}: ${brokenOff}`, hint, 'NoAnswer')
  }
  const network = networkFailure(error)
  if (network !== undefined) {
    const nameless = name === '' || name === 'Error' || name === 'TypeError'
    return failure(`AWS can't be reached${call}: ${network}`, adviceOnNetwork(error), nameless ? 'NetworkError' : name)
  }
  if (statusOf(error) === undefined)
    return failure(message, 'What is done is kept: the same command goes on from there.')
  return failure(`AWS answered ${name}${call}: ${message}`, [...adviceOn(name, message, called), keptSoFar])
}

/** A region that is mistyped is the name of a host that nobody knows. */
function regionAdvice(error: unknown): string[] {
  const [, region] = /\.([a-z]+(?:-[a-z]+)+-\d+)\./.exec(messageOf(error)) ?? []
  return region === undefined || regions.includes(region) ? [] : didYouMean(region, regions)
}

const adviceOnNetwork = (error: unknown): string[] => [
  ...regionAdvice(error),
  ...networkAdvice(error),
  'Check the network, proxy and AWS_ENDPOINT_URL, then run the command again.',
]

/** AWS does not know who asks: whatever is asked, the answer would be the same. */
function identityFailure(doing: string, error: unknown): CtlError {
  const message = messageOf(error)
  const code = nameOf(error)
  if (isBadClock(error)) {
    return new CtlError('configuration', `${doing}: this machine's clock is wrong: ${message}`, {
      hint: 'Set the clock (timedatectl, chronyc) and run the command again.',
      code,
      cause: error,
    })
  }
  // The SDK's own error, thrown before anything was sent.
  const none = statusOf(error) === undefined && code.endsWith('ProviderError')
  const why = none ? `no AWS credentials were found: ${message}` : `AWS does not accept the credentials: ${message}`
  return new CtlError('configuration', `${doing}: ${why}`, {
    hint: [
      ...(/^(ExpiredToken|TokenRefreshRequired)/.test(code)
        ? ['The session is over: get new credentials, with a profile of IAM Identity Center by `aws sso login`.']
        : []),
      `Check ${rails('aws_access_key')} and ${rails('aws_secret_key')}, or --profile, or the AWS_* variables; ` +
        '`pc-ctl show-config` tells which of them is used.',
    ],
    code,
    cause: error,
  })
}

/** Says which action was denied on what, and the statement that allows it. */
function denial(doing: string, called: Operation | undefined, message: string, cause: unknown): CtlError {
  const said = deniedBy(message)
  const operation = called === undefined ? undefined : `${called.service}:${called.operation}`
  const action = said?.action ?? (operation === undefined ? undefined : iamAction(operation))
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
  const trust = action.startsWith('sts:AssumeRole')
    ? ['The trust policy of the role must let the same credentials assume it, too.']
    : []
  if (trust.length > 0 && resource === undefined) return trust
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
    ...trust,
    '`pc-ctl permissions` prints all that pc-ctl needs, no wider than it must be.',
  ]
}

/** S3 names the one object; a permission for it alone is never what is meant. */
function wide(arn: string): string {
  const { service, resource = '' } = parseArn(arn) ?? {}
  return service === 's3' && /^[^/]+\/./.test(resource) ? `${arn.slice(0, arn.indexOf('/'))}/*` : arn
}

/** What S3, or an answer without a body, says where other services say what was denied. */
const wordless = /^(access ?denied|forbidden|unknown(error)?)?\.?$/i
