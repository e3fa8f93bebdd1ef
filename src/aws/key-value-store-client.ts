/**
 * CloudFront's key value stores, as far as what is in them is concerned. AWS's own client of this API needs another
 * signer, which takes fifty milliseconds a signature or is a native module, and can't be sent to a custom endpoint.
 *
 * Source: Amazon CloudFront KeyValueStore API Reference.
 */
import { parseArn } from './arns.ts'
import type { ClientConfig } from './clients.ts'
import { documentIn, errorIn, explainSession } from './key-value-store-answer.ts'
import { type LeanAnswer, LeanClient, type LeanMetadata, type LeanRequest } from './lean-client.ts'
import { type Credentials, encodeComponent, encodePath, type Unsigned } from './signature-v4.ts'
import { createRequestSigner4a } from './signature-v4a.ts'

/** An operation on one store. */
export interface StoreCall {
  readonly operation: 'DescribeKeyValueStore' | 'GetKey' | 'UpdateKeys'
  /** The store's. */
  readonly arn: string
  /** For GetKey. */
  readonly key?: string
  /** For UpdateKeys: the version that is to be changed, as the last look at the store told it. */
  readonly etag?: string
  /** For UpdateKeys. */
  readonly puts?: readonly { readonly Key: string; readonly Value: string }[]
}

export interface StoreAnswer {
  /** Of the store's contents; not the one that CloudFront's own API tells of the store. */
  readonly etag: string
  readonly document: Readonly<Record<string, unknown>>
  readonly $metadata: LeanMetadata
}

const sign = createRequestSigner4a('cloudfront-keyvaluestore')

/** Stands beside the SDK's clients: `aws.client(KeyValueStoreClient, edgeRegion)`. */
export class KeyValueStoreClient extends LeanClient<StoreCall, StoreAnswer> {
  constructor(given: ClientConfig) {
    super(given, { id: 'CloudFront KeyValueStore', clientName: 'CloudFrontKeyValueStoreClient' })
  }

  /** @throws StoreError, what the network threw, or CtlError for a session that this API does not take */
  override async send(call: StoreCall): Promise<StoreAnswer> {
    try {
      return await super.send(call)
    } catch (error) {
      throw explainSession(error)
    }
  }

  protected arnOf({ arn }: StoreCall): string {
    return arn
  }

  protected requestFor(call: StoreCall): LeanRequest {
    const method = call.operation === 'UpdateKeys' ? 'POST' : 'GET'
    const body = method === 'GET' ? undefined : Buffer.from(JSON.stringify({ Puts: call.puts ?? [] }))
    return {
      method,
      endpoint: `https://${parseArn(call.arn)?.accountId ?? ''}.cloudfront-kvs.global.api.aws`,
      path: pathOf(call),
      headers: body === undefined ? {} : { 'content-type': 'application/json', 'if-match': call.etag ?? '' },
      body,
    }
  }

  protected sign(request: Unsigned, credentials: Credentials, now: Date): Record<string, string> {
    return sign(request, credentials, now)
  }

  protected outputOf({ headers, body, $metadata }: LeanAnswer, _: StoreCall, credentials: Credentials): StoreAnswer {
    if ($metadata.httpStatusCode < 300) return { etag: headers['etag'] ?? '', document: documentIn(body), $metadata }
    const hasSession = credentials.sessionToken !== undefined
    throw errorIn({ type: headers['x-amzn-errortype'], body, $metadata, hasSession })
  }
}

function pathOf({ operation, arn, key = '' }: StoreCall): string {
  const store = `/key-value-stores/${encodeComponent(arn)}`
  if (operation === 'DescribeKeyValueStore') return store
  return operation === 'UpdateKeys' ? `${store}/keys` : `${store}/keys/${encodePath(key).replaceAll('/', '%2F')}`
}
