/** CloudFront's API of 2010, the only one that s3cmd speaks, in front of what a sandbox holds today. */
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import {
  type CloudFrontClient,
  type DistributionConfig,
  GetDistributionCommand,
  GetInvalidationCommand,
  ListDistributionsCommand,
  ListInvalidationsCommand,
} from '@aws-sdk/client-cloudfront'

/** What a client sent in order to change something. */
interface Sent {
  readonly method: string
  readonly path: string
  readonly body: string
}

export interface OldApi {
  /** Host and port, over TLS. */
  readonly host: string
  readonly sent: readonly Sent[]
  close(): Promise<void>
}

interface Answer {
  readonly status?: number
  readonly etag?: string | undefined
  readonly xml: string
}

/** Changes are noted down, not made: both programs are to look at one and the same distribution. */
export async function startOldApi(client: CloudFrontClient, tls: { key: string; cert: string }): Promise<OldApi> {
  const sent: Sent[] = []
  const server = createServer(tls, (request, response) => {
    const answer = async (): Promise<void> => {
      const { method = '', url: path = '' } = request
      const body = await text(request)
      if (method !== 'GET') sent.push({ method, path, body })
      const { status = 200, etag = '', xml } = await answerTo(client, method, path)
      response.writeHead(status, { 'content-type': 'text/xml', etag }).end(`<?xml version="1.0"?>\n${xml}`)
    }
    answer().catch((error: unknown) => response.writeHead(400).end(String(error)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    host: `127.0.0.1:${port}`,
    sent,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function answerTo(client: CloudFrontClient, method: string, path: string): Promise<Answer> {
  const [, id, what, invalidation] = /^\/2010-11-01\/distribution(?:\/(\w+))?(?:\/(\w+))?(?:\/(\w+))?$/.exec(path) ?? []
  if (method === 'POST' && id !== undefined) return { ...(await newestInvalidation(client, id)), status: 201 }
  if (method === 'POST') return { ...(await distribution(client, await onlyId(client))), status: 201 }
  if (id === undefined) return list(client)
  if (what === undefined) return distribution(client, id)
  if (what === 'config') return config(client, id)
  return invalidation === undefined ? invalidations(client, id) : oneInvalidation(client, id, invalidation)
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
const element = (name: string, value: string | boolean | number | undefined): string =>
  value === undefined || value === ''
    ? ''
    : `<${name}>${String(value).replace(/[&<>]/g, (mark) => escapes[mark] ?? '')}</${name}>`
const around = (name: string, ...parts: readonly string[]): string => `<${name}>${parts.join('')}</${name}>`

async function onlyId(client: CloudFrontClient): Promise<string> {
  const { DistributionList } = await client.send(new ListDistributionsCommand({}))
  return DistributionList?.Items?.[0]?.Id ?? ''
}

async function list(client: CloudFrontClient): Promise<Answer> {
  const { DistributionList } = await client.send(new ListDistributionsCommand({}))
  const summaries = (DistributionList?.Items ?? []).map((one) =>
    around(
      'DistributionSummary',
      element('Id', one.Id),
      element('Status', one.Status),
      element('LastModifiedTime', one.LastModifiedTime?.toISOString()),
      element('DomainName', one.DomainName),
      origin(one.Origins?.Items?.[0]?.DomainName),
      ...(one.Aliases?.Items ?? []).map((alias) => element('CNAME', alias)),
      element('Comment', one.Comment),
      element('Enabled', one.Enabled),
    ),
  )
  return { xml: around('DistributionList', element('IsTruncated', false), ...summaries) }
}

async function distribution(client: CloudFrontClient, Id: string): Promise<Answer> {
  const { Distribution: found, ETag: etag } = await client.send(new GetDistributionCommand({ Id }))
  const xml = around(
    'Distribution',
    element('Id', found?.Id),
    element('Status', found?.Status),
    element('LastModifiedTime', found?.LastModifiedTime?.toISOString()),
    element('DomainName', found?.DomainName),
    configXml(found?.DistributionConfig),
  )
  return { etag, xml }
}

async function config(client: CloudFrontClient, Id: string): Promise<Answer> {
  const { Distribution: found, ETag: etag } = await client.send(new GetDistributionCommand({ Id }))
  return { etag, xml: configXml(found?.DistributionConfig) }
}

const configXml = (of: DistributionConfig | undefined): string =>
  around(
    'DistributionConfig',
    origin(of?.Origins?.Items?.[0]?.DomainName),
    element('CallerReference', of?.CallerReference),
    ...(of?.Aliases?.Items ?? []).map((alias) => element('CNAME', alias)),
    element('Comment', of?.Comment),
    element('Enabled', of?.Enabled),
    element('DefaultRootObject', of?.DefaultRootObject),
    of?.Logging?.Enabled === true
      ? around('Logging', element('Bucket', of.Logging.Bucket), element('Prefix', of.Logging.Prefix))
      : '',
  )

/** s3cmd knows buckets by their global host only. */
const origin = (host = ''): string =>
  around('S3Origin', element('DNSName', host.replace(/\.s3\.[a-z0-9-]+\.amazonaws\.com$/, '.s3.amazonaws.com')))

async function invalidations(client: CloudFrontClient, DistributionId: string): Promise<Answer> {
  const { InvalidationList } = await client.send(new ListInvalidationsCommand({ DistributionId }))
  const summaries = (InvalidationList?.Items ?? []).map(({ Id, Status }) =>
    around('InvalidationSummary', element('Id', Id), element('Status', Status)),
  )
  return { xml: around('InvalidationList', element('IsTruncated', false), ...summaries) }
}

async function newestInvalidation(client: CloudFrontClient, DistributionId: string): Promise<Answer> {
  const { InvalidationList } = await client.send(new ListInvalidationsCommand({ DistributionId }))
  return oneInvalidation(client, DistributionId, InvalidationList?.Items?.[0]?.Id ?? '')
}

async function oneInvalidation(client: CloudFrontClient, DistributionId: string, Id: string): Promise<Answer> {
  const { Invalidation: found } = await client.send(new GetInvalidationCommand({ DistributionId, Id }))
  const batch = found?.InvalidationBatch
  const xml = around(
    'Invalidation',
    element('Id', found?.Id),
    element('Status', found?.Status),
    element('CreateTime', found?.CreateTime?.toISOString()),
    around(
      'InvalidationBatch',
      ...(batch?.Paths?.Items ?? []).map((path) => element('Path', path)),
      element('CallerReference', batch?.CallerReference),
    ),
  )
  return { xml }
}
