import { createFunctionRuntime, type Placement } from './function-runtime.ts'
import type { EdgeInvocation } from '../contracts/edge-peers.ts'
import { codePathPrefix, createCodeStore } from './code.ts'
import { concurrencyOperations } from './concurrency.ts'
import { FunctionPlaces } from './function-places.ts'
import { functionArn, isSettled, stateOf, type FunctionState, type LambdaFunction } from './function.ts'
import { lambdaInvoke } from './invoke.ts'
import { lambdaChanges } from './changes.ts'
import { lambdaLooks } from './looks.ts'
import { functionKey, imageOf, type LambdaOperation, type LambdaParts } from './parts.ts'
import { lambdaPermissions } from './permissions.ts'
import type { AssociableVersion, FunctionRoles, LambdaService } from '../contracts/lambda-peers.ts'
import { routeOf } from './routes.ts'
import { restJsonError } from '../wire/json.ts'
import { AwsError, type Context } from '../contracts/service.ts'

/** The region of the replica that serves the sandbox's one edge location: not us-east-1, as most real ones. */
const edgePlacement: Placement = { region: 'eu-central-1', replica: true }

/**
 * Lambda: functions of a region, their numbered versions and their states, and running them.
 * Written from the Lambda API reference (2015-03-31).
 */
export function createLambda(context: Context, roles: FunctionRoles, mayDo: LambdaParts['mayDo']): LambdaService {
  let isReplicated: (versionArn: string) => boolean = () => false
  const parts: LambdaParts = {
    context,
    roles,
    functions: context.store.collection<LambdaFunction>('lambda-function'),
    code: createCodeStore(context),
    runtime: createFunctionRuntime(context, roles),
    places: new FunctionPlaces(),
    isReplicated: (versionArn) => isReplicated(versionArn),
    mayDo,
  }
  const operations = new Map<string, LambdaOperation>(
    Object.entries({
      ...lambdaLooks(parts),
      ...lambdaChanges(parts),
      ...concurrencyOperations(parts),
      ...lambdaInvoke(parts),
    }),
  )
  return {
    names: ['lambda'],
    operations: [...operations.keys()],
    operation: (request) => routeOf(request).operation,
    permissions: (request, operation) =>
      lambdaPermissions(context, (region, name) => parts.functions.get(functionKey(region, name)), request, operation),
    async handle(request, operation) {
      const perform = operations.get(operation)
      if (perform === undefined) throw new AwsError(404, 'UnknownOperationException', '')
      return perform(request, routeOf(request))
    },
    error: restJsonError,
    version: (arn) => associable(parts, arn),
    invoke: (versionArn, event) => invokeAtEdge(parts, versionArn, event),
    protectReplicated(judge) {
      isReplicated = judge
    },
    taggedResources: (region) =>
      parts.functions
        .list()
        .filter((fn) => fn.region === region && Object.keys(fn.tags).length > 0)
        .map((fn) => ({ arn: functionArn(context, fn), type: 'lambda:function', tags: fn.tags })),
    codePathPrefix,
    download: (path, query) => parts.code.download(path, query),
    kill: (accessKeyId) => parts.runtime.kill(accessKeyId),
    close: () => parts.runtime.close(),
  }
}

/** The function and numbered version behind an ARN. */
function versionOf(parts: LambdaParts, arn: string): { fn: LambdaFunction; state: FunctionState } | undefined {
  const match = /^arn:aws:lambda:([a-z0-9-]+):(\d{12}):function:([A-Za-z0-9_-]+):(\d+)$/.exec(arn)
  const [, region = '', account, name = '', number] = match ?? []
  if (account !== parts.context.accountId) return undefined
  const fn = parts.functions.get(functionKey(region, name))
  const state = fn?.versions.find(({ version }) => version === number)
  return fn === undefined || state === undefined ? undefined : { fn, state }
}

function associable(parts: LambdaParts, arn: string): AssociableVersion | undefined {
  const found = versionOf(parts, arn)
  if (found === undefined) return undefined
  const { settings, codeSize } = found.state
  return {
    arn,
    state: isSettled(found.state, parts.context.now()) ? 'Active' : 'Pending',
    runtime: settings.runtime,
    memorySize: settings.memorySize,
    timeout: settings.timeout,
    codeSize,
    roleArn: settings.role,
    hasEnvironment: settings.environment !== undefined,
    architecture: settings.architectures[0] ?? 'x86_64',
  }
}

async function invokeAtEdge(parts: LambdaParts, versionArn: string, event: unknown): Promise<EdgeInvocation> {
  const found = versionOf(parts, versionArn)
  if (found === undefined) {
    return { outcome: 'error', errorType: 'ResourceNotFoundException', errorMessage: `No such version: ${versionArn}` }
  }
  const image = imageOf(parts, found.fn, stateOf(parts.context, found.fn, found.state.version))
  const outcome = await parts.runtime.run(image, JSON.stringify(event), edgePlacement)
  if (outcome.kind === 'result') return { outcome: 'result', payload: JSON.parse(outcome.payload) as unknown }
  return { outcome: 'error', errorType: outcome.errorType, errorMessage: outcome.errorMessage }
}
