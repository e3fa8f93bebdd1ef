/**
 * AWS Security Token Service, as far as asking who one is goes. That is the first call of most commands, and the SDK's
 * client takes longer to be loaded than all that comes before it.
 *
 * Source: AWS Security Token Service API Reference, "GetCallerIdentity"; AWS General Reference, "AWS STS endpoints".
 */
import { loadConfig, nodeDualstackConfigSelectors, nodeFipsConfigSelectors } from '@smithy/core/config'

import type { ClientConfig } from './clients.ts'
import { type LeanAnswer, LeanClient, type LeanMetadata, type LeanRequest } from './lean-client.ts'
import { edgeRegion } from './names.ts'
import { errorIn, textOf } from './s3-answer.ts'
import { createRequestSigner, type Credentials, type Unsigned } from './signature-v4.ts'

interface StsCall {
  readonly operation: 'GetCallerIdentity'
}

/** Whose credentials they are. */
export interface Identity {
  readonly account: string | undefined
  readonly arn: string | undefined
  readonly $metadata: LeanMetadata
}

const sign = createRequestSigner(edgeRegion, 'sts')

/** Stands beside the SDK's clients: `aws.client(StsClient, edgeRegion)`. */
export class StsClient extends LeanClient<StsCall, Identity> {
  readonly #host: () => Promise<string>
  /** What {@link requestFor} goes to, known once a call is made. */
  #endpoint = ''

  constructor(given: ClientConfig) {
    super(given, { id: 'STS', clientName: 'STSClient' })
    const profile = given.profile === undefined ? {} : { profile: given.profile }
    // Variables and profiles that ask for them are the SDK's matter.
    const isFips = loadConfig(nodeFipsConfigSelectors, profile)
    const isDualStack = loadConfig(nodeDualstackConfigSelectors, profile)
    this.#host = async () =>
      `sts${(await isFips()) ? '-fips' : ''}.${edgeRegion}.${(await isDualStack()) ? 'api.aws' : 'amazonaws.com'}`
  }

  override async send(call: StsCall, options?: { readonly abortSignal: AbortSignal }): Promise<Identity> {
    this.#endpoint ||= `https://${await this.#host()}`
    return super.send(call, options)
  }

  /** Nobody is denied it. */
  protected arnOf(): string {
    return '*'
  }

  protected requestFor({ operation }: StsCall): LeanRequest {
    return {
      method: 'POST',
      endpoint: this.#endpoint,
      path: '/',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `Action=${operation}&Version=2011-06-15`,
    }
  }

  protected sign(request: Unsigned, credentials: Credentials, now: Date): Record<string, string> {
    return sign(request, credentials, now)
  }

  protected outputOf({ headers, body, $metadata }: LeanAnswer): Identity {
    const error = errorIn({ status: $metadata.httpStatusCode, headers, body }, 'POST')
    if (error !== undefined) throw Object.assign(error, { $metadata })
    const text = body.toString('utf8')
    return { account: textOf(text, 'Account') || undefined, arn: textOf(text, 'Arn') || undefined, $metadata }
  }
}
