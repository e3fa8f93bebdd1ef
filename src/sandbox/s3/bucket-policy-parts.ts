import type { JsonObject } from '../../json-object.ts'
import type { S3Peers } from '../contracts/s3-peers.ts'
import { AwsError, type Context } from '../contracts/service.ts'

export interface BucketPolicy extends JsonObject {
  Statement: JsonObject[]
}

/** What a bucket policy is checked against. */
export interface PolicyScope {
  bucket: string
  /** Canonical user id of the account. */
  owner: string
  context: Context
  peers: S3Peers
}

export const malformed = (message: string): AwsError => new AwsError(400, 'MalformedPolicy', message)
export const invalidSyntax = (): AwsError => malformed('Invalid policy syntax.')

export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value])

/** A string or a list of strings. Throws MalformedPolicy with this message for anything else. */
export function textsOf(value: unknown, message: string): string[] {
  const list = listOf(value)
  if (!list.every((item): item is string => typeof item === 'string')) throw malformed(message)
  return list
}
