import type { Readable } from 'node:stream'

import type { S3Access } from './access.ts'
import type { Bodies } from './bodies.ts'
import type { Bucket, Buckets } from './buckets.ts'
import type { ObjectIndex, StoredObject } from './index.ts'
import type { UploadIndex } from './uploads.ts'
import type { AwsRequest, AwsResponse, Context } from '../contracts/service.ts'

/** What all operations of S3 work on. */
export interface S3State {
  readonly context: Context
  readonly buckets: Buckets
  readonly index: ObjectIndex
  readonly uploads: UploadIndex
  readonly bodies: Bodies
  readonly access: S3Access
}

/** One request on a bucket that exists and that the caller may make. */
export interface S3Call {
  readonly state: S3State
  readonly request: AwsRequest
  readonly bucket: Bucket
  /** Empty for operations on the bucket. */
  readonly key: string
}

export type Handler = (call: S3Call) => Promise<AwsResponse> | AwsResponse

/** The bytes of an object. */
export const bytesOf = (state: S3State, object: StoredObject): Readable =>
  state.bodies.stream(object.body, 0, object.size - 1)
