/**
 * S3 with a bucket of any number of objects that are made when they are asked for, in a process of its own, with these
 * arguments: how many objects there are, how many of them a repository has, milliseconds that an answer takes, and into how many
 * parts the bucket's keys are split already. A prefix that is asked for more than S3 answers gets SlowDown. `process.send`
 * tells its address, and how often it was called since the last time where that is asked for (`requests`). Asked to
 * `hand in`, it has from then on what functions would have found out of all packages.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { entry, etagOf, type IndexVersion, ScaleBucket } from './bucket.ts'
import { emptyIndex } from './empty-index.ts'
import { Packages } from './packages.ts'
import { Partitions } from './prefixes.ts'
import { Results } from './results.ts'

const [count = 0, each = 1, latency = 0, partitions = 1] = process.argv.slice(2).map(Number)
const packages = { apt: new Packages('apt'), yum: new Packages('yum') }
const bucket = new ScaleBucket(count, each, { apt: packages.apt.size, yum: packages.yum.size })
const results = new Results(bucket, { apt: await packages.apt.facts(), yum: await packages.yum.facts() })
const limits = new Partitions(count, partitions)
const requests: Record<string, number> = {}

interface Stored {
  readonly etag: string
  readonly size: number
  readonly headers: Headers
  /** Undefined: it was too much to be kept. */
  readonly body: Buffer | undefined
}
type Headers = Readonly<Record<string, string>>

const written = new Map<string, Stored>()
/** Of what is larger no more is kept than what a listing tells. */
const most = 64 * 1024
const ownPrefix = '.pc-ctl/'

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')

/** What is at a key, but for packages. */
function storedAt(key: string): Stored | undefined {
  const there = written.get(key)
  if (there !== undefined) return there
  const body = emptyIndex(key) ?? results.at(key)
  return body && { etag: md5(body), size: body.length, headers: {}, body }
}

const versionOf: IndexVersion = (key) => storedAt(key) ?? { size: 0, etag: md5(new Uint8Array()) }

type Answer = readonly [status: number, headers: Headers, body?: string | Buffer]

const modified = 'Thu, 02 Jan 2025 03:04:05 GMT'
const slowDown: Answer = [
  503,
  {},
  '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>',
]
const none: Answer = [404, {}, '<Error><Code>NoSuchKey</Code><Message>none</Message></Error>']
const failed: Answer = [412, {}, '<Error><Code>PreconditionFailed</Code><Message>it is there</Message></Error>']

const seconds = (): number => performance.now() / 1000

const pageKeys = 1000
/** A page of a listing takes so many times as long as an answer about one object. */
const slower = 3

function listing(query: URLSearchParams): Answer {
  const prefix = query.get('prefix') ?? ''
  const after = query.get('start-after') ?? ''
  const head = (more: boolean): Buffer =>
    Buffer.from(
      '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
        `<Name>bench</Name><MaxKeys>${String(pageKeys)}</MaxKeys><IsTruncated>${String(more)}</IsTruncated>`,
    )
  const page = (entries: Buffer, more: boolean): Answer => [
    200,
    { 'content-type': 'application/xml' },
    Buffer.concat([head(more), entries, Buffer.from('</ListBucketResult>')]),
  ]
  if (prefix.startsWith(ownPrefix)) {
    const keys = [...written.keys(), ...results.keys()].filter((key) => key.startsWith(prefix) && key > after).sort()
    const here = keys.slice(0, pageKeys).map((key) => {
      const { etag, size } = results.versionAt(key) ?? versionOf(key)
      return entry(key, etag, size)
    })
    return page(Buffer.from(here.join('')), keys.length > pageKeys)
  }
  // Nobody who lists all wants what is our own.
  const from = after === '' ? 0 : bucket.behind(after)
  if (!limits.admits(from, 'reads', seconds())) return slowDown
  const to = Math.min(count, from + pageKeys)
  return page(bucket.entries(from, to, versionOf), to < count)
}

const settings: Headers = {
  versioning: '<VersioningConfiguration/>',
  ownershipControls:
    '<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>',
  encryption:
    '<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>',
}

