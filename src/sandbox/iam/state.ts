import { createHash, randomBytes } from 'node:crypto'

import type { Tag } from './input.ts'
import type { QueryParameters } from '../wire/query.ts'
import type { XmlContent } from '../contracts/xml-document.ts'
import type { AwsRequest, Context } from '../contracts/service.ts'
import type { Collection } from '../contracts/store.ts'

export interface Role {
  name: string
  path: string
  id: string
  arn: string
  description: string | undefined
  /** Seconds. */
  maxSessionDuration: number
  trustPolicy: string
  /** ARN of the managed policy that bounds it. */
  boundary?: string | undefined
  tags: Tag[]
  /** Inline policies by name. */
  policies: Record<string, string>
  createdAt: number
  /** When it was made or its trust policy last changed. */
  trustedAt: number
}

export interface User {
  name: string
  path: string
  id: string
  arn: string
  tags: Tag[]
  /** Inline policies by name. */
  policies: Record<string, string>
  createdAt: number
}

export interface AccessKey {
  id: string
  secretAccessKey: string
  userName: string
  createdAt: number
}

/** What IAM's operations work on. */
export interface IamState {
  readonly context: Context
  readonly roles: Collection<Role>
  readonly users: Collection<User>
  readonly accessKeys: Collection<AccessKey>
  /** Does a principal of a trust policy exist? */
  principalExists(principal: string): boolean
}

/** One operation: its parameters in, its result element out. */
export type IamOperation = (state: IamState, parameters: QueryParameters, request: AwsRequest) => XmlContent | undefined

/** A unique id as IAM gives them out: a prefix that says the kind, then base 32. */
export function uniqueId(prefix: string, seed: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const digest = createHash('sha256').update(seed).digest()
  return prefix + Array.from(digest.subarray(0, 17), (byte) => alphabet[byte % alphabet.length]).join('')
}

/** `AKIA` for what lasts, `ASIA` for a session's; then sixteen characters of base 32. */
export const accessKeyId = (prefix: 'AKIA' | 'ASIA'): string =>
  uniqueId(prefix, randomBytes(32).toString('hex')).slice(0, 20)

/** Forty characters of base 64. */
export const secretAccessKey = (): string => randomBytes(30).toString('base64')
