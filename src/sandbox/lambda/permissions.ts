import { functionArn, type LambdaFunction } from './function.ts'
import { mapMember, parseReference, textMember } from './input.ts'
import { routeOf } from './routes.ts'
import { readJson } from '../wire/json.ts'
import { tagConditionKeys } from '../policy/tag-keys.ts'
import type { AwsRequest, Context, Permission } from '../contracts/service.ts'

/** Operations whose IAM action is called otherwise. */
const actions: Record<string, string> = { Invoke: 'InvokeFunction' }

/**
 * What a caller must be allowed. Source: Service Authorization Reference, "Actions, resources, and condition keys for
 * AWS Lambda".
 */
export async function lambdaPermissions(
  context: Context,
  find: (region: string, name: string) => LambdaFunction | undefined,
  request: AwsRequest,
  operation: string,
): Promise<Permission[]> {
  const action = `lambda:${actions[operation] ?? operation}`
  if (operation === 'ListFunctions') return [{ action }]
  const route = routeOf(request)
  const body = request.method === 'POST' || request.method === 'PUT' ? await bodyOf(request, operation) : {}
  const called = operation === 'CreateFunction' ? (textMember(body, 'FunctionName') ?? '') : route.resource
  const asked = request.query.get('Qualifier') ?? undefined
  const { name, qualifier } = parseReference(called, asked, request.region, context.accountId)
  const target = { name, region: request.region }
  const requestTags = tagConditionKeys('aws:RequestTag', mapMember(body, 'Tags') ?? {})
  const resourceTags = tagConditionKeys('aws:ResourceTag', find(request.region, name)?.tags ?? {})
  const resource = functionArn(context, target, qualifier)
  const permissions: Permission[] = [{ action, resource, context: { ...requestTags, ...resourceTags } }]
  if (operation === 'CreateFunction' && Object.keys(requestTags).length > 0) {
    permissions.push({ action: 'lambda:TagResource', resource, context: requestTags })
  }
  const role =
    operation === 'CreateFunction' || operation === 'UpdateFunctionConfiguration' ? textMember(body, 'Role') : undefined
  if (role !== undefined) {
    const passedTo = { 'iam:PassedToService': 'lambda.amazonaws.com' }
    permissions.push({ action: 'iam:PassRole', resource: role, context: passedTo })
  }
  return permissions
}

/** The body of Invoke is the function's event, not ours to read. */
const bodyOf = async (request: AwsRequest, operation: string) => (operation === 'Invoke' ? {} : readJson(request))
