import {
  configuration,
  fingerprint,
  functionArn,
  newRevision,
  requireRevision,
  requireSettled,
  stateOf,
  touch,
  type FunctionSettings,
  type FunctionState,
  type LambdaFunction,
} from './function.ts'
import {
  checkTags,
  flagMember,
  invalidParameter,
  mapMember,
  parseReference,
  readSettings,
  readZip,
  textMember,
} from './input.ts'
import { functionIn, taggedFunction } from './looks.ts'
import { functionKey, type LambdaOperation, type LambdaParts } from './parts.ts'
import { isObject, type JsonObject } from '../../json-object.ts'
import { readJson, restJsonResponse } from '../wire/json.ts'
import { AwsError } from '../contracts/service.ts'

/** Lambda's operations that change functions. */
export function lambdaChanges(parts: LambdaParts): Record<string, LambdaOperation> {
  return { ...functionChanges(parts), ...tagChanges(parts), ...permissionChanges(parts) }
}

function functionChanges(parts: LambdaParts): Record<string, LambdaOperation> {
  const { context, functions } = parts
  const save = (fn: LambdaFunction): void => functions.put(functionKey(fn.region, fn.name), fn)
  return {
    async CreateFunction(request) {
      const body = await readJson(request)
      const draft = readDraft(parts, request.region, body)
      // From here to the end nothing waits: of two functions of one name one is the first.
      const fn = newFunction(parts, draft, await readZip(draft.code))
      const state = flagMember(body, 'Publish') ? publish(parts, fn, undefined) : fn.latest
      save(fn)
      return restJsonResponse(request, 201, configuration(context, fn, state))
    },
    async UpdateFunctionCode(request, route) {
      const body = await readJson(request)
      functionIn(parts, request, route)
      const zip = await readZip(body)
      // As it is now that the zip has been read.
      const { fn } = functionIn(parts, request, route)
      requireSettled(context, fn)
      requireRevision(context, fn.latest, textMember(body, 'RevisionId'))
      const codeSha256 = parts.code.put(zip)
      fn.latest = { ...fn.latest, codeSha256, codeSize: zip.length }
      touch(context, fn.latest)
      const state = flagMember(body, 'Publish') ? publish(parts, fn, undefined) : fn.latest
      if (!flagMember(body, 'DryRun')) save(fn)
      return restJsonResponse(request, 200, configuration(context, fn, state))
    },
    async UpdateFunctionConfiguration(request, route) {
      const body = await readJson(request)
      const { fn } = functionIn(parts, request, route)
      const settings = readSettings(body)
      requireSettled(context, fn)
      requireRevision(context, fn.latest, textMember(body, 'RevisionId'))
      if (settings.role !== undefined && settings.role !== fn.latest.settings.role) requireRole(parts, settings.role)
      fn.latest.settings = { ...fn.latest.settings, ...settings }
      touch(context, fn.latest)
      save(fn)
      return restJsonResponse(request, 200, configuration(context, fn, fn.latest))
    },
    async PublishVersion(request, route) {
      const body = await readJson(request)
      const { fn } = functionIn(parts, request, route)
      requireSettled(context, fn)
      requireRevision(context, fn.latest, textMember(body, 'RevisionId'))
      requireCode(fn.latest, textMember(body, 'CodeSha256'))
      const state = publish(parts, fn, textMember(body, 'Description'))
      save(fn)
      return restJsonResponse(request, 201, configuration(context, fn, state))
    },
    DeleteFunction(request, route) {
      const { fn, qualifier } = functionIn(parts, request, route)
      if (qualifier === '$LATEST') {
        throw invalidParameter('$LATEST version cannot be deleted without deleting the function.')
      }
      const doomed = qualifier === undefined ? fn.versions : [stateOf(context, fn, qualifier)]
      for (const { version } of doomed) requireNotReplicated(parts, functionArn(context, fn, version))
      if (qualifier === undefined) functions.delete(functionKey(fn.region, fn.name))
      else save({ ...fn, versions: fn.versions.filter(({ version }) => version !== qualifier) })
      return restJsonResponse(request, 204)
    },
  }
}

/** A function that is asked for, as far as the request alone tells whether it can be made. */
interface Draft {
  name: string
  region: string
  settings: Partial<FunctionSettings> & Pick<FunctionSettings, 'runtime' | 'handler' | 'role'>
  tags: Record<string, string>
  code: JsonObject
}

function readDraft({ context }: LambdaParts, region: string, body: JsonObject): Draft {
  const { name } = parseReference(requiredText(body, 'FunctionName'), undefined, region, context.accountId)
  const role = requiredText(body, 'Role')
  if (textMember(body, 'PackageType') === 'Image')
    throw invalidParameter('The sandbox runs functions of type Zip only.')
  const settings = readSettings(body)
  const { runtime, handler } = settings
  if (runtime === undefined) throw invalidParameter("Runtime is mandatory when deployment package is of type 'Zip'.")
  if (handler === undefined) throw invalidParameter("Handler is mandatory when deployment package is of type 'Zip'.")
  const tags = mapMember(body, 'Tags') ?? {}
  checkTags(tags)
  const code = isObject(body['Code']) ? body['Code'] : {}
  if (textMember(code, 'SourceKMSKeyArn') !== undefined)
    settings.others = { ...settings.others, KMSKeyArn: code['SourceKMSKeyArn'] }
  return { name, region, settings: { ...settings, runtime, handler, role }, tags, code }
}

