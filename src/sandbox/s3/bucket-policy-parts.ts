import type { S3Peers } from '../contracts/s3-peers.ts'
import { AwsError, type Context } from '../contracts/service.ts'

export type Json = Readonly<Record<string, unknown>>
export interface BucketPolicy extends Json {
  Statement: Json[]
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

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value])

/** A string or a list of strings. Throws MalformedPolicy with this message for anything else. */
export function textsOf(value: unknown, message: string): string[] {
  const list = listOf(value)
  if (!list.every((item): item is string => typeof item === 'string')) throw malformed(message)
  return list
}
