import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

import { judge, type Verdict } from '../policy/authorization.ts'
import { isChanging, type Call, type CallLog } from './call-log.ts'
import { errorOf, type Fault, type FaultPlan } from './faults.ts'
import type { InnerRequest } from '../contracts/inner-calls.ts'
import { networkKeys } from '../policy/network-keys.ts'
import { parsePolicy } from '../policy/policy-document.ts'
import { wordingOf } from '../wire/errors.ts'
import { authenticate, DroppedConnection, type Arrival } from '../wire/server.ts'
import {
  AwsError,
  type AwsRequest,
  type AwsResponse,
  type Caller,
  type Context,
  type Permission,
  type Service,
} from '../contracts/service.ts'
import type { Services } from './services.ts'
import { scopedService, type Secret } from '../wire/signature-check.ts'

/** Called before a call's effect and after it, before the answer. `drop` breaks the connection there. */
export type CallHook = (call: Call, phase: 'before' | 'after') => undefined | 'drop' | Promise<undefined | 'drop'>

interface Parts {
  context: Context
  services: Services
  calls: CallLog
  faults: FaultPlan
  findSecret: (accessKeyId: string) => Secret | undefined
}

/** Takes a request to its service: signature, log, hooks, faults, permissions, effect, answer. */
export class Dispatcher {
  readonly #parts: Parts
  readonly #hooks = new Set<CallHook>()
  readonly #byName: ReadonlyMap<string, Service>

  constructor(parts: Parts) {
    this.#parts = parts
    this.#byName = new Map(parts.services.all.flatMap((service) => service.names.map((name) => [name, service])))
  }

  onCall(hook: CallHook): () => void {
    this.#hooks.add(hook)
    return () => void this.#hooks.delete(hook)
  }

  /** Throws {@link DroppedConnection} where the connection is to break. */
  async answer(arrival: Arrival): Promise<AwsResponse> {
    const { lambda } = this.#parts.services
    // Where GetFunction says the code is: a download that needs no signature of its own.
    if (arrival.rawPath.startsWith(lambda.codePathPrefix)) {
      return lambda.download(arrival.rawPath, new URLSearchParams(arrival.rawQuery))
    }
    const scoped = scopedService(arrival)
    const name = isForS3Control(arrival, scoped) ? 's3control' : (scoped ?? unsignedService(arrival))
    const service = this.#byName.get(name)
    if (service === undefined) return { status: 404, body: `The sandbox has no service "${name}".\n` }
    try {
      const request = await authenticate(arrival, name, this.#parts.findSecret, this.#parts.context.now())
      // A client that was killed meanwhile must not have its request carried out.
      return await this.#perform(service, request, () => arrival.incoming.socket.destroyed)
    } catch (error) {
      if (error instanceof DroppedConnection) throw error
      // Refused before its operation was known.
      const failure = asAwsError(error)
      const request = unauthenticated(arrival, name)
      this.#record(request, '?', failure)
      return service.error(failure, request)
    }
  }

  /** What a service asks of another one. Throws {@link DroppedConnection} where no whole answer is to arrive. */
  async answerInside(asked: InnerRequest): Promise<AwsResponse> {
    const service = this.#byName.get(asked.service)
    if (service === undefined) throw new Error(`The sandbox has no service "${asked.service}".`)
    const answer = await this.#perform(service, insideRequest(asked), () => false)
    if (answer.cut === true) throw new DroppedConnection()
    return answer
  }

  async #perform(service: Service, request: AwsRequest, isGone: () => boolean): Promise<AwsResponse> {
    const operation = await service.operation(request)
    const call = this.#record(request, operation)
    const resource = service.resource?.(request)
    if (resource !== undefined) call.resource = resource
    const due = this.#parts.faults.take(request.service, operation)
    await this.#hook(call, 'before')
    if (isGone()) throw new DroppedConnection()
    let response: AwsResponse
    try {
      await this.#suffer(due, 'before', request)
      await this.#authorize(service, request, call)
      response = await service.handle(request, operation)
      await this.#suffer(due, 'after', request)
      call.status = response.status
    } catch (error) {
      if (error instanceof DroppedConnection) throw error
      const failure = asAwsError(error)
      call.status = failure.status
      call.code = failure.code
      response = service.error(failure, request)
    }
    await this.#hook(call, 'after')
    return due.some(({ what }) => what.kind === 'cut') ? { ...response, cut: true } : response
  }

