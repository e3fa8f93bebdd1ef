import { changedKeys, changesIn, checkedKey, invalid, totalSize, valueIn, type Changes } from './changes.ts'
import type { KeyValueStore, KeyValueStores } from '../contracts/key-value-stores.ts'
import { readJson, restJsonResponse } from '../wire/json.ts'
import { AwsError, type AwsRequest, type AwsResponse, type Service } from '../contracts/service.ts'

/** Where a request leads. */
interface Route {
  operation: string
  /** ARN of the store. */
  arn: string
  key: string
}

const store = '/key-value-stores/(?<arn>[^/]+)'
const routes = (
  [
    ['GET', store, 'DescribeKeyValueStore'],
    ['GET', `${store}/keys`, 'ListKeys'],
    ['POST', `${store}/keys`, 'UpdateKeys'],
    ['GET', `${store}/keys/(?<key>[^/]*)`, 'GetKey'],
    ['PUT', `${store}/keys/(?<key>[^/]*)`, 'PutKey'],
    ['DELETE', `${store}/keys/(?<key>[^/]*)`, 'DeleteKey'],
  ] as const
).map(([method, path, operation]) => ({ method, path: new RegExp(`^${path}$`), operation }))

/** Throws UnknownOperationException (404) for a path or method that the service does not have. */
function routeOf(request: AwsRequest): Route {
  for (const { method, path, operation } of routes) {
    const match = method === request.method ? path.exec(request.rawPath) : null
    if (match === null) continue
    const { arn = '', key = '' } = match.groups ?? {}
    return { operation, arn: decode(arn), key: decode(key) }
  }
  throw new AwsError(404, 'UnknownOperationException', '')
}

function decode(label: string): string {
  try {
    return decodeURIComponent(label)
  } catch {
    throw invalid('A label of the path is not valid percent-encoding.')
  }
}

/**
 * The CloudFront KeyValueStore API, version 2022-07-26: what is in the stores that CloudFront makes. It is reached at
 * `ACCOUNT.cloudfront-kvs.global.api.aws`, and takes Signature Version 4A only.
 */
export function createKeyValueStoreKeys(stores: KeyValueStores): Service {
  return {
    names: ['cloudfront-keyvaluestore'],
    operations: routes.map(({ operation }) => operation),
    operation: (request) => routeOf(request).operation,
    // Of its condition keys the Service Authorization Reference has none, not even tags.
    permissions: (request, operation) => [
      { action: `cloudfront-keyvaluestore:${operation}`, resource: routeOf(request).arn },
    ],
    async handle(request, operation) {
      const route = routeOf(request)
      const body = await readJson(request)
      const found = stores.keyValueStore(route.arn)
      if (found === undefined) throw notFound()
      if (operation === 'DescribeKeyValueStore') return describe(request, found)
      if (found.status !== 'READY') throw new AwsError(409, 'ConflictException', 'Resource is not in expected state.')
      if (operation === 'ListKeys') return listKeys(request, found)
      const change = (changes: Changes): AwsResponse => {
        const values = changedKeys(found, request, changes)
        return written(request, values === undefined ? found : stores.replaceKeys(found.arn, values))
      }
      if (operation === 'UpdateKeys') return change(changesIn(body))
      const key = checkedKey(route.key)
      if (operation === 'PutKey') return change({ puts: [[key, valueIn(body)]], deletes: [] })
      const value = found.values.get(key)
      if (value === undefined) throw notFound()
      if (operation === 'DeleteKey') return change({ puts: [], deletes: [key] })
      return restJsonResponse(request, 200, { Key: key, Value: value, ...sizes(found) })
    },
    error(error, request) {
      const response = restJsonResponse(request, error.status, { Message: error.message, ...error.fields })
      return { ...response, headers: { ...response.headers, 'x-amzn-errortype': error.code, ...error.headers } }
    },
  }
}

const notFound = (): AwsError => new AwsError(404, 'ResourceNotFoundException', 'Resource was not found.')

const sizes = ({ values }: KeyValueStore) => ({ ItemCount: values.size, TotalSizeInBytes: totalSize(values) })

/** With the ETag of what is in the store. */
function answer(request: AwsRequest, { etag }: KeyValueStore, body: object): AwsResponse {
  const response = restJsonResponse(request, 200, body)
  return { ...response, headers: { ...response.headers, etag } }
}

const written = (request: AwsRequest, changed: KeyValueStore): AwsResponse => answer(request, changed, sizes(changed))

function describe(request: AwsRequest, found: KeyValueStore): AwsResponse {
  const { arn, status, createdAt, changedAt } = found
  return answer(request, found, {
    ...sizes(found),
    KvsARN: arn,
    Created: createdAt / 1000,
    ...(changedAt === undefined ? {} : { LastModified: changedAt / 1000 }),
    Status: status,
  })
}

/** One page, in the order of keys; the token is the last key of the page before. */
function listKeys(request: AwsRequest, { values }: KeyValueStore): AwsResponse {
  const asked = request.query.get('MaxResults') ?? '10'
  if (!/^\d{1,3}$/.test(asked) || Number(asked) < 1 || Number(asked) > 50) {
    throw invalid('MaxResults must be between 1 and 50.')
  }
  const after = Buffer.from(request.query.get('NextToken') ?? '', 'base64url').toString()
  const rest = [...values].filter(([key]) => after === '' || key > after).sort(([a], [b]) => (a < b ? -1 : 1))
  const page = rest.slice(0, Number(asked))
  const last = page.at(-1)?.[0]
  return restJsonResponse(request, 200, {
    Items: page.map(([Key, Value]) => ({ Key, Value })),
    ...(rest.length > page.length && last !== undefined ? { NextToken: Buffer.from(last).toString('base64url') } : {}),
  })
}
