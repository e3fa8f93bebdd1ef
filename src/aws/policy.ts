import { isObject } from '../json-object.ts'

/** A statement of an IAM or resource policy, as JSON. Members that are not known here are kept as they are. */
export interface PolicyStatement {
  readonly Sid?: string
  readonly Effect: string
  readonly Principal?: unknown
  readonly Action?: unknown
  readonly Resource?: unknown
  readonly Condition?: unknown
  readonly [member: string]: unknown
}

export interface PolicyDocument {
  readonly Version?: string
  readonly Statement: readonly PolicyStatement[]
  readonly [member: string]: unknown
}

/**
 * Reads a policy document as IAM's API returns it: JSON, percent-encoded (RFC 3986).
 *
 * @throws SyntaxError for something that is not a JSON object, or not well encoded
 */
export function decodeDocument(encoded: string | undefined): PolicyDocument | undefined {
  if (encoded === undefined) return undefined
  let json: string
  try {
    json = decodeURIComponent(encoded)
  } catch (cause) {
    throw new SyntaxError('the policy is not percent-encoded as it should be', { cause })
  }
  return parseDocument(json)
}

/**
 * Reads a policy document from JSON. A single statement may stand in place of a list; it becomes a list of one.
 *
 * @throws SyntaxError for a document, or a statement, that is not a JSON object
 */
export function parseDocument(json: string): PolicyDocument {
  const parsed: unknown = JSON.parse(json)
  if (!isObject(parsed)) throw new SyntaxError('a policy must be a JSON object')
  const { Statement, ...rest } = parsed
  const statements: readonly unknown[] =
    Statement === undefined ? [] : Array.isArray(Statement) ? Statement : [Statement]
  if (!statements.every(isObject)) throw new SyntaxError('each statement of a policy must be a JSON object')
  return { ...rest, Statement: statements as PolicyStatement[] }
}

/**
 * Whether two policy documents or statements mean the same: the order of statements' members and of the strings in a
 * list does not count, nor does a list of one against its only member.
 */
export const samePolicy = (a: unknown, b: unknown): boolean => JSON.stringify(meaning(a)) === JSON.stringify(meaning(b))

function meaning(value: unknown): unknown {
  if (Array.isArray(value)) {
    const [only, ...others] = value.map(meaning)
    return others.length === 0 ? only : [only, ...others].sort((a, b) => (order(a) < order(b) ? -1 : 1))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .map(([key, inner]) => [key, meaning(inner)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

const order = (value: unknown): string => JSON.stringify([value])
