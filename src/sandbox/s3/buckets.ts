import { createHash } from 'node:crypto'

import type { Encryption, Grant } from './index.ts'
import { AwsError, type Context } from '../contracts/service.ts'
import type { Collection } from '../contracts/store.ts'

export const ownerships = ['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter'] as const
type Ownership = (typeof ownerships)[number]

interface PublicAccessBlock {
  BlockPublicAcls: boolean
  IgnorePublicAcls: boolean
  BlockPublicPolicy: boolean
  RestrictPublicBuckets: boolean
}

export interface Bucket {
  name: string
  region: string
  /** Milliseconds since the epoch. */
  createdAt: number
  ownership: Ownership | undefined
  publicAccessBlock: PublicAccessBlock | undefined
  /** Compact JSON, principals rewritten as S3 rewrites them. */
  policy?: string
  encryption: Encryption
  versioning?: 'Enabled' | 'Suspended'
  /** Canned ACL. */
  acl: string
  /** All grants, where they are no canned ACL's. */
  grants?: Grant[]
  objectLock: boolean
  /** Configurations that are kept as they were sent, by operation noun (`Website`, `Cors`, …): markup without root. */
  documents: Record<string, string>
}

/** The buckets of the account. */
export class Buckets {
  readonly #collection: Collection<Bucket>
  readonly #known: Map<string, Bucket>
  /** Canonical user id of the account: 64 hexadecimal digits. */
  readonly owner: string

  constructor(context: Context) {
    this.#collection = context.store.collection<Bucket>('s3-bucket')
    this.#known = new Map(this.#collection.list().map((bucket) => [bucket.name, bucket]))
    this.owner = createHash('sha256').update(`canonical user of ${context.accountId}`).digest('hex')
  }

  find(name: string): Bucket | undefined {
    return this.#known.get(name)
  }

  get(name: string): Bucket {
    const bucket = this.#known.get(name)
    if (bucket === undefined) {
      throw new AwsError(404, 'NoSuchBucket', 'The specified bucket does not exist', { fields: { BucketName: name } })
    }
    return bucket
  }

  list(): Bucket[] {
    return [...this.#known.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  put(bucket: Bucket): void {
    this.#collection.put(bucket.name, bucket)
    this.#known.set(bucket.name, bucket)
  }

  delete(name: string): void {
    this.#collection.delete(name)
    this.#known.delete(name)
  }
}

/** Bucket naming rules of the S3 user guide, for general purpose buckets. */
export const isBucketName = (name: string): boolean =>
  /^(?=.{3,63}$)[a-z0-9](?:[a-z0-9-]|\.(?!\.))*[a-z0-9]$/.test(name) &&
  !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
  !/^(?:xn--|sthree-|amzn-s3-demo-)|(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name)
