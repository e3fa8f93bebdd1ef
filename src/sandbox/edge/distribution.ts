import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

import type { CacheBehavior, DistributionConfig } from '../contracts/distribution-shape.ts'
import { type Answer, errorPage, fitted, writeAnswer } from './answer.ts'
import { behaviorFor, cacheRulesOf, type ViewerRequest } from './behavior.ts'
import { CachedObjects, errorSettings, type Visit } from './cached-objects.ts'
import type { EdgeCloudFront, EdgeDistribution, EdgeLambda, EdgeS3 } from '../contracts/edge-peers.ts'
import type { Meter } from '../contracts/billing-peers.ts'
import { withPolicyHeaders } from './response-headers.ts'
import { functionAnswer, lambdaAnswer, viewerFunctions, type ViewerFunctions } from './engines.ts'
import {
  functionEvent,
  functionResponseEvent,
  readResponseRun,
  readRun,
  type FunctionEvent,
} from './cloudfront-function.ts'
import { readResult, viewerHeaders, viewerRequestEvent, type EventSource } from './viewer-function.ts'
import type { FunctionRun, FunctionsRuntime } from '../contracts/cloudfront-functions.ts'
import type { Context } from '../contracts/service.ts'

export interface EdgePeers {
  cloudfront: EdgeCloudFront
  lambda: EdgeLambda
  functions: FunctionsRuntime
  s3: EdgeS3
  /** Who counts what is to be paid. */
  meter?: Meter
}

const urlLimit = 8192

/** One distribution at the edge: what CloudFront documents between a viewer and the origin. */
export class EdgeServer {
  readonly #peers: EdgePeers
  readonly #objects: CachedObjects
  #distribution: EdgeDistribution

  constructor(context: Context, peers: EdgePeers, distribution: EdgeDistribution, cacheLimit: number) {
    this.#peers = peers
    this.#distribution = distribution
    const { cloudfront, s3 } = peers
    const { accountId, timing } = context
    const access = { cloudfront, s3, accountId, distributionArn: distribution.arn, timing, now: () => context.now() }
    this.#objects = new CachedObjects(access, cacheLimit)
  }

  /** The distribution as it is deployed from now on. The cache stays: a deployment does not empty it. */
  deploy(distribution: EdgeDistribution): void {
    this.#distribution = distribution
  }

  invalidate(paths: readonly string[]): void {
    this.#objects.invalidate(paths)
  }

