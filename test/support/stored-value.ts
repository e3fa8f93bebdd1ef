/** What is in the key value store of an installation, as somebody with AWS's own tools sees and changes it. */
import { DescribeKeyValueStoreCommand } from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'

import { encodeComponent } from '../../src/aws/signature-v4.ts'
import { createRequestSigner4a } from '../../src/aws/signature-v4a.ts'
import type { Clients, Installation } from './installation.ts'

const name = 'packagecloud_cloudfront_auth'
const sign = createRequestSigner4a('cloudfront-keyvaluestore')

/** Where the store is, and who asks. */
type Stored = Pick<Installation, 'sandbox'> & { readonly clients: Pick<Clients, 'cloudfront'> }

async function ask(
  { sandbox, clients }: Stored,
  method: 'GET' | 'PUT' | 'DELETE',
  path: string,
  sent?: { readonly etag: string; readonly document?: object },
): Promise<{ readonly etag: string; readonly document: Readonly<Record<string, unknown>> }> {
  const { KeyValueStore: store } = await clients.cloudfront.send(new DescribeKeyValueStoreCommand({ Name: name }))
  const whole = `/key-value-stores/${encodeComponent(store?.ARN ?? '')}${path}`
  const { accessKeyId, secretAccessKey, endpoint } = sandbox
  const body = sent?.document === undefined ? undefined : Buffer.from(JSON.stringify(sent.document))
  const headers = {
    host: new URL(endpoint).host,
    ...(sent === undefined ? {} : { 'if-match': sent.etag, 'content-type': 'application/json' }),
  }
  const signed = sign({ method, path: whole, query: {}, headers, body }, { accessKeyId, secretAccessKey }, new Date())
  const answer = await fetch(`${endpoint}${whole}`, { method, headers: signed, ...(body && { body }) })
  const text = await answer.text()
  expect(answer.ok, text).to.equal(true)
  return { etag: answer.headers.get('etag') ?? '', document: JSON.parse(text) as Record<string, unknown> }
}

/** What the store holds, as text. */
export const storedValue = async (place: Stored): Promise<unknown> =>
  (await ask(place, 'GET', '/keys/secrets')).document['Value']

/** Writes something else into the store. */
export async function storeValue(place: Stored, Value: string): Promise<void> {
  const { etag } = await ask(place, 'GET', '')
  await ask(place, 'PUT', '/keys/secrets', { etag, document: { Value } })
}

/** Takes away what the store holds. */
export async function emptyStore(place: Stored): Promise<void> {
  const { etag } = await ask(place, 'GET', '')
  await ask(place, 'DELETE', '/keys/secrets', { etag })
}
