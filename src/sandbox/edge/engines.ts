import type { CacheBehavior } from '../contracts/distribution-shape.ts'
import { type Answer, errorPage } from './answer.ts'
import type { ViewerRequest } from './behavior.ts'
import type { FunctionOutcome } from './viewer-function.ts'

/** The functions that a behavior has at viewer events. */
export interface ViewerFunctions {
  readonly request?: { readonly engine: 'lambda' | 'function'; readonly arn: string }
  /** A CloudFront Function's ARN. */
  readonly response?: string
}

/** `others`: it has functions that this edge does not run. */
export function viewerFunctions(behavior: CacheBehavior): ViewerFunctions | 'others' {
  const found: { request?: ViewerFunctions['request'] & object; response?: string } = {}
  for (const { EventType, LambdaFunctionARN: arn } of behavior.LambdaFunctionAssociations?.Items ?? []) {
    if (EventType !== 'viewer-request') return 'others'
    found.request = { engine: 'lambda', arn }
  }
  for (const { EventType, FunctionARN: arn } of behavior.FunctionAssociations?.Items ?? []) {
    if (EventType === 'viewer-request') found.request = { engine: 'function', arn }
    else if (EventType === 'viewer-response') found.response = arn
    else return 'others'
  }
  return found
}

/** What the edge does after a Lambda function. */
export const lambdaAnswer = (outcome: FunctionOutcome): ViewerRequest | Answer =>
  answered(outcome, {
    name: 'Lambda',
    failed:
      'The Lambda function associated with the CloudFront distribution is invalid or doesn’t have the required permissions.',
    invalid: (problem) => `The Lambda function result failed validation: ${problem}.`,
  })

/** What the edge does after a CloudFront Function. */
export const functionAnswer = (outcome: FunctionOutcome): ViewerRequest | Answer =>
  answered(outcome, {
    name: 'Function',
    failed: 'The CloudFront function associated with the CloudFront distribution is invalid or could not run.',
    invalid: (problem) =>
      problem.startsWith('The CloudFront function')
        ? problem
        : `The CloudFront function returned an invalid value: ${problem}.`,
  })

interface Words {
  /** What results in X-Cache begin with. */
  name: 'Lambda' | 'Function'
  failed: string
  invalid: (problem: string) => string
}

function answered(outcome: FunctionOutcome, { name, failed, invalid }: Words): ViewerRequest | Answer {
  switch (outcome.kind) {
    case 'request':
      return outcome.request
    case 'response': {
      const { status, reason, headers, body } = outcome
      return { status, reason, headers, body, result: `${name}GeneratedResponse` }
    }
    case 'failed':
      return errorPage(503, 'Service Unavailable', failed, `${name}ExecutionError`)
    case 'throttled':
      return errorPage(503, 'Service Unavailable', failed, `${name}ThrottledError`)
    case 'invalid':
      return errorPage(502, 'Bad Gateway', invalid(outcome.problem), `${name}ValidationError`)
  }
}
