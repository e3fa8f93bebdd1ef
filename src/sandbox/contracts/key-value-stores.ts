/** The key value stores of the account, as the service has them that reads and writes their keys. */
export interface KeyValueStores {
  /** By its ARN; undefined: there is none. */
  keyValueStore(arn: string): KeyValueStore | undefined
  /** Replaces all that is in a store, which has a new version then. Returns the store as it is now. */
  replaceKeys(arn: string, values: ReadonlyMap<string, string>): KeyValueStore
}

export interface KeyValueStore {
  readonly arn: string
  readonly status: 'PROVISIONING' | 'READY'
  /** Of what is in it; the store itself has another one. */
  readonly etag: string
  readonly values: ReadonlyMap<string, string>
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** When a key was changed last; undefined: never. */
  readonly changedAt: number | undefined
}