  #record(request: AwsRequest, operation: string, failure?: AwsError): Call {
    const { caller } = request
    return this.#parts.calls.record({
      service: request.service,
      operation,
      at: this.#parts.context.now(),
      caller: nameOf(caller),
      requestId: request.requestId,
      changing: failure === undefined && isChanging(operation),
      ...(failure === undefined ? {} : { status: failure.status, code: failure.code }),
    })
  }

  async #hook(call: Call, phase: 'before' | 'after'): Promise<void> {
    for (const hook of this.#hooks) {
      if ((await hook(call, phase)) === 'drop') throw new DroppedConnection()
    }
  }

  async #suffer(due: readonly Fault[], phase: 'before' | 'after', { service, caller }: AwsRequest): Promise<void> {
    for (const { what, when = 'before' } of due) {
      if (when !== phase) continue
      if (what.kind === 'delay') await sleep(what.milliseconds)
      if (what.kind === 'kill' && 'accessKeyId' in caller) this.#parts.services.lambda.kill(caller.accessKeyId)
      if (what.kind === 'drop' || what.kind === 'kill') throw new DroppedConnection()
      const error = errorOf(what, service)
      if (error !== undefined) throw error
    }
  }

  async #authorize(service: Service, request: AwsRequest, call: Call): Promise<void> {
    const asked = await service.permissions?.(request, call.operation)
    const permissions = asked ?? [defaultPermission(request, call.operation)]
    const resource = permissions[0]?.resource
    if (resource !== undefined) call.resource = resource
    const identityPolicies = this.#parts.services.iam.identityPolicies(request.caller)
    for (const permission of permissions) {
      const { action, context, resourcePolicy, resourcePolicyDecides } = permission
      const verdict = judge({
        caller: request.caller,
        action,
        resource: permission.resource,
        context: { 'aws:RequestedRegion': request.region, ...networkKeys(request.caller), ...context },
        identityPolicies,
        resourcePolicies: resourcePolicy === undefined ? [] : [parsePolicy(resourcePolicy)],
        resourcePolicyDecides: resourcePolicyDecides === true,
      })
      if (verdict !== 'allowed') throw denied(request, permission, verdict)
    }
  }
}

const nameOf = (caller: Caller): string => {
  if (caller.kind === 'service') return caller.principal
  return 'arn' in caller ? caller.arn : 'anonymous'
}

/** A service that names no resources: only its action is looked at. */
const defaultPermission = (request: AwsRequest, operation: string): Permission => ({
  action: `${request.service}:${operation}`,
})

/** Wording as in "Troubleshoot access denied error messages", IAM User Guide. */
function denied(request: AwsRequest, permission: Permission, verdict: Verdict): AwsError {
  const { caller, service } = request
  const who = nameOf(caller)
  const { action, resource = '*', resourcePolicyDecides } = permission
  const kind = resourcePolicyDecides === true && caller.kind === 'root' ? 'resource-based' : 'identity-based'
  const reason =
    verdict === 'denied explicitly'
      ? 'with an explicit deny in an identity-based policy'
      : `because no ${kind} policy allows the ${action} action`
  return wordingOf(service).denied(
    `User: ${who} is not authorized to perform: ${action} on resource: ${resource} ${reason}`,
  )
}

function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return new AwsError(500, 'InternalFailure', `The sandbox itself failed: ${cause}`)
}

/** Whom a request without a signature was meant for, as far as its form tells; the rest is anonymous S3. */
function unsignedService(arrival: Arrival): string {
  const { headers, rawPath, method } = arrival
  const target = headers['x-amz-target'] ?? ''
  if (target.startsWith('TrentService.')) return 'kms'
  if (target.startsWith('CertificateManager.')) return 'acm'
  if (target.startsWith('ResourceGroupsTaggingAPI_')) return 'tagging'
  if (target.startsWith('AWSInsightsIndexService.')) return 'ce'
  if (rawPath.startsWith('/2020-05-31/')) return 'cloudfront'
  if (rawPath.startsWith('/key-value-stores/')) return 'cloudfront-keyvaluestore'
  if (/^\/20\d\d-\d\d-\d\d\/(functions|tags|layers)\b/.test(rawPath)) return 'lambda'
  const form = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  return method === 'POST' && rawPath === '/' && form ? 'iam' : 's3'
}

/**
 * S3 Control signs as S3 does. It has a host of its own; where a client was given an endpoint instead, its requests are
 * told by the account that they all name, for a bucket may have any name that a path of its could begin with.
 */
function isForS3Control({ headers, rawPath }: Arrival, scoped = 's3'): boolean {
  if (scoped !== 's3') return false
  const host = (headers['host'] ?? '').toLowerCase()
  if (/^(?:\d{12}\.)?s3-control(?:-fips)?(?:\.dualstack)?\.[a-z0-9-]+\.amazonaws\.com(?::\d+)?$/.test(host)) return true
  return headers['x-amz-account-id'] !== undefined && rawPath.startsWith('/v20180820/')
}

function insideRequest({ service, region, caller, method, path, query, headers, body = '' }: InnerRequest): AwsRequest {
  const bytes = Buffer.from(body)
  return {
    requestId: randomUUID(),
    ...{ service, region, caller, method },
    rawPath: path,
    query: new URLSearchParams(query),
    headers: { 'content-length': String(bytes.length), ...headers },
    body: Readable.from(bytes.length === 0 ? [] : [bytes]),
    buffer: () => Promise.resolve(bytes),
    trailers: {},
  }
}

function unauthenticated(arrival: Arrival, service: string): AwsRequest {
  const caller: Caller = { kind: 'anonymous' }
  return {
    requestId: arrival.requestId,
    service,
    region: 'us-east-1',
    method: arrival.method,
    rawPath: arrival.rawPath,
    query: new URLSearchParams(arrival.rawQuery),
    headers: arrival.headers,
    caller,
    body: Readable.from([]),
    buffer: () => Promise.resolve(Buffer.alloc(0)),
    trailers: {},
  }
}
