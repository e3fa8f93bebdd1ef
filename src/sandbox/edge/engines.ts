import type { CacheBehavior } from '../contracts/distribution-shape.ts'
import { type Answer, errorPage } from './answer.ts'
import type { ViewerRequest } from './behavior.ts'
import type { FunctionOutcome } from './viewer-function.ts'

/** The function that a behavior has at viewer requests. */
export interface ViewerRequestFunction {
  readonly engine: 'lambda' | 'function'
  readonly arn: string
}

/** Undefined: the behavior has no function at all; `others`: it has some that this edge does not run. */
export function viewerRequestFunction(behavior: CacheBehavior): ViewerRequestFunction | 'others' | undefined {
  const associated = [
    ...(behavior.LambdaFunctionAssociations?.Items ?? []).map(({ EventType, LambdaFunctionARN: arn }) => {
      return { EventType, engine: 'lambda' as const, arn }
    }),
    ...(behavior.FunctionAssociations?.Items ?? []).map(({ EventType, FunctionARN: arn }) => {
      return { EventType, engine: 'function' as const, arn }
    }),
  ]
  const [first, ...more] = associated
  if (first === undefined) return undefined
  return first.EventType === 'viewer-request' && more.length === 0 ? first : 'others'
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
