import { aliasArn, keyArn } from '../contracts/arns.ts'
import { isObject, type JsonObject } from '../../json-object.ts'
import { validationMessage } from '../wire/query.ts'
import { AwsError, type AwsRequest, type Caller, type Context } from '../contracts/service.ts'
import type { Collection } from '../contracts/store.ts'

export interface Key {
  id: string
  arn: string
  region: string
  description: string
  policy: string
  state: 'Enabled' | 'Disabled' | 'PendingDeletion'
  /** Milliseconds since the epoch, while deletion is pending. */
  deletionAt: number | undefined
  /** Days between rotations; undefined while rotation is off. */
  rotationPeriod: number | undefined
  tags: Record<string, string>
  /** 256 bits in base 64. */
  material: string
  createdAt: number
}

export interface Alias {
  /** `alias/…` */
  name: string
  arn: string
  region: string
  targetKeyId: string
  createdAt: number
  updatedAt: number
}

/** What KMS's operations work on. Keys and aliases are kept per region: `REGION/ID`. */
export interface KmsState {
  readonly context: Context
  readonly keys: Collection<Key>
  readonly aliases: Collection<Alias>
  /** Has a principal of a key policy existed long enough for AWS to know it? */
  principalExists(principal: string): boolean
  /** Would a policy let the caller do this to its key? */
  allows(caller: Caller, action: string, policy: string, keyArn: string): boolean
}

/** One operation: its input in, its output out. */
export type KmsOperation = (state: KmsState, input: JsonObject, request: AwsRequest) => object

/** KMS answers all of its own errors with status 400. */
export const kmsError = (code: string, message: string): AwsError => new AwsError(400, code, message)

export const validationException = (problem: string): AwsError =>
  kmsError('ValidationException', validationMessage([problem]))

/** A string member; undefined where it is not given. Throws ValidationException, SerializationException. */
export function textIn(input: JsonObject, member: string, longest = 2048): string | undefined {
  const value = input[member]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw kmsError('SerializationException', 'Expected a string.')
  if (value.length <= longest) return value
  throw validationException(
    `Value at '${memberName(member)}' failed to satisfy constraint: Member must have length less than or equal to ${longest}`,
  )
}

/** A string member that must be there. Throws ValidationException. */
export function requiredIn(input: JsonObject, member: string, longest?: number): string {
  const value = textIn(input, member, longest)
  if (value !== undefined && value !== '') return value
  const constraint =
    value === undefined ? 'Member must not be null' : 'Member must have length greater than or equal to 1'
  const shown = value === undefined ? 'Value null' : "Value ''"
  throw validationException(`${shown} at '${memberName(member)}' failed to satisfy constraint: ${constraint}`)
}

const memberName = (member: string): string => member.charAt(0).toLowerCase() + member.slice(1)

/** A whole number within bounds. Throws ValidationException. */
export function numberIn(input: JsonObject, member: string, least: number, most: number, otherwise: number): number {
  const value = input[member] ?? otherwise
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
  const bound = Number(value) > most ? `less than or equal to ${most}` : `greater than or equal to ${least}`
  throw validationException(
    `Value '${JSON.stringify(value)}' at '${memberName(member)}' failed to satisfy constraint: Member must have value ${bound}`,
  )
}

/** Bytes, which JSON carries in base 64. Throws SerializationException, ValidationException. */
export function blobIn(input: JsonObject, member: string, longest: number): Buffer {
  const text = requiredIn(input, member, Number.MAX_SAFE_INTEGER)
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw kmsError('SerializationException', 'Invalid base64 text.')
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length >= 1 && bytes.length <= longest) return bytes
  throw validationException(
    `Value at '${memberName(member)}' failed to satisfy constraint: Member must have length less than or equal to ${longest}`,
  )
}

/** A map of strings, such as `EncryptionContext`. Throws SerializationException. */
export function mapIn(input: JsonObject, member: string): Record<string, string> {
  const value = input[member] ?? {}
  if (!isObject(value)) throw kmsError('SerializationException', 'Expected a map.')
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => {
      if (typeof text !== 'string') throw kmsError('SerializationException', 'Expected a string.')
      return [name, text]
    }),
  )
}

const keyIdForm = /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/**
 * The key that an id or key ARN, and where `aliases` says so an alias name or alias ARN, stands for in the request's
 * region. Throws NotFoundException.
 */
export function findKey(state: KmsState, keyId: string, region: string, aliases = false): Key {
  const { accountId } = state.context
  const parts = /^arn:aws:kms:([a-z0-9-]+):(\d{12}):(.+)$/.exec(keyId)
  if (parts !== null && parts[1] !== region) throw kmsError('NotFoundException', `Invalid arn ${parts[1] ?? ''}`)
  const name = parts === null ? keyId : (parts[3] ?? '').replace(/^key\//, '')
  if (name.startsWith('alias/') && aliases) {
    const alias = state.aliases.get(`${region}/${name}`)
    if (alias !== undefined && (parts?.[2] ?? accountId) === accountId) return findKey(state, alias.targetKeyId, region)
    const arn = aliasArn(region, parts?.[2] ?? accountId, name)
    throw kmsError('NotFoundException', `Alias ${arn} is not found.`)
  }
  if (!keyIdForm.test(name)) throw kmsError('NotFoundException', `Invalid keyId '${keyId}'`)
  const key = state.keys.get(`${region}/${name}`)
  if (key !== undefined && (parts?.[2] ?? accountId) === accountId) return key
  const arn = keyArn(region, parts?.[2] ?? accountId, name)
  throw kmsError('NotFoundException', `Key '${arn}' does not exist`)
}

/** Throws DisabledException, KMSInvalidStateException for a key that can't be used. */
export function checkUsable(key: Key): Key {
  if (key.state === 'Disabled') throw kmsError('DisabledException', `${key.arn} is disabled.`)
  return checkNotPending(key)
}

/** Throws KMSInvalidStateException for a key whose deletion is pending. */
export function checkNotPending(key: Key): Key {
  if (key.state !== 'PendingDeletion') return key
  throw kmsError('KMSInvalidStateException', `${key.arn} is pending deletion.`)
}

/** Stores a key. */
export const putKey = (state: KmsState, key: Key): void => state.keys.put(`${key.region}/${key.id}`, key)

/** One page of a list: `Limit` and `Marker` in, `Truncated` and `NextMarker` out. */
export function page<T>(input: JsonObject, items: readonly T[], member: string, show: (item: T) => unknown): object {
  const size = numberIn(input, 'Limit', 1, 1000, 100)
  const marker = textIn(input, 'Marker')
  const start = marker === undefined ? 0 : Number(Buffer.from(marker, 'base64').toString())
  if (!Number.isInteger(start) || start < 0) {
    throw kmsError('InvalidMarkerException', 'Could not deserialize marker')
  }
  const end = start + size
  const truncated = end < items.length
  const next = truncated ? { NextMarker: Buffer.from(String(end)).toString('base64') } : {}
  return { [member]: items.slice(start, end).map(show), Truncated: truncated, ...next }
}

/** A time as AWS JSON carries it: seconds since the epoch. */
export const seconds = (instant: number): number => instant / 1000
