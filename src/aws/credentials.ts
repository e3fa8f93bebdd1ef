import { fromEnv } from '@aws-sdk/credential-provider-env'
import { fromIni } from '@aws-sdk/credential-provider-ini'
import {
  credentialsTreatedAsExpired,
  credentialsWillNeedRefresh,
  defaultProvider,
} from '@aws-sdk/credential-provider-node'
import { memoize } from '@smithy/core/config'
import { NodeHttpHandler } from '@smithy/node-http-handler'

import { tellDetail } from '../ui/detail.ts'
import { isTraced, traceCall } from './call-trace.ts'
import { whyNoCredentials } from './credential-failure.ts'
import type { MfaCodes } from './mfa.ts'
import { idleMs, type Network } from './network.ts'
import { once } from './once.ts'
import { noteError } from './operation.ts'
import { givesCredentials, type SharedConfiguration } from './shared-profile.ts'

type Provider = ReturnType<typeof defaultProvider>
/** What the SDK gets credentials from, again and again. */
export type CredentialSource = (options?: Parameters<Provider>[0]) => ReturnType<Provider>

type Handled = Awaited<ReturnType<NodeHttpHandler['handle']>>
type HandlerRequest = Parameters<NodeHttpHandler['handle']>[0]

/**
 * The SDK's own sources, made once for all clients: a code of an MFA device is good for one of them only. Where a profile
 * says where credentials come from, they come from nowhere else: with those of the machine, pc-ctl would be somebody else.
 *
 * @returns a source whose errors say in the operator's words what is wrong, and what to type next
 */
export function credentialSource(
  shared: SharedConfiguration,
  network: Network,
  codes: MfaCodes,
  environment: NodeJS.ProcessEnv = process.env,
): CredentialSource {
  // What the SDK's chain begins with, and then needs no more of. All clients are of whoever the variables named at first.
  if (shared.namedBy === undefined && hasKeys(environment)) return once(fromEnv({ logger: detailLogger }))
  const calls = new CredentialCalls(network)
  // As the SDK finds it; left to itself it writes a warning to the console where there is none.
  const region = environment['AWS_REGION'] || shared.profiles[shared.name]?.['region'] || 'us-east-1'
  const init = {
    ...(shared.namedBy === undefined ? {} : { profile: shared.name }),
    mfaCodeProvider: (device: string) => codes.take(device),
    clientConfig: { requestHandler: calls },
    parentClientConfig: { requestHandler: calls, region: async () => region },
    logger: detailLogger,
  }
  const bound = { shared, environment }
  const source = isBound(bound)
    ? memoize(fromIni(init), credentialsTreatedAsExpired, credentialsWillNeedRefresh)
    : defaultProvider(init)
  return async (options) => {
    calls.begin()
    try {
      if (isMissing(shared)) throw new Error('There is no such profile')
      return await source(options)
    } catch (error) {
      const why = whyNoCredentials(error, { shared, environment, failure: calls.failure })
      if (calls.action !== undefined) noteError(why, calls.action)
      throw why
    }
  }
}

const hasKeys = ({ AWS_ACCESS_KEY_ID: id = '', AWS_SECRET_ACCESS_KEY: secret = '' }: NodeJS.ProcessEnv): boolean =>
  id !== '' && secret !== ''

/** Whether the profile in use is the only source there is. */
function isBound({ shared, environment }: { shared: SharedConfiguration; environment: NodeJS.ProcessEnv }): boolean {
  const { name, namedBy, profiles } = shared
  const hasKeys = namedBy === undefined && (environment['AWS_ACCESS_KEY_ID'] ?? '') !== ''
  return !hasKeys && givesCredentials(profiles[name] ?? {})
}

/** The SDK would go on to the role of the machine. */
const isMissing = ({ name, namedBy, profiles }: SharedConfiguration): boolean =>
  namedBy !== undefined && profiles[name] === undefined

const ignore = (): void => undefined
/** What is no text is a call that failed, which is told by {@link traceCall}. */
const tell = (...words: unknown[]): void => {
  if (words.every((word) => typeof word === 'string')) tellDetail(words.join(' '))
}
/** Without one, the SDK writes its warnings to the console. */
export const detailLogger = { debug: ignore, info: ignore, warn: tell, error: tell }

/** How the SDK's clients of STS and IAM Identity Center get out; they keep no error for us to look at. */
class CredentialCalls implements Pick<NodeHttpHandler, 'handle' | 'destroy'> {
  readonly #handler: NodeHttpHandler
  /** What the last call ended in, unless it ended well. */
  failure: unknown
  /** The last call, such as `sts:AssumeRole`. */
  action: string | undefined

  constructor(network: Network) {
    this.#handler = new NodeHttpHandler({
      socketTimeout: idleMs,
      ...(network.proxies.any ? { httpAgent: network.agent(false), httpsAgent: network.agent(true) } : {}),
    })
  }

  /** Forgets the calls before. */
  begin(): void {
    this.failure = undefined
    this.action = undefined
  }

  destroy(): void {
    this.#handler.destroy()
  }

  async handle(request: HandlerRequest, options?: Parameters<NodeHttpHandler['handle']>[1]): Promise<Handled> {
    const begun = performance.now()
    this.action = actionOf(request)
    try {
      const handled = await this.#handler.handle(request, options)
      const { statusCode, headers } = handled.response
      this.failure =
        statusCode < 300 ? undefined : { $metadata: { httpStatusCode: statusCode, requestId: idIn(headers) } }
      trace(request, begun, statusCode, idIn(headers))
      return handled
    } catch (error) {
      this.failure = error
      trace(request, begun, undefined, undefined)
      throw error
    }
  }
}

const idIn = (headers: Readonly<Record<string, string>>): string | undefined =>
  headers['x-amzn-requestid'] ?? headers['x-amzn-request-id'] ?? headers['x-amz-request-id']

function trace(
  request: HandlerRequest,
  begun: number,
  status: number | undefined,
  requestId: string | undefined,
): void {
  if (!isTraced()) return
  const milliseconds = performance.now() - begun
  const region = /\.([a-z]{2}(?:-[a-z]+)+-\d)\./.exec(request.hostname)?.[1]
  traceCall({ action: actionOf(request), region, status, attempts: 1, milliseconds, requestId })
}

/** By the form of the call; its secrets are in headers and body. */
function actionOf({ path, body }: HandlerRequest): string {
  if (path.startsWith('/federation/credentials')) return 'sso:GetRoleCredentials'
  if (path.startsWith('/v1/token')) return 'signin:CreateOAuth2Token'
  if (path.startsWith('/token')) return 'sso-oidc:CreateToken'
  const named = typeof body === 'string' ? /(?:^|&)Action=(\w+)/.exec(body)?.[1] : undefined
  return `sts:${named ?? 'unknown'}`
}