function newFunction(parts: LambdaParts, { name, region, settings, tags }: Draft, zip: Buffer): LambdaFunction {
  const { context } = parts
  if (parts.functions.get(functionKey(region, name)) !== undefined) {
    throw new AwsError(409, 'ResourceConflictException', `Function already exist: ${name}`)
  }
  requireRole(parts, settings.role)
  const latest: FunctionState = {
    version: '$LATEST',
    settings: { ...defaultSettings, ...settings },
    codeSha256: parts.code.put(zip),
    codeSize: zip.length,
    modifiedAt: context.now(),
    settledAt: context.now() + context.timing.functionActive,
    settling: 'creation',
    revisionIds: newRevision(),
  }
  return { name, region, latest, versions: [], nextVersion: 1, tags, policy: {} }
}

const defaultSettings: Omit<FunctionSettings, 'runtime' | 'handler' | 'role'> = {
  description: '',
  timeout: 3,
  memorySize: 128,
  architectures: ['x86_64'],
  environment: undefined,
  logGroup: undefined,
  others: {},
}

function requiredText(body: JsonObject, member: string): string {
  const text = textMember(body, member)
  if (text !== undefined) return text
  const name = member.charAt(0).toLowerCase() + member.slice(1)
  const problem = `Value null at '${name}' failed to satisfy constraint: Member must not be null`
  throw new AwsError(400, 'ValidationException', `1 validation error detected: ${problem}`)
}

function requireRole(parts: LambdaParts, roleArn: string): void {
  if (parts.roles.assumableBy(roleArn, 'lambda.amazonaws.com')) return
  throw invalidParameter('The role defined for the function cannot be assumed by Lambda.')
}

function requireCode(latest: FunctionState, codeSha256: string | undefined): void {
  if (codeSha256 === undefined || codeSha256 === latest.codeSha256) return
  throw invalidParameter(
    `CodeSHA256 (${codeSha256}) is different from current CodeSHA256 in $LATEST (${latest.codeSha256}). ` +
      'Please try again with the CodeSHA256 in $LATEST.',
  )
}

/** Message: Lambda's, for a function that CloudFront has copied to its edge locations. */
function requireNotReplicated(parts: LambdaParts, versionArn: string): void {
  if (!parts.isReplicated(versionArn)) return
  throw invalidParameter(
    `Lambda was unable to delete ${versionArn} because it is a replicated function. ` +
      'Please see our documentation for Deleting Lambda@Edge Functions and Replicas.',
  )
}

/** Makes a numbered version of $LATEST, or returns the last one if nothing has changed since. */
function publish(parts: LambdaParts, fn: LambdaFunction, description: string | undefined): FunctionState {
  const { context } = parts
  const publishedFrom = fingerprint(fn.latest)
  const last = fn.versions.at(-1)
  if (last?.publishedFrom === publishedFrom) return last
  const { latest } = fn
  const state: FunctionState = {
    ...latest,
    version: String(fn.nextVersion),
    settings: { ...latest.settings, description: description ?? latest.settings.description },
    modifiedAt: context.now(),
    settledAt: context.now() + context.timing.functionActive,
    settling: 'creation',
    revisionIds: newRevision(),
    publishedFrom,
  }
  fn.versions.push(state)
  fn.nextVersion += 1
  return state
}

function tagChanges(parts: LambdaParts): Record<string, LambdaOperation> {
  const save = (fn: LambdaFunction): void => parts.functions.put(functionKey(fn.region, fn.name), fn)
  return {
    async TagResource(request, route) {
      const added = mapMember(await readJson(request), 'Tags') ?? {}
      const fn = taggedFunction(parts, request, route)
      const tags = { ...fn.tags, ...added }
      checkTags(tags)
      save({ ...fn, tags })
      return restJsonResponse(request, 204)
    },
    UntagResource(request, route) {
      const fn = taggedFunction(parts, request, route)
      const removed = new Set(request.query.getAll('tagKeys'))
      save({ ...fn, tags: Object.fromEntries(Object.entries(fn.tags).filter(([key]) => !removed.has(key))) })
      return restJsonResponse(request, 204)
    },
  }
}

function permissionChanges(parts: LambdaParts): Record<string, LambdaOperation> {
  const { context } = parts
  const save = (fn: LambdaFunction): void => parts.functions.put(functionKey(fn.region, fn.name), fn)
  return {
    async AddPermission(request, route) {
      const body = await readJson(request)
      const { fn, qualifier } = functionIn(parts, request, route)
      const id = requiredText(body, 'StatementId')
      if (fn.policy[id] !== undefined) {
        const message = `The statement id (${id}) provided already exists. Please provide a new statement id, or remove the existing statement.`
        throw new AwsError(409, 'ResourceConflictException', message)
      }
      const principal = requiredText(body, 'Principal')
      const sourceArn = textMember(body, 'SourceArn')
      const statement = {
        Sid: id,
        Effect: 'Allow',
        Principal: principal === '*' ? '*' : { [principal.includes('.amazonaws.com') ? 'Service' : 'AWS']: principal },
        Action: requiredText(body, 'Action'),
        Resource: functionArn(context, fn, qualifier),
        ...(sourceArn === undefined ? {} : { Condition: { ArnLike: { 'AWS:SourceArn': sourceArn } } }),
      }
      save({ ...fn, policy: { ...fn.policy, [id]: statement } })
      return restJsonResponse(request, 201, { Statement: JSON.stringify(statement) })
    },
    RemovePermission(request, route) {
      const { fn } = functionIn(parts, request, route)
      if (fn.policy[route.detail] === undefined) {
        throw new AwsError(
          404,
          'ResourceNotFoundException',
          `Statement ${route.detail} is not found in resource policy.`,
        )
      }
      save({ ...fn, policy: Object.fromEntries(Object.entries(fn.policy).filter(([id]) => id !== route.detail)) })
      return restJsonResponse(request, 204)
    },
  }
}
