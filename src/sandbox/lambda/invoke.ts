import { randomUUID } from 'node:crypto'

import { isPending, stateOf } from './function.ts'
import { functionIn } from './looks.ts'
import { functionKey, imageOf, type LambdaOperation, type LambdaParts } from './parts.ts'
import { AwsError, type AwsRequest, type AwsResponse } from '../contracts/service.ts'

/** `X-Amz-Log-Result` carries the last 4 KB of the log. */
const logTailBytes = 4096

/** Invoke: runs the function's real code. */
export function lambdaInvoke(parts: LambdaParts): Record<string, LambdaOperation> {
  const { context } = parts
  return {
    async Invoke(request, route) {
      const event = await eventIn(request)
      const { fn, qualifier } = functionIn(parts, request, route)
      const state = stateOf(context, fn, qualifier)
      if (isPending(state, context.now())) {
        const now = 'The operation cannot be performed at this time.'
        throw new AwsError(
          409,
          'ResourceConflictException',
          `${now} The function is currently in the following state: Pending`,
        )
      }
      const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse'
      if (type === 'DryRun') return answer(request, 204, state.version)
      const placement = { region: fn.region, replica: false }
      const running = parts.places.take(functionKey(fn.region, fn.name), fn.reservedConcurrency, () =>
        parts.runtime.run(imageOf(parts, fn, state), event, placement, randomUUID()),
      )
      if (type === 'Event') {
        running.catch(() => undefined)
        return answer(request, 202, state.version)
      }
      const outcome = await running
      const headers: Record<string, string> =
        request.headers['x-amz-log-type'] === 'Tail'
          ? { 'x-amz-log-result': Buffer.from(outcome.log).subarray(-logTailBytes).toString('base64') }
          : {}
      if (outcome.kind === 'result') return answer(request, 200, state.version, outcome.payload, headers)
      const { errorType, errorMessage, trace } = outcome
      const body = JSON.stringify({ errorType, errorMessage, ...(trace.length > 0 ? { trace } : {}) })
      return answer(request, 200, state.version, body, { ...headers, 'x-amz-function-error': 'Unhandled' })
    },
  }
}

/** The event as JSON text; no body is an empty object. Throws InvalidRequestContentException (400). */
async function eventIn(request: AwsRequest): Promise<string> {
  const text = (await request.buffer()).toString('utf8')
  if (text === '') return '{}'
  try {
    JSON.parse(text)
    return text
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new AwsError(400, 'InvalidRequestContentException', `Could not parse request body into json: ${reason}`)
  }
}

function answer(
  request: AwsRequest,
  status: number,
  version: string,
  body = '',
  headers: Record<string, string> = {},
): AwsResponse {
  const own = { 'content-type': 'application/json', 'x-amzn-requestid': request.requestId }
  return { status, headers: { ...own, 'x-amz-executed-version': version, ...headers }, body }
}
