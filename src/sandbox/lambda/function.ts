import { createHash, randomUUID } from 'node:crypto'

import { AwsError, type Context } from '../contracts/service.ts'

/** The settings of a function that its callers choose, with Lambda's defaults filled in. */
export interface FunctionSettings {
  runtime: string
  role: string
  handler: string
  description: string
  /** Seconds */
  timeout: number
  /** MiB */
  memorySize: number
  architectures: string[]
  environment: Record<string, string> | undefined
  logGroup: string | undefined
  /** Members that are kept and given back as they came: VpcConfig, Layers, TracingConfig… */
  others: Record<string, unknown>
}

/** $LATEST or a numbered version. */
export interface FunctionState {
  version: string
  settings: FunctionSettings
  /** base64 of the zip's SHA-256, as the API has it. */
  codeSha256: string
  codeSize: number
  /** Milliseconds since the epoch. */
  modifiedAt: number
  /** When it leaves Pending or InProgress. Milliseconds since the epoch. */
  settledAt: number
  /** What it does until then. */
  settling: 'creation' | 'update'
  /** Changes with every change, and once more when the state settles. */
  revisionIds: { settling: string; settled: string }
  /** Of a numbered version: what $LATEST was when it was published. */
  publishedFrom?: string
}

export interface LambdaFunction {
  name: string
  region: string
  latest: FunctionState
  versions: FunctionState[]
  nextVersion: number
  tags: Record<string, string>
  /** Statements of the resource policy by their id. */
  policy: Record<string, Record<string, unknown>>
  /** How many events it may work on at once; without it as many as the account may. */
  reservedConcurrency?: number
}

/** How a function was asked for. */
export interface FunctionReference {
  name: string
  qualifier: string | undefined
}

export const functionArn = (context: Context, fn: { region: string; name: string }, qualifier?: string): string =>
  [`arn:aws:lambda:${fn.region}:${context.accountId}:function:${fn.name}`, ...(qualifier ? [qualifier] : [])].join(':')

export const newRevision = (): FunctionState['revisionIds'] => ({ settling: randomUUID(), settled: randomUUID() })

export const isSettled = (state: FunctionState, now: number): boolean => now >= state.settledAt

export const isPending = (state: FunctionState, now: number): boolean =>
  !isSettled(state, now) && state.settling === 'creation'

const revisionOf = (state: FunctionState, now: number): string =>
  isSettled(state, now) ? state.revisionIds.settled : state.revisionIds.settling

/** Code and configuration in one string: equal means that PublishVersion has nothing new to publish. */
export const fingerprint = (state: FunctionState): string => JSON.stringify([state.codeSha256, state.settings])

/** Marks a change of $LATEST: a new revision that settles in a while. */
export function touch(context: Context, state: FunctionState): void {
  state.modifiedAt = context.now()
  state.settledAt = context.now() + context.timing.functionActive
  state.settling = 'update'
  state.revisionIds = newRevision()
}

/**
 * Refuses changes while another one is settling.
 * Messages as Lambda words them since function states were introduced (ResourceConflictException, 409).
 */
export function requireSettled(context: Context, fn: LambdaFunction): void {
  if (isSettled(fn.latest, context.now())) return
  const now = 'The operation cannot be performed at this time.'
  throw new AwsError(
    409,
    'ResourceConflictException',
    fn.latest.settling === 'creation'
      ? `${now} The function is currently in the following state: Pending`
      : `${now} An update is in progress for resource: ${functionArn(context, fn)}`,
  )
}

/** Throws PreconditionFailedException (412) if a RevisionId was given and is not the current one. */
export function requireRevision(context: Context, state: FunctionState, revisionId: string | undefined): void {
  if (revisionId === undefined || revisionId === revisionOf(state, context.now())) return
  const message =
    'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id'
  throw new AwsError(412, 'PreconditionFailedException', message)
}

export function functionNotFound(context: Context, fn: { region: string; name: string }, qualifier?: string): AwsError {
  const message = `Function not found: ${functionArn(context, fn, qualifier)}`
  return new AwsError(404, 'ResourceNotFoundException', message)
}

/** Finds $LATEST or a version. Throws ResourceNotFoundException (404). */
export function stateOf(context: Context, fn: LambdaFunction, qualifier: string | undefined): FunctionState {
  if (qualifier === undefined || qualifier === '$LATEST') return fn.latest
  const state = fn.versions.find(({ version }) => version === qualifier)
  if (state === undefined) throw functionNotFound(context, fn, qualifier)
  return state
}

/** FunctionConfiguration as the API answers it. `qualifier` decides whether the ARN carries one. */
export function configuration(
  context: Context,
  fn: LambdaFunction,
  state: FunctionState,
  qualifier?: string,
): Record<string, unknown> {
  const { settings } = state
  const now = context.now()
  const pending = isPending(state, now)
  const updating = !isSettled(state, now) && !pending
  return {
    FunctionName: fn.name,
    FunctionArn: functionArn(context, fn, state.version === '$LATEST' ? qualifier : state.version),
    Runtime: settings.runtime,
    Role: settings.role,
    Handler: settings.handler,
    CodeSize: state.codeSize,
    Description: settings.description,
    Timeout: settings.timeout,
    MemorySize: settings.memorySize,
    LastModified: new Date(state.modifiedAt).toISOString().replace('Z', '+0000'),
    CodeSha256: state.codeSha256,
    Version: state.version,
    TracingConfig: { Mode: 'PassThrough' },
    RevisionId: revisionOf(state, now),
    State: pending ? 'Pending' : 'Active',
    ...(pending ? { StateReason: 'The function is being created.', StateReasonCode: 'Creating' } : {}),
    ...lastUpdate(pending, updating),
    PackageType: 'Zip',
    Architectures: settings.architectures,
    EphemeralStorage: { Size: 512 },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    RuntimeVersionConfig: { RuntimeVersionArn: runtimeVersionArn(fn.region, settings.runtime) },
    LoggingConfig: { LogFormat: 'Text', LogGroup: settings.logGroup ?? `/aws/lambda/${fn.name}` },
    ...(settings.environment === undefined ? {} : { Environment: { Variables: settings.environment } }),
    ...settings.others,
    ConfigSha256: createHash('sha256').update(JSON.stringify(settings)).digest('base64'),
  }
}

/** A function being created has no last update yet. */
function lastUpdate(pending: boolean, updating: boolean): Record<string, string> {
  if (pending) return {}
  if (!updating) return { LastUpdateStatus: 'Successful' }
  return {
    LastUpdateStatus: 'InProgress',
    LastUpdateStatusReason: 'The function is being created.',
    LastUpdateStatusReasonCode: 'Creating',
  }
}

const runtimeVersionArn = (region: string, runtime: string): string =>
  `arn:aws:lambda:${region}::runtime:${createHash('sha256').update(runtime).digest('hex')}`
