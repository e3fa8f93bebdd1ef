import type { CacheBehavior } from '../contracts/distribution-shape.ts'
import type { CloudFrontPeers } from '../contracts/cloudfront-peers.ts'
import type { AssociableVersion } from '../contracts/lambda-peers.ts'
import { itemsOf } from '../contracts/shape.ts'
import { AwsError } from '../contracts/service.ts'

/** CloudFront's own list; it lags behind Lambda's, as on AWS. */
const edgeRuntimes = [
  ...['nodejs22.x', 'nodejs24.x'],
  ...['python3.10', 'python3.11', 'python3.12', 'python3.13', 'python3.14'],
]

/** What functions of viewer events may have at most; for origin events Lambda's own limits hold, and 30 s. */
const viewerLimits = { memorySize: 128, timeout: 5, codeSize: 1_048_576 }
const originLimits = { memorySize: 10_240, timeout: 30, codeSize: 52_428_800 }
const limited = {
  memorySize: 'memory size',
  timeout: 'timeout',
  codeSize: 'code size',
}

const refused = (message: string): AwsError => new AwsError(400, 'InvalidLambdaFunctionAssociation', message)

/**
 * Checks the functions of a behavior. Rules: developer guide, "Restrictions on Lambda\@Edge" and "Quotas"; messages as
 * CloudFront words them. Throws InvalidLambdaFunctionAssociation.
 */
export function checkAssociations(
  behavior: CacheBehavior,
  references: CloudFrontPeers & { accountId: string; hasLiveFunction: (arn: string) => boolean },
): void {
  checkFunctions(behavior, references)
  const { lambda, roles, accountId } = references
  const associations = itemsOf(behavior.LambdaFunctionAssociations)
  const events = associations.map(({ EventType }) => EventType)
  if (new Set(events).size < events.length) {
    throw refused('A cache behavior cannot be associated with more than one function for the same event type.')
  }
  const functions = itemsOf(behavior.FunctionAssociations)
  if (events.some((event) => event.startsWith('viewer')) && functions.length > 0) {
    const message = 'A cache behavior cannot have CloudFront Functions and viewer-triggered Lambda@Edge functions.'
    throw new AwsError(400, 'InvalidFunctionAssociation', message)
  }
  for (const { LambdaFunctionARN: arn, EventType, IncludeBody } of associations) {
    const match = /^arn:aws:lambda:([a-z0-9-]+):(\d{12}):function:[A-Za-z0-9_-]+(?::(.+))?$/.exec(arn)
    const [, region, account, qualifier] = match ?? []
    if (match === null) throw refused(`The function ARN is not valid. ARN: ${arn}`)
    if (!/^\d+$/.test(qualifier ?? '')) {
      const rule = 'The function ARN must reference a specific function version.'
      throw refused(`${rule} (The ARN must end with the version number.) ARN: ${arn}`)
    }
    if (region !== 'us-east-1') throw refused(`The function must be in region 'us-east-1'. ARN: ${arn}`)
    if (account !== accountId) throw refused(`The function must be in the account of the distribution. ARN: ${arn}`)
    if (IncludeBody === true && EventType.endsWith('response')) {
      throw refused(`IncludeBody is valid for request events only. Function: ${arn}`)
    }
    const version = lambda.version(arn)
    if (version === undefined) throw refused(`The function cannot be found. Function: ${arn}`)
    checkVersion(version, EventType.startsWith('viewer'))
    const assumable = roles.assumableBy(version.roleArn, 'edgelambda.amazonaws.com')
    if (!assumable || !roles.assumableBy(version.roleArn, 'lambda.amazonaws.com')) {
      throw refused(
        'The function execution role must be assumable with edgelambda.amazonaws.com as well as lambda.amazonaws.com ' +
          `principals. Update the IAM role and try again. Role: ${version.roleArn}`,
      )
    }
  }
}

/** CloudFront Functions: developer guide, "Restrictions on CloudFront Functions". Throws InvalidFunctionAssociation. */
function checkFunctions(
  behavior: CacheBehavior,
  { hasLiveFunction }: { hasLiveFunction: (arn: string) => boolean },
): void {
  const invalid = (message: string): AwsError => new AwsError(400, 'InvalidFunctionAssociation', message)
  const associations = itemsOf(behavior.FunctionAssociations)
  if (new Set(associations.map(({ EventType }) => EventType)).size < associations.length) {
    throw invalid('A cache behavior cannot be associated with more than one function for the same event type.')
  }
  for (const { FunctionARN: arn, EventType } of associations) {
    if (!EventType.startsWith('viewer')) {
      throw invalid(`CloudFront Functions can be associated with viewer events only. Event type: ${EventType}`)
    }
    if (!/^arn:aws:cloudfront::\d{12}:function\/[A-Za-z0-9_-]{1,64}$/.test(arn)) {
      throw invalid(`The function ARN is not valid. ARN: ${arn}`)
    }
    if (!hasLiveFunction(arn)) {
      throw invalid(`The function does not exist or is not published to the LIVE stage. ARN: ${arn}`)
    }
  }
}

function checkVersion(version: AssociableVersion, isViewerEvent: boolean): void {
  const { arn, state, runtime } = version
  if (state !== 'Active') {
    const rule = 'The function must be in an Active state.'
    throw refused(`${rule} The current state for function ${arn} is ${state}. Update the function and try again.`)
  }
  if (!edgeRuntimes.includes(runtime)) {
    throw refused(
      `The function has a runtime that is not supported by Lambda@Edge: ${runtime} Function: ${arn} ` +
        `Supported runtimes: [${edgeRuntimes.join(', ')}]`,
    )
  }
  if (version.architecture !== 'x86_64')
    throw refused(`The function must use the x86_64 architecture. Function: ${arn}`)
  if (version.hasEnvironment) throw refused(`The function cannot have environment variables. Function: ${arn}`)
  const limits = isViewerEvent ? viewerLimits : originLimits
  for (const name of ['memorySize', 'timeout', 'codeSize'] as const) {
    if (version[name] <= limits[name]) continue
    throw refused(
      `The function ${limited[name]} is larger than the maximum allowed size for functions that are triggered by a ` +
        `CloudFront event: ${version[name]} Max allowed: ${limits[name]} Function: ${arn}`,
    )
  }
}
