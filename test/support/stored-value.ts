import { DescribeKeyValueStoreCommand } from '@aws-sdk/client-cloudfront'

import { encodeComponent } from '../../src/aws/signature-v4.ts'
import { createRequestSigner4a } from '../../src/aws/signature-v4a.ts'
import type { Installation } from './installation.ts'

const name = 'packagecloud_cloudfront_auth'
const sign = createRequestSigner4a('cloudfront-keyvaluestore')

/** What the key value store of an installation holds, as text. */
export async function storedValue({ sandbox, clients }: Installation): Promise<unknown> {
  const { KeyValueStore: store } = await clients.cloudfront.send(new DescribeKeyValueStoreCommand({ Name: name }))
  const path = `/key-value-stores/${encodeComponent(store?.ARN ?? '')}/keys/secrets`
  const { accessKeyId, secretAccessKey } = sandbox
  const headers = { host: new URL(sandbox.endpoint).host }
  const request = { method: 'GET', path, query: {}, headers, body: undefined }
  const answer = await fetch(`${sandbox.endpoint}${path}`, {
    headers: sign(request, { accessKeyId, secretAccessKey }, new Date()),
  })
  const { Value } = (await answer.json()) as { Value?: unknown }
  return Value
}
