import type { Readable } from 'node:stream'

import type { S3Access } from './access.ts'
import type { Bodies } from './bodies.ts'
import type { Bucket, Buckets } from './buckets.ts'
import type { ObjectIndex, StoredObject } from './index.ts'
import type { UploadIndex } from './uploads.ts'
import { AwsError, type AwsRequest, type AwsResponse, type Context } from '../contracts/service.ts'
import { xmlDocument } from './xml.ts'

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

/** An XML answer in S3's namespace. */
export const xml = (root: string, markup: string, headers: Record<string, string> = {}): AwsResponse => ({
  status: 200,
  headers: { 'content-type': 'application/xml', ...headers },
  body: xmlDocument(root, markup),
})

export const noContent = (headers: Record<string, string> = {}): AwsResponse => ({ status: 204, headers })

/** Whole seconds: S3 keeps no more of a modification's time. */
export const wholeSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000) * 1000

export const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString()

/** The bytes of an object. */
export const bytesOf = (state: S3State, object: StoredObject): Readable =>
  state.bodies.stream(object.body, 0, object.size - 1)

/** InvalidArgument with the name of what is wrong, and where S3 tells it, its value. */
export const invalidArgument = (message: string, ArgumentName: string, ArgumentValue?: string): AwsError =>
  new AwsError(400, 'InvalidArgument', message, {
    fields: { ArgumentName, ...(ArgumentValue === undefined ? {} : { ArgumentValue }) },
  })

/** What S3 would do and the sandbox does not: rather an error than an answer that pretends. */
export const notModelled = (what: string, fields: Record<string, string> = {}): AwsError =>
  new AwsError(501, 'NotImplemented', `The sandbox does not model ${what}.`, { fields })