  async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    // A viewer that goes away is its own affair.
    outgoing.on('error', () => undefined)
    const method = incoming.method ?? 'GET'
    this.#peers.meter?.served(this.#distribution.arn)
    try {
      const answer = await this.#answer(incoming, method)
      if (!incoming.complete) outgoing.setHeader('connection', 'close')
      await writeAnswer(outgoing, fitted(answer, method, viewerHeaders(incoming.rawHeaders)), method)
    } catch (error) {
      if (outgoing.headersSent) incoming.socket.destroy()
      else await writeAnswer(outgoing, errorPage(500, 'Internal Server Error', String(error)), method)
    }
  }

  async #answer(incoming: IncomingMessage, method: string): Promise<Answer> {
    const config = this.#distribution.deployedConfig()
    if (config?.Enabled !== true || !this.#isOwnHost(config, incoming.headers.host ?? '')) return badRequest()
    const url = incoming.url ?? '/'
    if (url.length >= urlLimit) return errorPage(414, 'Request-URI Too Long', 'The request URI is too long.')
    const mark = url.indexOf('?')
    const request: ViewerRequest = {
      method,
      path: mark === -1 ? url : url.slice(0, mark),
      query: mark === -1 ? '' : url.slice(mark + 1),
      headers: viewerHeaders(incoming.rawHeaders),
    }
    const behavior = behaviorFor(config, request.path)
    const refused = refusalOf(behavior, request)
    if (refused !== undefined) return refused
    const rules = cacheRulesOf(behavior, this.#peers.cloudfront)
    if (rules === undefined) return errorPage(500, 'Internal Server Error', 'A policy of the behavior does not exist.')
    const functions = viewerFunctions(behavior)
    if (functions === 'others') {
      // To leave out a function that may guard the content would be worse than no answer.
      return errorPage(503, 'Service Unavailable', 'This edge runs functions of viewer events only.')
    }
    const guarded = await this.#runFunction(functions, request, incoming)
    if ('result' in guarded) return guarded
    const visit: Visit = { config, behavior, rules, request: withRootObject(guarded, config), body: incoming }
    const answer = await this.#withErrorPage(visit, await this.#objects.lookUp(visit))
    const served = withPolicyHeaders(answer, behavior, this.#peers.cloudfront)
    if (functions.response === undefined || served.status >= 400) return served
    return this.#runResponseFunction(functions.response, served, request, incoming)
  }

  /** CloudFront knows a distribution by Host: its own name, or one of its aliases. */
  #isOwnHost(config: DistributionConfig, host: string): boolean {
    const { domainName, port } = this.#distribution
    const name = host.toLowerCase()
    if (name === domainName || name === `localhost:${port}`) return true
    const bare = name.replace(/:\d+$/, '')
    return (config.Aliases?.Items ?? []).some(
      (alias) =>
        bare === alias.toLowerCase() || (alias.startsWith('*.') && bare.endsWith(alias.slice(1).toLowerCase())),
    )
  }

  /** Runs the viewer-request function, if there is one: the request to go on with, or the answer to give. */
  async #runFunction(
    { request: associated }: ViewerFunctions,
    request: ViewerRequest,
    incoming: IncomingMessage,
  ): Promise<ViewerRequest | Answer> {
    if (associated === undefined) return request
    const source = this.#source(incoming)
    if (associated.engine === 'function') {
      const event = functionEvent(request, source)
      const run = await this.#runCloudFrontFunction(associated.arn, event, request, incoming)
      return functionAnswer(run === undefined ? { kind: 'failed' } : readRun(run, event, request))
    }
    this.#peers.meter?.checked(this.#distribution.arn)
    const invocation = await this.#peers.lambda.invoke(associated.arn, viewerRequestEvent(request, source))
    return lambdaAnswer(readResult(invocation, request, source.clientIp))
  }

  /** Has a viewer-response function change an answer, or put another in its place. */
  async #runResponseFunction(
    arn: string,
    answer: Answer,
    request: ViewerRequest,
    incoming: IncomingMessage,
  ): Promise<Answer> {
    const event = functionResponseEvent(functionEvent(request, this.#source(incoming)), answer)
    const run = await this.#runCloudFrontFunction(arn, event, request, incoming)
    const outcome = run === undefined ? ({ kind: 'failed' } as const) : readResponseRun(run, answer)
    if (outcome.kind === 'response' && outcome.keepsBody === true) {
      const { status, reason, headers } = outcome
      return { ...answer, status, reason, headers }
    }
    if (!Buffer.isBuffer(answer.body)) answer.body.destroy()
    const changed = functionAnswer(outcome)
    if (!('result' in changed)) return errorPage(502, 'Bad Gateway', 'The function returned no response.')
    return outcome.kind === 'response' ? { ...changed, result: answer.result } : changed
  }

  #source(incoming: IncomingMessage): EventSource {
    return {
      distributionId: this.#distribution.id,
      distributionDomainName: this.#distribution.domainName,
      requestId: randomUUID(),
      clientIp: incoming.socket.remoteAddress ?? '127.0.0.1',
      rawHeaders: incoming.rawHeaders,
    }
  }

  /** Undefined: there is nothing to run. */
  async #runCloudFrontFunction(
    arn: string,
    event: FunctionEvent,
    request: ViewerRequest,
    incoming: IncomingMessage,
  ): Promise<FunctionRun | undefined> {
    const { cloudfront, functions } = this.#peers
    const live = cloudfront.liveFunction(arn)
    if (live === undefined) return undefined
    const store = live.storeArn === undefined ? undefined : cloudfront.storeAtEdge(live.storeArn)
    const rawQueryString = incoming.url?.includes('?') === true ? request.query : undefined
    return functions.run(live, event, store, { rawQueryString })
  }

  /** Puts the distribution's own error page, if it has one, in place of the origin's. Functions do not run for it. */
  async #withErrorPage(visit: Visit, answer: Answer): Promise<Answer> {
    if (answer.status < 400 || answer.result !== 'Error') return answer
    const settings = errorSettings(visit.config, answer.status)
    const path = settings?.ResponsePagePath
    if (path === undefined || path === '') return answer
    const behavior = behaviorFor(visit.config, path)
    const rules = cacheRulesOf(behavior, this.#peers.cloudfront)
    if (rules === undefined) return answer
    const request = { method: 'GET', path, query: '', headers: visit.request.headers }
    const page = await this.#objects.lookUp({ ...visit, behavior, rules, request })
    if (page.status >= 400) return answer
    if (!Buffer.isBuffer(answer.body)) answer.body.destroy()
    const code = settings?.ResponseCode
    return { ...page, status: code === undefined || code === '' ? answer.status : Number(code), result: 'Error' }
  }
}

const badRequest = (): Answer =>
  errorPage(
    403,
    'Forbidden',
    'Bad request. We can’t connect to the server for this app or website at this time. There might be too much traffic or a configuration error.',
  )

/** What a behavior does not let in: methods, bodies on GET, requests without a trusted signer's signature. */
function refusalOf(behavior: CacheBehavior, request: ViewerRequest): Answer | undefined {
  const allowed: readonly string[] = behavior.AllowedMethods?.Items ?? ['GET', 'HEAD']
  if (!allowed.includes(request.method)) {
    return errorPage(
      403,
      'Forbidden',
      'This distribution is not configured to allow the HTTP request method that was used for this request. The distribution supports only cachable requests.',
    )
  }
  const length = request.headers['content-length']
  if (request.method === 'GET' && ((length ?? '0') !== '0' || request.headers['transfer-encoding'] !== undefined)) {
    return errorPage(403, 'Forbidden', 'Bad request. A GET request must not have a body.')
  }
  if (behavior.TrustedSigners?.Enabled === true || behavior.TrustedKeyGroups?.Enabled === true) {
    const body =
      '<?xml version="1.0" encoding="UTF-8"?><Error><Code>MissingKey</Code><Message>Missing Key-Pair-Id query parameter or cookie value</Message></Error>'
    return {
      status: 403,
      headers: { 'content-type': 'text/xml', server: 'CloudFront' },
      body: Buffer.from(body),
      result: 'Error',
    }
  }
  return undefined
}

function withRootObject(request: ViewerRequest, config: DistributionConfig): ViewerRequest {
  const root = config.DefaultRootObject ?? ''
  return request.path === '/' && root !== '' ? { ...request, path: `/${root}` } : request
}
