import type { KeyValueStore } from '../contracts/key-value-stores.ts'
import { AwsError, type AwsRequest } from '../contracts/service.ts'
import { isObject, type JsonObject } from '../../json-object.ts'

/** What is to be done to the keys of a store, all of it or nothing. */
export interface Changes {
  readonly puts: readonly (readonly [key: string, value: string])[]
  readonly deletes: readonly string[]
}

/** "Quotas" in the developer guide. */
const limits = { key: 512, value: 1024, keys: 50, update: 3 * 1024 ** 2, store: 5 * 1024 ** 2 }

export const invalid = (message: string): AwsError => new AwsError(400, 'ValidationException', message)

const constraint = (value: string, member: string, rule: string): AwsError =>
  invalid(
    `1 validation error detected: Value ${value} at '${member}' failed to satisfy constraint: Member must ${rule}`,
  )

const sizeOf = (text: string): number => Buffer.byteLength(text)

/** Bytes of all keys and values. */
export const totalSize = (values: Iterable<readonly [string, string]>): number =>
  Array.from(values, ([key, value]) => sizeOf(key) + sizeOf(value)).reduce((sum, size) => sum + size, 0)

/** What UpdateKeys is given. Throws ValidationException. */
export function changesIn(body: JsonObject): Changes {
  const puts = listIn(body, 'Puts').map((put) => [keyIn(put), valueIn(put)] as const)
  const deletes = listIn(body, 'Deletes').map(keyIn)
  const keys = [...puts.map(([key]) => key), ...deletes]
  if (keys.length === 0) throw invalid('At least one of Puts and Deletes must be given.')
  if (keys.length > limits.keys) throw invalid(`An update can have at most ${limits.keys} keys.`)
  if (new Set(keys).size < keys.length) throw invalid('Keys of an update must be unique.')
  if (totalSize(puts) > limits.update) throw invalid(`An update can have at most ${limits.update} bytes.`)
  return { puts, deletes }
}

function listIn(body: JsonObject, member: string): JsonObject[] {
  const list = body[member] ?? []
  if (!Array.isArray(list)) throw serialization()
  return list.map((item: unknown) => {
    if (!isObject(item)) throw serialization()
    return item
  })
}

const serialization = (): AwsError => new AwsError(400, 'SerializationException', 'Unexpected value type in payload')

function keyIn(body: JsonObject): string {
  const key = body['Key'] ?? undefined
  if (key === undefined) throw constraint('null', 'key', 'not be null')
  if (typeof key !== 'string') throw serialization()
  return checkedKey(key)
}

/** Throws ValidationException for a key that is too long, or none. */
export function checkedKey(key: string): string {
  if (key === '') throw constraint("''", 'key', 'have length greater than or equal to 1')
  if (sizeOf(key) > limits.key) throw invalid(`A key can have at most ${limits.key} bytes.`)
  return key
}

/** Throws ValidationException for a value that is too long, or none. */
export function valueIn(body: JsonObject): string {
  const value = body['Value'] ?? undefined
  // Never the value itself: it may be a secret.
  if (value === undefined) throw constraint('null', 'value', 'not be null')
  if (typeof value !== 'string') throw serialization()
  if (sizeOf(value) > limits.value) throw invalid(`A value can have at most ${limits.value} bytes.`)
  return value
}

/**
 * The keys of a store after changes; undefined where they are as they were. The words for another ETag are AWS's own, and
 * not the ConflictException of its documents.
 */
export function changedKeys(
  store: KeyValueStore,
  request: AwsRequest,
  { puts, deletes }: Changes,
): Map<string, string> | undefined {
  const match = request.headers['if-match']
  if (match === undefined) throw constraint('null', 'ifMatch', 'not be null')
  if (match !== store.etag) throw invalid('Pre-Condition failed during update of Key-Value-Store')
  const values = new Map(store.values)
  const gone = deletes.filter((key) => values.delete(key))
  for (const [key, value] of puts) values.set(key, value)
  if (totalSize(values) > limits.store) throw new AwsError(402, 'ServiceQuotaExceededException', 'Limit exceeded.')
  return puts.length === 0 && gone.length === 0 ? undefined : values
}