function onBucket(method: string, query: URLSearchParams): Answer {
  if (method === 'HEAD') return [200, { 'x-amz-bucket-region': 'us-east-1' }]
  if (query.has('list-type')) return listing(query)
  const [setting] = Object.keys(settings).filter((name) => query.has(name))
  return setting === undefined
    ? [404, {}, '<Error><Code>NoSuchConfiguration</Code><Message>none</Message></Error>']
    : [200, { 'content-type': 'application/xml' }, settings[setting] ?? '']
}

function write(key: string, headers: IncomingMessage['headers'], body: Buffer): Answer {
  const there = storedAt(key)
  const wanted = headers['if-match']
  if (headers['if-none-match'] === '*' && there !== undefined) return failed
  if (wanted !== undefined && wanted !== `"${there?.etag ?? ''}"`) return failed
  const etag = md5(body)
  const kept = key.startsWith(`${ownPrefix}lock`) || body.length <= most
  const isTask = key.startsWith(`${ownPrefix}batch/`)
  const told = Object.fromEntries(
    ['cache-control', 'content-type'].flatMap((name) =>
      headers[name] === undefined ? [] : [[name, String(headers[name])]],
    ),
  )
  if (!isTask) written.set(key, { etag, size: body.length, headers: told, body: kept ? body : undefined })
  return [200, { etag: `"${etag}"` }]
}

function onObject(method: string, key: string, headers: IncomingMessage['headers'], body: Buffer): Answer {
  const index = key.startsWith(ownPrefix) ? undefined : bucket.indexOf(key)
  if (index !== undefined && !limits.admits(index, method === 'PUT' ? 'writes' : 'reads', seconds())) return slowDown
  if (method === 'PUT') return write(key, headers, body)
  const place = index === undefined ? undefined : bucket.placeOf(index)
  if (index !== undefined && place !== undefined && typeof place.of === 'number') {
    const bytes = method === 'GET' ? packages[place.kind].bytes(place.of) : undefined
    return ranged(bytes, headers.range, { etag: `"${etagOf(index)}"`, size: bucket.sizes[place.kind] })
  }
  const there = storedAt(key)
  if (there === undefined) return none
  const { etag, size, headers: told, body: kept } = there
  if (method === 'GET' && kept === undefined) return none
  const [status, answered, content] = ranged(method === 'GET' ? kept : undefined, headers.range, {
    etag: `"${etag}"`,
    size,
  })
  return [status, { ...told, ...answered }, content ?? '']
}

function ranged(
  bytes: Buffer | undefined,
  range: string | undefined,
  { etag, size }: { etag: string; size: number },
): Answer {
  const head = { etag, 'last-modified': modified }
  if (bytes === undefined) return [200, { ...head, 'content-length': String(size) }]
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []
  if (from === undefined) return [200, head, bytes]
  const part = bytes.subarray(Number(from), to === '' || to === undefined ? undefined : Number(to) + 1)
  const last = Number(from) + part.length - 1
  return [206, { ...head, 'content-range': `bytes ${from}-${String(last)}/${String(size)}` }, part]
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const [path = '', search = ''] = (request.url ?? '').split('?')
  const method = request.method ?? ''
  const query = new URLSearchParams(search)
  const key = decodeURIComponent(path.replace(/^\/bench\/?/, ''))
  const isList = key === '' && query.has('list-type')
  const [status, headers, body] =
    key === '' ? onBucket(method, query) : onObject(method, key, request.headers, Buffer.concat(chunks))
  const kind = status === 503 ? 'SlowDown' : isList ? 'LIST' : key === '' ? 'bucket' : `${method} object`
  requests[kind] = (requests[kind] ?? 0) + 1
  const end = (): void => {
    response.writeHead(status, headers)
    response.end(body)
  }
  if (latency > 0) setTimeout(end, isList ? latency : latency / slower)
  else end()
}

const server = createServer((request, response) => void serve(request, response))
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  process.send?.({ endpoint: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` })
})
process.on('message', (message: unknown) => {
  if (message === 'hand in') results.isThere = true
  else process.send?.({ requests })
  for (const name of Object.keys(requests)) Reflect.deleteProperty(requests, name)
})
process.on('disconnect', () => process.exit())
