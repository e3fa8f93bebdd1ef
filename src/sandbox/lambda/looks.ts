import {
  configuration,
  functionArn,
  functionNotFound,
  stateOf,
  type FunctionState,
  type LambdaFunction,
} from './function.ts'
import { invalidParameter, parseReference } from './input.ts'
import { functionKey, type LambdaOperation, type LambdaParts } from './parts.ts'
import type { LambdaRoute } from './routes.ts'
import { restJsonResponse } from '../wire/json.ts'
import { AwsError, type AwsRequest } from '../contracts/service.ts'

/** The function that a request names. Throws ResourceNotFoundException (404). */
export function functionIn(
  parts: LambdaParts,
  request: AwsRequest,
  route: LambdaRoute,
): { fn: LambdaFunction; qualifier: string | undefined } {
  const { context } = parts
  const asked = request.query.get('Qualifier') ?? undefined
  const { name, qualifier } = parseReference(route.resource, asked, request.region, context.accountId)
  const fn = parts.functions.get(functionKey(request.region, name))
  if (fn === undefined) throw functionNotFound(context, { region: request.region, name }, qualifier)
  return { fn, qualifier }
}

/** The function whose ARN a tagging request names. Throws ResourceNotFoundException (404). */
export function taggedFunction(parts: LambdaParts, request: AwsRequest, route: LambdaRoute): LambdaFunction {
  if (!route.resource.startsWith('arn:')) {
    throw invalidParameter(`Invalid ARN ${route.resource}. ARN must be a Lambda function.`)
  }
  const { fn, qualifier } = functionIn(parts, request, route)
  if (qualifier !== undefined) {
    throw invalidParameter('Tags on function aliases and versions are not supported. Please specify a function ARN.')
  }
  return fn
}

/** Lambda's operations that change nothing. */
export function lambdaLooks(parts: LambdaParts): Record<string, LambdaOperation> {
  const { context } = parts
  const found = (request: AwsRequest, route: LambdaRoute): [LambdaFunction, FunctionState, string | undefined] => {
    const { fn, qualifier } = functionIn(parts, request, route)
    return [fn, stateOf(context, fn, qualifier), qualifier]
  }
  return {
    GetFunction(request, route) {
      const [fn, state, qualifier] = found(request, route)
      // "Lambda returns tag data only if you have explicit allow permissions for lambda:ListTags."
      const mayListTags = parts.mayDo(request.caller, 'lambda:ListTags', functionArn(context, fn), fn.tags)
      return restJsonResponse(request, 200, {
        Configuration: configuration(context, fn, state, qualifier),
        Code: { RepositoryType: 'S3', Location: parts.code.location(state.codeSha256) },
        ...(fn.reservedConcurrency === undefined ? {} : { Concurrency: concurrencyOf(fn) }),
        ...(mayListTags && Object.keys(fn.tags).length > 0 ? { Tags: fn.tags } : {}),
      })
    },
    GetFunctionConfiguration(request, route) {
      return restJsonResponse(request, 200, configuration(context, ...found(request, route)))
    },
    ListFunctions(request) {
      const all = request.query.get('FunctionVersion') === 'ALL'
      const inRegion = parts.functions.list().filter((fn) => fn.region === request.region)
      const configurations = inRegion.flatMap((fn) =>
        all
          ? [fn.latest, ...fn.versions].map((state) => configuration(context, fn, state, '$LATEST'))
          : [configuration(context, fn, fn.latest)],
      )
      const { items, NextMarker } = page(request, configurations)
      return restJsonResponse(request, 200, { Functions: items, NextMarker })
    },
    ListVersionsByFunction(request, route) {
      const { fn } = functionIn(parts, request, route)
      const states = [fn.latest, ...fn.versions]
      const { items, NextMarker } = page(request, states)
      const Versions = items.map((state) => configuration(context, fn, state, '$LATEST'))
      return restJsonResponse(request, 200, { Versions, NextMarker })
    },
    ListAliases(request, route) {
      functionIn(parts, request, route)
      return restJsonResponse(request, 200, { Aliases: [] })
    },
    ListTags: (request, route) => restJsonResponse(request, 200, { Tags: taggedFunction(parts, request, route).tags }),
    GetPolicy(request, route) {
      const [fn, state, qualifier] = found(request, route)
      const statements = Object.values(fn.policy)
      if (statements.length === 0 || qualifier !== undefined) {
        throw new AwsError(404, 'ResourceNotFoundException', 'The resource you requested does not exist.')
      }
      const Policy = JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: statements })
      return restJsonResponse(request, 200, { Policy, RevisionId: state.revisionIds.settled })
    },
    GetFunctionConcurrency(request, route) {
      return restJsonResponse(request, 200, concurrencyOf(functionIn(parts, request, route).fn))
    },
    GetFunctionCodeSigningConfig(request, route) {
      const { fn } = functionIn(parts, request, route)
      return restJsonResponse(request, 200, { FunctionName: functionArn(context, fn).split(':').at(-1) })
    },
  }
}

/** As the API tells it; an empty object for a function that has none reserved. */
export const concurrencyOf = ({ reservedConcurrency }: LambdaFunction): Record<string, number> =>
  reservedConcurrency === undefined ? {} : { ReservedConcurrentExecutions: reservedConcurrency }

/** One page of a list: `MaxItems` up to 50, `Marker` opaque. Throws InvalidParameterValueException for a bad marker. */
function page<T>(request: AwsRequest, items: readonly T[]): { items: readonly T[]; NextMarker: string | undefined } {
  const size = Math.min(Number(request.query.get('MaxItems') ?? 50), 50)
  const marker = request.query.get('Marker')
  const start =
    marker === null || marker === '' ? 0 : Number(Buffer.from(marker, 'base64url').toString().slice('from:'.length))
  if (!Number.isInteger(size) || size < 1) throw invalidParameter('MaxItems must be between 1 and 10000.')
  if (!Number.isInteger(start)) throw invalidParameter('Invalid Marker.')
  const end = start + size
  const NextMarker = end < items.length ? Buffer.from(`from:${end}`).toString('base64url') : undefined
  return { items: items.slice(start, end), NextMarker }
}
