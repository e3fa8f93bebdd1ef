/**
 * A bucket of any number of objects that answers at once and keeps nothing of them but one bit each: what is measured
 * against it is the client's own work. They are debs in one folder, or with `repositories` yum repositories of four each. A process of its own; `process.send` tells its address, and, asked with
 * `requests`, how often it was called since the last time.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const count = Number(process.argv[2])
const rewritten = new Uint8Array(count)
/** What clients have written: locks. */
const written = new Map<string, Buffer>()
const requests: Record<string, number> = {}

const etag = 'd41d8cd98f00b204e9800998ecf8427e'
const dates = ['2025-01-02T03:04:05.000Z', '2026-01-02T03:04:05.000Z'] as const
const dateOf = (index: number): string => dates[rewritten[index] === 1 ? 1 : 0]
const digits = 9
const prefix = 'pool/main/'
/** What is in each repository, where there are many. */
const ofRepository = [
  'a-name-1.2.3-4.x86_64.rpm',
  'another-name-1.2.3-4.x86_64.rpm',
  'repodata/primary.xml.gz',
  'repodata/repomd.xml',
]
const padded = (number: number): string => String(number).padStart(digits, '0')
const keyOf =
  process.argv[3] === 'repositories'
    ? (index: number): string => `team/${padded(index >> 2)}/el/9/${ofRepository[index & 3] ?? ''}`
    : (index: number): string => `${prefix}${padded(index)}/some-package-name_1.2.3-4_amd64.deb`

/** The first object behind a key. */
function behind(after: string): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >> 1
    if (keyOf(middle) <= after) low = middle + 1
    else high = middle
  }
  return low
}

function listing(after: string): string {
  const start = behind(after)
  const end = Math.min(count, start + 1000)
  const contents: string[] = []
  for (let index = start; index < end; index++) {
    contents.push(
      `<Contents><Key>${keyOf(index)}</Key><LastModified>${dateOf(index)}</LastModified><ETag>&quot;${etag}&quot;</ETag>` +
        '<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>' +
        '<Size>123456</Size><StorageClass>STANDARD</StorageClass></Contents>',
    )
  }
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `<Name>bench</Name><MaxKeys>1000</MaxKeys><IsTruncated>${String(end < count)}</IsTruncated>${contents.join('')}</ListBucketResult>`
  )
}

const settings: Readonly<Record<string, string>> = {
  versioning: '<VersioningConfiguration/>',
  ownershipControls:
    '<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>',
  encryption:
    '<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>',
}

type Answer = readonly [status: number, headers: Record<string, string>, body?: string | Buffer]

function answer(
  method: string,
  path: string,
  query: URLSearchParams,
  headers: IncomingMessage['headers'],
  body: Buffer,
): Answer {
  const key = decodeURIComponent(path.replace(/^\/bench\/?/, ''))
  if (key === '') {
    if (method === 'HEAD') return [200, { 'x-amz-bucket-region': 'us-east-1' }]
    const [setting] = Object.keys(settings).filter((name) => query.has(name))
    const xml = setting === undefined ? listing(query.get('start-after') ?? '') : settings[setting]
    return [200, { 'content-type': 'application/xml' }, xml ?? '']
  }
  const index = key.startsWith(prefix) ? Number(key.slice(prefix.length, prefix.length + digits)) : -1
  if (index < 0) {
    if (method === 'PUT') written.set(key, body)
    const there = written.get(key)
    if (there === undefined) return [404, {}, '<Error><Code>NoSuchKey</Code><Message>none</Message></Error>']
    const sum = createHash('md5').update(there).digest('hex')
    return [200, { etag: `"${sum}"`, 'last-modified': new Date().toUTCString() }, method === 'GET' ? there : '']
  }
  if (method === 'PUT' && headers['x-amz-copy-source'] !== undefined) {
    rewritten[index] = 1
    const result = `<CopyObjectResult><LastModified>${dateOf(index)}</LastModified><ETag>&quot;${etag}&quot;</ETag></CopyObjectResult>`
    return [200, { 'content-type': 'application/xml' }, `<?xml version="1.0" encoding="UTF-8"?>\n${result}`]
  }
  return [
    200,
    {
      etag: `"${etag}"`,
      'last-modified': new Date(dateOf(index)).toUTCString(),
      'content-type': 'application/vnd.debian.binary-package',
      'content-length': '123456',
      'content-disposition': 'attachment; filename="some-package-name_1.2.3-4_amd64.deb"',
      'x-amz-meta-uploader': 'somebody',
      'x-amz-server-side-encryption': 'AES256',
      ...(rewritten[index] === 1 ? { 'cache-control': 'public, max-age=31536000, immutable' } : {}),
    },
  ]
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const [path = '', search = ''] = (request.url ?? '').split('?')
  const method = request.method ?? ''
  const query = new URLSearchParams(search)
  const [status, headers, body] = answer(method, path, query, request.headers, Buffer.concat(chunks))
  const kind = path.replace(/\/$/, '') !== '/bench' ? `${method} object` : query.has('list-type') ? 'LIST' : 'bucket'
  requests[kind] = (requests[kind] ?? 0) + 1
  response.writeHead(status, headers)
  response.end(body)
}

const server = createServer((request, response) => void serve(request, response))
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  process.send?.({ endpoint: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` })
})
process.on('message', () => {
  process.send?.({ requests })
  for (const name of Object.keys(requests)) Reflect.deleteProperty(requests, name)
})
process.on('disconnect', () => process.exit())
