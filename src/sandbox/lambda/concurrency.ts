import type { LambdaFunction } from './function.ts'
import { invalidParameter, numberMember } from './input.ts'
import { concurrencyOf, functionIn } from './looks.ts'
import { accountConcurrency } from './function-places.ts'
import { functionKey, type LambdaOperation, type LambdaParts } from './parts.ts'
import { readJson, restJsonResponse } from '../wire/json.ts'

/** What of an account's concurrency can't be reserved ("Lambda quotas"). */
const unreserved = 100

/** Operations on how much a function may run at once. */
export function concurrencyOperations(parts: LambdaParts): Record<string, LambdaOperation> {
  const save = (fn: LambdaFunction): void => parts.functions.put(functionKey(fn.region, fn.name), fn)
  return {
    async PutFunctionConcurrency(request, route) {
      const asked = numberMember(await readJson(request), 'ReservedConcurrentExecutions')
      if (asked === undefined || asked < 0) {
        throw invalidParameter('ReservedConcurrentExecutions must be a number that is not negative.')
      }
      const { fn } = functionIn(parts, request, route)
      const others = parts.functions.list().filter(({ region, name }) => region === fn.region && name !== fn.name)
      const reserved = others.reduce((sum, { reservedConcurrency = 0 }) => sum + reservedConcurrency, asked)
      if (accountConcurrency - reserved < unreserved) {
        throw invalidParameter(
          `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${unreserved}].`,
        )
      }
      save({ ...fn, reservedConcurrency: asked })
      return restJsonResponse(request, 200, concurrencyOf({ ...fn, reservedConcurrency: asked }))
    },
    DeleteFunctionConcurrency(request, route) {
      const { fn } = functionIn(parts, request, route)
      delete fn.reservedConcurrency
      save(fn)
      return restJsonResponse(request, 204)
    },
  }
}
