import type { FunctionImage, FunctionRuntime } from './function-runtime.ts'
import type { FunctionPlaces } from './function-places.ts'
import { hexOf, type CodeStore } from './code.ts'
import { functionArn, type FunctionState, type LambdaFunction } from './function.ts'
import type { FunctionRoles } from '../contracts/lambda-peers.ts'
import type { LambdaRoute } from './routes.ts'
import type { AwsRequest, AwsResponse, Caller, Context } from '../contracts/service.ts'
import type { Collection } from '../contracts/store.ts'

/** What Lambda's operations work with. */
export interface LambdaParts {
  readonly context: Context
  readonly roles: FunctionRoles
  readonly functions: Collection<LambdaFunction>
  readonly code: CodeStore
  readonly runtime: FunctionRuntime
  readonly places: FunctionPlaces
  isReplicated(versionArn: string): boolean
  /** Whether IAM lets a caller do something with a function that has these tags. */
  mayDo(caller: Caller, action: string, functionArn: string, tags: Readonly<Record<string, string>>): boolean
}

/** One operation: the request, where its path leads, and the way to answer. */
export type LambdaOperation = (request: AwsRequest, route: LambdaRoute) => Promise<AwsResponse> | AwsResponse

/** The id of a function's document. */
export const functionKey = (region: string, name: string): string => `${region}/${name}`

/** What the runtime needs to run a state of a function. */
export function imageOf(parts: LambdaParts, fn: LambdaFunction, state: FunctionState): FunctionImage {
  const { settings } = state
  return {
    name: fn.name,
    version: state.version,
    arn: functionArn(parts.context, fn, state.version),
    runtime: settings.runtime,
    handler: settings.handler,
    roleArn: settings.role,
    memorySize: settings.memorySize,
    timeout: settings.timeout,
    environment: settings.environment ?? {},
    codeHash: hexOf(state.codeSha256),
    revision: state.revisionIds.settled,
    zip: () => parts.code.get(state.codeSha256),
  }
}
